"""The life of a document kind as data: its states, what each answer of the authority leads to, and its lawful rounds.

A *round* is one lawful step: 备案 (filing), 变更, 删除 / 作废, 结案. Every upload within it is an *attempt*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from customs.documents.states import State


class Purpose(StrEnum):
    """What a round is for."""

    FILING = "filing"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    CLOSURE = "closure"


FILED = "1"
"""DclTypecd 备案; those of the later rounds are declared per kind."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where an answer leads. Of several answers the highest rank wins; `state` "" leads back to what was before."""

    rank: int
    state: str


@dataclass(frozen=True, slots=True)
class Round:
    """A round after the filing, and when the law admits it."""

    purpose: Purpose
    label: str
    """变更, 删除, 作废, 结案."""
    declaration_type: str
    """DclTypecd of its uploads."""
    from_states: frozenset[str]
    """States of the document in which it may be opened."""
    granted: str | None = None
    """The document's state once customs agrees; None: it stays what it was."""

    @property
    def edits(self) -> bool:
        """Whether the clerk changes the document in it; otherwise the approved version is sent as it is."""
        return self.purpose is Purpose.CHANGE


def always_lawful(purpose: Purpose, told: Mapping[str, Any]) -> str | None:
    """For kinds whose rounds depend on the state alone."""
    del purpose, told
    return None


@dataclass(frozen=True, slots=True)
class Life:
    """Everything the fold and the pages need to know about how documents of a kind live."""

    states: Mapping[str, State]
    course: Mapping[str, Step]
    """Answer within an attempt (an outcome of contracts/events/receipts or a step of delivery) → where it leads."""
    happenings: Mapping[str, Step] = field(default_factory=dict)
    """Outcomes outside any round (gate, pause): the newest by the authority's time wins, `rank` within one second."""
    rounds: Mapping[Purpose, Round] = field(default_factory=dict)
    """The later rounds of the kind."""
    tells: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Marks of the head that go with a state where a short receipt does not carry them: state → field → code."""
    markable: frozenset[str] = frozenset()
    """Fields of the head that a person may note by hand when no receipt tells them."""
    lawful: Callable[[Purpose, Mapping[str, Any]], str | None] = always_lawful
    """Why a round may not be opened (a Chinese sentence), from what the authority or a person told; None: it may."""

    def __post_init__(self) -> None:
        named = {step.state for step in (*self.course.values(), *self.happenings.values())}
        named |= {state for r in self.rounds.values() for state in (*r.from_states, r.granted or "")}
        if unknown := named - {""} - self.states.keys():
            raise TypeError(f"states that do not exist: {', '.join(sorted(unknown))}")


# Ranks: an authority's packet answers < 转人工 and 退单 < 通过 < 核扣 < 核销 (messages of production, M).
_UNTIL_APPROVAL: Mapping[str, Step] = {
    "signed": Step(1, "sending"),
    "delivered": Step(2, "sending"),
    # A file that is nowhere may still turn up in SentBox.
    "delivery_unknown": Step(3, "unknown"),
    "taken": Step(4, "sending"),
    "signing_failed": Step(5, "failed"),
    "transport_refused": Step(5, "failed"),
    "resolved_not_received": Step(5, "failed"),
    "refused": Step(6, "failed"),
    "acknowledged": Step(7, "accepted"),
    "stored": Step(8, "registered"),
    "store_failed": Step(8, "registration_failed"),
    "manual_review": Step(9, "manual_review"),
    "returned": Step(9, "returned"),
}
ACKNOWLEDGED, CUSTOMS_ANSWERED, APPROVED = 7, 8, 10
"""Ranks from which on: the Single Window has it; customs said something; customs agreed."""


def course(**approvals: Step) -> Mapping[str, Step]:
    """The course of an attempt: the same for every kind up to the approval, then `approvals` by outcome."""
    return MappingProxyType({**_UNTIL_APPROVAL, **approvals})


def rounds(*later: Round) -> Mapping[Purpose, Round]:
    """The rounds of a kind by purpose."""
    return MappingProxyType({each.purpose: each for each in later})
