"""Which elements an INV101 may carry, and what customs wants to see in them: the simulator's own table.

Names, lengths, digits and required marks: union of four implementers' rules and real uploads 2018–2024; names H,
lengths H, required marks H unless the rule says otherwise. The required marks of the 报关单 draft are not public, so
only its names are checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulators.single_window import codes

Need = Literal["", "save", "declare"]


@dataclass(frozen=True)
class Element:
    """One element. `length` in bytes (a Chinese character counts 2); `digits` = total digits and decimals."""

    name: str
    label: str
    length: int = 0
    need: Need = ""
    among: frozenset[str] = frozenset()
    digits: tuple[int, int] | None = None
    positive: bool = False
    exact: int = 0
    numeric: bool = False


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _t(name: str, label: str, length: int, need: Need = "") -> Element:
    return Element(name, label, length, need)


def _x(name: str, label: str, exact: int, need: Need = "", numeric: bool = False) -> Element:
    return Element(name, label, need=need, exact=exact, numeric=numeric)


def _c(name: str, label: str, among: frozenset[str], need: Need = "") -> Element:
    return Element(name, label, need=need, among=among)


def _n(name: str, label: str, total: int, decimals: int, need: Need = "", positive: bool = False) -> Element:
    return Element(name, label, need=need, digits=(total, decimals), positive=positive)


def _party(prefix: str, label: str, spelling: str, need: Need = "") -> tuple[Element, ...]:
    no, credit, name = spelling.split()
    return (
        _x(prefix + no, label + "编号", 10, need),
        _x(prefix + credit, label + "社会信用代码", 18),
        _t(prefix + name, label + "名称", 512, need),
    )


_HEAD = (
    _x("SeqNo", "预录入统一编号", 18, numeric=True),
    _t("BondInvtNo", "清单编号", 64),
    _n("ChgTmsCnt", "变更次数", 19, 0),
    _x("PutrecNo", "备案编号", 12),
    _c("InvtType", "清单类型", codes.INVENTORY_TYPES, "save"),
    _t("EtpsInnerInvtNo", "企业内部清单编号", 64, "save"),
    *_party("Bizop", "经营企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    _x("RcvgdEtpsno", "收货企业编号", 10, "declare"),
    _x("RvsngdEtpsSccd", "收发货企业社会信用代码", 18),
    _t("RcvgdEtpsNm", "收货企业名称", 512, "declare"),
    *_party("Dcl", "申报企业", "Etpsno EtpsSccd EtpsNm", "declare"),
    _x("InputCode", "录入单位代码", 10, "declare"),
    _x("InputCreditCode", "录入单位社会信用代码", 18),
    _t("InputName", "录入单位名称", 255, "declare"),
    _x("InputTime", "录入日期", 8, numeric=True),
    _t("RltInvtNo", "关联清单编号", 64),
    _t("RltPutrecNo", "关联备案编号", 64),
    *_party("CorrEntryDcl", "对应报关单申报单位", "EtpsNo EtpsSccd EtpsNm"),
    _t("RltEntryBizopEtpsno", "关联报关单境内收发货人编号", 10),
    _x("RltEntryBizopEtpsSccd", "关联报关单境内收发货人社会信用代码", 18),
    _t("RltEntryBizopEtpsNm", "关联报关单境内收发货人名称", 512),
    _t("RltEntryRcvgdEtpsno", "关联报关单生产销售(消费使用)单位编号", 10),
    _x("RltEntryRvsngdEtpsSccd", "关联报关单生产销售(消费使用)单位社会信用代码", 18),
    _t("RltEntryRcvgdEtpsNm", "关联报关单生产销售(消费使用)单位名称", 512),
    _t("RltEntryDclEtpsno", "关联报关单申报单位编号", 10),
    _x("RltEntryDclEtpsSccd", "关联报关单申报单位社会信用代码", 18),
    _t("RltEntryDclEtpsNm", "关联报关单申报单位名称", 512),
    _x("ImpexpPortcd", "进出境关别", 4, "declare"),
    _x("DclPlcCuscd", "主管海关", 4, "declare"),
    _c("ImpexpMarkcd", "进出口标记", codes.DIRECTIONS, "declare"),
    _c("MtpckEndprdMarkcd", "料件成品标记", codes.MATERIAL_MARKS, "save"),
    _x("SupvModecd", "监管方式", 4, "save", numeric=True),
    _c("TrspModecd", "运输方式", codes.TRANSPORT_MODES, "declare"),
    _t("ApplyNo", "申报表编号", 64),
    _c("ListType", "流转类型", codes.TRANSFER_TYPES),
    _c("DclcusFlag", "报关标志", codes.FLAGS, "save"),
    _c("DclcusTypecd", "报关类型", codes.FLAGS),
    _t("IcCardNo", "申报人IC卡号", 20),
    _c("DecType", "报关单类型", codes.ENTRY_TYPES),
    _t("Rmk", "备注", 4000),
    _c("StshipTrsarvNatcd", "起运/运抵国(地区)", codes.COUNTRIES, "declare"),
    _t("EntryNo", "对应报关单编号", 64),
    _t("RltEntryNo", "关联报关单编号", 64),
    _c("DclTypecd", "申报类型", codes.DECLARATION_KINDS, "declare"),
    *(
        _t(name, label, 32)
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
        _t(name, label, 4)
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
    _n("LevyBlAmt", "计征金额", 25, 5),
    _c("GenDecFlag", "是否生成报关单", codes.FLAGS, "save"),
    _t("Param1", "备用1", 64),
    _t("Param2", "备用2", 64),
    _n("Param3", "备用3", 19, 5),
)

_GOODS = (
    _x("SeqNo", "中心统一编号", 18, numeric=True),
    _n("GdsSeqno", "商品序号", 19, 0, "declare", positive=True),
    _n("PutrecSeqno", "备案序号", 19, 0),
    _t("GdsMtno", "商品料号", 32, "declare"),
    _x("Gdecd", "商品编码", 10, "declare", numeric=True),
    _t("GdsNm", "商品名称", 512, "declare"),
    _t("GdsSpcfModelDesc", "规格型号", 512, "declare"),
    _c("DclUnitcd", "申报计量单位", codes.UNITS, "declare"),
    _c("LawfUnitcd", "法定计量单位", codes.UNITS, "declare"),
    _c("SecdLawfUnitcd", "法定第二计量单位", codes.UNITS),
    _c("Natcd", "原产国(地区)", codes.COUNTRIES, "declare"),
    _n("DclUprcAmt", "申报单价", 19, 4, "declare", positive=True),
    _n("DclTotalAmt", "申报总价", 19, 2, "declare", positive=True),
    _n("UsdStatTotalAmt", "美元统计总金额", 25, 5),
    _c("DclCurrcd", "币制", codes.CURRENCIES, "declare"),
    _n("LawfQty", "法定数量", 19, 5, "declare", positive=True),
    _n("SecdLawfQty", "法定第二数量", 19, 5),
    _n("WtSfVal", "重量比例因子", 19, 5),
    _n("FstSfVal", "第一比例因子", 19, 5),
    _n("SecdSfVal", "第二比例因子", 19, 5),
    _n("DclQty", "申报数量", 19, 5, "declare", positive=True),
    _n("GrossWt", "毛重", 19, 5),
    _n("NetWt", "净重", 19, 5),
    _t("UseCd", "用途代码", 4),
    _c("LvyrlfModecd", "征免方式", codes.LEVY_MODES, "declare"),
    _t("UcnsVerno", "单耗版本号", 8),
    _n("EntryGdsSeqno", "报关单商品序号", 19, 0),
    _n("ApplyTbSeqno", "流转申报表序号", 19, 0),
    _t("ClyMarkcd", "危化品标志", 4),
    _c("DestinationNatcd", "最终目的国(地区)", codes.COUNTRIES, "declare"),
    _c("ModfMarkcd", "修改标志", codes.CHANGE_MARKS, "declare"),
    _t("Rmk", "备注", 4000),
    _t("AddTime", "入库时间", 32),
    _t("Param1", "来源标识", 64),
    _t("Param2", "备用2", 64),
    _n("Param3", "备用3", 19, 5),
    _t("Param4", "备用4", 32),
)

HEAD = {element.name: element for element in _HEAD}
GOODS = {element.name: element for element in _GOODS}

DECLARATION_HEAD = _listed(
    """
    SeqNo DecSeqNo PutrecNo BizopEtpsSccd BizopEtpsno BizopEtpsNm RvsngdEtpsSccd RcvgdEtpsno RcvgdEtpsNm DclEtpsSccd
    DclEtpsno DclEtpsNm InputCode InputCreditCode InputName ImpexpPortcd DclPlcCuscd ImpexpMarkcd SupvModecd TrspModecd
    TradeCountry DecType Rmk CreateFlag BillNo ContrNo CutMode DistinatePort FeeMark FeeRate FeeCurr InsurMark InsurRate
    InsurCurr OtherMark OtherRate OtherCurr GrossWet NetWt LicenseNo PackNo WrapType TrafName TransMode Type
    PromiseItems TradeAreaCode DespPortCode EntryPortCode GoodsPlace OverseasConsignorCode OverseasConsignorCname
    OverseasConsignorEname OverseasConsignorAddr OverseasConsigneeCode OverseasConsigneeEname
    """
)
DECLARATION_ROW = _listed(
    """
    SeqNo DecSeqNo EntryGdsSeqno PutrecSeqno Gdecd GdsNm GdsSpcfModelDesc DclUnitcd LawfUnitcd SecdLawfUnitcd DclUprcAmt
    DclTotalAmt DclCurrCd NatCd DestinationNatcd LawfQty SecdLawfQty DclQty UseCd Rmk LvyrlfModecd CiqCode CiqName
    DeclGoodsEname OrigPlaceCode Purpose ProdValidDt ProdQgp GoodsAttr Stuff UnCode DangName DangPackType DangPackSpec
    NoDangFlag EngManEntCnm GoodsSpec GoodsModel GoodsBrand ProduceDate ProdBatchNo MnufctrRegno MnufctrRegName DestCode
    DistrictCode
    """
)
ECOMMERCE_BILL = frozenset({"SeqNo", "BondInvtNo", "CbecBillNo"})
