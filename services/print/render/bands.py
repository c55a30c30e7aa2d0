"""From a layout and a document to bands: strips across the page, measured and wrapped, not yet on a page.

A band is geometry (its slots) and lines of text, so that ten thousand goods rows share one geometry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.codes import TABLES
from contracts.documents import KINDS, Kind, Section
from services.print.layouts.parts import Align, Column, Layout, Numbers, Pairs, Table, Totals
from services.print.render.fonts import Faces, printable
from services.print.render.values import Shown, shower
from services.print.render.wrapping import Lines, Wrapper

PAIRS_A_ROW = 4
_LABEL_SHARE = 0.405
Document = Mapping[str, Any]


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
class Band:
    """One strip: a line list for each slot. `height` in points."""

    slots: tuple[Slot, ...]
    lines: tuple[Lines, ...]
    height: float
    ruled: bool = True


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


def blocks_of(layout: Layout, document: Document, measured: Measured) -> list[Block]:
    """The blocks of the whole print, in order; parts without content are left out."""
    kind = KINDS[layout.kind]
    blocks: list[Block] = []
    for part in layout.blocks:
        section = kind.section(part.section)
        given = document.get(part.section)
        if isinstance(part, Pairs):
            block = _pairs(part, section, given or {}, measured)
        elif isinstance(part, Table):
            block = _table(part, section, given or [], measured)
        else:
            block = _numbers(part, section, given or [], measured)
        if block is not None:
            blocks.append(block)
    return blocks


def _section_title(section: Section, count: int | None, measured: Measured) -> Band:
    slot = (Slot(0, measured.width, SECTION, shaded=True),)
    return measured.band(slot, [section.label if count is None else f"{section.label}（共{count}项）"])


def _pair_slots(width: float) -> tuple[Slot, ...]:
    pair = width / PAIRS_A_ROW
    label = pair * _LABEL_SHARE
    slots: list[Slot] = []
    for number in range(PAIRS_A_ROW):
        slots.append(Slot(number * pair, label, LABEL, shaded=True))
        slots.append(Slot(number * pair + label, pair - label, VALUE))
    return tuple(slots)


def _pairs(part: Pairs, section: Section, given: Document, measured: Measured) -> Block | None:
    rows = list(part.rows)
    rows += [row for row in part.rows_when_filled if any(given.get(name) is not None for name in row)]
    if not rows:
        filled = [name for name in section.fields if given.get(name) is not None]
        rows = [tuple(filled[at : at + PAIRS_A_ROW]) for at in range(0, len(filled), PAIRS_A_ROW)]
    slots = _pair_slots(measured.width)
    bands: list[Band] = []
    for row in rows:
        texts: list[str] = []
        for name in row:
            spec = section.fields[name]
            texts += [spec.label, shower(spec)(given.get(name))]
        texts += [""] * (len(slots) - len(texts))
        bands.append(measured.band(slots, texts))
    wide = (slots[0], Slot(slots[1].x, measured.width - slots[1].x, VALUE))
    for name in part.across:
        spec = section.fields[name]
        bands.append(measured.band(wide, [spec.label, shower(spec)(given.get(name))]))
    if not bands:
        return None
    return Block(bands, opening=(_section_title(section, None, measured),) if part.titled else ())


def _table(part: Table, section: Section, rows: Sequence[Document], measured: Measured) -> Block | None:
    if not rows and not part.always:
        return None
    places = _places(part.columns, measured.width)
    head_slots = tuple(Slot(x, width, COLUMN_HEAD, "center", shaded=True) for x, width in places)
    slots = tuple(
        Slot(x, width, CELL, column.align) for (x, width), column in zip(places, part.columns, strict=True)
    )
    head = measured.band(head_slots, [section.fields[column.field].label for column in part.columns])
    showers = [(column.field, shower(section.fields[column.field])) for column in part.columns]
    rest = _rest_showers(part, section)
    bands: list[Band] = []
    for row in rows:
        bands.append(measured.band(slots, [show(row.get(name)) for name, show in showers]))
        said = "；".join(
            f"{label}：{show(row[name])}" for name, label, show in rest if row.get(name) is not None
        )
        if said:
            bands.append(measured.band((Slot(0, measured.width, CELL),), [said]))
    if part.totals and rows:
        said = _totals(part.totals, section, rows)
        if said:
            bands.append(measured.band((Slot(0, measured.width, SUMMARY, "right", shaded=True),), [said]))
    return Block(bands, opening=(_section_title(section, len(rows), measured),), head=(head,))


def _places(columns: Sequence[Column], width: float) -> list[tuple[float, float]]:
    unit = width / sum(column.width for column in columns)
    places, x = [], 0.0
    for column in columns:
        places.append((x, column.width * unit))
        x += column.width * unit
    return places


def _rest_showers(part: Table, section: Section) -> list[tuple[str, str, Shown]]:
    if not part.rest:
        return []
    shown = {column.field for column in part.columns}
    return [(name, spec.label, shower(spec)) for name, spec in section.fields.items() if name not in shown]


def _totals(totals: Totals, section: Section, rows: Sequence[Document]) -> str:
    parts = []
    for name, code_name in totals.by_code:
        sums: dict[str | None, Decimal] = {}
        for row in rows:
            if row.get(name) is not None:
                code = row.get(code_name)
                sums[code] = sums.get(code, Decimal()) + Decimal(row[name])
        table = TABLES[str(section.fields[code_name].table)]
        parts += [
            f"{section.fields[name].label} {table.label_of(code)} {sum_:f}" for code, sum_ in sums.items()
        ]
    for name in totals.sums:
        values = [Decimal(row[name]) for row in rows if row.get(name) is not None]
        if values:
            parts.append(f"{section.fields[name].label} {sum(values):f}")
    return "合计：" + "；".join(parts) if parts else ""


def _numbers(part: Numbers, section: Section, rows: Sequence[Document], measured: Measured) -> Block | None:
    if not rows:
        return None
    spec = section.fields[part.field]
    slots = _pair_slots(measured.width)
    bands: list[Band] = []
    for at in range(0, len(rows), PAIRS_A_ROW):
        texts: list[str] = []
        for number, row in enumerate(rows[at : at + PAIRS_A_ROW], start=at + 1):
            texts += [f"{spec.label} {number}", shower(spec)(row.get(part.field))]
        texts += [""] * (len(slots) - len(texts))
        bands.append(measured.band(slots, texts))
    return Block(bands, opening=(_section_title(section, len(rows), measured),))


def identity_of(layout: Layout, kind: Kind, document: Document) -> str:
    """The numbers that tell a loose sheet's document, as far as they are known."""
    said = []
    for section_name, name in layout.identity:
        value = (document.get(section_name) or {}).get(name)
        if value:
            said.append(f"{kind.section(section_name).fields[name].label} {value}")
    return "   ".join(said)


def title_of(layout: Layout, kind: Kind, document: Document) -> str:
    """The kind's label, and in brackets what `title_code` says."""
    if layout.title_code is None:
        return kind.label
    section_name, name = layout.title_code
    spec = kind.section(section_name).fields[name]
    code = (document.get(section_name) or {}).get(name)
    word = TABLES[str(spec.table)].label_of(code)
    return f"{kind.label}（{word}）" if word else kind.label
