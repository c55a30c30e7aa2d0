"""Reading an .xlsx that anybody may have written: row by row, within bounds, nothing evaluated, no link followed."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import IO, Literal

from lxml import etree

from customs.documents.values import BLANK

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_UNPACKED_BYTES = 192 * 1024 * 1024
"""Of all parts that are read, together. 10,000 rows of 40 columns are about 30 MB."""
MAX_PARTS = 1_000
MAX_SHEETS = 40
MAX_SHARED_TEXTS = 1_000_000
MAX_SHARED_CHARACTERS = 48 * 1024 * 1024
MAX_COLUMNS = 300
MAX_ROW_NUMBER = 1_048_576
MAX_CELL_CHARACTERS = 32_767
"""These two are what Excel itself takes."""
_MAX_BYTES_OF_ROW = 4 * 1024 * 1024
_PART_START = b"PK\x03\x04"
_OLD_START = b"\xd0\xcf\x11\xe0"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
MAX_AREAS = 10_000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

# Formats Excel knows by number alone; 27-36 and 50-58 are dates of East Asian editions.
_BUILT_IN: Mapping[int, str] = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    48: "##0.0E+0",
    49: "@",
    **dict.fromkeys([*range(14, 18), 22, *range(27, 37), *range(50, 59)], "yyyy-mm-dd"),
    **dict.fromkeys([*range(18, 22), *range(45, 48)], "hh:mm:ss"),
}


class UnreadableBook(Exception):
    """The file is no workbook this reader takes. The text is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. `text` is verbatim; a number is written as the file writes it."""

    kind: Literal["text", "number", "bool", "error"]
    text: str
    format: str = ""
    """Number format; "" for the general one."""
    formula: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as the book lists it."""

    title: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Area:
    """Cells that were merged into one: rows from 1 as Excel shows them, columns from 0, both ends included."""

    top: int
    bottom: int
    left: int
    right: int


class Book:
    """An open workbook. Raises UnreadableBook wherever the file turns out to be something else."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_FILE_BYTES:
            raise UnreadableBook(f"文件超过{MAX_FILE_BYTES // 1_048_576}MB")
        if data.startswith(_OLD_START):
            raise UnreadableBook("文件是旧版xls或已加密的工作簿，请另存为不加密的xlsx后再上传")
        if not data.startswith(_PART_START):
            raise UnreadableBook("文件不是xlsx工作簿")
        self._left = MAX_UNPACKED_BYTES
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
            raise UnreadableBook("xlsx文件不完整") from None
        if len(self._zip.infolist()) > MAX_PARTS:
            raise UnreadableBook("xlsx文件中的部件过多")
        self.from_1904 = False
        self.merged: dict[str, list[Area]] = {}
        """By part, once all rows of its sheet were read: the file tells them after the rows."""
        self.sheets = self._read_sheets()
        self._formats = self._read_formats()
        self._shared: list[str] | None = None

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, dict[int, Cell]]]:
        """Rows that hold anything: number from 1 as Excel shows it, and cells by column from 0."""
        number = 0
        for row in self._elements(sheet.part, "row", "mergeCell"):
            if _local(row) == "mergeCell":
                self._merge(sheet, row)
                continue
            number = _whole(row.get("r")) or number + 1
            if number > MAX_ROW_NUMBER:
                raise UnreadableBook(f"工作表「{sheet.title[:31]}」超过{MAX_ROW_NUMBER}行")
            cells = self._cells(row)
            if cells:
                yield number, cells

    def _merge(self, sheet: Sheet, element: etree._Element) -> None:
        area = _AREA.fullmatch(element.get("ref") or "")
        known = self.merged.setdefault(sheet.part, [])
        if len(known) >= MAX_AREAS:
            raise UnreadableBook(f"工作表「{sheet.title[:31]}」的合并单元格超过{MAX_AREAS}处")
        if area:
            left, right = column_number(area[1]), column_number(area[3])
            known.append(Area(int(area[2]), int(area[4]), left, right))

    def _cells(self, row: etree._Element) -> dict[int, Cell]:
        found: dict[int, Cell] = {}
        column = -1
        for element in row:
            place = _PLACE.fullmatch(element.get("r") or "")
            column = column_number(place[1]) if place else column + 1
            if column >= MAX_COLUMNS:
                break
            cell = self._cell(element)
            if cell is not None:
                found[column] = cell
        return found

    def _cell(self, element: etree._Element) -> Cell | None:
        kind = element.get("t") or "n"
        value, formula = "", False
        for part in element:
            name = _local(part)
            if name == "v":
                value = part.text or ""
            elif name == "f":
                formula = True
            elif name == "is":
                value = _plain(part)
        if kind == "s":
            value = self._shared_text(value)
        elif kind == "str":
            value = _unescaped(value)
        if not value.strip(BLANK) and not formula:
            return None
        if len(value) > MAX_CELL_CHARACTERS:
            raise UnreadableBook(f"单元格{element.get('r') or ''}超过{MAX_CELL_CHARACTERS}个字符")
        if kind == "n":
            index = _whole(element.get("s"))
            shown = self._formats[index] if index < len(self._formats) else ""
            return Cell("number", value.strip(), shown, formula)
        if kind == "b":
            return Cell("bool", "TRUE" if value.strip() == "1" else "FALSE", "", formula)
        if kind == "e":
            return Cell("error", value.strip(), "", formula)
        if kind == "d":
            return Cell("text", value.strip()[:10], "", formula)
        return Cell("text", value, "", formula)

    def _shared_text(self, value: str) -> str:
        if self._shared is None:
            self._shared = self._read_shared()
        index = _whole(value)
        if index >= len(self._shared):
            raise UnreadableBook("xlsx文件引用了不存在的文字")
        return self._shared[index]

    def _read_shared(self) -> list[str]:
        texts: list[str] = []
        characters = 0
        if "xl/sharedStrings.xml" in self._zip.namelist():
            for item in self._elements("xl/sharedStrings.xml", "si"):
                text = _plain(item)
                characters += len(text)
                texts.append(text)
                if len(texts) > MAX_SHARED_TEXTS or characters > MAX_SHARED_CHARACTERS:
                    raise UnreadableBook("xlsx文件中的文字过多")
        return texts

    def _read_sheets(self) -> tuple[Sheet, ...]:
        targets: dict[str, str] = {}
        for relation in self._elements("xl/_rels/workbook.xml.rels", "Relationship"):
            target = relation.get("Target") or ""
            path = target.lstrip("/") if target.startswith("/") else normpath(f"xl/{target}")
            targets[relation.get("Id") or ""] = path
        sheets: list[Sheet] = []
        for element in self._elements("xl/workbook.xml", "sheet", "workbookPr"):
            if _local(element) == "workbookPr":
                self.from_1904 = element.get("date1904") in ("1", "true")
                continue
            key = next((str(v) for k, v in element.attrib.items() if str(k).rpartition("}")[2] == "id"), "")
            part = targets.get(key, "")
            if part in self._zip.namelist() and "worksheets/" in part:
                hidden = (element.get("state") or "visible") != "visible"
                sheets.append(Sheet(element.get("name") or "", part, hidden))
        if not sheets or len(sheets) > MAX_SHEETS:
            raise UnreadableBook("xlsx文件中没有工作表" if not sheets else f"工作表超过{MAX_SHEETS}张")
        return tuple(sheets)

    def _read_formats(self) -> list[str]:
        if "xl/styles.xml" not in self._zip.namelist():
            return []
        own: dict[int, str] = {}
        formats: list[str] = []
        for element in self._elements("xl/styles.xml", "numFmt", "cellXfs"):
            if _local(element) == "numFmt":
                own[_whole(element.get("numFmtId"))] = element.get("formatCode") or ""
                continue
            for style in element:
                number = _whole(style.get("numFmtId"))
                code = own.get(number, _BUILT_IN.get(number, ""))
                formats.append("" if code == "General" else code)
        return formats

    def _elements(self, part: str, *names: str) -> Iterator[etree._Element]:
        """Elements of these names as they end; what was yielded is thrown away."""
        try:
            info = self._zip.getinfo(part)
            if info.compress_type not in _METHODS or info.flag_bits & 1:
                raise UnreadableBook("xlsx文件已加密，或使用了不支持的压缩方式")
            with self._zip.open(info) as stream:
                counted = _Counted(stream, self._left)
                try:
                    yield from _parsed(counted, names)
                finally:
                    self._left = counted.left
        except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, KeyError, EOFError, ValueError):
            raise UnreadableBook("xlsx文件已损坏，请用Excel打开后另存一次再上传") from None


class _Counted:
    """A stream that ends the reading when more comes out of it than may."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        self._stream = stream
        self.left = left
        self.since_element = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size if size > 0 else 65_536)
        self.left -= len(piece)
        self.since_element += len(piece)
        if self.left < 0:
            raise UnreadableBook(f"xlsx文件解压后超过{MAX_UNPACKED_BYTES // 1_048_576}MB")
        if self.since_element > _MAX_BYTES_OF_ROW:
            raise UnreadableBook("xlsx文件中有一行或一段文字过大")
        return piece


def _parsed(stream: _Counted, names: tuple[str, ...]) -> Iterator[etree._Element]:
    tags = tuple(f"{{*}}{name}" for name in names)
    parser = etree.iterparse(
        stream,
        events=("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    first = True
    for _, element in parser:
        if first:
            first = False
            if element.getroottree().docinfo.internalDTD is not None:
                raise UnreadableBook("xlsx文件含有DOCTYPE，不予读取")
        stream.since_element = 0
        yield element
        element.clear()
        parent = element.getparent()
        if parent is not None:
            while element.getprevious() is not None:
                del parent[0]


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _plain(item: etree._Element) -> str:
    """All text of a string but its phonetic guide."""
    found: list[str] = []
    for part in item:
        name = _local(part)
        if name == "t":
            found.append(part.text or "")
        elif name == "r":
            found += [leaf.text or "" for leaf in part if _local(leaf) == "t"]
    return _unescaped("".join(found))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    """Half of a character stays as it is written: no text can hold it."""
    point = int(found[1], 16)
    return found[0] if 0xD800 <= point <= 0xDFFF else chr(point)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def column_number(letters: str) -> int:
    """0 for A."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """A for 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
