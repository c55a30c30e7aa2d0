"""What a document moves in its book: a pure function of what was declared, what was answered and what passed the gate.

After every step it is known what each row has on each account; what differs from before the step is posted with the step as
its cause. So the postings of a row always add up to where its document stands, whatever came in what order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from customs.ledger.accounts import REAL, Account
from customs.ledger.lines import Line
from customs.ledger.versions import NO_VERSION, Version

Does = Literal["sent", "given_up", "granted", "expected", "passed", "counted", "taken_back"]
_ORDER: Mapping[str, int] = {
    "sent": 0,
    "given_up": 1,
    "granted": 2,
    "expected": 3,
    "passed": 4,
    "counted": 5,
    "taken_back": 6,
}
"""Of steps within one second: the authority's clock has no more."""
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that moves the book.

    sent: a version was declared, the filing or (`changes`) a 变更 · given_up: that attempt came to nothing · granted: customs
    agreed to that 变更 · expected: 预核扣 · passed: goods went through the gate · counted: 核扣 · taken_back: 删除.
    """

    does: Does
    at: datetime
    cause: str
    attempt_no: int | None = None
    version: Version = NO_VERSION
    """Of `sent`."""
    changes: bool = False
    passed: Mapping[int, Decimal] | None = None
    """Of `passed`: how much of each row; None: everything."""
    not_before: datetime | None = None
    """When what it answers was sent, by our clock: an authority whose clock is behind does not answer before it was asked."""
    source_id: str | None = None
    """Of `passed`: the 核放单. None: the document itself."""
    receipt_id: str | None = None


class Posting(NamedTuple):
    """One movement. A positive quantity adds to the account, a negative one takes back."""

    row_no: int
    account: Account
    cause: str
    line: Line
    quantity: Decimal
    unit: str | None
    at: datetime
    counted_at: datetime | None
    """Of real movements: when customs counts it in its own book; None: it has not yet."""
    source_id: str | None
    receipt_id: str | None


def postings_of(steps: Iterable[Step]) -> list[Posting]:
    """The postings of one document. Order and repeats of the steps change nothing. Linear in steps times rows."""
    ordered = sorted({(s.does, s.cause, s.attempt_no): s for s in steps}.values(), key=_place)
    counted = next((step.at for step in ordered if step.does == "counted"), None)
    stands = _Stands()
    before: _Sums = {}
    posted: dict[_Name, Posting] = {}
    for step in ordered:
        stands.take(step)
        after = stands.sums()
        if after != before:
            counts_at = counted if not stands.counted else step.at
            for posting in _differences(step, before, after, counts_at):
                _post(posted, posting)
        before = after
    return [posting for posting in posted.values() if posting.quantity]


def _place(step: Step) -> tuple[datetime, int, str, int]:
    at = max(step.at, step.not_before or step.at)
    return at, _ORDER[step.does], step.cause, step.attempt_no or 0


class _On(NamedTuple):
    """What a row has on the accounts of its line, in the order of _ACCOUNTS."""

    pre_in: Decimal
    pre_out: Decimal
    real_in: Decimal
    real_out: Decimal
    unit: str | None


_ACCOUNTS = (Account.PRE_IN, Account.PRE_OUT, Account.REAL_IN, Account.REAL_OUT)
_EMPTY = _On(_NOTHING, _NOTHING, _NOTHING, _NOTHING, None)
_Sums = dict[tuple[int, Line], _On]
_Name = tuple[int, Account, str]


def _post(posted: dict[_Name, Posting], posting: Posting) -> None:
    """One posting a row, account and cause: a fact that does two things posts their sum; one that leaves a line names it."""
    name = (posting.row_no, posting.account, posting.cause)
    there = posted.get(name)
    if there is not None and there.line != posting.line:
        posting = posting._replace(cause=f"{posting.cause}/{posting.line.key}")
        name = (posting.row_no, posting.account, posting.cause)
        there = posted.get(name)
    if there is not None:
        posting = posting._replace(quantity=there.quantity + posting.quantity)
    posted[name] = posting


def _differences(step: Step, before: _Sums, after: _Sums, counts_at: datetime | None) -> Iterable[Posting]:
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place, _EMPTY), after.get(place, _EMPTY)
        if old == new:
            continue
        row_no, line = place
        for number, account in enumerate(_ACCOUNTS):
            quantity = new[number] - old[number]  # type: ignore[operator]
            if quantity:
                yield Posting(
                    row_no,
                    account,
                    step.cause,
                    line,
                    quantity,
                    new.unit or old.unit,
                    step.at,
                    counts_at if account in REAL else None,
                    step.source_id,
                    step.receipt_id,
                )


@dataclass(slots=True)
class _Stands:
    """Where the document stands after the steps taken so far."""

    filed: dict[int, Version] = field(default_factory=dict)
    pending: dict[int, Version] = field(default_factory=dict)
    """变更 under way, by attempt."""
    valid: Version | None = None
    """The version of the last 变更 that was granted."""
    expected: bool = False
    counted: bool = False
    ended: bool = False
    gone: dict[int, Decimal] = field(default_factory=dict)
    """What went through the gate, by row."""
    all_gone: bool = False

    def take(self, step: Step) -> None:
        if step.does == "sent":
            assert step.attempt_no is not None
            (self.pending if step.changes else self.filed)[step.attempt_no] = step.version
        elif step.does == "given_up":
            assert step.attempt_no is not None
            self.filed.pop(step.attempt_no, None)
            self.pending.pop(step.attempt_no, None)
        elif step.does == "granted":
            assert step.attempt_no is not None
            self.valid = self.pending.pop(step.attempt_no, self.valid)
        elif step.does == "expected":
            self.expected = True
        elif step.does == "passed":
            self._pass(step.passed)
        elif step.does == "counted":
            self.counted = True
        else:
            self.ended = True

    def _pass(self, parts: Mapping[int, Decimal] | None) -> None:
        if self.counted:
            # Customs counted all of it before the truck came.
            return
        if parts is None:
            self.all_gone = True
            return
        for row_no, quantity in parts.items():
            self.gone[row_no] = self.gone.get(row_no, _NOTHING) + quantity

    def sums(self) -> _Sums:
        """What each row has; rows that have nothing are left out."""
        if self.ended:
            return {}
        valid = self.valid or next(reversed(self.filed.values()), NO_VERSION)
        return self._out(valid) if valid.outward else self._in(valid)

    def _out(self, valid: Version) -> _Sums:
        rows = valid.rows.values()
        if self.counted:
            sums = {(r.row_no, r.line): _On(_NOTHING, _NOTHING, _NOTHING, r.quantity, r.unit) for r in rows}
        else:
            sums = {(r.row_no, r.line): _On(_NOTHING, r.quantity, _NOTHING, _NOTHING, r.unit) for r in rows}
        for version in self.pending.values():
            for row in version.rows.values():
                there = sums.get((row.row_no, row.line), _EMPTY)
                # What is counted does not leave twice.
                more = row.quantity - there.real_out
                if more > there.pre_out:
                    sums[row.row_no, row.line] = there._replace(pre_out=more, unit=there.unit or row.unit)
        return sums

    def _in(self, valid: Version) -> _Sums:
        sums: _Sums = {}
        everything = self.counted or self.all_gone
        for row in valid.rows.values():
            real = row.quantity
            if not everything:
                real = min(real, self.gone.get(row.row_no, _NOTHING))
            expected = row.quantity - real if self.expected else _NOTHING
            if real or expected:
                sums[row.row_no, row.line] = _On(expected, _NOTHING, real, _NOTHING, row.unit)
        return sums


def total(postings: Sequence[Posting]) -> dict[tuple[Line, Account], Decimal]:
    """The sum of each account of each line; what is nothing is left out."""
    sums: dict[tuple[Line, Account], Decimal] = {}
    for posting in postings:
        place = (posting.line, posting.account)
        sums[place] = sums.get(place, _NOTHING) + posting.quantity
    return {place: quantity for place, quantity in sums.items() if quantity}
