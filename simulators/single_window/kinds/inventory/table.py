"""INV101: which elements it may carry, and what customs wants to see in them.

Names, lengths, digits and required marks: union of four implementers' rules and real uploads 2018–2024; names H,
lengths H, required marks H unless the rule says otherwise. The required marks of the 报关单 draft are not public, so
only its names are checked.
"""

from __future__ import annotations

from simulators.single_window import codes
from simulators.single_window.elements import code, fixed, names_only, number, party, table, text

_HEAD = (
    fixed("SeqNo", "预录入统一编号", 18, numeric=True),
    text("BondInvtNo", "清单编号", 64),
    number("ChgTmsCnt", "变更次数", 19, 0),
    fixed("PutrecNo", "备案编号", 12),
    code("InvtType", "清单类型", codes.INVENTORY_TYPES, "save"),
    text("EtpsInnerInvtNo", "企业内部清单编号", 64, "save"),
    *party("Bizop", "经营企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    fixed("RcvgdEtpsno", "收货企业编号", 10, "declare"),
    fixed("RvsngdEtpsSccd", "收发货企业社会信用代码", 18),
    text("RcvgdEtpsNm", "收货企业名称", 512, "declare"),
    *party("Dcl", "申报企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    fixed("InputCode", "录入单位代码", 10, "declare"),
    fixed("InputCreditCode", "录入单位社会信用代码", 18),
    text("InputName", "录入单位名称", 255, "declare"),
    fixed("InputTime", "录入日期", 8, numeric=True),
    text("RltInvtNo", "关联清单编号", 64),
    text("RltPutrecNo", "关联备案编号", 64),
    *party("CorrEntryDcl", "对应报关单申报单位", "EtpsNo EtpsSccd EtpsNm"),
    text("RltEntryBizopEtpsno", "关联报关单境内收发货人编号", 10),
    fixed("RltEntryBizopEtpsSccd", "关联报关单境内收发货人社会信用代码", 18),
    text("RltEntryBizopEtpsNm", "关联报关单境内收发货人名称", 512),
    text("RltEntryRcvgdEtpsno", "关联报关单生产销售(消费使用)单位编号", 10),
    fixed("RltEntryRvsngdEtpsSccd", "关联报关单生产销售(消费使用)单位社会信用代码", 18),
    text("RltEntryRcvgdEtpsNm", "关联报关单生产销售(消费使用)单位名称", 512),
    text("RltEntryDclEtpsno", "关联报关单申报单位编号", 10),
    fixed("RltEntryDclEtpsSccd", "关联报关单申报单位社会信用代码", 18),
    text("RltEntryDclEtpsNm", "关联报关单申报单位名称", 512),
    fixed("ImpexpPortcd", "进出境关别", 4, "declare"),
    fixed("DclPlcCuscd", "主管海关", 4, "declare"),
    code("ImpexpMarkcd", "进出口标记", codes.DIRECTIONS, "declare"),
    code("MtpckEndprdMarkcd", "料件成品标记", codes.MATERIAL_MARKS, "save"),
    fixed("SupvModecd", "监管方式", 4, "save", numeric=True),
    code("TrspModecd", "运输方式", codes.TRANSPORT_MODES, "declare"),
    text("ApplyNo", "申报表编号", 64),
    code("ListType", "流转类型", codes.TRANSFER_TYPES),
    code("DclcusFlag", "报关标志", codes.FLAGS, "save"),
    code("DclcusTypecd", "报关类型", codes.FLAGS),
    text("IcCardNo", "申报人IC卡号", 20),
    code("DecType", "报关单类型", codes.ENTRY_TYPES),
    text("Rmk", "备注", 4000),
    code("StshipTrsarvNatcd", "起运/运抵国(地区)", codes.COUNTRIES, "declare"),
    text("EntryNo", "对应报关单编号", 64),
    text("RltEntryNo", "关联报关单编号", 64),
    code("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    *(
        text(name, label, 32)
        for name, label in (
            ("InvtDclTime", "清单申报日期"),
            ("EntryDclTime", "报关单申报日期"),
            ("PrevdTime", "预核扣时间"),
            ("FormalVrfdedTime", "正式核扣时间"),
            ("AddTime", "入库时间"),
            ("Param4", "备用4"),
        )
    ),
    *(
        text(name, label, 4)
        for name, label in (
            ("VrfdedMarkcd", "核扣标记"),
            ("InvtIochkptStucd", "清单进出卡口状态"),
            ("EntryStucd", "报关状态"),
            ("PassportUsedTypeCd", "核放单生成标志"),
            ("NeedEntryModified", "报关单同步修改标志"),
            ("ListStat", "清单状态"),
            ("BondInvtTypecd", "清单类型"),
        )
    ),
    number("LevyBlAmt", "计征金额", 25, 5),
    code("GenDecFlag", "是否生成报关单", codes.FLAGS, "save"),
    text("Param1", "备用1", 64),
    text("Param2", "备用2", 64),
    number("Param3", "备用3", 19, 5),
)

_GOODS = (
    fixed("SeqNo", "中心统一编号", 18, numeric=True),
    number("GdsSeqno", "商品序号", 19, 0, "declare", positive=True),
    number("PutrecSeqno", "备案序号", 19, 0),
    text("GdsMtno", "商品料号", 32, "declare"),
    fixed("Gdecd", "商品编码", 10, "declare", numeric=True),
    text("GdsNm", "商品名称", 512, "declare"),
    text("GdsSpcfModelDesc", "规格型号", 512, "declare"),
    code("DclUnitcd", "申报计量单位", codes.UNITS, "declare"),
    code("LawfUnitcd", "法定计量单位", codes.UNITS, "declare"),
    code("SecdLawfUnitcd", "法定第二计量单位", codes.UNITS),
    code("Natcd", "原产国(地区)", codes.COUNTRIES, "declare"),
    number("DclUprcAmt", "申报单价", 19, 4, "declare", positive=True),
    number("DclTotalAmt", "申报总价", 19, 2, "declare", positive=True),
    number("UsdStatTotalAmt", "美元统计总金额", 25, 5),
    code("DclCurrcd", "币制", codes.CURRENCIES, "declare"),
    number("LawfQty", "法定数量", 19, 5, "declare", positive=True),
    number("SecdLawfQty", "法定第二数量", 19, 5),
    number("WtSfVal", "重量比例因子", 19, 5),
    number("FstSfVal", "第一比例因子", 19, 5),
    number("SecdSfVal", "第二比例因子", 19, 5),
    number("DclQty", "申报数量", 19, 5, "declare", positive=True),
    number("GrossWt", "毛重", 19, 5),
    number("NetWt", "净重", 19, 5),
    text("UseCd", "用途代码", 4),
    code("LvyrlfModecd", "征免方式", codes.LEVY_MODES, "declare"),
    text("UcnsVerno", "单耗版本号", 8),
    number("EntryGdsSeqno", "报关单商品序号", 19, 0),
    number("ApplyTbSeqno", "流转申报表序号", 19, 0),
    text("ClyMarkcd", "危化品标志", 4),
    code("DestinationNatcd", "最终目的国(地区)", codes.COUNTRIES, "declare"),
    code("ModfMarkcd", "修改标志", codes.CHANGE_MARKS, "declare"),
    text("Rmk", "备注", 4000),
    text("AddTime", "入库时间", 32),
    text("Param1", "来源标识", 64),
    text("Param2", "备用2", 64),
    number("Param3", "备用3", 19, 5),
    text("Param4", "备用4", 32),
)

HEAD = table(_HEAD)
GOODS = table(_GOODS)
MATERIALS = table(_GOODS, text("GdsSpcfModelDesc", "规格型号", 512))
"""The second list: 规格型号 may be left out (entry page, H)."""

DECLARATION_HEAD = names_only(
    """
    SeqNo DecSeqNo PutrecNo BizopEtpsSccd BizopEtpsno BizopEtpsNm RvsngdEtpsSccd RcvgdEtpsno RcvgdEtpsNm DclEtpsSccd
    DclEtpsno DclEtpsNm InputCode InputCreditCode InputName ImpexpPortcd DclPlcCuscd ImpexpMarkcd SupvModecd TrspModecd
    TradeCountry DecType Rmk CreateFlag BillNo ContrNo CutMode DistinatePort FeeMark FeeRate FeeCurr InsurMark InsurRate
    InsurCurr OtherMark OtherRate OtherCurr GrossWet NetWt LicenseNo PackNo WrapType TrafName TransMode Type
    PromiseItems TradeAreaCode DespPortCode EntryPortCode GoodsPlace OverseasConsignorCode OverseasConsignorCname
    OverseasConsignorEname OverseasConsignorAddr OverseasConsigneeCode OverseasConsigneeEname
    """
)
DECLARATION_ROW = names_only(
    """
    SeqNo DecSeqNo EntryGdsSeqno PutrecSeqno Gdecd GdsNm GdsSpcfModelDesc DclUnitcd LawfUnitcd SecdLawfUnitcd DclUprcAmt
    DclTotalAmt DclCurrCd NatCd DestinationNatcd LawfQty SecdLawfQty DclQty UseCd Rmk LvyrlfModecd CiqCode CiqName
    DeclGoodsEname OrigPlaceCode Purpose ProdValidDt ProdQgp GoodsAttr Stuff UnCode DangName DangPackType DangPackSpec
    NoDangFlag EngManEntCnm GoodsSpec GoodsModel GoodsBrand ProduceDate ProdBatchNo MnufctrRegno MnufctrRegName DestCode
    DistrictCode
    """
)
ECOMMERCE_BILL = names_only("SeqNo BondInvtNo CbecBillNo")
# The names in the gathered rows rest on one client script (M).
GATHERED_BILL = names_only("SeqNo BondInvtNo GNo SasStockNo")
