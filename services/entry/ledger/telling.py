"""What the fold says of a document, as steps that move a book: which attempt holds, what ended it, when customs counted it.

Pure and without content, so that it can be asked before and after a fact whether anything moved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from customs.documents import Kind
from customs.documents.booking import Booking
from customs.documents.life import ACKNOWLEDGED, APPROVED, Purpose
from customs.ledger.postings import Does, Step
from customs.singlewindow.times import as_utc
from services.entry.fold.folding import GRANTED, Position, Standing
from services.entry.fold.told import ADOPTED, ENDINGS, Attempt, Told, rank_of
from services.entry.relations.holding import HOLDS_NOTHING

_RECEIPT = "receipt/"
_AHEAD = timedelta(days=1)


def said_at(authority_at: datetime | None, heard_at: datetime) -> datetime:
    """When customs said it. A time more than a day after it was heard is a wrong clock, which would hide all that comes later."""
    if authority_at is None or authority_at - heard_at > _AHEAD:
        return heard_at
    return authority_at


def steps_of(
    kind: Kind, standing: Standing, attempts: Sequence[Attempt], facts: Iterable[Told]
) -> tuple[Step, ...]:
    """The steps of a document, `sent` without its version and no passages: these stand in other rows.

    () for a kind that moves no book, and when customs said that it deducts nothing.
    """
    booking = kind.booking
    if booking is None or not standing.positions:
        return ()
    if any(standing.authority.get(name) in codes for name, codes in booking.moves_nothing.items()):
        return ()
    told = sorted({fact.key: fact for fact in facts}.values(), key=lambda fact: fact.key)
    return tuple(_Telling(kind, booking, standing, attempts, told).steps())


class _Telling:
    def __init__(
        self,
        kind: Kind,
        booking: Booking,
        standing: Standing,
        attempts: Sequence[Attempt],
        told: Sequence[Told],
    ) -> None:
        self._kind, self._booking, self._standing, self._told = kind, booking, standing, told
        sent = [a for a in attempts if a.declares and not a.asks_again and a.attempt_no in standing.positions]
        self._sent = sorted(sent, key=lambda attempt: attempt.attempt_no)
        self._ordered = {attempt.attempt_no: attempt.ordered_at for attempt in self._sent}
        self._spoken = {number for number in [standing.attempt_no] if number is not None}
        self._endings: set[int] = set()

    def steps(self) -> Iterable[Step]:
        filing = [a for a in self._sent if a.purpose is Purpose.FILING]
        if not filing:
            return
        yield from self._round(filing, self._standing.attempt_no, changes=False)
        for later in self._standing.rounds:
            if not self._kind.life.rounds[later.purpose].edits:
                if later.state == GRANTED:
                    self._spoken.add(later.attempt_no)
                    self._endings.add(later.attempt_no)
                continue
            own = [a for a in self._sent if a.round_no == later.round_no and a.purpose is later.purpose]
            yield from self._round(own, later.attempt_no, changes=True)
            if later.state == GRANTED:
                self._spoken.add(later.attempt_no)
                yield self._granted(later.attempt_no, later.since)
        yield from self._answers()

    def _round(self, own: Sequence[Attempt], effective: int | None, *, changes: bool) -> Iterable[Step]:
        """One attempt of a round holds; what was sent before it, or came to nothing, does not."""
        positions = self._standing.positions
        alive = [
            a.attempt_no
            for a in own
            if not self._dead(a.attempt_no)
            # Another was sent only because this one had come to nothing, unless the Single Window has it after all.
            and (a is own[-1] or positions[a.attempt_no].rank >= ACKNOWLEDGED)
        ]
        holds = effective if effective in alive else max(alive, default=None)
        if holds is not None and not changes:
            self._spoken.add(holds)
        for attempt in own:
            number = attempt.attempt_no
            yield Step("sent", attempt.ordered_at, f"attempt/{number}", number, changes=changes)
            if number != holds:
                yield self._given_up(number, positions[number], [a.attempt_no for a in own])

    def _given_up(self, number: int, position: Position, own: Sequence[int]) -> Step:
        ends = [
            fact
            for fact in self._of(number)
            if fact.outcome in self._kind.life.course
            and self._kind.life.course[fact.outcome].state == position.state
        ]
        if self._dead(number) and ends:
            return self._step("given_up", ends, number)
        after = min((other for other in own if other > number), default=None)
        if after is not None:
            return Step("given_up", self._ordered[after], f"attempt/{after}", number)
        return Step("given_up", position.since, f"given_up/{number}", number)

    def _granted(self, number: int, since: datetime) -> Step:
        agreed = [fact for fact in self._of(number) if self._agrees(fact)]
        if not agreed:
            return Step("granted", since, f"granted/{number}", number)
        return self._step("granted", agreed, number)

    def _agrees(self, fact: Told) -> bool:
        return rank_of(self._kind.life, fact.outcome) >= APPROVED or fact.outcome in ENDINGS

    def _answers(self) -> Iterable[Step]:
        """What customs said of the version that stands, and of those it was changed into."""
        heard = [fact for fact in self._told if self._standing.assigned.get(fact.key) in self._spoken]
        if expected := [fact for fact in heard if fact.outcome in self._booking.expected]:
            yield self._step("expected", expected)
        if counted := [fact for fact in heard if fact.outcome in self._booking.real]:
            yield self._step("counted", counted)
        if self._standing.state in HOLDS_NOTHING:
            ended = [
                fact
                for fact in heard
                if fact.outcome in self._booking.taken_back
                or (self._standing.assigned[fact.key] in self._endings and self._agrees(fact))
            ]
            if ended:
                yield self._step("taken_back", ended)

    def _dead(self, number: int) -> bool:
        """Whether the attempt came to nothing. What speaks for a document that lives does, whatever was told of it alone."""
        lives = number == self._standing.attempt_no and self._standing.state not in HOLDS_NOTHING
        return self._standing.positions[number].state in HOLDS_NOTHING and not lives

    def _of(self, number: int) -> list[Told]:
        return [fact for fact in self._told if self._standing.assigned.get(fact.key) == number]

    def _step(self, does: Does, facts: Collection[Told], number: int | None = None) -> Step:
        """By the first of them that the authority dates."""
        first = min(facts, key=lambda fact: (self._at(fact), fact.key))
        receipt = first.key.removeprefix(_RECEIPT) if first.key.startswith(_RECEIPT) else None
        answered = self._standing.assigned.get(first.key)
        return Step(
            does,
            self._at(first),
            first.key,
            number,
            not_before=self._ordered.get(answered) if answered is not None else None,
            receipt_id=receipt,
        )

    def _at(self, fact: Told) -> datetime:
        if fact.authority_at is not None:
            return said_at(fact.authority_at, fact.occurred_at)
        if fact.key == ADOPTED and fact.outcome in self._booking.real and self._booking.counted:
            told = as_utc(str(fact.authority.get(self._booking.counted, "")))
            return told or fact.occurred_at
        return fact.occurred_at
