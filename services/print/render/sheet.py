"""Pages onto paper: the canvas, its frame (title, notes, page numbers) and the painting of bands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from services.print.render.bands import PADDING, Measured, Slot, Style
from services.print.render.fonts import REPLACEMENT, Face, Faces, printable
from services.print.render.marks import paint as paint_mark
from services.print.render.pages import Page
from services.print.render.words import Words

WIDTH, HEIGHT = landscape(A4)
MARGIN = 24.0
TITLE_TOP = 22.0
FIRST_TOP = 70.0
TOP = 40.0
BOTTOM = HEIGHT - 32.0
CONTENT_WIDTH = WIDTH - 2 * MARGIN

_TITLE = Style(17, 20, bold=True)
_NOTE = Style(7, 9, ink=0.35)
_STATE = Style(8, 10, bold=True)
_RUNNING = Style(7, 9, ink=0.3)
_FOOT = Style(7.2, 9, ink=0.2)
_SHADE = 0.945
_RULE = 0.55
_ASCENT = 0.88
"""Part of the size above the baseline in this family."""

Progress = Callable[[int, int], None]
"""Hears pages painted and pages in all."""


class _Pen(Protocol):
    """What is used of ReportLab's text object."""

    def setFillGray(self, gray: float) -> None: ...  # noqa: N802
    def setFont(self, name: str, size: float) -> None: ...  # noqa: N802
    def setTextOrigin(self, x: float, y: float) -> None: ...  # noqa: N802
    def textOut(self, text: str) -> None: ...  # noqa: N802


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on the pages beside the document's own content."""

    title: str
    note: str
    state: str
    date: str
    identity: str
    watermark: str = ""
    footnote: str = ""


@dataclass(slots=True)
class Sheet:
    """Paints pages into one PDF file."""

    target: Path | BinaryIO
    frame: Frame
    faces: Faces
    measured: Measured
    _canvas: Canvas = field(init=False)

    def __post_init__(self) -> None:
        for face in (self.faces.regular, self.faces.bold, *self.faces.extra):
            pdfmetrics.registerFont(face.font)
        self._canvas = Canvas(
            str(self.target) if isinstance(self.target, Path) else self.target,
            pagesize=(WIDTH, HEIGHT),
            pageCompression=1,
            initialFontName=self.faces.regular.name,
            lang="zh-CN",
        )
        self._canvas.setTitle(self.frame.title)
        self._canvas.setSubject(self.frame.identity)
        self._canvas.setCreator("Bondgate")

    def paint(self, pages: Sequence[Page], progress: Progress) -> None:
        """Write the file. `progress` hears pages painted and pages in all."""
        for number, page in enumerate(pages, start=1):
            self._frame(number, len(pages))
            self._bands(page)
            if self.frame.watermark:
                self._watermark(self.frame.watermark)
            self._canvas.showPage()
            progress(number, len(pages))
        self._canvas.save()

    def _frame(self, number: int, count: int) -> None:
        frame, right = self.frame, WIDTH - MARGIN
        if number == 1:
            self._line(frame.title, WIDTH / 2, TITLE_TOP, _TITLE, "center", spacing=1.2)
            self._line(frame.state, MARGIN, FIRST_TOP - 15, _STATE, "left")
            self._line(frame.note, WIDTH / 2, FIRST_TOP - 14, _NOTE, "center")
            self._line(frame.date, right, FIRST_TOP - 14, _NOTE, "right")
        else:
            self._line(frame.title, MARGIN, TOP - 14, _RUNNING, "left")
            self._line(frame.identity, right, TOP - 14, _RUNNING, "right")
        self._line(Words.PAGE.format(number=number, count=count), WIDTH / 2, BOTTOM + 8, _FOOT, "center")
        if number > 1:
            self._line(frame.state, MARGIN, BOTTOM + 8, _NOTE, "left")
            self._line(frame.note, right, BOTTOM + 8, _NOTE, "right")
        if number == count and frame.footnote:
            self._line(frame.footnote, MARGIN, BOTTOM + 16, _NOTE, "left")

    def _watermark(self, text: str) -> None:
        """Over everything and nearly transparent, so that shaded cells do not cut it."""
        canvas, size = self._canvas, 118
        canvas.saveState()
        canvas.setFillGray(0)
        canvas.setFillAlpha(0.06)
        canvas.translate(WIDTH / 2, HEIGHT / 2 - 10)
        canvas.rotate(26)
        canvas.setFont(self.faces.bold.name, size)
        canvas.drawCentredString(0, -size * 0.36, text, charSpace=24)
        canvas.restoreState()

    def _line(
        self, text: str, x: float, top: float, style: Style, align: str, *, spacing: float = 0.0
    ) -> None:
        """One line of the frame, its upper edge at `top`, left, center or right of `x`."""
        text = printable(text)
        width = self.measured.wrapper(style).width(text) * style.size / 1000 + spacing * (len(text) - 1)
        x -= {"left": 0.0, "center": width / 2, "right": width}[align]
        pen = self._canvas.beginText()
        pen.setFillGray(style.ink)
        pen.setCharSpace(spacing)
        pen.setTextOrigin(x, HEIGHT - top - style.size * _ASCENT)
        self._write(pen, text, style)
        pen.setCharSpace(0)
        self._canvas.drawText(pen)

    def _write(self, pen: _Pen, text: str, style: Style) -> None:
        main = self.faces.bold if style.bold else self.faces.regular
        for face, run in _runs(text, main, self._fallbacks(style)):
            pen.setFont(face.name, style.size)
            pen.textOut(run)

    def _fallbacks(self, style: Style) -> tuple[Face, ...]:
        return (self.faces.regular, *self.faces.extra) if style.bold else self.faces.extra

    def _bands(self, page: Page) -> None:
        canvas = self._canvas
        canvas.setFillGray(_SHADE)
        for y, band in page.bands:
            for slot in band.slots:
                if slot.shaded:
                    canvas.rect(
                        MARGIN + slot.x, HEIGHT - y - band.height, slot.width, band.height, stroke=0, fill=1
                    )
        self._rules(page)
        for y, band in page.bands:
            for mark in band.marks:
                paint_mark(canvas, mark, MARGIN, HEIGHT - y - band.height, band.height)
        pen = canvas.beginText()
        for y, band in page.bands:
            for slot, lines in zip(band.slots, band.lines, strict=True):
                if lines:
                    self._cell(pen, slot, lines, y, band.height)
        canvas.drawText(pen)

    def _cell(self, pen: _Pen, slot: Slot, lines: tuple[str, ...], y: float, height: float) -> None:
        style, wrapper = slot.style, self.measured.wrapper(slot.style)
        left = MARGIN + slot.x + PADDING
        room = slot.width - 2 * PADDING
        top = y + (height - len(lines) * style.leading) / 2 + (style.leading - style.size) / 2
        pen.setFillGray(style.ink)
        for number, line in enumerate(lines):
            x = left
            if slot.align != "left":
                spare = room - wrapper.width(line) * style.size / 1000
                x += spare if slot.align == "right" else spare / 2
            baseline = HEIGHT - top - number * style.leading - style.size * _ASCENT
            pen.setTextOrigin(x, baseline)
            self._write(pen, line, style)

    def _rules(self, page: Page) -> None:
        """Hairlines: one under each band, one upright a column over all bands that share it, a frame around."""
        lines: list[tuple[float, float, float, float]] = []
        boxes: list[tuple[float, float]] = []
        uprights: dict[float, float] = {}
        last = None
        for y, band in page.bands:
            ruled = band if band.ruled else None
            edges = {slot.x for slot in band.slots} - {0.0} if ruled else set()
            joined = last is not None and abs(last - y) < 0.01
            for x in [x for x in uprights if x not in edges or not joined]:
                lines.append((MARGIN + x, HEIGHT - uprights.pop(x), MARGIN + x, HEIGHT - (last or y)))
            if ruled:
                for x in edges - uprights.keys():
                    uprights[x] = y
                if joined and boxes:
                    lines.append((MARGIN, HEIGHT - y, WIDTH - MARGIN, HEIGHT - y))
                    boxes[-1] = (boxes[-1][0], y + band.height)
                else:
                    boxes.append((y, y + band.height))
                last = y + band.height
            else:
                last = None
        for x, start in uprights.items():
            lines.append((MARGIN + x, HEIGHT - start, MARGIN + x, HEIGHT - (last or start)))
        canvas = self._canvas
        canvas.setLineWidth(0.35)
        canvas.setStrokeGray(_RULE)
        canvas.lines(lines)
        canvas.setLineWidth(0.8)
        canvas.setStrokeGray(0.15)
        for start, end in boxes:
            canvas.rect(MARGIN, HEIGHT - end, CONTENT_WIDTH, end - start, stroke=1, fill=0)


def _runs(text: str, main: Face, fallbacks: Sequence[Face]) -> list[tuple[Face, str]]:
    """The text cut where the face changes; a character of no face as 〓."""
    known = main.widths.keys()
    if known >= set(text):
        return [(main, text)]
    runs: list[tuple[Face, str]] = []
    for character in text:
        face = next((face for face in (main, *fallbacks) if character in face.widths), None)
        if face is None:
            face, character = main, REPLACEMENT
        if runs and runs[-1][0] is face:
            runs[-1] = (face, runs[-1][1] + character)
        else:
            runs.append((face, character))
    return runs
