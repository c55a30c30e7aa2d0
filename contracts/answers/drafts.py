"""What entry answers about drafts that were made from others or read from a workbook."""

from __future__ import annotations

from typing import Any, Generic
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.answers.documents import D, DocumentSaved, DocumentSummary
from contracts.events.event import Actor
from contracts.problems import CellProblem, Problem


class MadeSource(Answer):
    """A document that another was made from."""

    id: UUID
    kind: str
    customs_no: str


class FedPart(Answer):
    """A row of a source that fed a row."""

    source: int = Field(description="Place of the document in `sources`")
    line_no: int
    quantity: str


class FedRow(Answer):
    """A row of the new document and what fed it."""

    line_no: int
    parts: list[FedPart] = Field(alias="from")


class Origin(Answer):
    """The documents a document was made from, and which of their rows fed each of its rows."""

    sources: list[MadeSource]
    fed: list[FedRow]


class MadeFrom(Origin):
    """The same of a document that is there, with who made it."""

    made_by: Actor
    made_at: AwareDatetime


class DocumentMade(DocumentSaved[D], Generic[D]):
    """A draft that was made from other documents."""

    made_from: Origin
    to_complete: list[Problem] = Field(description="What a declaration still asks")


class UsingDocument(Answer):
    """A document that takes from another. Who may not read it learns what it holds and nothing else of it."""

    standing: str = Field(description="draft, declared, approved")
    whole: bool = Field(description="It takes all of it")
    id: UUID | None
    internal_no: str | None = None
    customs_no: str | None = None
    state: str | None = None
    state_label: str | None = None


class UsedBy(Answer):
    """What one document takes of a row."""

    document: int = Field(description="Place in `documents`")
    quantity: str


class RemainingRow(Answer):
    """A row of an approved document: quantities as strings, null where the row has none."""

    line_no: int | None = None
    material_mark: str | None = None
    material_no: str | None = None
    name: str | None = None
    unit: str | None = None
    quantity: str | None
    held: str = Field(description="By documents that are declared or approved")
    approved: str = Field(description="Of it by approved ones")
    passed: str = Field(description="Through the gate")
    drafted: str
    remaining: str | None
    by: list[UsedBy]


class RemainingOfKind(Answer):
    """What documents of one kind take."""

    kind: str
    label: str
    in_part: bool = Field(description="Rows may be taken in part")
    documents: list[UsingDocument]
    rows: list[RemainingRow]


class Remaining(Answer):
    """What others hold of an approved document, and what is left."""

    id: UUID
    kind: str
    number: str | None
    state: str
    version: int
    by_kind: list[RemainingOfKind]


class EntryLine(Answer):
    """A line of the 报关单 and the goods that go into it."""

    line_no: int
    goods: list[int]


class MergePart(Answer):
    """A proposal how to split: one document of it."""

    entry_lines: int
    goods: list[int]


class MergePreview(Answer):
    """Goods merged into lines of a 报关单, ready to be saved."""

    ok: bool
    entry_lines: int
    goods: list[dict[str, Any]]
    declaration_rows: list[dict[str, Any]]
    lines: list[EntryLine]
    parts: list[MergePart]
    errors: list[Problem]
    warnings: list[Problem]


class ReadColumn(Answer):
    """A column, or of a single object a row, and the field it was taken for."""

    cell: str
    heading: str
    field: str | None
    label: str | None
    by: str | None = Field(
        description="How it was recognised: mapping, label, name, element, synonym; null: not at all"
    )


class ColumnMapping(Answer):
    """Which heading means which field; null: the column is left out."""

    sheet: str | None
    columns: dict[str, str | None]


class ReadSheet(Answer):
    """A sheet and how it was understood."""

    section: str
    label: str
    sheet: str
    heading_row: int
    rows: int
    rows_left_out: list[int]
    columns: list[ReadColumn]
    mapping: ColumnMapping = Field(description="As it can be corrected and saved")


class ImportReport(Answer):
    """What a workbook says and what is wrong with it."""

    mode: str = Field(description="preview, all, good-rows")
    ok: bool
    error_count: int
    notices: list[CellProblem]
    warnings: list[CellProblem]
    sheets: list[ReadSheet]
    errors: list[CellProblem]


class DocumentImported(DocumentSummary):
    """A draft that was saved from a workbook."""

    report: ImportReport = Field(alias="import")


class KeptMapping(ColumnMapping):
    """What the headings of a client firm mean, for one section."""

    section: str
    set_by: Actor
    set_at: AwareDatetime


class KeptMappings(Answer):
    """All that was saved for a client firm."""

    items: list[KeptMapping]
