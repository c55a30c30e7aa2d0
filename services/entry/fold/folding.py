"""What state a document is in: a pure fold over its attempts and the set of facts told about it.

Order and duplicates of facts change nothing. Within an attempt the highest rank wins, then the authority's own time, then
the message id. The document's state is that of its filing, carried on by what happens outside rounds (gate, pause); a
later round has a state of its own, and only its approval moves the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from customs.documents.life import ACKNOWLEDGED, APPROVED, Life, Purpose, Step
from services.entry.fold.assigning import Assignment, assign
from services.entry.fold.told import ADOPTED, ENDINGS, NEVER, Attempt, Told, in_time, rank_of

__all__ = ["Attempt", "RoundStanding", "Standing", "Told", "fold"]

GRANTED = "granted"
"""State of a round that customs agreed to."""


@dataclass(frozen=True, slots=True)
class RoundStanding:
    """A round after the filing. `state` is a state code, or GRANTED."""

    round_no: int
    purpose: Purpose
    state: str
    attempt_no: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """Where one attempt stands and since when, by our clock. `state` is a state code, or GRANTED."""

    rank: int
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the fold says. `since` is when the present state began, by our clock."""

    state: str
    attempt_no: int | None = None
    since: datetime | None = None
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int = 0
    notes: tuple[str, ...] = ()
    needs_operator: bool = False
    deadline_at: datetime | None = None
    """When the present state, or that of a round under way, is overdue."""
    approved_attempt_no: int | None = None
    """The attempt whose snapshot customs agreed to last; None: nothing is approved, or no content of ours is."""
    rounds: tuple[RoundStanding, ...] = ()
    authority: Mapping[str, Any] = field(default_factory=dict)
    assigned: Mapping[str, int | None] = field(default_factory=dict)
    """The attempt of every fact, by its key."""
    positions: Mapping[int, Position] = field(default_factory=dict)
    """Where every attempt stands, whichever of them speaks for its round."""


def fold(life: Life, attempts: Sequence[Attempt], facts: Iterable[Told]) -> Standing:
    """The standing of a document that has these attempts and about which these facts were told."""
    ordered = sorted((a for a in attempts), key=lambda attempt: attempt.attempt_no)
    filing = [a for a in ordered if a.purpose is Purpose.FILING and not a.asks_again]
    if not filing:
        return Standing("draft")
    told = sorted({fact.key: fact for fact in facts}.values(), key=lambda fact: fact.key)
    given = assign(life, ordered, told)
    adopted = _adopt(filing, given.by_attempt)
    standing = {a.attempt_no: _position(life, a, given.by_attempt[a.attempt_no], adopted) for a in filing}
    effective = _effective(filing, standing)
    rounds, positions = _rounds(life, ordered, given)
    granted = [r for r in rounds if r.state == GRANTED]
    stands = _document(life, standing[effective], given, granted)
    for fact in given.about_document:
        given.assigned[fact.key] = effective
    own = [
        *given.by_attempt[effective],
        *given.about_document,
        *(fact for r in granted for fact in given.by_attempt[r.attempt_no]),
    ]
    everything = [*given.about_document, *(f for group in given.by_attempt.values() for f in group)]
    authority = {**_authority(life, own), **life.tells.get(stands.state, {})}
    under_way = [r for r in rounds if r.state != GRANTED and r.round_no == ordered[-1].round_no]
    return Standing(
        state=stands.state,
        attempt_no=effective,
        since=stands.since,
        seq_no=adopted.get(effective) or _newest(life, everything, "seq_no"),
        customs_no=_newest(life, everything, "customs_no"),
        entry_seq_no=_newest(
            life,
            [fact for fact in given.by_attempt[effective] if fact.outcome == "declaration_generated"],
            "entry_seq_no",
        ),
        change_count=max((fact.change_count or 0 for fact in everything), default=0),
        notes=_notes(life, given, effective, adopted.get(effective), rounds),
        needs_operator=(
            stands.state == "unknown"
            or bool(given.unassigned)
            or any(r.state == "unknown" for r in under_way)
        ),
        deadline_at=_deadline(life, stands, under_way),
        approved_attempt_no=_approved(life, effective, standing[effective], stands, granted),
        rounds=rounds,
        authority=authority,
        assigned=given.assigned,
        positions={**standing, **positions},
    )


def _adopt(attempts: Sequence[Attempt], by_attempt: Mapping[int, Sequence[Told]]) -> dict[int, str]:
    """A duplicate refusal after our own unknown outcome tells that the earlier file did arrive, and its number."""
    adopted: dict[int, str] = {}
    for attempt in attempts:
        for fact in by_attempt[attempt.attempt_no]:
            if fact.outcome != "refused" or fact.existing_seq_no is None:
                continue
            for earlier in reversed([a for a in attempts if a.attempt_no < attempt.attempt_no]):
                outcomes = {f.outcome for f in by_attempt[earlier.attempt_no]}
                if (
                    outcomes & {"delivery_unknown", "resolved_not_received"}
                    and "acknowledged" not in outcomes
                ):
                    adopted[earlier.attempt_no] = fact.existing_seq_no
                    break
    return adopted


def _position(life: Life, attempt: Attempt, facts: Sequence[Told], adopted: Mapping[int, str]) -> Position:
    """Rank, state and beginning of one attempt by the course of its kind."""
    facts = [fact for fact in facts if fact.outcome in life.course]
    if attempt.attempt_no in adopted:
        facts.append(Told("adopted", "acknowledged", attempt.attempt_no, max(f.occurred_at for f in facts)))
    if not facts:
        return Position(0, "sending", attempt.ordered_at)
    last = max(facts, key=lambda f: (life.course[f.outcome].rank, *in_time(life, f)))
    step = life.course[last.outcome]
    state = "stored" if step.state == "accepted" and not attempt.declares else step.state
    if state == "sending":
        return Position(step.rank, state, attempt.ordered_at)
    return Position(step.rank, state, min(f.occurred_at for f in facts if life.course[f.outcome] == step))


def _effective(attempts: Sequence[Attempt], standing: Mapping[int, Position]) -> int:
    """The attempt that speaks for the round: the last, unless it came to nothing and an earlier one stands."""
    last = attempts[-1].attempt_no
    if standing[last].state != "failed":
        return last
    for attempt in reversed(attempts[:-1]):
        position = standing[attempt.attempt_no]
        if position.rank >= ACKNOWLEDGED and position.state not in (
            "returned",
            "registration_failed",
            "stored",
        ):
            return attempt.attempt_no
    return last


def _rounds(
    life: Life, attempts: Sequence[Attempt], given: Assignment
) -> tuple[tuple[RoundStanding, ...], dict[int, Position]]:
    by_round: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.purpose is not Purpose.FILING and not attempt.asks_again:
            by_round.setdefault(attempt.round_no, []).append(attempt)
    found = []
    positions: dict[int, Position] = {}
    for round_no, own in by_round.items():
        standing = {a.attempt_no: _round_position(life, a, given.by_attempt[a.attempt_no]) for a in own}
        effective = next(
            (number for number, position in standing.items() if position.state == GRANTED),
            _effective(own, standing),
        )
        position = standing[effective]
        found.append(RoundStanding(round_no, own[0].purpose, position.state, effective, position.since))
        positions |= standing
    return tuple(found), positions


def _round_position(life: Life, attempt: Attempt, facts: Sequence[Told]) -> Position:
    agreed = [f for f in facts if rank_of(life, f.outcome) >= APPROVED or f.outcome in ENDINGS]
    agreed = [f for f in agreed if f.outcome not in ("declaration_generated", "declaration_failed")]
    if agreed:
        return Position(APPROVED, GRANTED, min(f.occurred_at for f in agreed))
    return _position(life, attempt, facts, {})


def _document(life: Life, filed: Position, given: Assignment, granted: Sequence[RoundStanding]) -> Position:
    """The state of the document: how it ended, else what happened last outside rounds, else where its filing led."""
    for standing in granted:
        ends_as = life.rounds[standing.purpose].granted
        if ends_as is not None:
            return Position(filed.rank, ends_as, standing.since)
    ended = [f for f in given.about_document if f.outcome in ENDINGS]
    if ended:
        last = max(ended, key=lambda f: in_time(life, f))
        return Position(filed.rank, _ending(life, last.outcome), min(f.occurred_at for f in ended))
    happened = [f for f in given.about_document if f.outcome in life.happenings]
    if happened:
        last = max(happened, key=lambda f: _happening_order(life.happenings, f))
        state = life.happenings[last.outcome].state
        if state:
            since = min(f.occurred_at for f in happened if f.outcome == last.outcome)
            return Position(filed.rank, state, since)
    # Answers to rounds, ours or others', tell how the document itself stands: 预核扣, 核扣, 核销.
    told = [f for r in granted for f in given.by_attempt[r.attempt_no]] + given.about_document
    agreed = [f for f in told if rank_of(life, f.outcome) >= APPROVED and f.outcome in life.course]
    best = max(agreed, key=lambda f: (rank_of(life, f.outcome), *in_time(life, f)), default=None)
    if best is not None and rank_of(life, best.outcome) > filed.rank:
        step = life.course[best.outcome]
        return Position(step.rank, step.state, best.occurred_at)
    return filed


def _happening_order(happenings: Mapping[str, Step], fact: Told) -> tuple[datetime, int, str, str]:
    return fact.authority_at or NEVER, happenings[fact.outcome].rank, fact.message_id, fact.key


def _ending(life: Life, outcome: str) -> str:
    step = life.course.get(outcome) or life.happenings.get(outcome)
    if step is not None and step.state:
        return step.state
    return next(r.granted for r in life.rounds.values() if r.granted is not None)


def _approved(
    life: Life,
    effective: int,
    filed: Position,
    stands: Position,
    granted: Sequence[RoundStanding],
) -> int | None:
    changes = [r for r in granted if life.rounds[r.purpose].edits]
    if changes:
        return max(changes, key=lambda r: r.round_no).attempt_no
    # A truck at the gate proves the approval whose receipt was lost.
    happened = stands.state in {step.state for step in life.happenings.values()}
    return effective if filed.rank >= APPROVED or happened else None


def _deadline(life: Life, stands: Position, under_way: Sequence[RoundStanding]) -> datetime | None:
    spans = [(life.states[stands.state].deadline, stands.since)]
    spans += [(life.states[r.state].deadline, r.since) for r in under_way]
    return min((since + span for span, since in spans if span is not None), default=None)


def _newest(life: Life, facts: Iterable[Told], name: str) -> str | None:
    best = max(
        (fact for fact in facts if getattr(fact, name)),
        key=lambda f: (
            life.course[f.outcome].rank if f.outcome in life.course else 0,
            f.authority_at or NEVER,
            f.key,
        ),
        default=None,
    )
    return None if best is None else str(getattr(best, name))


def _authority(life: Life, facts: Iterable[Told]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for fact in sorted(facts, key=lambda f: _as_happened(life, f)):
        merged.update(fact.authority)
    return merged


def _as_happened(life: Life, fact: Told) -> tuple[datetime, int, bool, int, str, str]:
    """Within one second of the authority's clock: the approval, then what came of it (synchronised, gathered, passed)."""
    happening = life.happenings.get(fact.outcome)
    return (
        fact.authority_at or NEVER,
        rank_of(life, fact.outcome) or APPROVED,
        fact.outcome not in life.course,
        0 if happening is None else happening.rank,
        fact.message_id,
        fact.key,
    )


def _notes(
    life: Life,
    given: Assignment,
    effective: int,
    adopted: str | None,
    rounds: Sequence[RoundStanding],
) -> tuple[str, ...]:
    notes = []
    entries = [
        f for f in given.by_attempt[effective] if f.outcome in ("declaration_generated", "declaration_failed")
    ]
    if entries:
        last = max(entries, key=lambda f: (f.authority_at or NEVER, f.message_id, f.key))
        if last.outcome == "declaration_failed":
            notes.append("报关单未生成。海关说明：" + ("；".join(last.reasons) or "无"))
    if adopted:
        notes.append(f"此前结果不明的发送实际已被单一窗口接收，统一编号{adopted}；以当时发送的内容为准")
    notes += _elsewhere(life, given, rounds)
    for standing in rounds:
        label, state = life.rounds[standing.purpose].label, life.states.get(standing.state)
        if state is None:
            continue
        if standing is not rounds[-1]:
            if not state.editable:
                notes.append(f"此前放弃的{label}申请实际已送达海关，目前{state.label}，请等待其结果")
        elif standing.state in _ANSWERED_NO:
            told = given.by_attempt[standing.attempt_no]
            reasons = [reason for f in told if f.outcome in _ANSWERED_NO.values() for reason in f.reasons]
            what = "被退回" if standing.state == "returned" else state.label
            notes.append(f"{label}申请{what}，原单证不受影响。海关说明：" + ("；".join(reasons) or "无"))
    if given.unassigned:
        notes.append(f"有{len(given.unassigned)}份回执无法确定属于哪一次申报，请人工指定")
    return tuple(notes)


_ANSWERED_NO = {"returned": "returned", "registration_failed": "store_failed"}
"""States in which customs refused a round, and the answers that lead there."""


def _elsewhere(life: Life, given: Assignment, rounds: Sequence[RoundStanding]) -> list[str]:
    """That customs granted a change made elsewhere, unless a version that is here came after it."""
    edits = {r.attempt_no for r in rounds if r.state == GRANTED and life.rounds[r.purpose].edits}
    ours = [
        f for number, facts in given.by_attempt.items() for f in facts if number in edits or f.key == ADOPTED
    ]
    known = max((f.change_count for f in ours if f.change_count is not None), default=-1)
    granted = [f for f in given.about_document if rank_of(life, f.outcome) >= APPROVED]
    types = {f.declaration_type for f in granted if f.change_count is None or f.change_count > known}
    return [
        f"海关同意了在别处提出的{spec.label}，本系统中的内容可能不是最新"
        for spec in life.rounds.values()
        if spec.edits and spec.declaration_type in types
    ]
