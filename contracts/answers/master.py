"""What reference answers: code tables, master data, 委托, and documents that were filled in."""

from __future__ import annotations

from datetime import date
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from contracts.answers.answer import Answer
from contracts.events.event import Actor
from contracts.problems import Problem

R = TypeVar("R")
SourceType = Literal[
    "template", "company", "goods", "learnt", "vehicle", "hs_code", "document", "enterprise", "rule"
]


class RecordKept(Answer, Generic[R]):
    """A record of master data."""

    id: UUID
    version: int = Field(description="For If-Match; also the ETag")
    client_id: UUID | None = Field(description="The client firm whose it is; null: everybody's")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: Actor
    changed_by: Actor
    content: R


class RecordPage(Answer, Generic[R]):
    """A page of records, newest first."""

    items: list[R]
    next_cursor: str | None


class Template(Answer):
    """A partial document under a name."""

    kind: str
    name: str
    document: dict[str, Any]


class RecordImport(Answer):
    """What an import of records did or would do."""

    mode: Literal["preview", "all", "good-rows"]
    lines: int
    added: int
    changed: int
    unchanged: int
    refused: int
    errors: list[Problem]


class CodeTable(Answer):
    """A code table and how old it is."""

    name: str
    label: str
    edition: str | None = Field(description="null: nothing was imported")
    source: str
    open: bool = Field(description="Codes beyond it may be used")
    rows: int
    valid_from: date | None
    published: bool = Field(description="Customs publishes it, so an edition of it can be imported")
    older: bool = Field(description="Older than this year")
    note: str | None


class CodeTables(Answer):
    """Every code table."""

    items: list[CodeTable]


class CodePrompt(Answer):
    """A quantity that a row with this goods code must have."""

    field: str
    message: str


class CodeRow(Answer):
    """A code. Goods codes have units besides."""

    code: str
    name: str
    initials: str
    alpha: str | None
    full_name: str | None
    valid_from: date | None
    valid_until: date | None
    unit: str | None = None
    unit_label: str | None = None
    second_unit: str | None = None
    second_unit_label: str | None = None
    edition: str | None = None
    prompts: list[CodePrompt] = Field([])


class CodesFound(Answer):
    """Rows of one table, best first."""

    table: CodeTable
    items: list[CodeRow]


class CodeFound(CodeRow):
    """One code with its table."""

    table: CodeTable


class EditionRow(Answer):
    """A code as an edition has it. Goods codes have units, other tables the rest."""

    code: str
    name: str
    unit: str | None = None
    second_unit: str | None = None
    alpha: str | None = None
    full_name: str | None = None


class EditionChange(Answer):
    """A code before and after."""

    before: EditionRow
    after: EditionRow


class EditionExamples(Answer):
    """The first of each."""

    added: list[EditionRow]
    changed: list[EditionChange]
    ended: list[EditionRow]


class EditionPlaced(Answer):
    """What an edition changes, or would change."""

    edition: str
    valid_from: date
    preview: bool
    codes: int
    added: int
    changed: int
    ended: int
    unchanged: int
    examples: EditionExamples
    table: str | None = None
    units_changed: int | None = Field(None, description="Of goods codes")
    notes: list[str] = Field([])
    ended_codes: list[str] = Field([])


class LearntGoods(Answer):
    """What a sending said of a 料号."""

    client_id: UUID | None
    principal: str
    material_no: str
    document_id: UUID
    attempt_no: int
    kind: str
    internal_no: str
    content: dict[str, str]
    standing: Literal["declared", "approved", "returned"]
    times: int
    learnt_at: AwareDatetime


class LearntGoodsPage(Answer):
    """What was learnt, by 料号."""

    items: list[LearntGoods]
    next_cursor: str | None


class Forgotten(Answer):
    """How much was forgotten."""

    forgotten: int


class AuthorisationKept(Answer):
    """A 委托. Both days are included."""

    id: UUID
    client_id: UUID
    enterprise_id: UUID | None = Field(description="null: every enterprise of the tenant")
    kinds: list[str] | None = Field(description="null: every kind")
    agreement_no: str | None
    remark: str | None
    valid_from: date
    valid_until: date
    version: int
    withdrawn_on: date | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: Actor


class Authorisations(Answer):
    """A page of 委托, newest first."""

    items: list[AuthorisationKept]
    next_cursor: str | None


class Verdict(Answer):
    """Whether the broker may act. `reason` is Chinese, "" when allowed."""

    allowed: bool
    authorisation_id: UUID | None = None
    reason: str = ""


class FilledFrom(Answer):
    """Where a value came from."""

    type: SourceType
    id: str = Field(
        description="Of the record, or of the document it was learnt from; of a goods code the code itself; "
        "of this document the other field; of a rule its name"
    )
    label: str = Field(description="What a clerk calls it")
    edition: str | None = Field(None, description="Of the code table, when it is older than this year")
    learnt_at: AwareDatetime | None = Field(
        None, description="When the document it was learnt from was declared"
    )
    times: int | None = Field(None, description="In how many documents the 料号 was declared")


class Filled(Answer):
    """One value that was filled in."""

    pointer: str
    place: str = Field(description="Chinese, e.g. 表体第3行「法定计量单位」")
    value: JsonValue
    source: FilledFrom


class Prompt(Answer):
    """Something the clerk still has to type, because of what was filled in."""

    pointer: str
    message: str


class Completed(Answer):
    """The document with what was absent filled in. `filled` and `prompts` are bounded; the counts are not."""

    document: dict[str, Any]
    filled: list[Filled]
    filled_count: int
    prompts: list[Prompt]
    prompt_count: int
    notes: list[str]
