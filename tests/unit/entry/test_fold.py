"""The state of a document is a function of the set of its attempts and facts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs.documents.inventory.life import LIFE
from services.entry.fold.folding import Attempt, Position, Standing, Told, fold

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SEQ_NO = "202600000000000001"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def attempt(number: int, minutes: float = 0, *, declares: bool = True) -> Attempt:
    return Attempt(number, 1, declares, at(minutes))


def step(outcome: str, attempt_no: int, minutes: float = 0, **more: Any) -> Told:
    return replace(Told(f"{outcome}/{attempt_no}", outcome, attempt_no, at(minutes)), **more)


def receipt(outcome: str, minutes: float, *, key: str = "", **more: Any) -> Told:
    told = Told(key or f"receipt/{outcome}/{minutes}", outcome, None, at(minutes), at(minutes), f"M{minutes}")
    return replace(told, seq_no=SEQ_NO, **more)


ACK = step("acknowledged", 1, 1, seq_no=SEQ_NO)
WHOLE_LIFE = [
    step("signed", 1),
    step("delivered", 1),
    step("taken", 1),
    ACK,
    receipt("stored", 2),
    receipt("manual_review", 3),
    receipt("pre_deducted", 4, customs_no="QD310526I000000001"),
    receipt("declaration_generated", 5, entry_seq_no="I20260000000000001"),
    receipt("deducted", 6),
]


def test_without_an_attempt_it_is_a_draft() -> None:
    assert fold(LIFE, [], []).state == "draft"


def test_an_ordered_attempt_is_being_sent_and_has_a_deadline() -> None:
    standing = fold(LIFE, [attempt(1)], [])
    assert standing.state == "sending"
    assert standing.deadline_at is not None and standing.deadline_at > START


@pytest.mark.parametrize(
    ("count", "state"),
    [
        (0, "sending"),
        (3, "sending"),
        (4, "accepted"),
        (5, "registered"),
        (6, "manual_review"),
        (7, "pre_deducted"),
        (8, "pre_deducted"),
        (9, "deducted"),
    ],
)
def test_a_life_step_by_step(count: int, state: str) -> None:
    assert fold(LIFE, [attempt(1)], WHOLE_LIFE[:count]).state == state


def test_the_numbers_are_learned() -> None:
    standing = fold(LIFE, [attempt(1)], WHOLE_LIFE)
    assert (standing.seq_no, standing.customs_no) == (SEQ_NO, "QD310526I000000001")
    assert standing.entry_seq_no == "I20260000000000001"
    assert standing.authority["deduction_mark"] == "2"


def test_staging_ends_as_stored() -> None:
    assert fold(LIFE, [attempt(1, declares=False)], [ACK]).state == "stored"


@given(
    st.randoms(use_true_random=False),
    st.integers(1, len(WHOLE_LIFE)),
    st.lists(st.integers(0, 8), max_size=6),
)
def test_order_and_duplicates_change_nothing(chance: random.Random, count: int, again: list[int]) -> None:
    facts = WHOLE_LIFE[:count]
    shuffled = facts + [facts[n % count] for n in again]
    chance.shuffle(shuffled)
    assert fold(LIFE, [attempt(1)], shuffled) == fold(LIFE, [attempt(1)], facts)


@given(st.sets(st.integers(0, len(WHOLE_LIFE) - 1)))
def test_a_lost_receipt_leaves_it_overdue_never_wrong(lost: set[int]) -> None:
    """What remains says a state that was true once, and one that is not final keeps its deadline."""
    kept = [fact for number, fact in enumerate(WHOLE_LIFE) if number not in lost]
    standing = fold(LIFE, [attempt(1)], kept)
    true_states = {fold(LIFE, [attempt(1)], WHOLE_LIFE[:n]).state for n in range(len(WHOLE_LIFE) + 1)}
    assert standing.state in true_states
    if standing.state != "deducted":
        assert standing.deadline_at is not None


def test_a_lower_rank_never_overwrites_a_higher_one() -> None:
    late = receipt("manual_review", 9)
    assert fold(LIFE, [attempt(1)], [ACK, receipt("pre_deducted", 4), late]).state == "pre_deducted"


def test_within_a_rank_the_authority_s_time_decides() -> None:
    returned, manual = receipt("returned", 5), receipt("manual_review", 3)
    assert fold(LIFE, [attempt(1)], [ACK, returned, manual]).state == "returned"
    assert fold(LIFE, [attempt(1)], [ACK, receipt("manual_review", 6), returned]).state == "manual_review"


def two_rounds() -> tuple[list[Attempt], list[Told]]:
    attempts = [attempt(1), attempt(2, 30)]
    facts = [
        ACK,
        receipt("returned", 5, key="a", reasons=("归类不符",)),
        step("acknowledged", 2, 31, seq_no=SEQ_NO),
        receipt("pre_deducted", 35, key="b"),
        receipt("deducted", 60, key="c"),
    ]
    return attempts, facts


@given(st.permutations(range(5)))
def test_receipts_find_their_attempt_by_the_authority_s_clock(order: list[int]) -> None:
    attempts, facts = two_rounds()
    standing = fold(LIFE, attempts, [facts[n] for n in order])
    assert (standing.state, standing.attempt_no) == ("deducted", 2)
    assert standing.assigned == {"acknowledged/1": 1, "a": 1, "acknowledged/2": 2, "b": 2, "c": 2}


@given(st.permutations(range(5)))
def test_returned_and_approved_within_one_second_of_the_authority(order: list[int]) -> None:
    attempts = [attempt(1), attempt(2, 0.01)]
    facts = [
        ACK,
        receipt("returned", 5, key="a"),
        step("acknowledged", 2, 5, seq_no=SEQ_NO),
        receipt("pre_deducted", 5, key="b"),
        receipt("declaration_generated", 5, key="c", entry_seq_no="I1"),
    ]
    standing = fold(LIFE, attempts, [facts[n] for n in order])
    assert (standing.state, standing.attempt_no, standing.entry_seq_no) == ("pre_deducted", 2, "I1")


def test_a_late_word_of_the_returned_attempt_stays_with_it() -> None:
    attempts, facts = two_rounds()
    standing = fold(LIFE, attempts, [*facts, receipt("manual_review", 4, key="late")])
    assert standing.assigned["late"] == 1
    assert standing.state == "deducted"


def test_after_a_return_the_next_attempt_is_being_sent() -> None:
    attempts, facts = two_rounds()
    assert fold(LIFE, attempts, facts[:2]).state == "sending"


def test_refused_at_the_door_is_failed_and_leaves_no_candidate() -> None:
    facts = [step("refused", 1, 1), receipt("pre_deducted", 3)]
    standing = fold(LIFE, [attempt(1)], facts)
    assert standing.state == "failed"
    assert standing.needs_operator and standing.notes


def test_a_given_up_file_that_customs_answers_after_all_did_arrive() -> None:
    standing = fold(LIFE, [attempt(1)], [step("transport_refused", 1, 1), receipt("pre_deducted", 3)])
    assert standing.state == "pre_deducted"


def test_unknown_parks_until_something_is_heard() -> None:
    unknown = [step("delivered", 1), step("delivery_unknown", 1, 2)]
    assert fold(LIFE, [attempt(1)], unknown).needs_operator
    assert fold(LIFE, [attempt(1)], [*unknown, ACK]).state == "accepted"
    assert fold(LIFE, [attempt(1)], [*unknown, step("resolved_not_received", 1, 3)]).state == "failed"


def test_a_duplicate_refusal_after_an_unknown_outcome_adopts_the_number() -> None:
    attempts = [attempt(1), attempt(2, 30)]
    facts = [
        step("delivery_unknown", 1, 2),
        step("resolved_not_received", 1, 20),
        step("refused", 2, 31, existing_seq_no=SEQ_NO),
    ]
    standing = fold(LIFE, attempts, facts)
    assert (standing.state, standing.attempt_no, standing.seq_no) == ("accepted", 1, SEQ_NO)
    assert SEQ_NO in standing.notes[0]
    later = fold(LIFE, attempts, [*facts, receipt("deducted", 40)])
    assert (later.state, later.attempt_no) == ("deducted", 1)


def test_a_duplicate_refusal_without_doubt_of_ours_is_a_failure() -> None:
    assert fold(LIFE, [attempt(1)], [step("refused", 1, 1, existing_seq_no=SEQ_NO)]).state == "failed"


def test_a_person_s_assignment_overrides() -> None:
    attempts, facts = two_rounds()
    moved = Told("hand", "assigned", 1, at(70), target="c")
    standing = fold(LIFE, attempts, [*facts, moved])
    assert standing.assigned["c"] == 1
    assert standing.state == "pre_deducted"


def test_a_failed_declaration_is_noted_until_one_is_made() -> None:
    failed = receipt("declaration_failed", 5, reasons=("境外收发货人信息不完整",))
    facts = [ACK, receipt("pre_deducted", 4), failed]
    assert "境外收发货人信息不完整" in fold(LIFE, [attempt(1)], facts).notes[0]
    assert (
        fold(LIFE, [attempt(1)], [*facts, receipt("declaration_generated", 9, entry_seq_no="I1")]).notes == ()
    )


def test_standing_is_comparable() -> None:
    assert fold(LIFE, [attempt(1)], []) == Standing(
        "sending",
        attempt_no=1,
        since=START,
        deadline_at=at(60),
        assigned={},
        positions={1: Position(0, "sending", START)},
    )
