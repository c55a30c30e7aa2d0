"""The closing table of the demo: where every document had to end and where it did."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from local.demo.business import Track


def table(tracks: Iterable[Track]) -> Table:
    """A row a document; the reason under those that are not right."""
    shown = Table(box=None, pad_edge=False, title="Documents", title_justify="left")
    for name in ("单证", "统一编号", "编号", "应到", "实到"):
        shown.add_column(name, overflow="fold")
    shown.add_column("PDF")
    for track in tracks:
        style = "green" if track.is_right else "red"
        shown.add_row(
            track.part.label,
            str(track.content.get("numbers", {}).get("seq_no") or "–"),
            track.number or "–",
            track.part.state(track.part.goal).label,
            Text(track.state.label if track.state else "–", style=style),
            str(track.pages or "–"),
        )
    return shown


def troubles(tracks: Iterable[Track]) -> list[str]:
    """Why a document did not end as it had to, a line each."""
    return [f"{track.part.label}: {track.trouble or 'no PDF'}" for track in tracks if not track.is_right]
