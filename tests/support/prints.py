"""What a print must say, looked for as a reader would: blanks and line ends do not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from customs.documents import Kind
from services.print.layouts import LAYOUTS
from services.print.layouts.checking import fields_named
from services.print.layouts.parts import Pairs, Table
from services.print.render import fonts
from services.print.render.fonts import Faces
from services.print.render.values import shower


def said(kind: Kind, document: Mapping[str, Any]) -> Iterator[str]:
    """Text of every value the layout shows."""
    for block in LAYOUTS[kind.name].blocks:
        fields = kind.section(block.section).fields
        given = document.get(block.section)
        rows: list[Mapping[str, Any]] = given if isinstance(given, list) else [given or {}]
        names = fields_named(block)
        if isinstance(block, Pairs):
            names = names or list(fields)
        elif isinstance(block, Table) and block.rest:
            names = [name for name in fields if name not in block.left_out]
        for row in rows:
            for name in names:
                if row.get(name) is not None:
                    yield shower(fields[name])(row[name])


def as_printed(text: str, faces: Faces) -> str:
    """A value as the text layer has it: one kind of blank, 〓 for what no face has, nothing between lines."""
    known = faces.with_rare(set(text))
    available = known.regular.widths.keys() | {c for face in known.extra for c in face.widths}
    shown = "".join(
        c if c in available else fonts.REPLACEMENT for c in fonts.printable(text).replace("\n", "")
    )
    return "".join(shown.split())


def bookmarks(reader: PdfReader) -> list[tuple[str, int, int]]:
    """Title, level and page (0 the first) of every bookmark, in order."""
    found: list[tuple[str, int, int]] = []

    def take(marks: Sequence[Any], level: int) -> None:
        for mark in marks:
            if isinstance(mark, list):
                take(mark, level + 1)
            else:
                page = reader.get_destination_page_number(mark)
                assert page is not None
                found.append((str(mark.title), level, page))

    take(reader.outline, 0)
    return found


def names_in(reader: PdfReader) -> set[str]:
    """Every key of every dictionary the file's trailer leads to, and every name that is a value."""
    names: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [reader.trailer]
    while waiting:
        value = waiting.pop()
        if isinstance(value, IndirectObject):
            if value.idnum in seen:
                continue
            seen.add(value.idnum)
            value = value.get_object()
        if isinstance(value, DictionaryObject):
            names |= set(value)
            waiting += dict.values(value)
        elif isinstance(value, ArrayObject):
            waiting += list.__iter__(value)
        elif isinstance(value, str):
            names.add(value)
    return names
