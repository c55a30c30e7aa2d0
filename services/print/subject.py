"""What a sheet is printed from: the document as it stood when it was asked for. The payload of a print job, or of a part."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.answers.printing import SheetKind
from customs.documents.life import Purpose

WORKING, APPROVED = "working", "approved"
"""Names of versions; any other name is the number of a sending."""


class OpenRound(BaseModel):
    """A 变更, 删除 / 作废 or 结案 under way: the working copy is not what customs agreed to."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    round_no: int
    purpose: Purpose
    state: str


class Answer(BaseModel):
    """One thing the authority said, as the timeline tells it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: str
    occurred_at: AwareDatetime
    """Our clock."""
    authority_at: AwareDatetime | None = None
    attempt_no: int | None = None
    message_type: str | None = None
    message_id: str | None = None
    code: str | None = None
    text: str = ""
    reasons: list[str] = []


class RowRange(BaseModel):
    """Rows of one section that are printed, 1 the first, `of` how many there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    section: str
    first: int
    last: int
    of: int


class Subject(BaseModel):
    """`document` in normal form, with what the authority has told by now in its head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: dict[str, Any]
    version: str = WORKING
    open_round: OpenRound | None = None
    attachments: int = 0
    attached: bool = False
    """Whether the attachments follow in the same file."""
    rows: RowRange | None = None
    """The document holds only these rows of this section."""
    left_out: tuple[str, ...] = ()
    """Sections that were not wanted; the document does not hold them."""
    answers: list[Answer] = []
    """In the authority's order; only for the receipt sheet."""
    behind: bool = False
    """Whether there may be answers that were not known yet."""


class DocumentPart(BaseModel):
    """One sheet of a job of several parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["document"] = "document"
    kind: str
    document_id: UUID
    state: str
    sheet: SheetKind
    number: str
    """The best number known, for bookmark and table of contents."""
    file_name: str
    subject: Subject


class AttachmentPart(BaseModel):
    """A file on the document before it; `reason`, in Chinese, is why it is not shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["attachment"] = "attachment"
    type_label: str
    file_name: str
    media_type: str
    size: int
    sha256: str
    reason: str = ""


class SkippedPart(BaseModel):
    """A document that cannot be printed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["skipped"] = "skipped"
    kind: str
    document_id: UUID
    reason: str


Part = Annotated[DocumentPart | AttachmentPart | SkippedPart, Field(discriminator="type")]


class Entry(BaseModel):
    """A line of the table of contents: a finished part, or why there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    """Also the bookmark's."""
    label: str
    """Of kind, or of the type of an attachment."""
    number: str = ""
    state: str = ""
    path: str | None = None
    pages: int = 0
    level: Literal[0, 1] = 0
    remark: str = ""


class Assembly(BaseModel):
    """Parts to be made one file, with a cover or without."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    entries: tuple[Entry, ...]
    cover: bool = True
    contents: bool = True
    """Whether the parts themselves follow."""


class TableColumn(BaseModel):
    """A column of a table that another service fills; `width` is a share of the page's width."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    label: str
    numeric: bool = False
    width: int = 1


class Report(BaseModel):
    """A table with a head of its own, such as the 平衡表; a cell without a value is unknown, not zero."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    facts: tuple[tuple[str, str], ...]
    """Label and value, above the table."""
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    remark: str = ""
