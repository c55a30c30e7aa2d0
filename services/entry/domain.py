"""What state a document is in: a pure fold over its attempts and the set of facts told about it.

Order and duplicates of facts change nothing. Within an attempt the highest rank wins, then the authority's own time, then
the message id. Ranks: an authority's packet answers < 转人工 and 退单 < 通过 < 核扣 < 核销 (messages of production, M).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from contracts.documents.states import STATES

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One upload that was ordered. `declares`: DelcareFlag 1; otherwise 暂存 at the Single Window."""

    attempt_no: int
    round_no: int
    declares: bool
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A fact. `key` makes it the same fact when it comes again; `attempt_no` None: to be assigned by the fold."""

    key: str
    outcome: str
    attempt_no: int | None
    occurred_at: datetime
    authority_at: datetime | None = None
    message_id: str = ""
    seq_no: str | None = None
    customs_no: str | None = None
    entry_seq_no: str | None = None
    change_count: int | None = None
    existing_seq_no: str | None = None
    reasons: tuple[str, ...] = ()
    authority: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    """Of an `assigned` fact: the key of the fact a person assigned to `attempt_no`."""


# Outcome of a fact within an attempt: rank and state. A fact that is not here changes no state.
_COURSE: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "signed": (1, "sending"),
        "delivered": (2, "sending"),
        # A file that is nowhere may still turn up in SentBox.
        "delivery_unknown": (3, "unknown"),
        "taken": (4, "sending"),
        "signing_failed": (5, "failed"),
        "transport_refused": (5, "failed"),
        "resolved_not_received": (5, "failed"),
        "refused": (6, "failed"),
        "acknowledged": (7, "accepted"),
        "stored": (8, "registered"),
        "store_failed": (8, "registration_failed"),
        "manual_review": (9, "manual_review"),
        "returned": (9, "returned"),
        "approved": (10, "approved"),
        "pre_deducted": (10, "pre_deducted"),
        "deducted": (11, "deducted"),
        "written_off": (12, "closed"),
        "deleted": (12, "deleted"),
    }
)
_FROM_CUSTOMS = 8
_CONCLUDED = frozenset({"returned", "store_failed"})
_NEVER_ARRIVED = frozenset({"refused", "signing_failed"})
_DOUBTFUL = frozenset({"transport_refused", "resolved_not_received"})
_RECEIPTS = frozenset(
    {name for name, (rank, _) in _COURSE.items() if rank >= _FROM_CUSTOMS}
    | {"declaration_generated", "declaration_failed", "other"}
)
# The mark that goes with a state where a short receipt does not carry it (VrfdedMarkcd).
_DEDUCTION_MARK = {"approved": "0", "pre_deducted": "1", "deducted": "2", "closed": "3"}


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
    authority: Mapping[str, Any] = field(default_factory=dict)
    assigned: Mapping[str, int | None] = field(default_factory=dict)
    """The attempt of every fact, by its key."""

    @property
    def deadline_at(self) -> datetime | None:
        """When the present state is overdue."""
        span = STATES[self.state].deadline
        return None if span is None or self.since is None else self.since + span


def fold(attempts: Sequence[Attempt], facts: Iterable[Told]) -> Standing:
    """The standing of a document that has these attempts and about which these facts were told."""
    told = sorted({fact.key: fact for fact in facts}.values(), key=lambda fact: fact.key)
    if not attempts:
        return Standing("draft")
    ordered = sorted(attempts, key=lambda attempt: attempt.attempt_no)
    by_attempt, assigned = _assign(ordered, told)
    adopted = _adopt(ordered, by_attempt)
    standing = {a.attempt_no: _state_of(a, by_attempt[a.attempt_no], adopted) for a in ordered}
    effective = _effective(ordered, standing)
    state, since = standing[effective][1:]
    everything = [fact for group in by_attempt.values() for fact in group]
    unassigned = [fact for fact in told if fact.outcome in _RECEIPTS and assigned[fact.key] is None]
    notes = _notes(by_attempt[effective], adopted.get(effective), unassigned)
    authority = _authority(by_attempt[effective])
    if state in _DEDUCTION_MARK:
        authority["deduction_mark"] = _DEDUCTION_MARK[state]
    return Standing(
        state=state,
        attempt_no=effective,
        since=since,
        seq_no=adopted.get(effective) or _newest(everything, "seq_no"),
        customs_no=_newest(everything, "customs_no"),
        entry_seq_no=_newest(
            [fact for fact in by_attempt[effective] if fact.outcome == "declaration_generated"],
            "entry_seq_no",
        ),
        change_count=max((fact.change_count or 0 for fact in everything), default=0),
        notes=notes,
        needs_operator=state == "unknown" or bool(unassigned),
        authority=authority,
        assigned=assigned,
    )


def _assign(
    attempts: Sequence[Attempt], told: Sequence[Told]
) -> tuple[dict[int, list[Told]], dict[str, int | None]]:
    """Give every fact its attempt. Receipts name none: they are told apart by the authority's own clock.

    An attempt that customs concluded (退单, 入库失败) takes what was made up to then; what is later belongs to the next.
    """
    by_attempt: dict[int, list[Told]] = {attempt.attempt_no: [] for attempt in attempts}
    by_hand = {fact.target: fact.attempt_no for fact in told if fact.outcome == "assigned"}
    assigned: dict[str, int | None] = {}
    open_receipts = []
    for fact in told:
        number = by_hand.get(fact.key, fact.attempt_no)
        if number in by_attempt:
            by_attempt[number].append(fact)
            assigned[fact.key] = number
        else:
            assigned[fact.key] = None
            if fact.outcome in _RECEIPTS:
                open_receipts.append(fact)
    candidates = _candidates(attempts, by_attempt)
    place = 0
    for fact in sorted(open_receipts, key=_in_time):
        if not candidates or (fact.authority_at is None and len(candidates) > 1):
            continue
        while place + 1 < len(candidates) and _concluded_before(by_attempt[candidates[place]], fact):
            place += 1
        by_attempt[candidates[place]].append(fact)
        assigned[fact.key] = candidates[place]
    return by_attempt, assigned


def _candidates(attempts: Sequence[Attempt], by_attempt: Mapping[int, Sequence[Told]]) -> list[int]:
    """Attempts that may have reached customs; those whose file was given up only when there is no other."""
    likely: list[int] = []
    doubtful: list[int] = []
    for attempt in attempts:
        outcomes = {fact.outcome for fact in by_attempt[attempt.attempt_no]}
        if not attempt.declares or outcomes & _NEVER_ARRIVED:
            continue
        taken_back = outcomes & _DOUBTFUL and "acknowledged" not in outcomes
        (doubtful if taken_back else likely).append(attempt.attempt_no)
    return likely or doubtful


def _rank(fact: Told) -> int:
    """A 报关单 is made of what was approved."""
    made = fact.outcome in ("declaration_generated", "declaration_failed")
    return _COURSE["approved"][0] if made else _COURSE.get(fact.outcome, (0, ""))[0]


def _in_time(fact: Told) -> tuple[datetime, int, str, str]:
    """The authority's clock has seconds: within one, a 退单 comes before the approval of what followed it."""
    return fact.authority_at or _NEVER, _rank(fact), fact.message_id, fact.key


def _concluded_before(facts: Sequence[Told], receipt: Told) -> bool:
    """An attempt is not both returned and approved: what outranks its end within the same second is not its own."""
    ends = [
        (f.authority_at, _rank(f)) for f in facts if f.outcome in _CONCLUDED and f.authority_at is not None
    ]
    if not ends or receipt.authority_at is None:
        return False
    at, rank = max(ends)
    return receipt.authority_at > at or (receipt.authority_at == at and _rank(receipt) > rank)


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


def _state_of(
    attempt: Attempt, facts: Sequence[Told], adopted: Mapping[int, str]
) -> tuple[int, str, datetime]:
    """Rank, state and beginning of one attempt."""
    facts = [fact for fact in facts if fact.outcome in _COURSE]
    if attempt.attempt_no in adopted:
        facts.append(Told("adopted", "acknowledged", attempt.attempt_no, max(f.occurred_at for f in facts)))
    if not facts:
        return 0, "sending", attempt.ordered_at
    last = max(facts, key=lambda f: (_COURSE[f.outcome][0], f.authority_at or _NEVER, f.message_id, f.key))
    rank, state = _COURSE[last.outcome]
    if state == "accepted" and not attempt.declares:
        state = "stored"
    if state == "sending":
        return rank, state, attempt.ordered_at
    since = min(f.occurred_at for f in facts if _COURSE[f.outcome] == (rank, _COURSE[last.outcome][1]))
    return rank, state, since


def _effective(attempts: Sequence[Attempt], standing: Mapping[int, tuple[int, str, datetime]]) -> int:
    """The attempt that speaks for the document: the last, unless it came to nothing and an earlier one stands."""
    last = attempts[-1].attempt_no
    if standing[last][1] != "failed":
        return last
    for attempt in reversed(attempts[:-1]):
        rank, state, _ = standing[attempt.attempt_no]
        if rank >= _COURSE["acknowledged"][0] and state not in ("returned", "registration_failed", "stored"):
            return attempt.attempt_no
    return last


def _newest(facts: Iterable[Told], name: str) -> str | None:
    best = max(
        (fact for fact in facts if getattr(fact, name)),
        key=lambda f: (_COURSE.get(f.outcome, (0, ""))[0], f.authority_at or _NEVER, f.key),
        default=None,
    )
    return None if best is None else str(getattr(best, name))


def _authority(facts: Iterable[Told]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for fact in sorted(facts, key=lambda f: (f.authority_at or _NEVER, f.message_id, f.key)):
        merged.update(fact.authority)
    return merged


def _notes(facts: Sequence[Told], adopted: str | None, unassigned: Sequence[Told]) -> tuple[str, ...]:
    notes = []
    entries = [f for f in facts if f.outcome in ("declaration_generated", "declaration_failed")]
    if entries:
        last = max(entries, key=lambda f: (f.authority_at or _NEVER, f.message_id, f.key))
        if last.outcome == "declaration_failed":
            notes.append("报关单未生成。海关说明：" + ("；".join(last.reasons) or "无"))
    if adopted:
        notes.append(f"此前结果不明的发送实际已被单一窗口接收，统一编号{adopted}；以当时发送的内容为准")
    if unassigned:
        notes.append(f"有{len(unassigned)}份回执无法确定属于哪一次申报，请人工指定")
    return tuple(notes)
