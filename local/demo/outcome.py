"""The closing tables of the demo: where every document had to end and where it did, and how the book stands."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rich.table import Table
from rich.text import Text

from customs.documents.amounts import plain
from local.demo.account_book import AccountBook, Stand
from local.demo.parts import Track


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


def book_table(book: AccountBook) -> Table:
    """A row a line, with what it began with; red where it is not as customs has it or has to be."""
    shown = Table(box=None, pad_edge=False, title=f"账册 {book.number}", title_justify="left")
    for name in ("备案序号", "料号", "期初", "实增", "实减", "预增", "预减", "余量", "应余"):
        shown.add_column(name, overflow="fold")
    opened = {str(opening.line_no): opening.came - opening.went for opening in book.openings}
    for wanted in book.expected():
        stand = book.lines.get(
            wanted.key, Stand(wanted.key, wanted.material_no, None, None, wanted.pre_in, wanted.pre_out)
        )
        right = stand == wanted and book.customs.get(wanted.key) == wanted
        figures = [stand.came, stand.went, stand.pre_in, stand.pre_out, stand.left]
        shown.add_row(
            wanted.key,
            wanted.material_no,
            _figure(opened.get(wanted.key)),
            *(_figure(figure) for figure in figures[:-1]),
            Text(_figure(stand.left), style="green" if right else "red"),
            _figure(wanted.left),
        )
    return shown


def _figure(quantity: Decimal | None) -> str:
    return "–" if quantity is None else plain(quantity)
