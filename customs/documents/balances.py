"""How much of each row of a document is still to be had.

What a document takes of another is told by its content alone (`making.Use`), so a balance needs no books: it is counted
anew from the documents there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from customs.documents.amounts import plain
from customs.documents.kinds import Kind
from customs.documents.making import GOODS, Key, Use, amount_of, decimal_of
from customs.documents.normal_form import Document, JsonObject

HOLDS_NOTHING = ("draft", "stored", "failed", "returned", "registration_failed", "deleted", "voided")
"""States in which a document, or a change of it, holds nothing of others: drafts, what came to nothing, what is ended."""
ENDED = ("deleted", "voided")
_NOTHING, _ONE = Decimal(0), Decimal(1)


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
        if known is None or amount_of(row) > amount_of(known):
            rows[key(row)] = row
    return {**sent, GOODS: [dict(row) for row in rows.values()]}


def passed_part(kind: Kind, document: Document, users: Iterable[User]) -> JsonObject:
    """A document with the quantity of each row cut down to what of it has gone through the gate on its users."""
    counted = balances(kind, document, users)
    rows = zip(document.get(GOODS) or (), counted, strict=True)
    return {**document, GOODS: [{**row, "quantity": plain(balance.passed)} for row, balance in rows]}
