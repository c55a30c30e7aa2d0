"""One document made from others: what is carried over, and what it takes of each row.

A kind says in `customs/documents/<kind>/making.py` from which kinds its documents are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from contracts.problems import Problem
from customs.documents.amounts import plain
from customs.documents.normal_form import Document, JsonObject

Key = tuple[str | int | None, ...]
"""What tells the rows of the source apart: the values of its `row_key`."""

GOODS = "goods"
_NOTHING = Decimal(0)
_STEP = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class Use:
    """What a document takes of another: a quantity by row, or `whole`: everything."""

    rows: Mapping[Key, Decimal] = field(default_factory=dict)
    whole: bool = False

    def of(self, key: Key, everything: Decimal | None) -> Decimal:
        """How much of one row, of which there is `everything`."""
        return (everything or _NOTHING) if self.whole else self.rows.get(key, _NOTHING)

    def __bool__(self) -> bool:
        return self.whole or bool(self.rows)


@dataclass(frozen=True, slots=True)
class Taken:
    """A row of the source that goes into the new document, and how much of it."""

    row: Document
    quantity: Decimal

    @property
    def share_of_all(self) -> bool:
        """Whether it is the whole row."""
        return self.quantity == decimal_of(self.row, "quantity")

    def share(self, name: str) -> str | None:
        """A weight or quantity of the row in proportion, 5 decimals half-even; None where it has none."""
        given, everything = decimal_of(self.row, name), decimal_of(self.row, "quantity")
        if given is None:
            return None
        if self.share_of_all or not everything:
            return str(self.row[name])
        return plain((given * self.quantity / everything).quantize(_STEP, ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True)
class Origin:
    """An approved document that a new one is made from; `whole`: all of it, and nobody else has any of it."""

    number: str
    document: Document
    rows: Sequence[Taken]
    whole: bool
    elsewhere: Mapping[Key, Sequence[Document]] = field(default_factory=dict)
    """By `row_key`: rows of other documents about the same goods, the best first."""


@dataclass(frozen=True, slots=True)
class Fed:
    """Which rows of which source a row of the new document came from: (place of the source, its row's line_no, quantity)."""

    line_no: int
    parts: Sequence[tuple[int, int | None, Decimal]]


@dataclass(frozen=True, slots=True)
class Made:
    """The new document as far as its sources tell it, and where its rows came from."""

    document: JsonObject
    fed: Sequence[Fed] = ()


class MakingRefusedError(ValueError):
    """What was chosen does not go into one document."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(each.message for each in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Making:
    """How documents of a kind are made from those of another."""

    source: str
    """Code name of the kind it is made from."""
    usable: frozenset[str]
    """States in which a source can be used."""
    make: Callable[[Sequence[Origin]], Made]
    """Of one source or, where `several`, of many that agree in `common`. Raises MakingRefusedError."""
    uses: Callable[[Document, str, Document], Use]
    """What a document of this kind takes of the source: of (it, number of the source, the source)."""
    several: bool = False
    by_rows: bool = True
    """Whether a part of the source may be taken."""
    common: tuple[str, ...] = ()
    """Fields of the head that several sources must have in common."""
    passed: frozenset[str] = frozenset()
    """States of this kind in which its goods have gone through the gate; where none is named its own users tell."""
    why_not: Callable[[Document, Mapping[str, Any], str], str | None] | None = None
    """Why a source in a usable state cannot be used (a Chinese sentence): of (it, what the authority told, today)."""


def amount_of(row: Document) -> Decimal:
    """The quantity of a row; 0 where it has none."""
    return decimal_of(row, "quantity") or _NOTHING


def rows_by_line(rows: Iterable[Document], field_name: str, keys: Mapping[int, Sequence[Key]]) -> Use:
    """A use by rows whose `field_name` names a line of the source; `keys`: the keys of the source's rows by line."""
    sums: dict[Key, Decimal] = {}
    for row in rows:
        for key in keys.get(row.get(field_name, -1), ()):
            sums[key] = sums.get(key, _NOTHING) + amount_of(row)
    return Use(sums)


def carried(names: Iterable[str], row: Document) -> JsonObject:
    """The named fields that the row has."""
    return {name: row[name] for name in names if name in row}


def decimal_of(row: Document, name: str) -> Decimal | None:
    """A field of a document in normal form as a number."""
    given = row.get(name)
    return None if given is None else Decimal(given)


def sum_of(rows: Iterable[Document], name: str) -> str | None:
    """The sum of a field over rows; None where one of them has none."""
    total = _NOTHING
    count = 0
    for row in rows:
        number = decimal_of(row, name)
        if number is None:
            return None
        total += number
        count += 1
    return plain(total) if count else None


def same_in_all(documents: Sequence[Document], names: Iterable[str]) -> JsonObject:
    """The named fields in which all of them have the same value."""
    first = documents[0]
    return {
        name: first[name]
        for name in names
        if name in first and all(other.get(name) == first[name] for other in documents[1:])
    }
