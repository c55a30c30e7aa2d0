"""Uploads of the kinds beside 核注清单, written by hand here and by nothing of the product. All firms are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from simulators.single_window.tests.uploads import ENVELOPE, SKELETON

Rows = list[dict[str, str]]

_AREA = {"AreainEtpsno": "3299W60001", "AreainEtpsNm": "示例保税物流有限公司"}
_DECLARER = {"DclEtpsno": "3299980002", "DclEtpsNm": "样例报关服务有限公司"}
_INPUT = {"InputCode": "3299980002", "InputName": "样例报关服务有限公司"}
_ARTICLE = {
    "GdsMtno": "PART-001",
    "Gdecd": "8536690000",
    "GdsNm": "接插件",
    "DclUnitcd": "007",
    "DclQty": "100",
}
_PRICED = _ARTICLE | {
    "GdsSpcfModelDesc": "4|3|连接用|样例牌|X1",
    "LawfUnitcd": "035",
    "DclUprcAmt": "1.25",
    "DclTotalAmt": "125",
    "DclCurrcd": "142",
}


@dataclass
class SasPaper:
    """One upload to be: change its head and rows, then write it."""

    internal_no: str
    head: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    envelope: dict[str, str] = field(default_factory=dict)
    declare_flag: str = "1"
    card_holder: str = "3299980002"
    message_type: str = ""
    element: str = ""
    head_element: str = ""
    usual_head: Mapping[str, str] = field(default_factory=dict)
    sys_id: str = ""
    extra: str = ""

    def xml(self) -> bytes:
        """The upload's bytes."""
        envelope = ENVELOPE | {"message_id": f"M-{self.internal_no}", "message_type": self.message_type}
        head = {**self.usual_head, "EtpsPreentNo": self.internal_no, **self.head}
        message = _row(self.head_element, head) + "".join(
            _row(name, row) for name, rows in self.rows.items() for row in rows
        )
        message += f"{self.extra}<OperCusRegCode>{self.card_holder}</OperCusRegCode>"
        message += f"<SysId>{self.sys_id}</SysId>" if self.sys_id else ""
        business = f"<{self.element}>{message}</{self.element}><DelcareFlag>{self.declare_flag}</DelcareFlag>"
        package = (
            f"<Package>{_row('EnvelopInfo', envelope | self.envelope)}"
            f"<DataInfo><BussinessData>{business}</BussinessData></DataInfo></Package>"
        )
        return f'<Signature>{SKELETON}<Object Id="String">{package}</Object></Signature>'.encode()


def form(internal_no: str, *rows: dict[str, str], **head: str) -> SasPaper:
    """业务申报表 SAS101; rows are numbered."""
    usual = _PRICED | {"OriactGdsSeqno": "7", "MtpckEndprdTypecd": "I", "ModfMarkcd": "3"}
    return SasPaper(
        internal_no,
        head,
        {"AppGoods": [usual | {"SasDclSeqno": str(n)} | row for n, row in enumerate(rows or ({},), 1)]},
        message_type="SAS101",
        element="AppMessage",
        head_element="AppHead",
        usual_head=_AREA
        | _DECLARER
        | _INPUT
        | {
            "MaserCuscd": "2389",
            "DclTypecd": "1",
            "BusinessTypecd": "A",
            "DirectionTypecd": "E",
            "ValidTime": "2026-12-31",
            "DclEr": "示例申请人",
            "MtpckEndprdTypecd": "I",
        },
    )


def bill(internal_no: str, form_no: str, *rows: dict[str, str], **head: str) -> SasPaper:
    """出入库单 SAS111."""
    usual = _PRICED | {
        "SasDclSeqno": "1",
        "Natcd": "142",
        "LawfQty": "3.5",
        "LvyrlfModecd": "3",
        "DestinationNatcd": "142",
        "DclQty": "40",
    }
    return SasPaper(
        internal_no,
        head,
        {"StockGoods": [usual | {"SasStockSeqno": str(n)} | row for n, row in enumerate(rows or ({},), 1)]},
        message_type="SAS111",
        element="StockMessage",
        head_element="StockHead",
        usual_head=_INPUT
        | {
            "SasDclNo": form_no,
            "AreainEtpsNo": "3299W60001",
            "AreainEtpsNm": "示例保税物流有限公司",
            "DclEtpsNo": "3299980002",
            "DclEtpsNm": "样例报关服务有限公司",
            "MasterCuscd": "2389",
            "DclTypecd": "1",
            "StockTypecd": "E",
            "BusinessTypecd": "A",
            "DclEr": "示例申请人",
            "GrossWt": "20",
            "NetWt": "18",
            "InputDate": "2026-01-05",
        },
    )


def gate_pass(internal_no: str, *linked: str, goods: Rows | None = None, **head: str) -> SasPaper:
    """核放单 SAS121; without linked documents it is an empty truck, else it carries 出入库单."""
    type_ = head.get("RltTbTypecd", "2" if linked else "")
    usual = _ARTICLE | {"RltGdsSeqno": "1", "GrossWt": "20", "NetWt": "18"}
    return SasPaper(
        internal_no,
        head,
        {
            "PassportAcmp": [{"RtlBillTypecd": type_, "RtlBillNo": number} for number in linked],
            "PassportList": [usual | {"PassportSeqNo": str(n)} | r for n, r in enumerate(goods or [], 1)],
        },
        message_type="SAS121",
        element="PassPortMessage",
        head_element="PassportHead",
        usual_head=_AREA
        | _DECLARER
        | _INPUT
        | {
            "PassportTypecd": "4" if linked else "6",
            "MasterCuscd": "2389",
            "DclTypecd": "1",
            "IoTypecd": "E",
            "BindTypecd": "1" if linked else "",
            "RltTbTypecd": type_,
            "VehicleNo": "浙B00000",
            "VehicleWt": "8000",
            "TotalWt": "8020",
            "TotalGrossWt": "20" if linked else "0",
            "TotalNetWt": "18" if linked else "0",
            "DclErConc": "示例申请人 13800000000",
        },
    )


def vehicle(internal_no: str, **head: str) -> SasPaper:
    """车辆 SAS131."""
    return SasPaper(
        internal_no,
        head,
        message_type="SAS131",
        element="VehicleMessage",
        head_element="VehicleHead",
        usual_head={
            "VehicleNo": "浙B00000",
            "MasterCuscd": "2389",
            "DclTypecd": "1",
            "Etpsno": "3299W60001",
            "EtpsNm": "示例保税物流有限公司",
            "VehicleWt": "8000",
        },
    )


def two_step_pass(internal_no: str, **head: str) -> SasPaper:
    """两步申报核放单 ICP101."""
    return SasPaper(
        internal_no,
        head,
        {"Sas2sPassportRlt": [{"EntryId": "222920261000000001"}]},
        message_type="ICP101",
        element="Sas2sPassPortMessage",
        head_element="Sas2sPassportHead",
        usual_head={
            "DclTypecd": "1",
            "MasterCuscd": "2389",
            "AreainEtpsNo": "3299W60001",
            "AreainEtpsNm": "示例保税物流有限公司",
            "DclEtpsNo": "3299980002",
            "DclEtpsNm": "样例报关服务有限公司",
            "InputCode": "3299980002",
            "InputName": "样例报关服务有限公司",
            "VehicleNo": "浙B00000",
            "DclErConc": "示例申请人",
        },
        sys_id="Z7",
    )


def resend(internal_no: str, **head: str) -> SasPaper:
    """INV141."""
    return SasPaper(
        internal_no,
        head,
        message_type="INV141",
        element="ReceiptDclMessage",
        head_element="ReceiptDclHead",
        sys_id="Z7",
    )


def _row(name: str, values: dict[str, str]) -> str:
    return f"<{name}>{''.join(f'<{n}>{escape(v)}</{n}>' for n, v in values.items())}</{name}>"
