"""Uploads for the simulator's tests, written by hand here and by nothing of the product. All firms are invented."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

HEAD = {
    "SeqNo": "",
    "PutrecNo": "T2389W000123",
    "InvtType": "0",
    "EtpsInnerInvtNo": "",
    "BizopEtpsno": "3299W60001",
    "BizopEtpsNm": "示例保税物流有限公司",
    "RcvgdEtpsno": "3299W60001",
    "RcvgdEtpsNm": "示例保税物流有限公司",
    "DclEtpsno": "3299980002",
    "DclEtpsNm": "样例报关服务有限公司",
    "InputCode": "3299980002",
    "InputName": "样例报关服务有限公司",
    "InputTime": "20260105",
    "RltEntryBizopEtpsno": "3299W60001",
    "RltEntryBizopEtpsNm": "示例保税物流有限公司",
    "RltEntryRcvgdEtpsno": "3299960003",
    "RltEntryRcvgdEtpsNm": "样例进出口贸易有限公司",
    "RltEntryDclEtpsno": "3299980002",
    "RltEntryDclEtpsNm": "样例报关服务有限公司",
    "ImpexpPortcd": "2389",
    "DclPlcCuscd": "2389",
    "ImpexpMarkcd": "I",
    "MtpckEndprdMarkcd": "I",
    "SupvModecd": "5034",
    "TrspModecd": "2",
    "DclcusFlag": "1",
    "DclcusTypecd": "1",
    "DecType": "1",
    "Rmk": "试验 <单> & 备注",
    "StshipTrsarvNatcd": "116",
    "DclTypecd": "1",
    "GenDecFlag": "1",
}
GOODS = {
    "GdsSeqno": "1",
    "PutrecSeqno": "7",
    "GdsMtno": "PART-001",
    "Gdecd": "8536690000",
    "GdsNm": "接插件",
    "GdsSpcfModelDesc": "4|3|连接用|样例牌|X1",
    "DclUnitcd": "007",
    "LawfUnitcd": "035",
    "Natcd": "116",
    "DclUprcAmt": "1.25",
    "DclTotalAmt": "125",
    "DclCurrcd": "502",
    "LawfQty": "3.5",
    "DclQty": "100",
    "LvyrlfModecd": "3",
    "DestinationNatcd": "142",
    "ModfMarkcd": "3",
}
ENVELOPE = {
    "version": "1.0",
    "message_id": "",
    "file_name": "",
    "message_type": "INV101",
    "sender_id": "DXPENT0000090001",
    "receiver_id": "DXPEDCSAS0000001",
    "send_time": "2026-01-05T09:00:00",
    "Ic_Card": "1000000000001",
}
SKELETON = (
    '<SignedInfo><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    '<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><Reference URI="String">'
    '<DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue/></Reference></SignedInfo>'
    "<SignatureValue/><KeyInfo><KeyName>aa</KeyName></KeyInfo>"
)


@dataclass
class Paper:
    """One upload to be. Change its dictionaries, then write it."""

    internal_no: str
    head: dict[str, str] = field(default_factory=dict)
    goods: list[dict[str, str]] = field(default_factory=lambda: [{}])
    envelope: dict[str, str] = field(default_factory=dict)
    declare_flag: str = "1"
    extra: str = ""
    card_holder: str = "3299980002"
    sys_id: str = "Z7"
    skeleton: str = SKELETON
    prolog: str = '<?xml version="1.0" encoding="UTF-8"?>\n'

    def xml(self) -> bytes:
        """The upload's bytes."""
        envelope = ENVELOPE | {"message_id": f"M-{self.internal_no}"} | self.envelope
        head = HEAD | {"EtpsInnerInvtNo": self.internal_no} | self.head
        rows = [GOODS | {"GdsSeqno": str(n)} | row for n, row in enumerate(self.goods, 1)]
        message = _row("InvtHeadType", head) + "".join(_row("InvtListType", row) for row in rows) + self.extra
        message += f"<OperCusRegCode>{self.card_holder}</OperCusRegCode><SysId>{self.sys_id}</SysId>"
        business = f"<InvtMessage>{message}</InvtMessage><DelcareFlag>{self.declare_flag}</DelcareFlag>"
        package = (
            f"<Package>{_row('EnvelopInfo', envelope)}"
            f"<DataInfo><BussinessData>{business}</BussinessData></DataInfo></Package>"
        )
        text = f'{self.prolog}<Signature>{self.skeleton}<Object Id="String">{package}</Object></Signature>'
        return text.encode()


def _row(name: str, values: dict[str, str]) -> str:
    return f"<{name}>{''.join(f'<{n}>{escape(v)}</{n}>' for n, v in values.items())}</{name}>"


def zipped(entries: dict[str, bytes]) -> bytes:
    """A ZIP of those entries."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def drop(outbox: Path, stem: str, xml: bytes) -> Path:
    """Into the OutBox as a careful sender does it: written elsewhere, then renamed. The hidden folder is no box."""
    staged = outbox.parent.parent / ".staging"
    staged.mkdir(exist_ok=True)
    (staged / stem).write_bytes(zipped({f"{stem}.xml": xml}))
    return (staged / stem).rename(outbox / f"{stem}.zip")
