"""报关单草稿 of the 保税核注清单: InvtDecHeadType and InvtDecListType, sent only when the enterprise fills it itself.

Names: two implementers (H). Labels and lengths: by analogy with the 报关单, whose lengths are the safe bound (M); what
is required is not public, so nothing is.
"""

from __future__ import annotations

from typing import Annotated

from customs.documents.fields import Fields, Part, Source

_f = Fields(
    Source("Two implementers' templates for the names; lengths by analogy with the 报关单", "M"),
    receipts=False,
)


class DeclarationHead(Part):
    """Draft head. Codes of countries and currencies are not bound to a table: which of the two forms is asked is not public."""

    seq_no: Annotated[str | None, _f.exact("清单统一编号", "SeqNo", 18, "system", form="digits")] = None
    entry_seq_no: Annotated[str | None, _f.text("报关单统一编号", "DecSeqNo", 18, "system", form="word")] = (
        None
    )
    book_no: Annotated[str | None, _f.text("备案编号", "PutrecNo", 12, form="word")] = None
    trader_uscc: Annotated[str | None, _f.uscc("境内收发货人社会信用代码", "BizopEtpsSccd")] = None
    trader_code: Annotated[str | None, _f.text("境内收发货人编码", "BizopEtpsno", 10, form="party")] = None
    trader_name: Annotated[str | None, _f.text("境内收发货人名称", "BizopEtpsNm", 512)] = None
    user_uscc: Annotated[str | None, _f.uscc("消费使用/生产销售单位社会信用代码", "RvsngdEtpsSccd")] = None
    user_code: Annotated[
        str | None, _f.text("消费使用/生产销售单位编码", "RcvgdEtpsno", 10, form="party")
    ] = None
    user_name: Annotated[str | None, _f.text("消费使用/生产销售单位名称", "RcvgdEtpsNm", 512)] = None
    declaring_uscc: Annotated[str | None, _f.uscc("申报单位社会信用代码", "DclEtpsSccd")] = None
    declaring_code: Annotated[str | None, _f.text("申报单位编码", "DclEtpsno", 10, form="party")] = None
    declaring_name: Annotated[str | None, _f.text("申报单位名称", "DclEtpsNm", 512)] = None
    input_code: Annotated[str | None, _f.text("录入单位编码", "InputCode", 10, form="word")] = None
    input_uscc: Annotated[str | None, _f.uscc("录入单位社会信用代码", "InputCreditCode")] = None
    input_name: Annotated[str | None, _f.text("录入单位名称", "InputName", 255)] = None
    border_customs: Annotated[
        str | None,
        _f.code("进出境关别", "ImpexpPortcd", 4, "customs_districts", exact=True, on_reverse="clear"),
    ] = None
    supervising_customs: Annotated[
        str | None, _f.code("申报地海关", "DclPlcCuscd", 4, "customs_districts", exact=True)
    ] = None
    direction: Annotated[
        str | None, _f.code("进出口标记", "ImpexpMarkcd", 1, "directions", on_reverse="flip")
    ] = None
    supervision_mode: Annotated[
        str | None,
        _f.code("监管方式", "SupvModecd", 4, "supervision_modes", exact=True, form="digits"),
    ] = None
    transport_mode: Annotated[
        str | None, _f.code("运输方式", "TrspModecd", 1, "transport_modes", on_reverse="clear")
    ] = None
    shipment_country: Annotated[
        str | None, _f.text("起运/运抵国(地区)", "TradeCountry", 3, form="word", on_reverse="clear")
    ] = None
    entry_type: Annotated[str | None, _f.code("报关单类型", "DecType", 1, "entry_types")] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 255)] = None
    create_flag: Annotated[str | None, _f.text("生成标志", "CreateFlag", 1, confidence="L", form="mark")] = (
        None
    )
    bill_no: Annotated[str | None, _f.text("提运单号", "BillNo", 32, on_reverse="clear", form="mark")] = None
    contract_no: Annotated[str | None, _f.text("合同协议号", "ContrNo", 32, form="mark")] = None
    levy_nature: Annotated[
        str | None, _f.code("征免性质", "CutMode", 3, "levy_natures", exact=True, form="digits")
    ] = None
    port_of_call: Annotated[
        str | None, _f.text("经停港/指运港", "DistinatePort", 6, form="word", on_reverse="clear")
    ] = None
    freight_mark: Annotated[str | None, _f.code("运费标记", "FeeMark", 1, "charge_marks")] = None
    freight_rate: Annotated[str | None, _f.decimal("运费", "FeeRate", 19, 5)] = None
    freight_currency: Annotated[str | None, _f.text("运费币制", "FeeCurr", 3, form="word")] = None
    insurance_mark: Annotated[str | None, _f.code("保费标记", "InsurMark", 1, "charge_marks")] = None
    insurance_rate: Annotated[str | None, _f.decimal("保费", "InsurRate", 19, 5)] = None
    insurance_currency: Annotated[str | None, _f.text("保费币制", "InsurCurr", 3, form="word")] = None
    other_mark: Annotated[str | None, _f.code("杂费标记", "OtherMark", 1, "charge_marks")] = None
    other_rate: Annotated[str | None, _f.decimal("杂费", "OtherRate", 19, 5, sign="any")] = None
    other_currency: Annotated[str | None, _f.text("杂费币制", "OtherCurr", 3, form="word")] = None
    # The authority spells the gross weight GrossWet beside NetWt.
    gross_weight: Annotated[str | None, _f.decimal("毛重", "GrossWet", 19, 5)] = None
    net_weight: Annotated[str | None, _f.decimal("净重", "NetWt", 19, 5)] = None
    licence_no: Annotated[str | None, _f.text("许可证号", "LicenseNo", 20, form="mark")] = None
    package_count: Annotated[int | None, _f.integer("件数", "PackNo", 9)] = None
    package_type: Annotated[str | None, _f.code("包装种类", "WrapType", 2, "packaging_types")] = None
    vehicle_name: Annotated[str | None, _f.text("运输工具名称", "TrafName", 50, on_reverse="clear")] = None
    transaction_mode: Annotated[str | None, _f.code("成交方式", "TransMode", 1, "transaction_modes")] = None
    form_type: Annotated[str | None, _f.code("单据类型", "Type", 4, "draft_form_types")] = None
    promise_items: Annotated[
        str | None, _f.text("承诺事项", "PromiseItems", 10, note="每项一位数字，0否1是", form="mark")
    ] = None
    trade_country: Annotated[
        str | None, _f.text("贸易国(地区)", "TradeAreaCode", 3, form="word", on_reverse="clear")
    ] = None
    departure_port: Annotated[
        str | None, _f.text("启运港", "DespPortCode", 8, form="word", on_reverse="clear")
    ] = None
    entry_port: Annotated[
        str | None, _f.text("入境/离境口岸", "EntryPortCode", 8, form="word", on_reverse="clear")
    ] = None
    goods_place: Annotated[str | None, _f.text("货物存放地点", "GoodsPlace", 100)] = None
    consignor_code: Annotated[
        str | None, _f.text("境外发货人代码", "OverseasConsignorCode", 50, on_reverse="clear", form="mark")
    ] = None
    consignor_name: Annotated[
        str | None, _f.text("境外发货人名称", "OverseasConsignorCname", 150, on_reverse="clear")
    ] = None
    consignor_english_name: Annotated[
        str | None, _f.text("境外发货人名称(外文)", "OverseasConsignorEname", 100, on_reverse="clear")
    ] = None
    consignor_address: Annotated[
        str | None, _f.text("境外发货人地址", "OverseasConsignorAddr", 100, on_reverse="clear")
    ] = None
    consignee_code: Annotated[
        str | None, _f.text("境外收货人代码", "OverseasConsigneeCode", 50, on_reverse="clear", form="mark")
    ] = None
    consignee_english_name: Annotated[
        str | None, _f.text("境外收货人名称(外文)", "OverseasConsigneeEname", 400, on_reverse="clear")
    ] = None


class DeclarationRow(Part):
    """Draft row, at most 50 in a document."""

    seq_no: Annotated[str | None, _f.exact("清单统一编号", "SeqNo", 18, "system", form="digits")] = None
    entry_seq_no: Annotated[str | None, _f.text("报关单统一编号", "DecSeqNo", 18, "system", form="word")] = (
        None
    )
    line_no: Annotated[int | None, _f.integer("报关单商品序号", "EntryGdsSeqno", 19, "declare")] = None
    # Text and not a number: the entry page packs the numbers of merged goods rows here, as @1,@2,@3.
    book_line_no: Annotated[str | None, _f.text("备案序号", "PutrecSeqno", 4000)] = None
    hs_code: Annotated[str | None, _f.exact("商品编码", "Gdecd", 10, form="digits")] = None
    name: Annotated[str | None, _f.text("商品名称", "GdsNm", 512)] = None
    specification: Annotated[str | None, _f.text("规格型号", "GdsSpcfModelDesc", 512)] = None
    unit: Annotated[str | None, _f.code("申报计量单位", "DclUnitcd", 3, "units")] = None
    statutory_unit: Annotated[str | None, _f.code("法定计量单位", "LawfUnitcd", 3, "units")] = None
    second_statutory_unit: Annotated[
        str | None, _f.code("法定第二计量单位", "SecdLawfUnitcd", 3, "units")
    ] = None
    unit_price: Annotated[str | None, _f.decimal("单价", "DclUprcAmt", 19, 4)] = None
    total_price: Annotated[str | None, _f.decimal("总价", "DclTotalAmt", 19, 2)] = None
    # Capital C in Cd here, unlike the goods list.
    currency: Annotated[str | None, _f.text("币制", "DclCurrCd", 3, form="word")] = None
    origin_country: Annotated[str | None, _f.text("原产国(地区)", "NatCd", 3, form="word")] = None
    destination_country: Annotated[
        str | None, _f.text("最终目的国(地区)", "DestinationNatcd", 3, form="word", on_reverse="clear")
    ] = None
    statutory_quantity: Annotated[str | None, _f.decimal("法定数量", "LawfQty", 19, 5)] = None
    second_statutory_quantity: Annotated[str | None, _f.decimal("法定第二数量", "SecdLawfQty", 19, 5)] = None
    quantity: Annotated[str | None, _f.decimal("成交数量", "DclQty", 19, 5)] = None
    use_code: Annotated[str | None, _f.text("用途代码", "UseCd", 4, form="mark")] = None
    remark: Annotated[str | None, _f.text("备注", "Rmk", 4000)] = None
    levy_mode: Annotated[str | None, _f.code("征免方式", "LvyrlfModecd", 1, "levy_modes")] = None
    inspection_code: Annotated[str | None, _f.text("检验检疫编码", "CiqCode", 13, form="mark")] = None
    inspection_name: Annotated[str | None, _f.text("检验检疫名称", "CiqName", 512)] = None
    english_name: Annotated[str | None, _f.text("商品英文名称", "DeclGoodsEname", 100)] = None
    origin_place: Annotated[str | None, _f.text("原产地区代码", "OrigPlaceCode", 6, form="mark")] = None
    purpose: Annotated[str | None, _f.text("用途", "Purpose", 4, form="mark")] = None
    valid_until: Annotated[str | None, _f.text("产品有效期", "ProdValidDt", 20)] = None
    shelf_life: Annotated[str | None, _f.text("产品保质期", "ProdQgp", 20)] = None
    goods_attributes: Annotated[str | None, _f.text("货物属性", "GoodsAttr", 20)] = None
    ingredients: Annotated[str | None, _f.text("成份/原料/组份", "Stuff", 400)] = None
    un_code: Annotated[str | None, _f.text("UN编码", "UnCode", 20, form="mark")] = None
    dangerous_name: Annotated[str | None, _f.text("危险货物名称", "DangName", 80)] = None
    dangerous_package_type: Annotated[str | None, _f.text("危包类别", "DangPackType", 4, form="mark")] = None
    dangerous_package_spec: Annotated[str | None, _f.text("危包规格", "DangPackSpec", 24)] = None
    not_dangerous: Annotated[str | None, _f.text("非危险化学品标志", "NoDangFlag", 1, form="mark")] = None
    overseas_manufacturer: Annotated[str | None, _f.text("境外生产企业名称", "EngManEntCnm", 100)] = None
    goods_spec: Annotated[str | None, _f.text("货物规格", "GoodsSpec", 1000)] = None
    goods_model: Annotated[str | None, _f.text("货物型号", "GoodsModel", 1000)] = None
    goods_brand: Annotated[str | None, _f.text("货物品牌", "GoodsBrand", 2000)] = None
    produced_on: Annotated[str | None, _f.text("生产日期", "ProduceDate", 2000)] = None
    batch_no: Annotated[str | None, _f.text("生产批号", "ProdBatchNo", 2000)] = None
    manufacturer_no: Annotated[str | None, _f.text("生产单位注册号", "MnufctrRegno", 20, form="mark")] = None
    manufacturer_name: Annotated[str | None, _f.text("生产单位名称", "MnufctrRegName", 150)] = None
    destination_code: Annotated[
        str | None, _f.text("目的地代码", "DestCode", 6, on_reverse="clear", form="mark")
    ] = None
    district_code: Annotated[
        str | None, _f.text("境内目的地/货源地", "DistrictCode", 6, on_reverse="clear", form="mark")
    ] = None
