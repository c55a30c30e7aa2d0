"""What entry answers about the ledger (底账). Quantities are strings; what is unknown is null, never zero."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.events.event import Actor
from contracts.problems import CellProblem


class BookFacts(Answer):
    """What is known of a 账册, followed or only known from movements. Counts are null on pages after the first."""

    book_no: str
    followed: bool
    name: str
    check_mode: str | None = Field(description="off, warn, refuse")
    check_mode_label: str | None
    valid_until: date | None
    version: int | None
    updated_at: AwareDatetime | None
    unknown_lines: int | None
    negative_lines: int | None
    alerts: int | None


class Book(BookFacts):
    """A 账册 and how many lines it has."""

    lines: int | None


class ListedBook(Book):
    """A book in the list."""

    differences: int = Field(description="Between INV211 and what was known here")


class Books(Answer):
    """All books."""

    items: list[ListedBook]


class LineBase(Answer):
    """What the balance of a line begins with."""

    kind: str = Field(description="opening, receipt")
    at: AwareDatetime
    ref: str = Field(description="Id of the import or of the receipt")
    quantity_in: str
    quantity_out: str


class BookLine(Answer):
    """A line of a book."""

    mark: str = Field(description="料件成品标志: I, E")
    mark_label: str | None
    line_key: str = Field(description="备案序号, or M: and the 料号")
    line_no: int | None
    material_no: str | None
    hs_code: str | None
    name: str | None
    unit: str | None
    unit_name: str | None
    limit_date: date | None
    base: LineBase | None
    pre_in: str
    pre_out: str
    since_in: str
    since_out: str
    real_in: str | None
    real_out: str | None
    balance: str | None
    available: str | None


class FoundLines(Answer):
    """Lines that fit what somebody types."""

    items: list[BookLine]


class BookPage(BookFacts):
    """A book with a page of its lines."""

    lines: list[BookLine]
    next_cursor: str | None


class LedgerDocument(Answer):
    """A document that moved a line. Who may not read it learns its kind and nothing else of it."""

    kind: str
    kind_label: str
    id: UUID | None
    url: str | None = None
    internal_no: str | None = None
    customs_no: str | None = None
    state: str | None = None
    state_label: str | None = None


class Movement(Answer):
    """One movement of a line."""

    at: AwareDatetime
    account: str = Field(description="pre_in, pre_out, real_in, real_out")
    account_label: str
    quantity: str
    unit: str | None
    cause: str
    cause_label: str
    counted_at: AwareDatetime | None = Field(description="When customs counted it")
    row_no: int
    document: LedgerDocument | None
    source: LedgerDocument | None = Field(description="Through which it moved, where that is another")
    receipt_id: UUID | None
    available_after: str | None


class Movements(Answer):
    """A line and a page of what moved it, newest first."""

    book_no: str
    line: BookLine
    items: list[Movement]
    next_cursor: str | None


class Cause(Answer):
    """What explains a difference."""

    code: str
    message: str
    documents: list[LedgerDocument]


class LedgerDifference(Answer):
    """INV211 against what was known here, for one line."""

    mark: str
    line_key: str
    line_no: int | None
    material_no: str | None
    name: str | None
    at: AwareDatetime
    receipt_id: UUID
    document: LedgerDocument | None
    customs_in: str
    customs_out: str
    our_in: str | None
    our_out: str | None
    difference_in: str | None
    difference_out: str | None
    causes: list[Cause]


class LateDocument(Answer):
    """A document that should long have been answered."""

    document: LedgerDocument | None
    account: str
    account_label: str
    lines: int
    deadline_at: AwareDatetime
    message: str


class LedgerDifferences(Answer):
    """Differences of a book, newest first, and documents that are late."""

    book_no: str
    items: list[LedgerDifference]
    more: bool
    overdue: list[LateDocument]


class SheetColumn(Answer):
    """A column of a 平衡表."""

    name: str
    label: str
    numeric: bool = Field(description="A quantity, null where it is unknown")


class BalanceLine(Answer):
    """A line of a 平衡表."""

    mark: str
    mark_label: str | None
    line_key: str
    line_no: str | None
    material_no: str | None
    hs_code: str | None
    name: str | None
    unit: str | None
    unit_name: str | None
    opening: str | None
    came: str
    went: str
    adjusted: str | None
    closing: str | None
    pre_in: str
    pre_out: str


class BalanceSheet(Answer):
    """平衡表 of a book and a period."""

    book_no: str
    name: str
    since: date = Field(alias="from")
    until: date = Field(alias="to")
    columns: list[SheetColumn]
    items: list[BalanceLine]


class Alert(Answer):
    """Something that runs out, or a line below nothing."""

    kind: str = Field(description="negative, line_ends, book_ends, document_ends, guarantee_ends")
    severity: str = Field(description="critical, warning, notice")
    text: str
    due: date | None
    book_no: str | None
    mark: str | None
    line_key: str | None
    document_id: UUID | None
    guarantee_no: str | None
    document_kind: str | None = None


class Alerts(Answer):
    """The most urgent first."""

    days: int
    items: list[Alert]
    more: bool


class OpeningLine(Answer):
    """A line that an import would change."""

    mark: str
    line_key: str
    line_no: int | None
    material_no: str | None
    effect: str = Field(description="new, changed, same")
    quantity_in: str
    quantity_out: str
    before_in: str | None
    before_out: str | None
    overtaken_by_receipt: bool
    meets_material_line: bool


class OpeningPreview(Answer):
    """What an import of openings would change."""

    book_no: str
    cut_over: date
    rows: int
    new: int
    changed: int
    same: int
    overtaken: int
    meets_material: int
    lines: list[OpeningLine]
    notices: list[CellProblem]


class OpeningImported(OpeningPreview):
    """What an import of openings changed."""

    import_id: UUID


class OpeningImport(Answer):
    """An import of openings."""

    import_id: UUID
    cut_over: date
    rows: int
    imported_at: AwareDatetime
    imported_by: Actor
    undone_at: AwareDatetime | None
    undone_by: Actor | None


class OpeningImports(Answer):
    """The imports of a book, newest first."""

    items: list[OpeningImport]


class GuaranteeAnswer(Answer):
    """A guarantee (保证金, 保函)."""

    guarantee_no: str
    book_no: str | None
    form_no: str | None
    amount: str | None
    currency: str | None
    valid_until: date
    remark: str
    version: int
    updated_at: AwareDatetime


class Guarantees(Answer):
    """Guarantees, those that end first come first."""

    items: list[GuaranteeAnswer]
