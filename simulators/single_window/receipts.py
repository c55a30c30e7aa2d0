"""Writing the authority's answers. Pure: text in, bytes out.

Envelope, namespace, spelling and order of elements: production receipts 2019–2024 (H); BondInvtBsc in the order of one
production system (H). Values customs fills that no source explains (核算代码, 核扣方式 …) are the simulator's own (L).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from simulators.single_window.clock import iso, spoken
from simulators.single_window.documents import DELETED, Document
from simulators.single_window.reader import Row

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
CUSTOMS, CUSTOMS_READER = "CUS0000", "E010000"
DATA_CENTRE = "DXPEDCINVT000001"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_BSC = _listed("""
    bondInvtNo chgTmsCnt invtPreentNo putrecNo etpsInnerInvtNo bizopEtpsSccd bizopEtpsno bizopEtpsNm rvsngdEtpsSccd
    rcvgdEtpsno rcvgdEtpsNm dclEtpsSccd dclEtpsno dclEtpsNm invtDclTime entryDclTime entryNo rltInvtNo rltPutrecNo
    rltEntryNo rltEntryBizopEtpsSccd rltEntryBizopEtpsno rltEntryBizopEtpsNm impexpPortcd dclPlcCuscd impexpMarkcd
    mtpckEndprdMarkcd supvModecd trspModecd stshipTrsarvNatcd applyNo dclcusFlag dclcusTypecd prevdTime
    formalVrfdedTime invtIochkptStucd vrfdedMarkcd invtStucd vrfdedModecd duCode rmk bondInvtTypecd entryStucd
    passportUsedTypecd param1 param2 param3 param4 needEntryModified levyBlAmt dclTypecd
""")
_DT = _listed("""
    gdsSeqno putrecSeqno gdsMtno gdecd gdsNm gdsSpcfModelDesc dclUnitcd lawfUnitcd secdLawfUnitcd natcd dclUprcAmt
    dclTotalAmt usdStatTotalAmt dclCurrcd lawfQty secdLawfQty wtSfVal fstSfVal secdSfVal dclQty grossWt netWt useCd
    lvyrlfModecd ucnsVerno entryGdsSeqno applyTbSeqno clyMarkcd destinationNatcd modfMarkcd rmk
""")
_BWS = _listed("""
    bwsNo chgTmsCnt gdsSeqno inDate gdsMtno gdecd gdsNm gdsSpcfModelDesc natcd dclUnitcd lawfUnitcd secdLawfUnitcd
    dclUprcAmt dclCurrcd avgPrice totalAmt inQty inLawfQty inSecdLawfQty actlIncQty actlRedcQty prevdIncQty
    prevdRedcQty outDate limitDate inType invtNo invtGNo cusmExeMarkcd rmk modfMarkcd
""")


@dataclass(frozen=True)
class Envelope:
    """What stands around a customs receipt. `packet` = id, number, total; None leaves PocketInfo out (INV202)."""

    message_id: str
    message_type: str
    at: datetime
    extension: str = ".INV"
    sender: str = CUSTOMS
    receiver: str = CUSTOMS_READER
    business_id: str = ""
    packet: tuple[str, int, int] | None = None


class Writer:
    """Writes elements with or without the `ns2:` prefix that some receipts carry (H)."""

    def __init__(self, prefixed: bool = False) -> None:
        self._prefix = "ns2:" if prefixed else ""

    def leaf(self, name: str, value: str) -> str:
        """One element with text; an empty one as start and end tag, as real receipts write it."""
        return f"<{self._prefix}{name}>{escape(value)}</{self._prefix}{name}>"

    def node(self, name: str, *content: str) -> str:
        """One element with elements inside."""
        return f"<{self._prefix}{name}>{''.join(content)}</{self._prefix}{name}>"

    def row(self, name: str, order: Iterable[str], values: Row) -> str:
        """An element with one leaf for every name of `order`."""
        return self.node(name, *(self.leaf(n, values.get(n, "")) for n in order))

    def package(self, envelope: Envelope, body: str) -> bytes:
        """The whole receipt around the business element's content."""
        e = envelope
        parts = [self.leaf("version", "1.0")]
        if e.business_id:
            parts.append(self.leaf("business_id", e.business_id))
        parts += [
            self.leaf("message_id", e.message_id),
            self.leaf("file_name", e.message_id + e.extension),
            self.leaf("message_type", e.message_type),
            self.leaf("sender_id", e.sender),
            self.leaf("receiver_id", e.receiver),
            self.leaf("send_time", iso(e.at)),
        ]
        data = ""
        if e.packet is not None:
            packet_id, number, total = e.packet
            data = self.node(
                "PocketInfo",
                self.leaf("pocket_id", packet_id),
                self.leaf("total_pocket_qty", str(total)),
                self.leaf("cur_pocket_no", str(number)),
                self.leaf("is_unstructured", ""),
            )
        inner = self.node("EnvelopInfo", *parts) + self.node(
            "DataInfo", data, self.node("BussinessData", self.node(e.message_type, body))
        )
        declared = f'xmlns:ns2="{XMLDSIG}"' if self._prefix else f'xmlns="{XMLDSIG}"'
        text = f"<{self._prefix}Package {declared}>{inner}</{self._prefix}Package>"
        return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n{text}\n'.encode()


def acknowledgement(seq_no: str, internal_no: str, text: str, flag: str) -> bytes:
    """CommonResponeMessage; SeqNo is absent in a refusal (2024, H)."""
    plain = Writer()
    body = plain.leaf("SeqNo", seq_no) if seq_no else ""
    body += plain.leaf("EtpsPreentNo", internal_no)
    body += plain.leaf("CheckInfo", text) + plain.leaf("DealFlag", flag)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<CommonResponeMessage>{body}</CommonResponeMessage>\n"
    ).encode()


def approval(
    write: Writer,
    document: Document,
    result: str,
    at: datetime,
    *,
    full: bool = False,
    reasons: tuple[str, ...] = (),
    goods: list[Row] | None = None,
) -> str:
    """The content of INV201: HdeApprResult, CheckInfo*, then the head when `full` and the rows given."""
    granted = result in ("1", "4", "5")
    body = write.node(
        "HdeApprResult",
        write.leaf("etpsPreentNo", document.seq_no),
        write.leaf("businessId", document.customs_no),
        write.leaf("tmsCnt", str(document.change_count)),
        write.leaf("typecd", document.declaration_type),
        write.leaf("manageResult", result),
        write.leaf("manageDate", spoken(at)),
        write.leaf("rmk", ""),
    )
    body += "".join(write.node("CheckInfo", write.leaf("note", reason[:255])) for reason in reasons)
    if full:
        mark = {"1": "2", "4": "1"}.get(result, "0") if granted else ""
        body += write.row("BondInvtBsc", _BSC, head_as_customs_sees_it(document, at, mark))
    for row in goods or ():
        body += write.row("BondInvtDt", [*_DT, "actlPassQty", "passportUsedQty"], _lowered(row))
    return body


def posting(write: Writer, document: Document, at: datetime) -> str:
    """The content of INV211: the head with vrfdedMarkcd 2; book rows for a logistics book of few rows.

    The limit on rows is the simulator's (`documents.KEPT_GOODS`): what a real posting of many rows looks like is not
    public.
    """
    body = write.row("BondInvtBsc", _BSC, head_as_customs_sees_it(document, at, "2"))
    if _logistics_book(document.head.get("PutrecNo", "")) and document.goods_count == len(document.goods):
        for row in document.goods:
            body += write.row("BwsDt", _BWS, _book_row(document, row, at))
    return body


def declaration(write: Writer, document: Document, result: str, at: datetime, reason: str) -> str:
    """The content of INV202: InvApprResult."""
    return write.node(
        "InvApprResult",
        write.leaf("invPreentNo", document.seq_no),
        write.leaf("businessId", document.customs_no),
        write.leaf("entrySeqNo", document.entry_seq_no if result == "1" else ""),
        write.leaf("manageResult", result),
        write.leaf("createDate", spoken(at)),
        write.leaf("reason", reason),
    )


def head_as_customs_sees_it(document: Document, at: datetime, vrfded_mark: str) -> Row:
    """BondInvtBsc by element name; `vrfded_mark` 0 未核扣, 1 预核扣, 2 已核扣."""
    head = _lowered(document.head)
    posted = vrfded_mark == "2"
    return head | {
        "bondInvtNo": document.customs_no,
        "chgTmsCnt": str(document.change_count),
        "invtPreentNo": document.seq_no,
        "prevdTime": iso(at) if vrfded_mark == "1" else "",
        "formalVrfdedTime": iso(at) if posted else "",
        "invtIochkptStucd": "3" if posted else "1",
        "vrfdedMarkcd": vrfded_mark,
        "invtStucd": "3" if document.declaration_type == DELETED else "0",
        "vrfdedModecd": "D",
        "bondInvtTypecd": document.head.get("InvtType", ""),
        "entryStucd": ("1" if posted else "0") if document.needs_declaration() else "",
        "passportUsedTypecd": "3" if posted else "1",
        "levyBlAmt": "0",
        "dclTypecd": document.declaration_type,
    }


def _book_row(document: Document, row: Row, at: datetime) -> Row:
    incoming = document.head.get("ImpexpMarkcd") == "I"
    quantity = row.get("DclQty", "")
    return _lowered(row) | {
        "bwsNo": document.head.get("PutrecNo", ""),
        "chgTmsCnt": "0",
        "gdsSeqno": row.get("PutrecSeqno") or row.get("GdsSeqno", ""),
        "inDate": iso(at) if incoming else "",
        "totalAmt": row.get("DclTotalAmt", ""),
        "inQty": quantity if incoming else "0",
        "inLawfQty": row.get("LawfQty", "") if incoming else "0",
        "inSecdLawfQty": row.get("SecdLawfQty", "") if incoming else "",
        "actlIncQty": quantity if incoming else "0",
        "actlRedcQty": "0" if incoming else quantity,
        "prevdIncQty": "0",
        "prevdRedcQty": "0",
        "invtNo": document.customs_no,
        "invtGNo": row.get("GdsSeqno", ""),
        "cusmExeMarkcd": "1",
    }


def _logistics_book(book_no: str) -> bool:
    # T with W or D at the sixth place, or L (production messages, H for W and D, M for L).
    return (book_no[:1] == "T" and book_no[5:6] in ("W", "D")) or book_no[:1] == "L"


def _lowered(row: Row) -> Row:
    return {name[:1].lower() + name[1:]: value for name, value in row.items()}
