"""Writing the authority's answers. Pure: text in, bytes out. What a receipt says stands with its kind of document.

Envelope, namespace, spelling and order of elements: production receipts 2019–2024 (H).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from simulators.single_window.clock import iso, spoken
from simulators.single_window.documents import Document
from simulators.single_window.elements import Row

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
SAS_NAMESPACE = "cn.gov.customs.hde.app.sas"
"""Of the schemas of 2017. Real SAS2xx receipts carry none (2024, H); the prefixed form needs one."""
CUSTOMS, CUSTOMS_READER = "CUS0000", "E010000"
DATA_CENTRE = "DXPEDCINVT000001"


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
    namespace: str = ""


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
        declared = ""
        if self._prefix:
            declared = f' xmlns:ns2="{e.namespace or SAS_NAMESPACE}"'
        elif e.namespace:
            declared = f' xmlns="{e.namespace}"'
        text = f"<{self._prefix}Package{declared}>{inner}</{self._prefix}Package>"
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


def old_refusal(text: str) -> bytes:
    """A refusal in the older form: Root with resultFlag, failCode, failInfo, retData (two code paths, M)."""
    plain = Writer()
    leaves = {"resultFlag": "1", "failCode": "-1", "failInfo": text, "retData": ""}
    body = plain.row("Root", leaves, leaves)
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{body}\n'.encode()


@dataclass(frozen=True)
class Telling:
    """What one receipt says about a document: the result, the authority's time, and how much of the document.

    `goods` None means the rows kept with the document may be told; a list means exactly those.
    """

    result: str
    at: datetime
    full: bool = False
    reasons: tuple[str, ...] = ()
    goods: list[Row] | None = None
    rows_only: bool = False
    """A later packet of a split receipt: rows without the head."""


def result_block(write: Writer, document: Document, told: Telling, typecd: str | None = None) -> str:
    """HdeApprResult; etpsPreentNo holds the SeqNo (2024, H). SAS223 and SAS224 leave typecd empty (2024, H)."""
    return write.node(
        "HdeApprResult",
        write.leaf("etpsPreentNo", document.seq_no),
        write.leaf("businessId", document.customs_no),
        write.leaf("tmsCnt", str(document.change_count)),
        write.leaf("typecd", document.declaration_type if typecd is None else typecd),
        write.leaf("manageResult", told.result),
        write.leaf("manageDate", spoken(told.at)),
        write.leaf("rmk", ""),
    )


def check_info(write: Writer, told: Telling) -> str:
    """CheckInfo*: the reasons."""
    return "".join(write.node("CheckInfo", write.leaf("note", reason[:255])) for reason in told.reasons)


def packet_stored(write: Writer, document: Document, told: Telling, result_type: str) -> str:
    """MsgReceResult of INV200 and SAS200 (schema of 2017, M). `result_type` 4 清单 … 10 车辆; resutType is spelt so."""
    leaves = {
        "resutType": result_type,
        "etpsPreentNo": document.seq_no,
        "pocketId": document.seq_no,
        "totalPocketQty": "1",
        "curPocketNo": "1",
        "bizNo": document.customs_no,
        "manageResult": told.result,
        "manageDate": spoken(told.at),
        "rmk": "；".join(told.reasons),
    }
    return write.row("MsgReceResult", leaves, leaves)


def listed(text: str) -> tuple[str, ...]:
    """Names of elements in the order they are written."""
    return tuple(text.split())


def lowered(row: Row) -> Row:
    """Names of the import dialect as the customs dialect spells them."""
    return {name[:1].lower() + name[1:]: value for name, value in row.items()}


def logistics_book(book_no: str) -> bool:
    """T with W or D at the sixth place, or L (production messages, H for W and D, M for L)."""
    return (book_no[:1] == "T" and book_no[5:6] in ("W", "D")) or book_no[:1] == "L"


def owner_system(book_no: str) -> str:
    """ownerSystem: 1 特殊区域, 2 保税物流; only the book tells (L)."""
    return "2" if book_no[:1] == "L" else "1"


APPROVAL_MARKS = {"1": "1", "2": "2", "3": "3"}
"""emapvMarkcd by manageResult: 通过, 转人工, 退单 (H)."""
