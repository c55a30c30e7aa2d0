"""One document made from others: what is carried over, and how much of each row is still to be had.

A kind says in `customs/documents/<kind>/making.py` from which kinds its documents are made. What a document takes of
another is told by its content alone, so a balance needs no books: it is counted anew from the documents there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Literal

from contracts.problems import Problem
from customs.documents.amounts import plain
from customs.documents.kinds import JsonObject, Kind

Document = Mapping[str, Any]
Key = tuple[str | int | None, ...]
"""What tells the rows of the source apart: the values of its `row_key`."""

GOODS = "goods"
HOLDS_NOTHING = ("draft", "stored", "failed", "returned", "registration_failed", "deleted", "voided")
"""States in which a document, or a change of it, holds nothing of others: drafts, what came to nothing, what is ended."""
ENDED = ("deleted", "voided")
_NOTHING, _ONE = Decimal(0), Decimal(1)
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
class User:
    """A document that takes from another, and where it stands."""

    use: Use
    standing: Literal["draft", "declared", "approved"]
    passed: Use = field(default_factory=Use)
    """What of it has gone through the gate."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One row of a document that others take from. Drafts hold nothing; the rest holds until it is refused or voided."""

    key: Key
    place: int
    """Of the row in its document, from 0."""
    quantity: Decimal | None
    held: Decimal
    """By documents from their declaration on, approved or not."""
    approved: Decimal
    """The part of it on documents that customs approved."""
    passed: Decimal
    """The part of it that has gone through the gate."""
    drafted: Decimal

    @property
    def remaining(self) -> Decimal | None:
        """What a new document may take; None where the row has no quantity."""
        return None if self.quantity is None else max(self.quantity - self.held, _NOTHING)


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


def balances(source: Kind, document: Document, users: Iterable[User]) -> list[Balance]:
    """Every row of the source that can be taken from, in its order. Linear in rows and users' rows."""
    names = source.section(GOODS).row_key
    wholly = _Sums()
    by_row: dict[Key, _Sums] = {}
    for user in users:
        if user.use.whole:
            wholly.add(user, _ALL)
        for named in user.use.rows:
            by_row.setdefault(named, _Sums()).add(user, named)
    found = []
    for place, row in enumerate(document.get(GOODS) or ()):
        key: Key = tuple(row.get(name) for name in names)
        quantity = decimal_of(row, "quantity")
        everything = quantity or _NOTHING
        parts = by_row.get(key, _NO_SUMS)
        sums = {
            name: getattr(parts, name) + everything * getattr(wholly, name)
            for name in ("held", "approved", "passed", "drafted")
        }
        found.append(Balance(key, place, quantity, **sums))
    return found


_ALL: Key = ()


@dataclass(slots=True)
class _Sums:
    """Quantities of one row or, under `_ALL`, how many documents take everything."""

    held: Decimal = _NOTHING
    approved: Decimal = _NOTHING
    passed: Decimal = _NOTHING
    drafted: Decimal = _NOTHING

    def add(self, user: User, key: Key) -> None:
        taken = user.use.rows.get(key, _ONE)
        if user.standing == "draft":
            self.drafted += taken
            return
        self.held += taken
        self.approved += taken if user.standing == "approved" else _NOTHING
        self.passed += _ONE if user.passed.whole else user.passed.rows.get(key, _NOTHING)


_NO_SUMS = _Sums()


def most_of(kind: Kind, valid: Document, sent: Document) -> JsonObject:
    """Two versions of a document as one that takes of each row the larger quantity; head of the one sent."""
    names = kind.section(GOODS).row_key

    def key(row: Document) -> Key:
        return tuple(row.get(name) for name in names)

    rows: dict[Key, Document] = {key(row): row for row in valid.get(GOODS) or ()}
    for row in sent.get(GOODS) or ():
        known = rows.get(key(row))
        if known is None or _amount(row) > _amount(known):
            rows[key(row)] = row
    return {**sent, GOODS: [dict(row) for row in rows.values()]}


def passed_part(kind: Kind, document: Document, users: Iterable[User]) -> JsonObject:
    """A document with the quantity of each row cut down to what of it has gone through the gate on its users."""
    counted = balances(kind, document, users)
    rows = zip(document.get(GOODS) or (), counted, strict=True)
    return {**document, GOODS: [{**row, "quantity": plain(balance.passed)} for row, balance in rows]}


def _amount(row: Document) -> Decimal:
    return decimal_of(row, "quantity") or _NOTHING


def rows_by_line(rows: Iterable[Document], field_name: str, keys: Mapping[int, Sequence[Key]]) -> Use:
    """A use by rows whose `field_name` names a line of the source; `keys`: the keys of the source's rows by line."""
    sums: dict[Key, Decimal] = {}
    for row in rows:
        for key in keys.get(row.get(field_name, -1), ()):
            sums[key] = sums.get(key, _NOTHING) + _amount(row)
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
