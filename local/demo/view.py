"""What the demo shows while documents come: a live view on a terminal, a line for each step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from local.demo import hops
from local.demo.account_book import Figures
from local.demo.parts import Track

FOLLOWED = "import"
"""The document that is shown hop by hop."""


def live(tracks: Mapping[str, Track], book: Figures) -> Group:
    """What is there and what is still to come."""
    others = [track for name, track in tracks.items() if name != FOLLOWED]
    return Group(_hop_by_hop(tracks[FOLLOWED]), Text(), _side_by_side(others), Text(), _lines(book))


def _lines(book: Figures) -> Group:
    return Group(*(Text(f"底账 {stand}", style="cyan") for stand in book.lines.values()))


def _hop_by_hop(track: Track) -> Table:
    found = hops.reached(track.timeline)
    table = Table.grid(padding=(0, 1))
    table.add_row("", Text(track.part.label, style="bold"), _now(track))
    for (hop, since_before, since_declared), each in zip(hops.milliseconds(found), found, strict=True):
        mark = Text("✓", style="green") if each.at else Text("·", style="dim")
        style = "" if each.at else "dim"
        table.add_row(
            mark,
            Text(hop.label, style=style),
            Text(hop.says, style=style),
            Text(hops.plus(since_before), style="cyan"),
            Text(_total(since_declared), style="dim"),
        )
    return table


def _side_by_side(tracks: list[Track]) -> Table:
    table = Table.grid(padding=(0, 2))
    for track in tracks:
        found = hops.stages(track.timeline)
        seconds = (found[-1].at - found[0].at).total_seconds() if found else 0.0
        table.add_row(
            _mark(track),
            Text(track.part.label, style="bold"),
            _now(track),
            Text(track.number),
            Text(f"{seconds:.1f} s" if seconds else "", style="cyan"),
        )
    return table


def _mark(track: Track) -> Text:
    if track.trouble is not None:
        return Text("✗", style="red")
    done = track.state is not None and track.state.code == track.part.goal
    return Text("✓", style="green") if done else Text("·", style="dim")


def _now(track: Track) -> Text:
    found = hops.stages(track.timeline)
    if track.trouble is not None and not found:
        return Text(track.trouble, style="red")
    return Text(found[-1].label) if found else Text("–", style="dim")


class Lines:
    """For output that is no terminal: every step once."""

    def __init__(self) -> None:
        self._shown: dict[str, int] = {}
        self._stood: dict[str, str] = {}

    def new(self, tracks: Mapping[str, Track], book: Figures) -> Iterator[str]:
        """The lines since the last call, and lines of the book that have moved."""
        for name, track in tracks.items():
            lines = list(_hop_lines(track) if name == FOLLOWED else _stage_lines(track))
            for text in lines[self._shown.get(name, 0) :]:
                yield f"{track.part.label}  {text}"
            self._shown[name] = len(lines)
        for key, stand in book.lines.items():
            if self._stood.get(key) != str(stand):
                self._stood[key] = str(stand)
                yield f"底账 {stand}"


def _hop_lines(track: Track) -> Iterator[str]:
    found = hops.reached(track.timeline)
    for (hop, since_before, _), each in zip(hops.milliseconds(found), found, strict=True):
        if each.at is None:
            return
        yield f"{hop.label} ({hop.says}) {hops.plus(since_before)}".rstrip()


def _stage_lines(track: Track) -> Iterator[str]:
    before = None
    for stage in hops.stages(track.timeline):
        since = (stage.at - before).total_seconds() * 1000 if before else None
        yield f"{stage.label} {hops.plus(since)}".rstrip()
        before = stage.at


def _total(value: float | None) -> str:
    return "" if value is None or value <= 0 else f"{value:,.0f} ms after 申报"
