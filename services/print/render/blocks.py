"""From a layout and a document to blocks of bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from customs.codes import TABLES
from customs.documents import KINDS, Kind, Section
from services.print.layouts.parts import (
    PAIRS_A_ROW,
    Align,
    Layout,
    Numbers,
    Pairs,
    Scannable,
    Table,
    Totals,
)
from services.print.render.bands import (
    CELL,
    COLUMN_HEAD,
    LABEL,
    NOTICE,
    SECTION,
    SUMMARY,
    VALUE,
    Band,
    Block,
    Mark,
    Measured,
    Slot,
)
from services.print.render.values import Shown, shower
from services.print.render.words import Words
from services.print.subject import RowRange

_LABEL_SHARE = 0.405
_MARK_HEIGHT = 64.0
Document = Mapping[str, Any]


def blocks_of(
    layout: Layout, document: Document, measured: Measured, rows: RowRange | None = None
) -> list[Block]:
    """The blocks of the whole print, in order; parts without content are left out. `rows`: those the document holds."""
    kind = KINDS[layout.kind]
    blocks: list[Block] = []
    for part in layout.blocks:
        section = kind.section(part.section)
        given = document.get(part.section)
        if isinstance(part, Pairs):
            block = _pairs(part, section, given or {}, measured)
        elif isinstance(part, Table):
            chosen = rows if rows is not None and rows.section == part.section else None
            block = _table(part, section, given or [], measured, chosen)
        elif isinstance(part, Scannable):
            block = _scannable(part, section, given or {}, measured)
        else:
            block = _numbers(part, section, given or [], measured)
        if block is not None:
            blocks.append(block)
    return blocks


def notice(text: str, measured: Measured) -> Block:
    """A sentence that must not be missed."""
    return Block([measured.band((Slot(0, measured.width, NOTICE, "center", shaded=True),), [text])])


def line(text: str, measured: Measured) -> Block:
    """A line of its own."""
    return Block([measured.band((Slot(0, measured.width, SUMMARY, shaded=True),), [text])])


def title_band(label: str, count: int | None, measured: Measured) -> Band:
    """The name of a section, with the number of its rows."""
    slot = (Slot(0, measured.width, SECTION, shaded=True),)
    return measured.band(slot, [label if count is None else Words.COUNTED.format(label=label, count=count)])


def column_slots(
    columns: Sequence[tuple[float, Align]], width: float
) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
    """Slots of a table's head and of its rows; a column is its share of the width, and its alignment."""
    unit = width / sum(share for share, _ in columns)
    head: list[Slot] = []
    rows: list[Slot] = []
    x = 0.0
    for share, align in columns:
        head.append(Slot(x, share * unit, COLUMN_HEAD, "center", shaded=True))
        rows.append(Slot(x, share * unit, CELL, align))
        x += share * unit
    return tuple(head), tuple(rows)


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
    filled = [name for name in part.across_when_filled if given.get(name) is not None]
    for name in (*part.across, *filled):
        spec = section.fields[name]
        bands.append(measured.band(wide, [spec.label, shower(spec)(given.get(name))]))
    if not bands:
        return None
    heading = part.heading or (section.label if part.titled else "")
    return Block(bands, opening=(title_band(heading, None, measured),) if heading else ())


def _table(
    part: Table, section: Section, rows: Sequence[Document], measured: Measured, chosen: RowRange | None
) -> Block | None:
    if not rows and not part.always:
        return None
    head_slots, slots = column_slots(
        [(column.width, column.align) for column in part.columns], measured.width
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
        said = _totals(part.totals, section, rows, Words.RANGE_TOTALS if chosen else Words.TOTALS)
        if said:
            bands.append(measured.band((Slot(0, measured.width, SUMMARY, "right", shaded=True),), [said]))
    return Block(bands, opening=(_table_title(section, len(rows), measured, chosen),), head=(head,))


def _table_title(section: Section, count: int, measured: Measured, chosen: RowRange | None) -> Band:
    if chosen is None:
        return title_band(section.label, count, measured)
    said = Words.RANGED.format(label=section.label, first=chosen.first, last=chosen.last, count=chosen.of)
    return title_band(said, None, measured)


def _rest_showers(part: Table, section: Section) -> list[tuple[str, str, Shown]]:
    if not part.rest:
        return []
    shown = {*part.left_out, *(column.field for column in part.columns)}
    return [(name, spec.label, shower(spec)) for name, spec in section.fields.items() if name not in shown]


def _totals(totals: Totals, section: Section, rows: Sequence[Document], opening: Words) -> str:
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
    return opening + "；".join(parts) if parts else ""


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
    return Block(bands, opening=(title_band(section.label, len(rows), measured),))


def _scannable(part: Scannable, section: Section, given: Document, measured: Measured) -> Block:
    spec = section.fields[part.field]
    value = shower(spec)(given.get(part.field))
    # Code 128 knows ASCII; customs gives no other numbers.
    if not (value and value.isascii() and value.isprintable()):
        line = Words.NO_NUMBER.format(label=spec.label)
        return Block([measured.band((Slot(0, measured.width, VALUE),), [line])])
    pair = measured.width / PAIRS_A_ROW
    bars, square = Mark("code128", value, pair, 2 * pair), Mark("qr", value, 3 * pair, pair)
    slots = (*_pair_slots(measured.width)[:2], Slot(bars.x, bars.width, VALUE), Slot(square.x, pair, VALUE))
    return Block([measured.marked(slots, [spec.label, value, "", ""], (bars, square), _MARK_HEIGHT)])


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
    return Words.BRACKETED.format(label=kind.label, word=word) if word else kind.label
