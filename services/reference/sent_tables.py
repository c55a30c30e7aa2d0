"""Tables that people send, as .xlsx or CSV: bounded, with a heading line, every line with its number and what is wrong in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backbone.refusals import Refusal
from customs.documents.fields import FieldSpec
from customs.documents.values import UnfitError
from customs.sheets.cells import read_cell
from customs.sheets.reading import Book, Cell, UnreadableBook

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS = 20_000
_MOST_COLUMNS = 300
_XLSX_START = b"PK\x03\x04"
_OLD_START = b"\xd0\xcf\x11\xe0"


class TableUnreadable(Refusal):
    status = 422
    code = "table_unreadable"
    title = "表格无法读取"
    hint = "请提交xlsx，或以UTF-8、GBK编码的CSV；第一行为列标题"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number as Excel or an editor counts, its values by field, and fields whose cell cannot be understood."""

    number: int
    values: Mapping[str, object]
    unfit: Mapping[str, UnfitError] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """What a table may hold. `headings`: heading → name of a field. `strict`: a heading nobody knows is refused."""

    headings: Mapping[str, str]
    fields: Mapping[str, FieldSpec]
    required: Sequence[str] = ()
    strict: bool = True
    most_rows: int = MAX_ROWS


def read_lines(data: bytes, form: Form) -> list[Line]:
    """Every line that holds anything; empty cells are left out. Raises TableUnreadable."""
    try:
        return _xlsx(data, form) if data.startswith((_XLSX_START, _OLD_START)) else _csv(data, form)
    except UnreadableBook as fault:
        raise TableUnreadable(str(fault)) from None


def _xlsx(data: bytes, form: Form) -> list[Line]:
    book = Book(data)
    sheet = next((each for each in book.sheets if not each.hidden), None)
    if sheet is None:
        raise TableUnreadable("xlsx文件中没有可见的工作表")
    rows = book.rows(sheet)
    _, heads = next(rows, (0, {}))
    names = _names({column: cell.text for column, cell in heads.items() if cell.text.strip()}, form)
    lines: list[Line] = []
    for number, cells in rows:
        line = _line_of_cells(number, names, cells, form, book.from_1904)
        if line is not None:
            _bounded(lines, form).append(line)
    return lines


def _line_of_cells(
    number: int, names: Mapping[int, str], cells: Mapping[int, Cell], form: Form, from_1904: bool
) -> Line | None:
    values: dict[str, object] = {}
    unfit: dict[str, UnfitError] = {}
    for column, cell in cells.items():
        name = names.get(column)
        if name is None or (not cell.text.strip() and not cell.formula):
            continue
        try:
            values[name] = read_cell(form.fields[name], cell, from_1904=from_1904).value
        except UnfitError as fault:
            unfit[name] = fault
    return Line(number, values, unfit) if values or unfit else None


def _csv(data: bytes, form: Form) -> list[Line]:
    try:
        reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
        return list(_csv_lines(reader, form))
    except csv.Error as error:
        raise TableUnreadable(f"CSV格式不正确：{error}") from None


def _csv_lines(rows: Iterator[list[str]], form: Form) -> Iterator[Line]:
    heads = next(rows, [])
    names = _names({column: text for column, text in enumerate(heads) if text.strip()}, form)
    for number, row in enumerate(rows, start=2):
        if number > form.most_rows + 1:
            raise _too_many(form)
        if len(row) > len(heads):
            raise TableUnreadable(f"第{number}行有{len(row)}列，多于列标题的{len(heads)}列")
        values: dict[str, object] = {
            names[column]: text.strip() for column, text in enumerate(row) if column in names and text.strip()
        }
        if values:
            yield Line(number, values)


def _bounded(lines: list[Line], form: Form) -> list[Line]:
    if len(lines) >= form.most_rows:
        raise _too_many(form)
    return lines


def _too_many(form: Form) -> TableUnreadable:
    return TableUnreadable(f"超过{form.most_rows}行，请分几次提交")


def _names(heads: Mapping[int, str], form: Form) -> dict[int, str]:
    """Column → field. A field has one column, and where `strict` every column a field, or what it holds would be lost."""
    if not heads:
        raise TableUnreadable("文件是空的")
    if len(heads) > _MOST_COLUMNS:
        raise TableUnreadable("列过多")
    known = {"".join(heading.split()): name for heading, name in form.headings.items()}
    names: dict[int, str] = {}
    for column, heading in heads.items():
        name = known.get("".join(heading.split()))
        if name is None and form.strict:
            raise TableUnreadable(f"不认识列标题[{heading[:40]}]，可用的列：{'、'.join(form.headings)}")
        if name in names.values():
            raise TableUnreadable(f"列[{heading[:40]}]出现两次")
        if name is not None:
            names[column] = name
    if missing := [form.fields[name].label for name in form.required if name not in names.values()]:
        raise TableUnreadable(f"缺少列：{'、'.join(missing)}")
    return names


def _text(data: bytes) -> str:
    if b"\x00" in data:
        raise TableUnreadable("不是文本文件，也不是xlsx")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableUnreadable("编码不是UTF-8或GBK")
