"""The authority's messages in typed form: what we send, or an answer. Immutable, plain values inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contracts.events.receipts import Outcome
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject

DeclareFlag = Literal["0", "1"]
ACKNOWLEDGEMENT = "CommonResponeMessage"
RESEND_REQUEST = "INV141"


@dataclass(frozen=True, slots=True)
class Envelope:
    """EnvelopInfo, verbatim; "" means absent. Lengths: customs schema of 2017."""

    version: str = ""
    business_id: str = ""
    message_id: str = ""
    file_name: str = ""
    message_type: str = ""
    sender_id: str = ""
    receiver_id: str = ""
    send_time: str = ""
    card_no: str = ""
    """Ic_Card, import dialect only."""


@dataclass(frozen=True, slots=True)
class Packet:
    """PocketInfo: which part of a split message this is. `number` counts from 1 to `total`."""

    pocket_id: str
    total: int
    number: int
    unstructured: str = ""


@dataclass(frozen=True, slots=True)
class UnknownElement:
    """An element no catalogue names, or one that came twice. `path` like InvtMessage/InvtListType[2]/Foo."""

    path: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What every message to the authority has around its business part."""

    envelope: Envelope
    declare_flag: str
    """DelcareFlag: 0 暂存, 1 申报; "" where the sender left it out."""
    operator_customs_code: str = ""
    sys_id: str = ""
    packet: Packet | None = None
    key_name: str = ""
    signature_method: str = ""
    """Algorithm URI of the skeleton; "" where there is none."""
    signed: bool = False
    """Whether a SignatureValue is filled in. Reading does not verify it: see `signature.verify`."""
    unknown: tuple[UnknownElement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Outgoing):
    """A document to the authority, e.g. INV101. `document` has the shape of the catalogue, values verbatim."""

    kind: Kind
    document: JsonObject

    @property
    def message_type(self) -> str:
        """INV101 …"""
        return self.kind.upload_type


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendRequest(Outgoing):
    """INV141: asks the authority to send the receipts of one document again."""

    preent_no: str = ""
    """etpsPreentNo: the 预录入统一编号, as receipts use that element (H there, L here)."""
    customs_no: str = ""
    """businessId: 清单编号, 核放单编号 …; "" while there is none."""

    @property
    def message_type(self) -> str:
        """INV141, like `Upload.message_type`."""
        return RESEND_REQUEST


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer of the authority in normal form. Field names are those of ReceiptReceived where both have them."""

    message_type: str
    """CommonResponeMessage (also for its older form), INV201, SAS221 …"""
    kind: str | None
    """Code name of the document kind; None for an acknowledgement and a 入库回执 that do not tell."""
    code: str
    """DealFlag, manageResult or (INV211) vrfdedMarkcd, verbatim."""
    outcome: Outcome
    message_id: str | None = None
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int | None = None
    internal_no: str | None = None
    declaration_type: str | None = None
    """typecd / dclTypecd: 1 备案, 2 变更, 3 删除 作废 结案."""
    existing_seq_no: str | None = None
    """The number named in 【】 by a duplicate refusal, when it is exactly one of 18 digits."""
    reasons: tuple[str, ...] = ()
    """Verbatim, e.g. 退单 reasons or the refusal's sentence."""
    authority_time: str | None = None
    authority_at: datetime | None = None
    """The same as UTC; None where the text is no time."""
    packet: Packet | None = None
    envelope: Envelope = field(default_factory=Envelope)
    body: JsonObject = field(default_factory=dict)
    """{"result": {…}, "document": {"head": {…}, "goods": […] …}, "book_rows": […], "attached_documents": […], "unknown": […]}; parts that
    were absent are left out; names are the catalogue's."""
    unknown: tuple[UnknownElement, ...] = ()
    repairs: tuple[str, ...] = ()
    """Chinese sentences: what was mended in the file before it could be read."""

    @property
    def is_split(self) -> bool:
        """Whether other packets are needed before the answer is whole: see `join_packets`."""
        return self.packet is not None and self.packet.total > 1


Message = Upload | ResendRequest | Receipt
