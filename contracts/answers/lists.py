"""What query answers: lists of documents and what hangs together with them, a document's course, its messages, saved views."""

from __future__ import annotations

from datetime import date
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.answers.documents import ShownRound
from contracts.events.entry import Attachment, Fact
from contracts.events.event import Actor

I = TypeVar("I")  # noqa: E741


class UsingListed(Answer):
    """A document that was made from the listed one."""

    id: UUID
    kind: str
    kind_label: str
    internal_no: str
    seq_no: str | None
    customs_no: str | None
    state: str
    state_label: str


class DocumentListed(Answer):
    """A row of a list. With `columns` only those are there, after `id`, `version` and `state`."""

    id: UUID
    version: int
    state: str
    kind: str = ""
    internal_no: str = ""
    state_label: str = ""
    state_since: AwareDatetime | None = None
    open_round: ShownRound | None = None
    review: str | None = Field(None, description="requested, approved, rejected")
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int | None = None
    system: str = Field("", description="Z7 海关特殊监管区域, Z8 保税物流管理")
    enterprise_id: UUID | None = None
    team_id: UUID | None = None
    client_id: UUID | None = None
    lines: int = Field(0, description="表体行数")
    attachments: int = 0
    labels: dict[str, str] = Field({}, description="Names of coded fields by field")
    attempt_no: int = 0
    declared_at: AwareDatetime | None = None
    approved_at: AwareDatetime | None = None
    deadline_at: AwareDatetime | None = None
    overdue: bool = False
    needs_operator: bool = False
    notes: list[str] = Field([])
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None


class Searched(Answer):
    """How far a search looks, for whoever searches."""

    searched_characters: int = Field(description="Of one document")
    not_wholly_searched: int = Field(description="Documents with more text than that; 1000 for more")


class Page(Answer, Generic[I]):
    """A page of a list. The cursor holds for this list under these conditions."""

    items: list[I]
    next_cursor: str | None
    stale: bool = Field(description="What Wait-For names is not in it yet")


class DocumentPage(Page[I], Generic[I]):
    """A page of documents, newest change first."""

    search: Searched | None = None


class MakeablePage(Page[I], Generic[I]):
    """Documents that another can still be made from."""

    looked_at: int = Field(description="How many were gone through for this page")


class StateCount(Answer):
    """How many documents are in a state."""

    state: str
    label: str
    count: int


class RoundCount(Answer):
    """How many documents are in a round."""

    purpose: str
    label: str
    count: int


class DocumentCounts(Answer):
    """How many documents the list has under the same conditions."""

    total: int
    states: list[StateCount]
    open_rounds: list[RoundCount]
    overdue: int
    needs_operator: int
    review_requested: int
    stale: bool


class TimelineEntry(Answer):
    """Something that happened to a document, in the words a clerk reads."""

    version: int
    type: str = Field(description="Type of the event")
    state: str
    state_label: str
    occurred_at: AwareDatetime
    text: str
    actor: Actor | None = Field(None, description="Where a person did it")
    attempt_no: int | None = None
    open_round: ShownRound | None = None
    round: ShownRound | None = Field(None, description="The round that was opened or withdrawn")
    previous_state: str | None = None
    fact: Fact | None = Field(None, description="What was told about a sending")
    notes: list[str] = Field([])
    attachment: Attachment | None = None


class Timeline(Answer):
    """Everything that happened to a document, the oldest first."""

    items: list[TimelineEntry]
    stale: bool


class RelatedDocument(Answer):
    """A document that hangs together with another. Of one that the caller may not read, only that it exists is told."""

    level: int
    direction: Literal["up", "down"] = Field(description="up: leant on, down: leaning")
    relation: str = Field(description="Chinese, e.g. 依据")
    of: UUID = Field(description="The document it hangs on")
    standing: Literal["known", "hidden", "elsewhere"]
    kind: str
    kind_label: str
    id: UUID | None
    number: str | None
    internal_no: str | None = None
    seq_no: str | None = None
    customs_no: str | None = None
    state: str | None = None
    state_label: str | None = None
    version: int | None = None


class Relations(Answer):
    """What a document leans on and what leans on it, level by level."""

    id: UUID
    levels: int
    items: list[RelatedDocument]
    truncated: bool = Field(description="There is more than is shown")
    stale: bool


class MessageInfo(Answer):
    """A raw upload or receipt, without its text."""

    id: UUID
    document_id: UUID
    direction: str = Field(description="upload, receipt")
    message_type: str
    message_id: str | None
    attempt_no: int | None
    file_name: str | None
    code: str | None
    outcome: str | None
    recorded_at: AwareDatetime
    authority_at: AwareDatetime | None
    sha256: str
    bytes: int


class Messages(Answer):
    """Uploads and receipts of a document, the oldest first."""

    items: list[MessageInfo]


class MessageText(MessageInfo):
    """One message with its text."""

    text: str


class GatheringForm(Answer):
    """The 业务申报表 whose bills wait."""

    id: UUID
    internal_no: str
    state: str
    state_label: str
    valid_until: str | None


class Gathering(Answer):
    """Bills of one form, enterprise and direction that wait for a 集报清单."""

    business_form_no: str | None
    form: GatheringForm | None
    enterprise_id: UUID
    area_code: str | None
    area_name: str | None
    direction: str | None
    bills: int
    being_gathered: int
    earliest: date = Field(description="When the clock began")
    earliest_by: Literal["gate", "approval"]
    deadline: date
    days_left: int
    overdue: bool


class Gatherings(Answer):
    """What waits to be gathered, the earliest legal deadline first."""

    items: list[Gathering]
    total: int
    today: date
    stale: bool


class Making(Answer):
    """A document that takes from another."""

    id: UUID
    kind: str
    internal_no: str
    seq_no: str | None
    customs_no: str | None
    state: str
    state_label: str
    standing: str = Field(description="draft, declared, approved")
    whole: bool


class MakingListed(Answer):
    """How far a source is used."""

    documents: int = Field(0, description="How many were made of it, without drafts")
    drafts: int = 0
    partly: bool = False
    rows_left: int = 0
    made: list[Making] = Field([], description="The first of them")


class MovedRow(Answer):
    """A row of goods: where how much of it went."""

    line_no: int | None
    material_mark: str | None
    material_no: str | None
    hs_code: str | None
    name: str | None
    specification: str | None
    unit: str | None
    currency: str | None
    quantity: str | None
    held: str
    approved: str
    passed: str
    drafted: str
    remaining: str | None


class MovedDocument(Answer):
    """An approved document with its rows."""

    id: UUID
    kind: str
    internal_no: str
    seq_no: str | None
    customs_no: str | None
    state: str
    state_label: str
    approved_at: AwareDatetime | None
    area_code: str | None = Field(None, description="区内企业编码")
    area_name: str | None = Field(None, description="区内企业名称")
    documents: int = Field(description="How many take from it, without drafts")
    rows: list[MovedRow]


class GoodsMovements(Page[MovedDocument]):
    """What of each approved row went where."""


class ViewOwner(Answer):
    """Whose a view is."""

    id: str
    name: str


class SavedView(Answer):
    """Conditions and columns of a list under a name."""

    id: UUID
    name: str
    kind: str
    conditions: dict[str, Any] = Field(description="As the list's query parameters have them")
    columns: list[str]
    shared: bool
    default: bool
    own: bool
    owner: ViewOwner
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SavedViews(Answer):
    """The caller's own views and those shared within the tenant."""

    items: list[SavedView]
