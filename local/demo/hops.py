"""The steps of one declaration, when each was reached, and the view of them while they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

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


def view(hops: Sequence[Reached], state: str, state_label: str) -> Table:
    """What is there and what is still to come."""
    table = Table.grid(padding=(0, 2))
    for (hop, since_before, since_declared), each in zip(milliseconds(hops), hops, strict=True):
        mark = Text("✓", style="green") if each.at else Text("·", style="dim")
        style = "" if each.at else "dim"
        table.add_row(
            mark,
            Text(hop.label, style=style),
            Text(hop.says, style=style),
            Text(_plus(since_before), style="cyan"),
            Text(_total(since_declared), style="dim"),
        )
    table.add_row("", Text(f"state: {state}", style="bold"), Text(state_label, style="bold"))
    return table


def line(hop: Hop, since_before: float | None) -> str:
    """For output that is no terminal."""
    return f"{hop.label} ({hop.says}) {_plus(since_before)}".rstrip()


def _plus(value: float | None) -> str:
    return "" if value is None else f"+{value:,.0f} ms"


def _total(value: float | None) -> str:
    return "" if value is None or value <= 0 else f"{value:,.0f} ms after 申报"
