"""entry-events: the life of a document. entry alone says what state a document is in."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import Actor, DocumentRef, JsonObject, Part, Route, Sha256


class Numbers(Part):
    """The authority's numbers as far as they are known."""

    seq_no: str | None = Field(default=None, description="预录入统一编号, 18 digits")
    customs_no: str | None = Field(default=None, description="海关编号, for an inventory 清单编号 (QD…)")
    entry_seq_no: str | None = Field(default=None, description="报关单统一编号 from INV202")
    change_count: int = Field(default=0, description="变更次数 (ChgTmsCnt)")


RoundPurpose = Literal["filing", "change", "cancellation", "closure"]


class OpenRound(Part):
    """A round after the filing that is not concluded: the approved version stays valid meanwhile."""

    round_no: int = Field(ge=2)
    purpose: RoundPurpose
    state: str = Field(description="State code of the round itself: draft, sending, accepted, returned …")


class Review(Part):
    """复核 of exactly one version: `sha256` is over the content, and an edit makes the review void."""

    status: Literal["requested", "approved", "rejected"]
    round_no: int = Field(ge=1)
    sha256: Sha256
    by: Actor
    comment: str = ""


class Fact(Part):
    """One thing learned about an attempt, as the timeline shows it. `fact_id` is the id of the event that told it."""

    fact_id: str
    type: str = Field(
        description="signed, signing_failed, delivered, taken, refused, delivery_unknown, acknowledged, "
        "receipt, assigned, resolved, marked"
    )
    attempt_no: int | None = Field(
        default=None, description="None: could not be assigned, an operator decides"
    )
    occurred_at: AwareDatetime = Field(description="Our clock: when the telling event was recorded")
    authority_at: AwareDatetime | None = Field(default=None, description="The authority's clock, as UTC")
    message_type: str | None = Field(default=None, description="INV101, CommonResponeMessage, INV201 …")
    message_id: str | None = None
    raw_id: str | None = Field(default=None, description="Id of the raw message in query's messages view")
    code: str | None = Field(default=None, description="The authority's own code, e.g. manageResult 4")
    text: str = Field(default="", description="Chinese sentence for the clerk")
    reasons: list[str] = Field(default_factory=list, description="退单 reasons, verbatim")


class DocumentVersion(DocumentRef):
    """Base of entry's own facts: `version` grows by one with every event of the document."""

    version: int = Field(ge=1)
    state: str = Field(description="State code, see customs/documents/states")
    numbers: Numbers = Field(default_factory=Numbers)
    team_id: UUID | None = None
    client_id: UUID | None = None
    system: str | None = Field(
        default=None, description="SysId of where the clerk works: Z7 海关特殊监管区域, Z8 保税物流管理"
    )
    open_round: OpenRound | None = None
    review: Review | None = None
    attachments: int = Field(default=0, ge=0, description="How many 随附单据 it has")
    occurred_at: AwareDatetime


class DocumentSaved(DocumentVersion):
    """A draft was created, changed or copied; carries the whole document."""

    type: ClassVar[str] = "document.saved.v1"

    catalogue_version: int
    document: JsonObject
    saved_by: Actor
    created_at: AwareDatetime
    copied_from: UUID | None = None


class AttemptStarted(DocumentVersion):
    """An upload was ordered: an immutable snapshot, the route frozen with it."""

    attempt_id: UUID
    attempt_no: int = Field(ge=1)
    round_no: int = Field(ge=1)
    purpose: RoundPurpose = "filing"
    upload: Literal["document", "resend"] = Field(
        default="document", description="resend: the message only asks for receipts (INV141)"
    )
    declare_flag: Literal["0", "1"] = Field(description="DelcareFlag: 0 暂存, 1 申报")
    route: Route
    catalogue_version: int
    document: JsonObject
    ordered_by: Actor
    deadline_at: AwareDatetime | None = None


class DocumentDeclared(AttemptStarted):
    """申报 was ordered."""

    type: ClassVar[str] = "document.declared.v1"


class DocumentStaged(AttemptStarted):
    """暂存 at the Single Window was ordered."""

    type: ClassVar[str] = "document.staged.v1"


class ReceiptsRequested(AttemptStarted):
    """The authority is asked to send its receipts again (INV141); moves no round."""

    type: ClassVar[str] = "receipts.requested.v1"

    upload: Literal["document", "resend"] = "resend"


class RoundOpened(DocumentVersion):
    """A 变更, 删除 / 作废 or 结案 was begun; the approved version becomes the working copy."""

    type: ClassVar[str] = "document.round_opened.v1"

    round: OpenRound
    reason: str
    opened_by: Actor


class RoundWithdrawn(DocumentVersion):
    """A round was given up before customs had it, or after it was refused; the working copy is the approved version."""

    type: ClassVar[str] = "document.round_withdrawn.v1"

    round: OpenRound
    withdrawn_by: Actor
    document: JsonObject | None = Field(default=None, description="The working copy from now on")


class DocumentReviewed(DocumentVersion):
    """复核 was asked for, recalled, granted or refused; `review` None: there is none any more."""

    type: ClassVar[str] = "document.reviewed.v1"

    action: Literal["requested", "recalled", "approved", "rejected"]
    comment: str = ""
    reviewed_by: Actor


class Attachment(Part):
    """随附单据: where it is kept is the object store's business, its hash says which file it is."""

    attachment_id: UUID
    attachment_type: str = Field(description="Code of customs/codes attachment_types")
    file_name: str
    media_type: str
    size: int = Field(ge=1, description="Bytes")
    sha256: Sha256


class DocumentAttached(DocumentVersion):
    """A file was added to the document."""

    type: ClassVar[str] = "document.attached.v1"

    attachment: Attachment
    attached_by: Actor


class DocumentDetached(DocumentVersion):
    """A file was taken off the document; its bytes are kept."""

    type: ClassVar[str] = "document.detached.v1"

    attachment: Attachment
    detached_by: Actor


class DocumentAdopted(DocumentVersion):
    """A document that was declared outside goes on here, known by its numbers; its content may be the receipt's."""

    type: ClassVar[str] = "document.adopted.v1"

    catalogue_version: int
    document: JsonObject
    adopted_by: Actor
    reason: str
    created_at: AwareDatetime


class DocumentProgressed(DocumentVersion):
    """A fact was absorbed; `state` is what the fold over all facts says now."""

    type: ClassVar[str] = "document.progressed.v1"

    previous_state: str
    fact: Fact
    attempt_no: int | None = None
    approved_attempt_no: int | None = Field(
        default=None, description="The attempt whose snapshot is the approved version; None: there is none"
    )
    notes: list[str] = Field(
        default_factory=list, description="Flags for the clerk, e.g. 报关单生成失败 with its reason"
    )
    deadline_at: AwareDatetime | None = Field(default=None, description="When the present state is overdue")
    needs_operator: bool = False
    authority: JsonObject = Field(
        default_factory=dict,
        description="What receipts told about the head, in catalogue names (deduction_mark, gate_status …), newest by the authority's clock",
    )
    document: JsonObject | None = Field(
        default=None, description="The working copy from now on, where the fact put another in its place"
    )


class DocumentDeleted(DocumentVersion):
    """A draft that was never uploaded was deleted."""

    type: ClassVar[str] = "document.deleted.v1"

    deleted_by: Actor


__all__ = [
    "Actor",
    "Attachment",
    "AttemptStarted",
    "DocumentAdopted",
    "DocumentAttached",
    "DocumentDeclared",
    "DocumentDeleted",
    "DocumentDetached",
    "DocumentProgressed",
    "DocumentReviewed",
    "DocumentSaved",
    "DocumentStaged",
    "DocumentVersion",
    "Fact",
    "Numbers",
    "OpenRound",
    "ReceiptsRequested",
    "Review",
    "RoundOpened",
    "RoundPurpose",
    "RoundWithdrawn",
]
