"""Which states of a kind come with or after the approval by customs."""

from __future__ import annotations

from functools import cache

from contracts.documents import KINDS
from contracts.documents.life import APPROVED


@cache
def past_approval(kind: str) -> frozenset[str]:
    """State codes; a document that ended as deleted is not among them."""
    life = KINDS[kind].life
    steps = [*(step for step in life.course.values() if step.rank >= APPROVED), *life.happenings.values()]
    return frozenset(step.state for step in steps) - {"", "deleted"}
