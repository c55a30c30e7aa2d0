"""One document to one PDF file: the whole of the renderer behind one function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from contracts.answers.printing import SheetKind
from customs.documents import KINDS, Kind
from services.print.layouts import LAYOUTS
from services.print.layouts.parts import Layout
from services.print.layouts.receipts import receipts_of
from services.print.render.answers import answers_block
from services.print.render.bands import Block, Measured
from services.print.render.blocks import blocks_of, identity_of, line, notice, title_of
from services.print.render.fonts import REPLACEMENT, Faces
from services.print.render.pages import Flow
from services.print.render.sheet import BOTTOM, CONTENT_WIDTH, FIRST_TOP, TOP, Frame, Progress, Sheet
from services.print.render.words import Words
from services.print.subject import APPROVED, WORKING, Answer, Subject

_NAMED_UNKNOWN = 12


@dataclass(frozen=True, slots=True)
class Printed:
    """What came out."""

    pages: int


def render(
    faces: Faces,
    kind_name: str,
    subject: Subject,
    *,
    state: str,
    printed_on: date,
    path: Path,
    sheet: SheetKind = "document",
    progress: Progress = lambda _done, _all: None,
) -> Printed:
    """Write the PDF of one sheet to `path`. Raises KeyError for a kind without a layout."""
    layout, kind = LAYOUTS[kind_name], KINDS[kind_name]
    rare = (
        set("".join(map(str, _texts([subject.document, *map(Answer.model_dump, subject.answers)]))))
        - faces.regular.widths.keys()
    )
    if rare:
        faces = faces.with_rare(rare)
    unknown = rare.difference(*(face.widths.keys() for face in faces.extra)) if rare else set()
    measured = Measured(faces, CONTENT_WIDTH)
    blocks = _receipts if sheet == "receipts" else _document
    pages = Flow(FIRST_TOP, TOP, BOTTOM).place(blocks(layout, kind, subject, measured))
    shown = kind.life.states.get(state)
    label = shown.label if shown else state
    title = title_of(layout, kind, subject.document)
    frame = Frame(
        title=Words.RECEIPTS.format(label=kind.label) if sheet == "receipts" else title,
        note=Words.NOTE,
        state=Words.STATE.format(label=label),
        date=Words.DATE.format(day=printed_on.isoformat()),
        identity=identity_of(layout, kind, subject.document),
        watermark="" if sheet == "receipts" else _watermark(kind, subject, state),
        footnote=_about(unknown),
    )
    Sheet(path, frame, faces, measured).paint(pages, progress)
    return Printed(pages=len(pages))


def _document(layout: Layout, kind: Kind, subject: Subject, measured: Measured) -> list[Block]:
    said = [*_standing(kind, subject), *_partial(kind, subject)]
    notices = [notice(text, measured) for text in said]
    wanted = replace(
        layout, blocks=tuple(block for block in layout.blocks if block.section not in subject.left_out)
    )
    blocks = [*notices, *blocks_of(wanted, subject.document, measured, subject.rows)]
    if subject.attachments:
        words = Words.ATTACHED if subject.attached else Words.ATTACHMENTS
        blocks.append(line(words.format(count=subject.attachments), measured))
    return blocks


def _receipts(layout: Layout, kind: Kind, subject: Subject, measured: Measured) -> list[Block]:
    texts = [*_round(kind, subject, Words.ROUND_ASKS), *([Words.BEHIND] if subject.behind else [])]
    return [
        *(notice(text, measured) for text in texts),
        *blocks_of(receipts_of(layout), subject.document, measured),
        answers_block(subject.answers, measured),
    ]


def _standing(kind: Kind, subject: Subject) -> list[str]:
    """Sentences that say how what is printed stands to what customs agreed to; none when there is no difference."""
    if subject.version == WORKING:
        return _round(kind, subject, Words.ROUND_EDITS if _edits(kind, subject) else Words.ROUND_ASKS)
    if subject.version == APPROVED:
        return [Words.APPROVED_VERSION, *_round(kind, subject, Words.ROUND_ASKS)]
    return [Words.SENT_VERSION.format(number=subject.version)]


def _partial(kind: Kind, subject: Subject) -> Iterator[str]:
    """What a reader would otherwise take for the whole."""
    rows = subject.rows
    if rows is not None:
        label = kind.section(rows.section).label
        yield Words.RANGE_NOTICE.format(label=label, first=rows.first, last=rows.last, count=rows.of)
    if subject.left_out:
        yield Words.LEFT_OUT.format(labels="、".join(kind.section(name).label for name in subject.left_out))


def _round(kind: Kind, subject: Subject, words: Words) -> list[str]:
    under_way = subject.open_round
    if under_way is None:
        return []
    stands = kind.life.states.get(under_way.state)
    label = kind.life.rounds[under_way.purpose].label
    return [words.format(label=label, state=stands.label if stands else under_way.state)]


def _edits(kind: Kind, subject: Subject) -> bool:
    return subject.open_round is not None and kind.life.rounds[subject.open_round.purpose].edits


def _watermark(kind: Kind, subject: Subject, state: str) -> str:
    """On what is not, or no more, valid."""
    if subject.version not in (WORKING, APPROVED):
        return Words.OLD_VERSION
    if subject.open_round is not None and subject.version == WORKING and _edits(kind, subject):
        return Words.UNDER_WAY.format(label=kind.life.rounds[subject.open_round.purpose].label)
    shown = kind.life.states.get(state)
    if shown is None:
        return ""
    ended = {"deleted"} | {each.granted for each in kind.life.rounds.values() if each.granted}
    return shown.label if shown.editable or shown.code in ended else ""


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
    more = Words.AND_MORE if len(codes) > _NAMED_UNKNOWN else ""
    return Words.UNKNOWN_CHARACTERS.format(sign=REPLACEMENT, codes=named + more)
