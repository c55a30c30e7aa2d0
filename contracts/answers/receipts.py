"""What receipts answers: files found in the InBoxes, what they say, and which documents they could be for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.events.event import JsonObject
from contracts.events.receipts import Outcome


class ReceiptNumbers(Answer):
    """The numbers the receipt tells."""

    seq_no: str | None
    customs_no: str | None
    entry_seq_no: str | None
    internal_no: str | None
    change_count: int | None


class ReceiptTold(Answer):
    """What the receipt says."""

    message_type: str
    kind: str | None = Field(description="Code name of the document kind; null: the receipt does not tell")
    kind_label: str | None
    code: str = Field(description="The authority's own code, verbatim")
    outcome: Outcome
    numbers: ReceiptNumbers
    declaration_type: str | None
    authority_time: str | None
    reasons: list[str]
    head: JsonObject | None = Field(description="The document's head in catalogue names, where it is told")
    rows: dict[str, int] = Field(description="How many rows each section of the document has, e.g. goods")
    attached_documents: list[JsonObject] = Field(description="随附单证 that the receipt tells")


class KeptFile(Answer):
    """A file found in an InBox and what became of it."""

    id: UUID
    state: str = Field(description="stored, matched, repeated, unmatched, unreadable, waiting, incomplete")
    state_label: str
    mailbox: str
    enterprise_id: UUID
    file_name: str
    bytes: int
    sha256: str
    arrived_at: AwareDatetime
    message_type: str | None
    message_id: str | None
    kind: str | None
    seq_no: str | None
    customs_no: str | None
    internal_no: str | None
    reason_code: str | None
    reason: str | None = Field(description="Chinese sentence: why it is not matched")
    notes: list[str] = Field(description="Chinese sentences: what was mended before it could be read")
    document_id: UUID | None
    receipt_id: UUID | None
    tries: int
    next_try_at: AwareDatetime | None


class ReceiptRetry(Answer):
    """Somebody asked for another try."""

    id: UUID
    asked_by: str
    asked_by_name: str
    asked_at: AwareDatetime


class ReceiptMatch(Answer):
    """Somebody said which document it is for. Of several the last one counts, unless the file was told before."""

    id: UUID
    document_id: UUID
    kind: str
    reason: str
    matched_by: str
    matched_by_name: str
    matched_at: AwareDatetime


class ReceiptPart(Answer):
    """A packet of the same split receipt."""

    number: int
    total: int
    receipt_file_id: UUID


class KeptFileDetail(KeptFile):
    """One file with what it says, the other parts of its receipt, and what was asked for it."""

    receipt: ReceiptTold | None = Field(description="null: it cannot be read")
    parts: list[ReceiptPart]
    retries: list[ReceiptRetry]
    matches: list[ReceiptMatch]


class KeptFiles(Answer):
    """A page, newest first."""

    items: list[KeptFile]
    next_cursor: str | None


class Candidate(Answer):
    """A document that waits for an answer."""

    document_id: UUID
    kind: str
    kind_label: str
    internal_no: str
    seq_no: str | None
    customs_no: str | None
    state: str
    state_label: str
    round_state: str | None = Field(description="State of its open round, where it has one")
    happened_at: AwareDatetime | None


class Candidates(Answer):
    """At most 20, newest first."""

    items: list[Candidate]


class ReceiptContent(Answer):
    """The receipt in catalogue names, whole, in the form of `message read`."""

    message_type: str
    kind: str | None
    direction: str
    envelope: dict[str, Any]
    packet: dict[str, Any] | None
    message_id: str | None
    code: str
    outcome: Outcome
    seq_no: str | None
    customs_no: str | None
    entry_seq_no: str | None
    change_count: int | None
    internal_no: str | None
    declaration_type: str | None
    existing_seq_no: str | None
    reasons: list[str]
    authority_time: str | None
    authority_at: AwareDatetime | None
    body: dict[str, Any]
    repairs: list[str] = Field([], description="What was mended before it could be read")


class ReceiptOrdered(Answer):
    """What was asked for."""

    id: UUID
