"""The steps of one import declaration, and when each was reached; of any document, the stages it went through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Hop:
    """A step, and how its line of the timeline is recognised."""

    label: str
    says: str
    is_it: Callable[[Entry], bool]


def _event(name: str) -> Callable[[Entry], bool]:
    return lambda entry: entry["type"] == name


def _fact(kind: str, message_type: str | None = None) -> Callable[[Entry], bool]:
    def check(entry: Entry) -> bool:
        fact = entry.get("fact") or {}
        return fact.get("type") == kind and message_type in (None, fact.get("message_type"))

    return check


HOPS: tuple[Hop, ...] = (
    Hop("saved", "保存", _event("document.saved.v1")),
    Hop("declared", "申报", _event("document.declared.v1")),
    Hop("composed and sealed", "报文已生成并封存", _fact("signed")),
    Hop("delivered to OutBox", "已放入发件箱", _fact("delivered")),
    Hop("taken by the import client", "导入客户端已取走", _fact("taken")),
    Hop("acknowledged", "单一窗口已接收", _fact("receipt", "CommonResponeMessage")),
    Hop("INV201 预核扣", "海关审核通过，预核扣", _fact("receipt", "INV201")),
    Hop("INV202", "报关单已生成", _fact("receipt", "INV202")),
    Hop("INV211 已核扣", "已核扣", _fact("receipt", "INV211")),
)


@dataclass(frozen=True)
class Reached:
    hop: Hop
    at: datetime | None


def reached(timeline: Sequence[Entry]) -> list[Reached]:
    """Every hop with the moment its first line was written, as far as it has come."""
    found = []
    for hop in HOPS:
        entry = next((entry for entry in timeline if hop.is_it(entry)), None)
        found.append(Reached(hop, datetime.fromisoformat(entry["occurred_at"]) if entry else None))
    return found


def milliseconds(hops: Sequence[Reached]) -> list[tuple[Hop, float | None, float | None]]:
    """Per hop: since the hop before it, and since the declaration. None while it has not come."""
    declared = hops[1].at
    rows: list[tuple[Hop, float | None, float | None]] = []
    before: datetime | None = None
    for each in hops:
        since_before = (each.at - before).total_seconds() * 1000 if each.at and before else None
        since_declared = (each.at - declared).total_seconds() * 1000 if each.at and declared else None
        rows.append((each.hop, since_before, since_declared))
        before = each.at or before
    return rows


@dataclass(frozen=True)
class Stage:
    """A state of the document or of its open round, as a clerk reads it."""

    label: str
    at: datetime


def stages(timeline: Sequence[Entry]) -> list[Stage]:
    """The states in the order in which they came."""
    found: list[Stage] = []
    for entry in timeline:
        under_way = entry.get("open_round")
        label = under_way["label"] if under_way else entry["state_label"]
        if not found or found[-1].label != label:
            found.append(Stage(label, datetime.fromisoformat(entry["occurred_at"])))
    return found


def plus(value: float | None) -> str:
    """Milliseconds since the hop before."""
    return "" if value is None else f"+{value:,.0f} ms"
