"""What a layout is made of. Lengths in points; labels and code tables are the catalogue's, never repeated here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right"]

PAIRS_A_ROW = 4


@dataclass(frozen=True, slots=True)
class Pairs:
    """Label and value of fields of one object, four a row."""

    section: str
    rows: tuple[tuple[str, ...], ...] = ()
    """Field names in the order of the form; none: every filled field, in the catalogue's order."""
    rows_when_filled: tuple[tuple[str, ...], ...] = ()
    """Rows that only appear when one of their fields is filled."""
    across: tuple[str, ...] = ()
    """Fields that take the whole width."""
    across_when_filled: tuple[str, ...] = ()
    titled: bool = False
    """Under the section's own label."""
    heading: str = ""
    """Under words of ours: for a part of a section that is told apart."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; `width` is a share of the page's width."""

    field: str
    width: float
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Totals:
    """The line under a table: plain sums, and sums apart by the code of another field."""

    sums: tuple[str, ...] = ()
    by_code: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a section under a head that every page repeats."""

    section: str
    columns: tuple[Column, ...]
    totals: Totals | None = None
    rest: bool = False
    """Filled fields without a column follow their row, across the page."""
    left_out: tuple[str, ...] = ()
    """Of the rest: fields that only repeat the head."""
    always: bool = False
    """Also without rows."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A section that is nothing but numbers of other documents, four a row."""

    section: str
    field: str


@dataclass(frozen=True, slots=True)
class Scannable:
    """A number as Code 128 and as QR; while there is none, a line that says so."""

    section: str
    field: str


Block = Pairs | Table | Numbers | Scannable


@dataclass(frozen=True, slots=True)
class Layout:
    """The print of one document kind."""

    kind: str
    blocks: tuple[Block, ...]
    title_code: tuple[str, str] | None = None
    """Section and coded field whose name follows the title in brackets."""
    identity: tuple[tuple[str, str], ...] = field(default=())
    """Section and field of the numbers that stand on top of every further page."""
