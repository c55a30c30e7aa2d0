"""What the authority answered, as a table; the newest last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from customs import clock
from services.print.layouts.receipts import ANSWER_COLUMNS
from services.print.render.bands import CELL, Block, Measured, Slot
from services.print.render.blocks import column_slots, title_band
from services.print.render.words import Words
from services.print.subject import Answer


def answers_block(answers: Sequence[Answer], measured: Measured) -> Block:
    """One row an answer, or a line that there is none."""
    head_slots, slots = column_slots([(c.width, c.align) for c in ANSWER_COLUMNS], measured.width)
    head = measured.band(head_slots, [column.label for column in ANSWER_COLUMNS])
    bands = [measured.band(slots, _row(number, answer)) for number, answer in enumerate(answers, start=1)]
    if not bands:
        bands = [measured.band((Slot(0, measured.width, CELL, "center"),), [Words.NO_ANSWER])]
    return Block(bands, opening=(title_band(Words.ANSWERS, len(answers), measured),), head=(head,))


def _row(number: int, answer: Answer) -> list[str]:
    sent = Words.NOT_ASSIGNED if answer.attempt_no is None else Words.ATTEMPT.format(number=answer.attempt_no)
    return [
        str(number),
        _local(answer.authority_at),
        _local(answer.occurred_at),
        sent,
        answer.message_type or "",
        answer.code or "",
        answer.text,
        "\n".join(answer.reasons),
        answer.message_id or "",
    ]


def _local(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
