"""What views and lists need to know of a kind, derived from its catalogue and its life."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from customs.documents import KINDS, FieldSpec, Kind
from customs.documents.life import APPROVED
from customs.documents.making import Making

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


@cache
def gone_through(kind: str) -> frozenset[str]:
    """States in which the goods have gone through the gate (已过卡); none for kinds that carry nothing through it."""
    of = KINDS[KINDS[kind].variant_of or kind]
    return frozenset().union(*(making.passed for making in of.made_from))


class Pair(NamedTuple):
    """Documents of `target` are made from those of `source`."""

    target: Kind
    by: Making

    @property
    def source(self) -> str:
        return self.by.source


@cache
def makings() -> tuple[Pair, ...]:
    """Every way in which a document is made from others."""
    return tuple(Pair(target, by) for target in KINDS.values() for by in target.made_from)
