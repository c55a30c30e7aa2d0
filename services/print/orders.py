"""What may be asked for."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.answers.printing import FileFormat, SheetKind
from customs.documents import KINDS
from services.print.layouts import LAYOUTS
from services.print.subject import WORKING

MOST_DOCUMENTS = 200
MOST_BUNDLED = 500
MOST_ROWS = 100_000
"""Rows of all documents of one job."""

_Sheet = Annotated[
    SheetKind,
    Field(
        title="打印内容", description="document: the document; receipts: everything the authority answered"
    ),
]
_Attachments = Annotated[
    bool,
    Field(title="随附单据", description="Append the document's attachments, each behind a page of facts"),
]
_LeftOut = Annotated[
    tuple[str, ...],
    Field(title="不打印的部分", max_length=20, description="Sections to leave out; said on the print"),
]
_KINDS = [name for name in KINDS if name in LAYOUTS]


def _known(kind: str) -> str:
    if kind not in _KINDS:
        raise ValueError("没有这种单证")
    return kind


KindName = Annotated[str, AfterValidator(_known), Field(title="单证种类", json_schema_extra={"enum": _KINDS})]


class Rows(BaseModel):
    """From this row to that one, both included, 1 the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: int = Field(title="起始项", ge=1, le=MOST_ROWS)
    last: int = Field(title="截止项", ge=1, le=MOST_ROWS)
    section: str | None = Field(
        default=None, title="表体", description="Which table; without it the first of the print"
    )


class PrintOrder(BaseModel):
    """Which sheet of one document, and of which of its versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: _Sheet = "document"
    version: str = Field(
        default=WORKING,
        title="版本",
        description="working, approved, or the number of a sending; receipts are of all versions",
        pattern=r"^(working|approved|[1-9][0-9]{0,4})$",
    )
    rows: Rows | None = Field(default=None, title="打印范围", description="Rows of a table; all without it")
    left_out: _LeftOut = ()
    attachments: _Attachments = False


class PrintBatchOrder(BaseModel):
    """The same sheet of many documents of a kind, a file for each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: list[UUID] = Field(title="单证", min_length=1, max_length=MOST_DOCUMENTS)
    sheet: _Sheet = "document"


class Bundled(BaseModel):
    """One document of a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: KindName
    id: UUID = Field(title="单证")


class BundledList(BaseModel):
    """Every document of a list: the conditions of the list's own address, or a saved view, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: KindName
    view: UUID | None = Field(default=None, title="保存的查询")
    conditions: dict[str, str | list[str]] = Field(
        default_factory=dict,
        title="查询条件",
        max_length=40,
        description="As the parameters of GET /v1/<kind>",
    )

    def parameters(self) -> list[tuple[str, str]]:
        """Of the list's address; where a page ends is not the caller's to say."""
        given = [(name, value) for name, value in self.conditions.items() if name not in ("cursor", "limit")]
        told = [
            (name, each) for name, value in given for each in (value if isinstance(value, list) else [value])
        ]
        return told if self.view is None else [*told, ("view", str(self.view))]


class BundleOrder(BaseModel):
    """Many documents in one file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: list[Bundled] = Field(default_factory=list, title="单证", max_length=MOST_BUNDLED)
    query: BundledList | None = Field(
        default=None, title="查询", description="Instead of documents: everything in this list"
    )
    sheet: _Sheet = "document"
    attachments: _Attachments = False
    cover: bool = Field(default=True, title="目录", description="A first page that says what is inside")
    format: FileFormat = Field(
        default="pdf",
        title="文件形式",
        description="pdf: one PDF with bookmarks; zip: a PDF for each document",
    )
    left_out: _LeftOut = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.documents) == (self.query is not None):
            raise ValueError("documents和query应提供且只提供一项")
        return self
