"""The table form of a kind: a sheet a section, a column (or, for a single object, a line) a field a clerk may fill."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from customs.codes import Table, table
from customs.documents.fields import FieldSpec
from customs.documents.kinds import Kind
from customs.documents.sections import Section

MARKS_SHEET = "_bondgate"
"""Hidden; says which kind and catalogue the book was made for, and which section each sheet holds."""
UNNUMBERED = "unnumbered"
"""Of a section in the marks: its rows had no numbers when they were written."""
CODES_SHEET = "_codes"
"""Hidden; the validation lists."""
NOTES_SHEET = "填写说明"
VERTICAL_HEADINGS = ("项目", "内容", "说明")
"""Of a sheet for a single object, which has one field a line."""
NEED_MARKS = {"save": "**", "declare": "*", "when": "△"}


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a heading shows it."""

    spec: FieldSpec

    @property
    def heading(self) -> str:
        """The label with the mark of its need."""
        return self.spec.label + NEED_MARKS.get(self.spec.need, "")

    @property
    def table(self) -> Table | None:
        """The code table of the field."""
        return table(self.spec.table) if self.spec.table else None


@dataclass(frozen=True, slots=True)
class SheetForm:
    """One sheet. `vertical`: a single object, one field a line."""

    section: Section
    title: str
    columns: tuple[Column, ...]

    @property
    def vertical(self) -> bool:
        return not self.section.many


def sheets_of(kind: Kind, sections: Collection[str] | None = None) -> tuple[SheetForm, ...]:
    """The sheets of a book, in the authority's order; all of them, or those of these sections."""
    return tuple(
        sheet for sheet in _all_sheets(kind.name, kind) if sections is None or sheet.section.name in sections
    )


@cache
def _all_sheets(_: str, kind: Kind) -> tuple[SheetForm, ...]:
    return tuple(
        SheetForm(
            part,
            part.label,
            tuple(Column(spec) for spec in part.fields.values() if spec.need != "system"),
        )
        for part in kind.sections
    )


def guidance(column: Column) -> str:
    """What a clerk should know before filling the field in: need, form, table, help."""
    spec = column.spec
    need = {
        "save": "保存时必填",
        "declare": "申报时必填",
        "when": spec.when or "按条件填写",
        "optional": "选填",
    }[spec.need]
    said = [need, _form(column)]
    if spec.note:
        said.append(spec.note)
    return "；".join(part for part in said if part)


def _form(column: Column) -> str:
    spec, listed = column.spec, column.table
    if listed is not None:
        return f"代码，见{listed.label}（{listed.edition}版）"
    if spec.type == "date":
        return "日期，写作yyyyMMdd，例如20260131"
    if spec.type == "integer":
        return "整数"
    if spec.type == "decimal" and spec.digits:
        total, decimals = spec.digits
        return f"数字，最多{total}位，其中小数最多{decimals}位"
    if spec.exact:
        return f"{spec.max_length}位" + ("数字" if spec.form == "digits" else "代码")
    return f"最多{spec.max_length}个字符（一个汉字按2计）"
