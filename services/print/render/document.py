"""One document to one PDF file: the whole of the renderer behind one function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts.documents import KINDS
from contracts.documents.states import STATES
from services.print.layouts import LAYOUTS
from services.print.render.bands import Measured, blocks_of, identity_of, title_of
from services.print.render.fonts import REPLACEMENT, Faces
from services.print.render.pages import Flow
from services.print.render.sheet import BOTTOM, CONTENT_WIDTH, FIRST_TOP, TOP, Frame, Progress, Sheet

_NOTE = "本打印件仅供核对使用，以海关电子数据为准"
_NAMED_UNKNOWN = 12


@dataclass(frozen=True, slots=True)
class Printed:
    """What came out."""

    pages: int


def render(
    faces: Faces,
    kind_name: str,
    document: Mapping[str, Any],
    *,
    state: str,
    printed_on: date,
    path: Path,
    progress: Progress = lambda _done, _all: None,
) -> Printed:
    """Write the PDF of a document in normal form to `path`. Raises KeyError for a kind without a layout."""
    layout, kind = LAYOUTS[kind_name], KINDS[kind_name]
    rare = set("".join(map(str, _texts(document)))) - faces.regular.widths.keys()
    if rare:
        faces = faces.with_rare(rare)
    unknown = rare.difference(*(face.widths.keys() for face in faces.extra)) if rare else set()
    measured = Measured(faces, CONTENT_WIDTH)
    pages = Flow(FIRST_TOP, TOP, BOTTOM).place(blocks_of(layout, document, measured))
    shown = STATES.get(state)
    label = shown.label if shown else state
    frame = Frame(
        title=title_of(layout, kind, document),
        note=_NOTE,
        state=f"状态：{label}",
        date=f"打印日期：{printed_on.isoformat()}",
        identity=identity_of(layout, kind, document),
        watermark=label if shown and (shown.editable or shown.code == "deleted") else "",
        footnote=_about(unknown),
    )
    Sheet(path, frame, faces, measured).paint(pages, progress)
    return Printed(pages=len(pages))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)


def _about(unknown: set[str]) -> str:
    """The note that says which characters a 〓 stands for."""
    codes = sorted(ord(character) for character in unknown if character.isprintable())
    if not codes:
        return ""
    named = "、".join(f"U+{code:04X}" for code in codes[:_NAMED_UNKNOWN])
    more = "等" if len(codes) > _NAMED_UNKNOWN else ""
    return f"注：{REPLACEMENT}为字库未收录的字符（{named}{more}）"
