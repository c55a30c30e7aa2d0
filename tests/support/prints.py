"""What a print must say, looked for as a reader would: blanks and line ends do not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.documents import Kind
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
