"""What the fold is about: attempts that were ordered, and facts that were told about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args

from contracts.events.receipts import Outcome
from customs.documents.life import CUSTOMS_ANSWERED, Life, Purpose

NEVER = datetime.min.replace(tzinfo=UTC)
FROM_THE_WINDOW = frozenset({"acknowledged", "refused"})
FROM_CUSTOMS = frozenset(get_args(Outcome)) - FROM_THE_WINDOW
"""Answers of customs name no attempt; those of the Single Window's door do, by the name of the file."""


ADOPTED = "adopted"
"""Key of the fact by which a document declared elsewhere was taken over."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One upload that was ordered. `declares`: DelcareFlag 1; otherwise 暂存 at the Single Window."""

    attempt_no: int
    round_no: int
    declares: bool
    ordered_at: datetime
    purpose: Purpose = Purpose.FILING
    asks_again: bool = False
    """It asks for receipts (INV141) and moves no round."""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact. `key` makes it the same fact when it comes again; `attempt_no` None: to be assigned by the fold."""

    key: str
    outcome: str
    attempt_no: int | None
    occurred_at: datetime
    authority_at: datetime | None = None
    message_id: str = ""
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int | None = None
    declaration_type: str | None = None
    existing_seq_no: str | None = None
    reasons: tuple[str, ...] = ()
    authority: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    """Of an `assigned` fact: the key of the fact a person assigned to `attempt_no`."""


def rank_of(life: Life, outcome: str) -> int:
    """How much an answer outranks others; 0 for one that leads nowhere. A 报关单 is made of what was approved."""
    if outcome in ("declaration_generated", "declaration_failed"):
        outcome = "approved"
    step = life.course.get(outcome)
    return 0 if step is None else step.rank


def is_answer(life: Life, fact: Told) -> bool:
    """Whether customs said it about a declaration, so that it belongs to an attempt of a round."""
    return fact.outcome in FROM_CUSTOMS and (
        rank_of(life, fact.outcome) >= CUSTOMS_ANSWERED or fact.outcome in ENDINGS
    )


ENDINGS = frozenset({"deleted", "voided", "concluded"})
"""By these a document ends, whoever asked for it."""


def in_time(life: Life, fact: Told) -> tuple[datetime, int, str, str]:
    """The authority's clock has seconds: within one, a 退单 comes before the approval of what followed it."""
    return fact.authority_at or NEVER, rank_of(life, fact.outcome), fact.message_id, fact.key
