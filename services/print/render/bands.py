"""Bands: strips across the page, measured and wrapped, not yet on a page.

A band is geometry (its slots) and lines of text, so that ten thousand goods rows share one geometry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from services.print.layouts.parts import Align
from services.print.render.fonts import Faces, printable
from services.print.render.wrapping import Lines, Wrapper


@dataclass(frozen=True, slots=True)
class Style:
    """How text of a slot looks. `leading`: from line to line; sizes in points."""

    size: float
    leading: float
    bold: bool = False
    ink: float = 0.0
    """0 black to 1 white."""
    balanced: bool = False
    """Lines of even length instead of full ones."""


LABEL = Style(6.3, 7.8, ink=0.28, balanced=True)
VALUE = Style(7.2, 9.0)
COLUMN_HEAD = Style(6.2, 7.6, bold=True, ink=0.15, balanced=True)
CELL = Style(6.4, 7.9)
SECTION = Style(7.6, 9.6, bold=True, ink=0.1)
SUMMARY = Style(6.8, 8.6)
NOTICE = Style(8.4, 11, bold=True)
PADDING = 2.2


@dataclass(frozen=True, slots=True)
class Slot:
    """One cell's place in a band."""

    x: float
    width: float
    style: Style
    align: Align = "left"
    shaded: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A machine-readable mark in the middle of its place in a band."""

    form: Literal["code128", "qr"]
    value: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Band:
    """One strip: a line list for each slot. `height` in points."""

    slots: tuple[Slot, ...]
    lines: tuple[Lines, ...]
    height: float
    ruled: bool = True
    marks: tuple[Mark, ...] = ()
    """A band with marks is never cut in two."""


@dataclass(slots=True)
class Block:
    """Bands that belong together. `opening` stands before them once, `head` on every page they reach."""

    bands: Sequence[Band]
    opening: tuple[Band, ...] = ()
    head: tuple[Band, ...] = ()


class Measured:
    """Makes bands of one page width with one set of faces."""

    def __init__(self, faces: Faces, width: float) -> None:
        self.width = width
        self._regular = Wrapper({**dict(_all_widths(faces))})
        self._bold = Wrapper(faces.bold.widths)

    def wrapper(self, style: Style) -> Wrapper:
        return self._bold if style.bold else self._regular

    def band(self, slots: tuple[Slot, ...], texts: Sequence[str], *, ruled: bool = True) -> Band:
        lines = tuple([self._lines(slot, text) for slot, text in zip(slots, texts, strict=True)])
        return Band(slots, lines, height_of(slots, lines), ruled)

    def marked(
        self, slots: tuple[Slot, ...], texts: Sequence[str], marks: tuple[Mark, ...], height: float
    ) -> Band:
        """A band of at least this height with marks in it."""
        band = self.band(slots, texts)
        return replace(band, height=max(band.height, height), marks=marks)

    def _lines(self, slot: Slot, text: str) -> Lines:
        wrapper = self.wrapper(slot.style)
        wrap = wrapper.balanced if slot.style.balanced else wrapper.wrap
        return wrap(printable(text), slot.width - 2 * PADDING, slot.style.size)


def height_of(slots: Sequence[Slot], lines: Sequence[Lines]) -> float:
    """The height that holds the longest cell; an empty band is one line high."""
    return max(
        max(1, len(cell)) * slot.style.leading for slot, cell in zip(slots, lines, strict=True)
    ) + 2 * (PADDING - 0.4)


def _all_widths(faces: Faces) -> Iterator[tuple[str, int]]:
    for face in (*faces.extra, faces.regular):
        yield from face.widths.items()
