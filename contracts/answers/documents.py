"""What entry answers about one document. `D` is the schema of its kind, which who describes the operation puts in."""

from __future__ import annotations

from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.events.entry import Numbers, OpenRound, Review
from contracts.events.event import Actor
from contracts.problems import Problem

D = TypeVar("D")


class ShownRound(OpenRound):
    """The round under way, with what a clerk reads of it."""

    label: str = Field(description="变更：草稿")


class DocumentSummary(Answer):
    """Where a document stands, without its content."""

    id: UUID
    kind: str = Field(description="Code name of the document kind, e.g. inventory")
    internal_no: str = Field(description="企业内部编号")
    version: int = Field(ge=1, description="For If-Match; also the ETag")
    state: str = Field(description="State code of the approved version, or of the filing")
    state_label: str
    state_description: str
    open_round: ShownRound | None
    approved_attempt_no: int | None = Field(description="The sending customs agreed to")
    review: Review | None
    system: str = Field(description="Z7 海关特殊监管区域, Z8 保税物流管理")
    origin: str = Field(description="here, or adopted: declared on the official page")
    attachments: int = Field(ge=0, description="How many 随附单据 it has")
    numbers: Numbers
    enterprise_id: UUID
    team_id: UUID | None
    client_id: UUID | None
    attempt_no: int = Field(ge=0, description="How often it was sent")
    deadline_at: AwareDatetime | None = Field(description="Until when an answer is awaited")
    overdue: bool
    needs_operator: bool = Field(description="A receipt could not be given to one sending")
    notes: list[str]
    copied_from: UUID | None
    created_by: Actor
    created_at: AwareDatetime
    updated_at: AwareDatetime


class DocumentWhole(DocumentSummary, Generic[D]):
    """A document with its content, and what only customs sets as far as it has told."""

    authority: dict[str, Any] = Field(description="Fields of the head that the authority fills in")
    document: D


class DocumentSaved(DocumentWhole[D], Generic[D]):
    """A document after it was saved."""

    warnings: list[Problem] = Field(description="To be looked at, although it is no error")


class Place(Answer):
    """A place in the document that a sentence speaks of."""

    pointer: str = Field(description="JSON pointer into the document that is shown")
    label: str


class Reason(Answer):
    """Why a document came back: a sentence of the last answer, and the places it names."""

    text: str
    places: list[Place]


class DocumentRead(DocumentWhole[D], Generic[D]):
    """A document as it stands, or a version of it."""

    reasons: list[Reason]


class DocumentAsked(DocumentWhole[D], Generic[D]):
    """A document after something was asked of customs."""

    attempt_id: UUID | None = Field(description="Of the upload that was ordered; null where none was")


class DocumentUpload(DocumentSummary):
    """A document that is on its way to the Single Window."""

    attempt_id: UUID
    warnings: list[Problem]


class DocumentCheck(Answer):
    """What a check found."""

    ok: bool = Field(description="No error; there may be warnings")
    errors: list[Problem]
    warnings: list[Problem]


class DocumentAction(Answer):
    """Something that can be done with a document."""

    action: str
    allowed: bool
    reason: str | None = Field(description="Why it cannot be done now; null where it can")


class DocumentActions(Answer):
    """What can be done with a document now, and why the rest cannot."""

    state: str
    version: int = Field(ge=1)
    actions: list[DocumentAction]


class SentVersion(Answer):
    """One sending, without its content."""

    attempt_no: int
    round_no: int
    purpose: str = Field(description="filing, change, cancellation, closure")
    upload: str = Field(description="document, resend: receipts were asked for, adopted")
    declare_flag: str = Field(description="1 declared (申报), 0 staged (暂存)")
    ordered_at: AwareDatetime
    ordered_by: Actor
    sha256: str


class LaterRound(Answer):
    """A round after the filing."""

    round_no: int
    purpose: str
    reason: str
    opened_at: AwareDatetime
    opened_by: Actor
    withdrawn_at: AwareDatetime | None
    withdrawn_by: Actor | None


class WorkingCopy(Answer):
    """The working copy, by the hash of its content."""

    sha256: str
    updated_at: AwareDatetime


class DocumentVersions(Answer):
    """The versions of a document, the newest sending first."""

    working: WorkingCopy
    approved: int | None = Field(description="The sending customs agreed to")
    sent: list[SentVersion]
    rounds: list[LaterRound]


class Difference(Answer):
    """A field that changed, or a row that was added or removed."""

    action: str = Field(description="changed, added, removed")
    pointer: str = Field(description="Into the new version; of a removed row into the old one")
    label: str
    row_key: dict[str, Any] | None = Field(default=None, description="What tells the row apart")
    field: str | None = Field(default=None, description="Of a change")
    old: str | int | None = None
    new: str | int | None = None
    old_name: str | None = Field(default=None, description="Of a code, its name")
    new_name: str | None = None


class SectionDiff(Answer):
    """How a section differs."""

    section: str
    label: str
    fields: int = Field(description="Single values that changed")
    rows_changed: int
    rows_added: int
    rows_removed: int
    differences: list[Difference]


class DocumentDiff(Answer):
    """What differs between two versions."""

    old: str
    new: str
    same: bool
    count: int
    listed: int = Field(description="How many of them stand in `sections`")
    sections: list[SectionDiff]
