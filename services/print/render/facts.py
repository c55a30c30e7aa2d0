"""Sheets that are no document: a page of facts, a table of contents, a table with a head of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from services.print.layouts.parts import PAIRS_A_ROW, Align
from services.print.render.bands import LABEL, NOTICE, VALUE, Block, Measured, Slot
from services.print.render.blocks import column_slots, line, title_band
from services.print.render.fonts import Faces
from services.print.render.pages import Flow
from services.print.render.sheet import BOTTOM, CONTENT_WIDTH, FIRST_TOP, TOP, Frame, Progress, Sheet
from services.print.render.words import Words
from services.print.subject import Entry, Report

_LABEL_WIDTH = 90.0
_COVER = (
    (Words.COVER_ORDER, 30, "center"),
    (Words.COVER_LABEL, 130, "left"),
    (Words.COVER_NUMBER, 250, "left"),
    (Words.COVER_STATE, 90, "center"),
    (Words.COVER_PAGES, 40, "right"),
    (Words.COVER_AT, 45, "right"),
    (Words.COVER_REMARK, 205, "left"),
)
_INDENT = "　　"
_PAIR_LABEL_SHARE = 0.36


def facts_sheet(
    faces: Faces, title: str, facts: Sequence[tuple[str, str]], said: Sequence[str], target: BinaryIO
) -> None:
    """A page that says what follows, or why nothing does."""
    faces = faces.with_rare("".join(value for _, value in facts) + "".join(said))
    measured = Measured(faces, CONTENT_WIDTH)
    slots = (
        Slot(0, _LABEL_WIDTH, LABEL, shaded=True),
        Slot(_LABEL_WIDTH, CONTENT_WIDTH - _LABEL_WIDTH, VALUE),
    )
    blocks = [Block([measured.band(slots, pair) for pair in facts])]
    blocks += [
        Block([measured.band((Slot(0, CONTENT_WIDTH, NOTICE, "center", shaded=True),), [text])])
        for text in said
    ]
    _paint(faces, measured, blocks, Frame(title, "", "", "", ""), target)


def cover(faces: Faces, entries: Sequence[Entry], printed_on: str, target: BinaryIO, own_pages: int) -> int:
    """The table of contents, written as if it took `own_pages` itself; answers how many it takes."""
    faces = faces.with_rare(
        "".join(f"{each.label}{each.number}{each.remark}{each.state}" for each in entries)
    )
    measured = Measured(faces, CONTENT_WIDTH)
    head_slots, slots = column_slots([(width, _align(align)) for _, width, align in _COVER], CONTENT_WIDTH)
    head = measured.band(head_slots, [label for label, _, _ in _COVER])
    bands, at, number = [], own_pages + 1, 0
    for each in entries:
        number += each.level == 0
        shown = each.path is not None
        bands.append(
            measured.band(
                slots,
                [
                    str(number) if each.level == 0 else "",
                    f"{_INDENT if each.level else ''}{each.label}",
                    each.number,
                    each.state,
                    str(each.pages) if shown else "—",
                    str(at) if shown else "—",
                    each.remark,
                ],
            )
        )
        at += each.pages
    counts = Words.COVER_COUNTS.format(
        documents=sum(each.level == 0 and each.path is not None for each in entries),
        attachments=sum(each.level == 1 for each in entries),
        skipped=sum(each.level == 0 and each.path is None for each in entries),
        pages=sum(each.pages for each in entries),
    )
    blocks = [line(counts, measured), Block(bands, head=(head,))]
    frame = Frame(Words.COVER, "", "", Words.DATE.format(day=printed_on), "")
    return _paint(faces, measured, blocks, frame, target)


def report_sheet(faces: Faces, report: Report, printed_at: str, path: Path, progress: Progress) -> int:
    """A table with a head, landscape; a cell without a value says that it is unknown. Answers the number of pages."""
    texts = [report.title, report.remark, *(word for pair in report.facts for word in pair)]
    texts += [column.label for column in report.columns]
    rows = [[Words.UNKNOWN if cell is None else cell for cell in row] for row in report.rows]
    faces = faces.with_rare({char for text in (*texts, *("".join(row) for row in rows)) for char in text})
    measured = Measured(faces, CONTENT_WIDTH)
    columns = [(column.width, _align("right" if column.numeric else "left")) for column in report.columns]
    head_slots, slots = column_slots(columns, CONTENT_WIDTH)
    head = measured.band(head_slots, [column.label for column in report.columns])
    bands = [measured.band(slots, row) for row in rows]
    opening = (title_band(Words.REPORT_ROWS.format(count=len(rows)), None, measured),)
    blocks = [_pairs(report.facts, measured), Block(bands, opening=opening, head=(head,))]
    if report.remark:
        blocks.append(line(report.remark, measured))
    identity = "   ".join(f"{label} {value}" for label, value in report.facts[:2])
    frame = Frame(report.title, Words.NOTE, "", printed_at, identity)
    return _paint(faces, measured, blocks, frame, path, progress)


def _pairs(facts: Sequence[tuple[str, str]], measured: Measured) -> Block:
    pair = CONTENT_WIDTH / PAIRS_A_ROW
    label = pair * _PAIR_LABEL_SHARE
    slots = tuple(
        slot
        for number in range(PAIRS_A_ROW)
        for slot in (
            Slot(number * pair, label, LABEL, shaded=True),
            Slot(number * pair + label, pair - label, VALUE),
        )
    )
    bands = []
    for at in range(0, len(facts), PAIRS_A_ROW):
        texts = [word for fact in facts[at : at + PAIRS_A_ROW] for word in fact]
        bands.append(measured.band(slots, texts + [""] * (len(slots) - len(texts))))
    return Block(bands)


def _paint(
    faces: Faces,
    measured: Measured,
    blocks: Sequence[Block],
    frame: Frame,
    target: BinaryIO | Path,
    progress: Progress = lambda _done, _all: None,
) -> int:
    pages = Flow(FIRST_TOP, TOP, BOTTOM).place(blocks)
    Sheet(target, frame, faces, measured).paint(pages, progress)
    return len(pages)


def _align(word: str) -> Align:
    return "right" if word == "right" else "center" if word == "center" else "left"
