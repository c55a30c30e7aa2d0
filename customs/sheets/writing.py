"""Writing an .xlsx: a template of a kind, a document, or any list. Rows go to a temporary file as they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from customs.codes import table
from customs.documents.kinds import Kind
from customs.sheets.cells import guarded, number_of, text_of
from customs.sheets.form import (
    CODES_SHEET,
    MARKS_SHEET,
    NOTES_SHEET,
    UNNUMBERED,
    VERTICAL_HEADINGS,
    Column,
    SheetForm,
    guidance,
    sheets_of,
)
from customs.sheets.reading import MAX_FILE_BYTES, MAX_UNPACKED_BYTES, column_letters

_FONT = {"font_name": "宋体", "font_size": 10}
_MOST_LIST_ROWS = 1_000_000
_NOTES = (
    "列标题后的标记：** 保存时必填，* 申报时必填，△ 按条件填写（见批注或说明栏）。",
    "代码可以填写代码、代码加名称（从下拉列表选择），或代码表中的名称。",
    "编号、编码、料号等请保持单元格为文本格式，否则Excel会去掉前导零，系统将拒绝无法确定的内容。",
    "商品序号整列不填时，系统按行的顺序编号。",
    "公式按其计算结果导入；以 = + - @ 开头的文字在导出时前加单引号，导入时自动去掉。",
    f"上限：文件{MAX_FILE_BYTES // 1_048_576}MB，解压后{MAX_UNPACKED_BYTES // 1_048_576}MB，各部分的行数见下。",
)


@dataclass(slots=True)
class _Writing:
    """A book under way."""

    book: Any
    formats: dict[object, Any] = field(default_factory=dict)

    def format(self, key: object, **properties: object) -> Any:
        if key not in self.formats:
            self.formats[key] = self.book.add_format({**_FONT, **properties})
        return self.formats[key]

    @property
    def text(self) -> Any:
        return self.format("text", num_format="@")

    @property
    def heading(self) -> Any:
        return self.format("heading", bold=True, bg_color="#DDEBF7", border=1, text_wrap=True, valign="top")

    @property
    def wrapped(self) -> Any:
        return self.format("wrapped", text_wrap=True, font_color="#595959", num_format="@")

    def number(self, decimals: int) -> Any:
        return self.format(decimals, num_format="0." + "0" * decimals if decimals else "0")

    def value(self, sheet: Any, row: int, number: int, column: Column, value: str | int) -> None:
        amount = number_of(column.spec, value)
        if amount is None:
            sheet.write_string(row, number, text_of(column.spec, value), self.text)
        else:
            exponent = amount.as_tuple().exponent
            decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
            sheet.write_number(row, number, amount, self.number(decimals))


def write_template(target: Path | IO[bytes], kind: Kind, sections: Collection[str] | None = None) -> None:
    """An empty book to be filled in; of all sections, or of these."""
    _write(target, kind, sheets_of(kind, sections), {})


def write_document(target: Path | IO[bytes], kind: Kind, document: Mapping[str, Any]) -> None:
    """The same book with a document in it; importing it gives the same document."""
    _write(target, kind, sheets_of(kind), document)


def write_list(
    target: Path | IO[bytes], title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Any list as a book of one sheet: texts as they are, None as nothing. Rows are taken one by one."""
    with _book(target) as writing:
        sheet = writing.book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        for number, heading in enumerate(headings):
            sheet.write_string(0, number, guarded(heading), writing.heading)
        for at, row in enumerate(rows, 1):
            if at > _MOST_LIST_ROWS:
                break
            for number, value in enumerate(row):
                if value is not None and value != "":
                    sheet.write_string(at, number, guarded(str(value)), writing.text)


@contextmanager
def _book(target: Path | IO[bytes]) -> Any:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options)
    book.set_properties({"title": "", "author": "", "comments": ""})
    yield _Writing(book)
    book.close()


def _write(
    target: Path | IO[bytes], kind: Kind, sheets: Sequence[SheetForm], document: Mapping[str, Any]
) -> None:
    with _book(target) as writing:
        lists = _lists(sheets)
        for form in sheets:
            sheet = writing.book.add_worksheet(form.title)
            held = document.get(form.section.name)
            if form.vertical:
                _vertical(writing, sheet, form, held if isinstance(held, Mapping) else {}, lists)
            else:
                _rows(writing, sheet, form, held if isinstance(held, list) else [], lists)
        _notes(writing, kind, sheets)
        _codes(writing, lists)
        _marks(writing, kind, sheets, document)


def _vertical(writing: _Writing, sheet: Any, form: SheetForm, held: Mapping[str, Any], lists: _Lists) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 40, writing.text)
    sheet.set_column(2, 2, 70)
    for number, heading in enumerate(VERTICAL_HEADINGS):
        sheet.write_string(0, number, heading, writing.heading)
    for row, column in enumerate(form.columns, 1):
        sheet.write_string(row, 0, column.heading, writing.heading)
        if column.spec.name in held:
            writing.value(sheet, row, 1, column, held[column.spec.name])
        else:
            sheet.write_blank(row, 1, None, writing.text)
        sheet.write_string(row, 2, guidance(column), writing.wrapped)
        _validate(sheet, column, lists, row, row, 1)


def _rows(writing: _Writing, sheet: Any, form: SheetForm, held: Sequence[Any], lists: _Lists) -> None:
    sheet.freeze_panes(1, 1)
    for number, column in enumerate(form.columns):
        plain = column.spec.type in ("decimal", "integer")
        cell = writing.format("any") if plain else writing.text
        sheet.set_column(number, number, max(9, min(24, 2 * len(column.heading) + 2)), cell)
        sheet.write_string(0, number, column.heading, writing.heading)
        sheet.write_comment(0, number, guidance(column), {"x_scale": 2})
        _validate(sheet, column, lists, 1, form.section.max_rows, number)
    for at, row in enumerate(held, 1):
        for number, column in enumerate(form.columns):
            value = row.get(column.spec.name)
            if value is not None:
                writing.value(sheet, at, number, column, value)


_Lists = Mapping[str, str]
"""Ranges of the validation lists by code table."""


def _lists(sheets: Sequence[SheetForm]) -> _Lists:
    names = dict.fromkeys(
        column.spec.table for form in sheets for column in form.columns if column.spec.table
    )
    found = {}
    for number, name in enumerate(names):
        letters = column_letters(number)
        found[name] = f"={CODES_SHEET}!${letters}$2:${letters}${len(table(name).codes) + 1}"
    return found


def _validate(sheet: Any, column: Column, lists: _Lists, first: int, last: int, at: int) -> None:
    """Excel asks about what is not in the list and lets it pass: a bare code is right too."""
    listed = column.table
    if listed is None:
        return
    sheet.data_validation(
        first,
        at,
        last,
        at,
        {
            "validate": "list",
            "source": lists[listed.name],
            "error_type": "information" if listed.open else "warning",
            "error_title": listed.label,
            "error_message": "请从列表中选择，或填写代码表中的代码",
        },
    )


def _codes(writing: _Writing, lists: _Lists) -> None:
    sheet = writing.book.add_worksheet(CODES_SHEET)
    sheet.hide()
    columns = [
        [table(name).label, *(f"{row.code} {row.name}" for row in table(name).holding())] for name in lists
    ]
    for at, row in enumerate(zip_longest(*columns)):
        for number, text in enumerate(row):
            if text is not None:
                sheet.write_string(at, number, text, writing.text)


def _notes(writing: _Writing, kind: Kind, sheets: Sequence[SheetForm]) -> None:
    sheet = writing.book.add_worksheet(NOTES_SHEET)
    sheet.set_column(0, 0, 110, writing.wrapped)
    limits = [f"{form.title}：最多{form.section.max_rows}行。" for form in sheets if not form.vertical]
    for at, text in enumerate((f"{kind.label}", *_NOTES, *limits)):
        sheet.write_string(at, 0, text, writing.wrapped)


def _marks(writing: _Writing, kind: Kind, sheets: Sequence[SheetForm], document: Mapping[str, Any]) -> None:
    sheet = writing.book.add_worksheet(MARKS_SHEET)
    sheet.very_hidden()
    lines = [("kind", kind.name), ("catalogue_version", str(kind.catalogue_version))]
    lines += [(f"sheet:{form.section.name}", form.title) for form in sheets]
    lines += [(f"{UNNUMBERED}:{form.section.name}", "1") for form in sheets if _unnumbered(form, document)]
    for at, (name, value) in enumerate(lines):
        sheet.write_string(at, 0, name, writing.text)
        sheet.write_string(at, 1, value, writing.text)


def _unnumbered(form: SheetForm, document: Mapping[str, Any]) -> bool:
    """Whether rows came without numbers, so that they must not get any when they come back."""
    held = document.get(form.section.name)
    return isinstance(held, list) and bool(held) and not any("line_no" in row for row in held)
