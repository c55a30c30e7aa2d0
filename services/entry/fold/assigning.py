"""Which attempt a fact belongs to. Pure; what cannot be assigned for certain is left to a person.

Receipts name the kind of round they answer (typecd) and count the changes (tmsCnt); attempts of one kind of round are
told apart by the authority's own clock. Without a kind, a receipt is of the filing while there is no later round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from customs.documents.life import APPROVED, FILED, Life, Purpose
from services.entry.fold.told import ENDINGS, FROM_CUSTOMS, Attempt, Told, in_time, is_answer, rank_of

_CONCLUDED = frozenset({"returned", "store_failed"})
_NEVER_ARRIVED = frozenset({"refused", "signing_failed"})
_DOUBTFUL = frozenset({"transport_refused", "resolved_not_received"})
# Facts about the document as it stands: never an answer to a later round.
_OF_THE_FILING = frozenset({"declaration_generated", "declaration_failed", "deducted", "written_off"})
# How far the authority's clock and ours may differ before a receipt without a kind is laid to a round by time.
_SKEW = timedelta(minutes=10)


@dataclass(slots=True)
class Assignment:
    """Facts by attempt; `about_document` are those of no attempt: happenings, and rounds declared elsewhere."""

    by_attempt: dict[int, list[Told]]
    about_document: list[Told]
    unassigned: list[Told]
    assigned: dict[str, int | None]


def assign(life: Life, attempts: Sequence[Attempt], told: Sequence[Told]) -> Assignment:
    """Give every fact its place. `attempts` in order, `told` without duplicates."""
    result = Assignment({a.attempt_no: [] for a in attempts}, [], [], {})
    words = [fact for fact in told if fact.outcome == "assigned"]
    by_hand = {word.target: word.attempt_no for word in sorted(words, key=lambda w: (w.occurred_at, w.key))}
    waiting: list[Told] = []
    for fact in told:
        number = by_hand.get(fact.key, fact.attempt_no)
        if number is not None and number in result.by_attempt:
            result.by_attempt[number].append(fact)
            result.assigned[fact.key] = number
        elif fact.outcome in FROM_CUSTOMS or fact.outcome == "marked":
            result.assigned[fact.key] = None
            waiting.append(fact)
        else:
            result.assigned[fact.key] = None
    by_type = _attempts_by_type(life, attempts)
    groups: dict[str, list[Told]] = {}
    for fact in sorted(waiting, key=lambda each: in_time(life, each)):
        group = _group(life, fact, attempts, by_type)
        if group is None:
            result.unassigned.append(fact)
        elif group == "":
            result.about_document.append(fact)
        else:
            groups.setdefault(group, []).append(fact)
    for group, facts in groups.items():
        _by_the_clock(life, by_type[group], facts, result, lasting=group == FILED)
    return result


def _attempts_by_type(life: Life, attempts: Sequence[Attempt]) -> dict[str, list[Attempt]]:
    """Declaring attempts by the DclTypecd they carry."""
    types = {Purpose.FILING: FILED, **{p: r.declaration_type for p, r in life.rounds.items()}}
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.declares and not attempt.asks_again:
            found.setdefault(types.get(attempt.purpose, FILED), []).append(attempt)
    return found


def _group(
    life: Life, fact: Told, attempts: Sequence[Attempt], by_type: Mapping[str, Sequence[Attempt]]
) -> str | None:
    """The DclTypecd whose attempts may be meant; "" for what is about the document; None when nobody can tell."""
    made = fact.outcome in ("declaration_generated", "declaration_failed")
    if not made and not is_answer(life, fact):
        # "other" says nothing that could be wrong anywhere; it is shown with the filing.
        return FILED if fact.outcome == "other" and FILED in by_type else ""
    given = fact.declaration_type
    later = [kind for kind in by_type if kind != FILED]
    if given and given != FILED:
        return given if given in by_type else ""
    if fact.outcome in ENDINGS:
        endings = [r.declaration_type for r in life.rounds.values() if r.granted and not r.edits]
        return next((kind for kind in endings if kind in by_type), "")
    if given or not later or fact.outcome in _OF_THE_FILING:
        return _filing(by_type)
    first = min(a.ordered_at for kind in later for a in by_type[kind])
    if fact.authority_at is not None and fact.authority_at < first - _SKEW:
        return _filing(by_type)
    return None


def _filing(by_type: Mapping[str, Sequence[Attempt]]) -> str | None:
    return FILED if FILED in by_type else None


def _by_the_clock(
    life: Life, attempts: Sequence[Attempt], facts: Sequence[Told], result: Assignment, *, lasting: bool
) -> None:
    """Share the facts out, in the authority's order, over attempts of the same kind of round.

    An attempt that customs concluded takes what was made up to then; what is later belongs to the next. A filing goes
    on after its approval (`lasting`); a later round is concluded by it, but for answers with the same change count.
    """
    likely, doubtful = _candidates(attempts, result.by_attempt)
    candidates = likely or doubtful
    place = 0
    for fact in facts:
        if not candidates and not lasting:
            # Ours never arrived: it is the answer to one of the same kind made elsewhere.
            result.about_document.append(fact)
            continue
        if not candidates or (fact.authority_at is None and len(candidates) > 1):
            result.unassigned.append(fact)
            continue
        if before := _made_before(attempts, likely, doubtful, fact):
            if len(before) > 1:
                result.unassigned.append(fact)
            else:
                _lay(result, before[0], fact)
            continue
        while place + 1 < len(candidates) and _concluded_before(
            life, result.by_attempt[candidates[place]], fact, lasting=lasting
        ):
            place += 1
        if not lasting and _of_a_later_change(life, result.by_attempt[candidates[place]], fact):
            result.about_document.append(fact)
        else:
            _lay(result, candidates[place], fact)


def _lay(result: Assignment, attempt_no: int, fact: Told) -> None:
    result.by_attempt[attempt_no].append(fact)
    result.assigned[fact.key] = attempt_no


def _candidates(
    attempts: Sequence[Attempt], by_attempt: Mapping[int, Sequence[Told]]
) -> tuple[list[int], list[int]]:
    """Attempts that may have reached customs, and those whose file was given up: meant only when no other can be."""
    likely: list[int] = []
    doubtful: list[int] = []
    for attempt in attempts:
        outcomes = {fact.outcome for fact in by_attempt[attempt.attempt_no]}
        if outcomes & _NEVER_ARRIVED:
            continue
        taken_back = outcomes & _DOUBTFUL and "acknowledged" not in outcomes
        (doubtful if taken_back else likely).append(attempt.attempt_no)
    return likely, doubtful


def _made_before(
    attempts: Sequence[Attempt], likely: Sequence[int], doubtful: Sequence[int], fact: Told
) -> list[int]:
    """Doubtful attempts that must be meant, for the answer was made before any other was ordered."""
    if not likely or not doubtful or fact.authority_at is None:
        return []
    ordered = {attempt.attempt_no: attempt.ordered_at - _SKEW for attempt in attempts}
    if fact.authority_at >= ordered[likely[0]]:
        return []
    return [n for n in doubtful if n < likely[0] and fact.authority_at >= ordered[n]]


def _of_a_later_change(life: Life, facts: Sequence[Told], receipt: Told) -> bool:
    """Whether it answers a change that came, by its count, after the one these facts granted."""
    granted = [f.change_count for f in facts if rank_of(life, f.outcome) >= APPROVED]
    counts = [count for count in granted if count is not None]
    return bool(counts) and receipt.change_count is not None and receipt.change_count > max(counts)


def _concluded_before(life: Life, facts: Sequence[Told], receipt: Told, *, lasting: bool) -> bool:
    """An attempt is not both returned and approved: what outranks its end within the same second is not its own."""
    if receipt.authority_at is None:
        return False
    ends = [
        (f.authority_at, rank_of(life, f.outcome))
        for f in facts
        if f.outcome in _CONCLUDED and f.authority_at is not None
    ]
    if ends:
        at, rank = max(ends)
        return receipt.authority_at > at or (
            receipt.authority_at == at and rank_of(life, receipt.outcome) > rank
        )
    if lasting:
        return False
    granted = [f for f in facts if rank_of(life, f.outcome) >= APPROVED and f.authority_at is not None]
    return any(
        f.authority_at is not None
        and receipt.authority_at > f.authority_at
        and (receipt.change_count is None or receipt.change_count != f.change_count)
        for f in granted
    )
