"""receipts-events: the authority's answers in one normal form."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import DocumentRef, JsonObject, Sha256

Outcome = Literal[
    "acknowledged",
    "refused",
    "stored",
    "store_failed",
    "manual_review",
    "returned",
    "pre_deducted",
    "approved",
    "deducted",
    "written_off",
    "deleted",
    "declaration_generated",
    "declaration_failed",
    "paused",
    "resumed",
    "concluded",
    "voided",
    "changed",
    "synchronised",
    "gate_passed",
    "gate_passed_first",
    "gate_passed_second",
    "gate_not_passed",
    "gate_refused",
    "gate_released",
    "other",
]
"""What an answer means, in our words. Readers of events take one they do not know as `other`."""


class ReceiptReceived(DocumentRef):
    """An answer that was matched to a document. Deduplicated: the same answer is told once."""

    type: ClassVar[str] = "receipt.received.v1"

    receipt_id: UUID
    raw_id: UUID = Field(description="Id of the kept raw file")
    attempt_id: UUID | None = Field(
        default=None, description="Known for acknowledgements, matched by file stem"
    )
    message_type: str = Field(description="CommonResponeMessage, INV201, INV202, INV211 …")
    message_id: str | None = None
    mailbox: str
    file_name: str
    code: str = Field(description="DealFlag or manageResult, verbatim")
    outcome: str = Field(
        description="What it means; open: more may come",
        json_schema_extra={"examples": list(get_args(Outcome))},
    )
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int | None = None
    declaration_type: str | None = Field(
        default=None,
        description="typecd / dclTypecd: which round is answered, 1 备案, 2 变更, 3 删除 作废 结案",
    )
    existing_seq_no: str | None = Field(
        default=None, description="The number named in 【】 by a duplicate refusal"
    )
    reasons: list[str] = Field(default_factory=list)
    authority_time: str | None = Field(default=None, description="Verbatim, Asia/Shanghai")
    authority_at: AwareDatetime | None = Field(default=None, description="The same as UTC")
    received_at: AwareDatetime
    body: JsonObject = Field(default_factory=dict, description="The whole answer in catalogue names")
    raw: str = Field(description="The answer's text")
    raw_sha256: Sha256
