"""What views and lists need to know of a kind, derived from its catalogue and its life."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from contracts.documents import KINDS, FieldSpec
from contracts.documents.life import APPROVED

_SETTLEMENT = ("deduction_mark", "deducted_at")


@cache
def past_approval(kind: str) -> frozenset[str]:
    """State codes that come with or after the approval by customs; that of a deleted document is not among them."""
    life = KINDS[kind].life
    steps = [*(step for step in life.course.values() if step.rank >= APPROVED), *life.happenings.values()]
    return frozenset(step.state for step in steps) - {"", "deleted"}


@cache
def told_fields(kind: str) -> Mapping[str, FieldSpec]:
    """Coded fields of the head that receipts alone tell: 核扣标志, 卡口状态, 集报标志 …"""
    fields = KINDS[kind].section("head").fields
    return {name: spec for name, spec in fields.items() if spec.need == "system" and spec.table}


@cache
def settles(kind: str) -> bool:
    """Whether its documents are settled one day (清单结关)."""
    return set(_SETTLEMENT) <= KINDS[kind].section("head").fields.keys()


@cache
def kept_fields(kind: str) -> tuple[str, ...]:
    """Fields of the head that a list row keeps. A document that was taken over brings the authority's marks along."""
    marks = [*told_fields(kind), *(_SETTLEMENT if settles(kind) else ())]
    return tuple(dict.fromkeys((*KINDS[kind].listed, *marks)))
