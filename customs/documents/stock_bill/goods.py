"""表体 of the 出入库单: StockGoods in the import dialect, SasStockDt in receipts, in the generator's order."""

from __future__ import annotations

from typing import Annotated

from customs.documents.conditions import filled
from customs.documents.fields import Fields, Part, Source
from customs.documents.spellings import spelt

_f = Fields(Source("One generator; customs schema of 2017 by the same names", "H"))
# Names the customs schema of 2017 does not have yet: receipts of later years carry more than it lists.
_late = Fields(Source("One generator", "M"))
_customs = Fields(Source("Customs schema of 2017, a front end's JSON; not in the one generator", "M"))
_told = Fields(Source("Customs schema of 2017", "H"))


class BillGoodsRow(Part):
    """One goods row: a part of a row of the 业务申报表 that `form_line_no` names."""

    seq_no: Annotated[str | None, _f.exact("统一编号", "SeqNo", 18, "system", form="digits", down=None)] = (
        None
    )
    customs_no: Annotated[
        str | None, _told.text("出入库单编号", None, 64, "system", form="word", down="sasStockNo")
    ] = None
    change_count: Annotated[
        int | None, _told.integer("变更次数", None, 19, "system", down="chgTmsCnt", sign="not_negative")
    ] = None
    line_no: Annotated[
        int | None, _f.integer("商品序号", "SasStockSeqno", 19, "declare", note="在本单内不得重复")
    ] = None
    form_line_no: Annotated[
        int | None,
        _f.integer(
            "申报表序号", "SasDclSeqno", 19, "declare", note="申报表中该商品的申报序号", on_reverse="clear"
        ),
    ] = None
    book_line_no: Annotated[
        int | None, _f.integer("底账商品序号", "OriactGdsSeqno", 19, sign="not_negative")
    ] = None
    material_no: Annotated[
        str | None, _f.text("商品料号", "GdsMtno", 32, "declare", changeable=True, form="mark")
    ] = None
    hs_code: Annotated[
        str | None, _f.exact("商品编码", "Gdecd", 10, "declare", form="digits", changeable=True)
    ] = None
    name: Annotated[str | None, _f.text("商品名称", "GdsNm", 512, "declare", changeable=True)] = None
    specification: Annotated[
        str | None,
        _f.text("规格型号", "GdsSpcfModelDesc", 512, "declare", changeable=True, note="申报要素以竖线分隔"),
    ] = None
    unit: Annotated[
        str | None, _f.digits_code("申报计量单位", "DclUnitcd", 3, "units", "declare", changeable=True)
    ] = None
    statutory_unit: Annotated[
        str | None, _f.digits_code("法定计量单位", "LawfUnitcd", 3, "units", "declare", changeable=True)
    ] = None
    second_statutory_unit: Annotated[
        str | None,
        _customs.digits_code(
            "法定第二计量单位",
            "SecdLawfUnitcd",
            3,
            "units",
            "when",
            changeable=True,
            when="税则规定有第二法定单位时填写",
        ),
    ] = None
    origin_country: Annotated[
        str | None, _f.digits_code("原产国(地区)", "Natcd", 3, "countries", "declare", changeable=True)
    ] = None
    unit_price: Annotated[str | None, _f.decimal("单价", "DclUprcAmt", 25, 4, "declare", changeable=True)] = (
        None
    )
    total_price: Annotated[
        str | None, _f.decimal("总价", "DclTotalAmt", 25, 2, "declare", changeable=True)
    ] = None
    currency: Annotated[
        str | None, _f.digits_code("币制", "DclCurrcd", 3, "currencies", "declare", changeable=True)
    ] = None
    statutory_quantity: Annotated[
        str | None, _f.decimal("法定数量", "LawfQty", 19, 5, "declare", sign="positive", changeable=True)
    ] = None
    second_statutory_quantity: Annotated[
        str | None,
        _customs.decimal(
            "法定第二数量",
            "SecdLawfQty",
            19,
            5,
            "when",
            changeable=True,
            needed_if=filled("second_statutory_unit"),
        ),
    ] = None
    weight_factor: Annotated[str | None, _f.decimal("重量比例因子", "WtSfVal", 19, 5, changeable=True)] = None
    first_factor: Annotated[str | None, _f.decimal("第一比例因子", "FstSfVal", 19, 5, changeable=True)] = None
    second_factor: Annotated[str | None, _f.decimal("第二比例因子", "SecdSfVal", 19, 5, changeable=True)] = (
        None
    )
    quantity: Annotated[
        str | None,
        _f.decimal(
            "申报数量",
            "DclQty",
            19,
            5,
            "declare",
            sign="positive",
            changeable=True,
            note="各出入库单合计不得超过申报表该商品的数量",
        ),
    ] = None
    gross_weight: Annotated[
        str | None, _f.decimal("毛重", "GrossWt", 19, 5, changeable=True, note="单位为千克")
    ] = None
    net_weight: Annotated[
        str | None, _f.decimal("净重", "NetWt", 19, 5, changeable=True, note="单位为千克")
    ] = None
    levy_mode: Annotated[
        str | None, _f.code("征免方式", "LvyrlfModecd", 6, "levy_modes", "declare", changeable=True)
    ] = None
    consumption_version: Annotated[
        str | None, _f.text("单耗版本号", "UcnsVerno", 8, changeable=True, form="mark")
    ] = None
    # The one name by which the two dialects differ.
    related_line_no: Annotated[
        int | None,
        _f.integer(
            "关联商品序号",
            "RltGdsSeqno",
            19,
            "when",
            down="rltStockSeqno",
            confidence="M",
            when="退运时填写原出入库单的商品序号",
        ),
    ] = None
    destination_country: Annotated[
        str | None,
        _late.digits_code("最终目的国(地区)", "DestinationNatcd", 3, "countries", "declare", changeable=True),
    ] = None
    change_mark: Annotated[
        str | None,
        _late.code(
            "修改标志",
            spelt("SAS111", "ModfMarkcd"),
            3,
            "change_marks",
            down="modfMarkcd",
            copy_as="3",
            confidence="L",
            note="新增的行为3",
        ),
    ] = None
    use_code: Annotated[str | None, _customs.text("用途代码", "UseCd", 4, changeable=True, form="mark")] = (
        None
    )
    classification_mark: Annotated[
        str | None, _customs.text("归类标志", "ClyMarkcd", 4, changeable=True, form="mark")
    ] = None
    remark: Annotated[str | None, _customs.text("备注", "Rmk", 512, changeable=True)] = None
    reserve1: Annotated[str | None, _customs.text("备用1", "Col1", 255, changeable=True)] = None
    reserve2: Annotated[str | None, _customs.text("备用2", "Col2", 255, changeable=True)] = None
    reserve3: Annotated[str | None, _customs.text("备用3", "Col3", 255, changeable=True)] = None
    reserve4: Annotated[str | None, _customs.text("备用4", "Col4", 255, changeable=True)] = None
    usd_total: Annotated[
        str | None, _told.decimal("美元统计总金额", None, 25, 5, "system", down="usdStatTotalAmt")
    ] = None
    passed_quantity: Annotated[
        str | None, _told.decimal("实际过卡数量", None, 19, 5, "system", down="actlPassQty")
    ] = None
    gate_pass_quantity: Annotated[
        str | None, _told.decimal("核放单已用数量", None, 19, 5, "system", down="passportUsedQty")
    ] = None
    replaced_quantity: Annotated[
        str | None, _told.decimal("退换货数量", None, 19, 5, "system", down="replaceQty", confidence="M")
    ] = None
