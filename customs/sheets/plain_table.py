"""The first sheet of an .xlsx, or a .csv, as rows of text. Small and bounded: nothing is evaluated, no link followed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from posixpath import normpath

from lxml import etree

from customs.singlewindow.dialect import local
from customs.singlewindow.faults import UnreadableError
from customs.singlewindow.safe_xml import MAX_XML_BYTES, parse

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 64
MAX_PARTS = 500
_CELL = re.compile(r"([A-Z]{1,3})[0-9]+", re.ASCII)
_PART_START = b"PK\x03\x04"


class UnreadableTableError(Exception):
    """The file is no table this reader takes. The text is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell. `number`: it stood there as a number, so leading zeros may be lost."""

    text: str
    number: bool = False


Row = list[Cell]


def read_table(data: bytes) -> list[Row]:
    """The rows, told apart by content: a ZIP is an .xlsx, anything else a .csv. Raises UnreadableTableError."""
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableTableError(f"文件超过{MAX_FILE_BYTES}字节")
    try:
        return _xlsx(data) if data.startswith(_PART_START) else _csv(data)
    except UnreadableError as fault:
        raise UnreadableTableError(f"表格文件已损坏：{fault.text}") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        ValueError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ):
        raise UnreadableTableError("不是完整的xlsx文件") from None


def _csv(data: bytes) -> list[Row]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableTableError("CSV文件的编码不是UTF-8或GBK")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise UnreadableTableError(f"CSV格式不正确：{error}") from None
    if len(rows) > MAX_ROWS:
        raise UnreadableTableError(f"超过{MAX_ROWS}行")
    return [[Cell(value.strip()) for value in row[:MAX_COLUMNS]] for row in rows]


def _xlsx(data: bytes) -> list[Row]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        if len(book.namelist()) > MAX_PARTS:
            raise UnreadableTableError("xlsx文件中的部件过多")
        shared = _shared(book)
        sheet = _part(book, _first_sheet(book))
    rows: list[Row] = []
    for row in sheet.iter():
        if local(row.tag) != "row":
            continue
        if len(rows) >= MAX_ROWS:
            raise UnreadableTableError(f"超过{MAX_ROWS}行")
        rows.append(_row(row, shared))
    return rows


def _part(book: zipfile.ZipFile, name: str) -> etree._Element:
    if book.getinfo(name).file_size > MAX_XML_BYTES:
        raise UnreadableTableError(f"xlsx文件中的{name}过大")
    with book.open(name) as part:
        return parse(part.read(MAX_XML_BYTES + 1))


def _first_sheet(book: zipfile.ZipFile) -> str:
    for sheet in _part(book, "xl/workbook.xml").iter():
        if local(sheet.tag) == "sheet":
            wanted = next((value for key, value in sheet.attrib.items() if local(str(key)) == "id"), None)
            for relation in _part(book, "xl/_rels/workbook.xml.rels"):
                if relation.get("Id") == wanted:
                    target = relation.get("Target") or ""
                    return normpath(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
    raise UnreadableTableError("xlsx文件中没有工作表")


def _shared(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return [_text(item) for item in _part(book, "xl/sharedStrings.xml") if local(item.tag) == "si"]


def _text(item: etree._Element) -> str:
    """All text of a string but its phonetic guide."""
    found = []
    for part in item:
        name = local(part.tag)
        if name == "t":
            found.append(part.text or "")
        elif name == "r":
            found += [leaf.text or "" for leaf in part if local(leaf.tag) == "t"]
    return "".join(found)


def _row(row: etree._Element, shared: list[str]) -> Row:
    cells: Row = []
    for cell in row:
        place = _CELL.fullmatch(cell.get("r") or "")
        column = _column(place[1]) if place else len(cells)
        if column >= MAX_COLUMNS:
            break
        cells += [Cell("")] * (column - len(cells))
        cells.append(_cell(cell, shared))
    return cells


def _cell(cell: etree._Element, shared: list[str]) -> Cell:
    kind = cell.get("t") or "n"
    inside = {local(part.tag): part for part in cell}
    if kind == "inlineStr":
        return Cell(_text(inside["is"]).strip() if "is" in inside else "")
    value = (inside["v"].text or "").strip() if "v" in inside else ""
    if kind == "s":
        index = int(value)
        if not 0 <= index < len(shared):
            raise UnreadableTableError("xlsx文件引用了不存在的文字")
        return Cell(shared[index].strip())
    if kind == "n" and value:
        return Cell(_number(value), number=True)
    return Cell(value if kind == "str" else "")


def _number(value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if number.is_finite() and number == number.to_integral_value() and abs(number) < 10**15:
        return str(int(number))
    return value


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
