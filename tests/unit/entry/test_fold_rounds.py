"""Rounds after the approval, and what happens outside rounds: still a function of the set of facts."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs.documents import KINDS
from customs.documents.inventory.life import LIFE
from customs.documents.life import Purpose
from services.entry.fold.folding import GRANTED, Attempt, Standing, Told, fold
from tests.unit.entry.test_fold import ACK, at, attempt, receipt, step

FILED = [
    ACK,
    receipt("pre_deducted", 4, customs_no="QD310526I000000001", declaration_type="1", change_count=0),
]


def later(number: int, round_no: int, purpose: Purpose, minutes: float) -> Attempt:
    return Attempt(number, round_no, True, at(minutes), purpose)


CHANGE = later(2, 2, Purpose.CHANGE, 30)
CANCEL = later(2, 2, Purpose.CANCELLATION, 30)


def state_of_round(standing: Standing) -> str:
    return standing.rounds[-1].state


def test_a_change_under_way_leaves_the_document_as_it_is() -> None:
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, step("acknowledged", 2, 31)])
    assert (standing.state, state_of_round(standing)) == ("pre_deducted", "accepted")
    assert standing.approved_attempt_no == 1
    assert standing.deadline_at is not None and standing.deadline_at < at(40 * 60)


def test_a_granted_change_is_the_version_that_is_valid() -> None:
    granted = receipt("pre_deducted", 35, key="c", declaration_type="2", change_count=1)
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, step("acknowledged", 2, 31), granted])
    assert (standing.state, state_of_round(standing)) == ("pre_deducted", GRANTED)
    assert (standing.approved_attempt_no, standing.change_count) == (2, 1)


def test_a_refused_change_leaves_the_version_and_says_why() -> None:
    refused = receipt("returned", 35, key="c", declaration_type="2", reasons=("单价不符",))
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, step("acknowledged", 2, 31), refused])
    assert (standing.state, state_of_round(standing)) == ("pre_deducted", "returned")
    assert standing.approved_attempt_no == 1
    assert "单价不符" in standing.notes[0]


def test_a_refused_change_can_be_tried_again() -> None:
    again = later(3, 2, Purpose.CHANGE, 60)
    facts = [
        *FILED,
        step("acknowledged", 2, 31),
        receipt("returned", 35, key="c", declaration_type="2"),
        step("acknowledged", 3, 61),
        receipt("pre_deducted", 65, key="d", declaration_type="2", change_count=1),
    ]
    standing = fold(LIFE, [attempt(1), CHANGE, again], facts)
    assert (state_of_round(standing), standing.approved_attempt_no) == (GRANTED, 3)
    assert standing.assigned["c"] == 2 and standing.assigned["d"] == 3


def test_the_second_change_is_told_from_the_first_by_its_count() -> None:
    second = later(3, 3, Purpose.CHANGE, 60)
    first_short = receipt("pre_deducted", 35, key="a", declaration_type="2", change_count=1)
    first_full = receipt("pre_deducted", 36, key="b", declaration_type="2", change_count=1)
    facts = [*FILED, step("acknowledged", 2, 31), first_short, first_full, step("acknowledged", 3, 61)]
    standing = fold(LIFE, [attempt(1), CHANGE, second], facts)
    assert [r.state for r in standing.rounds] == [GRANTED, "accepted"]
    granted = receipt("pre_deducted", 70, key="c", declaration_type="2", change_count=2)
    standing = fold(LIFE, [attempt(1), CHANGE, second], [*facts, granted])
    assert [r.state for r in standing.rounds] == [GRANTED, GRANTED]
    assert (standing.approved_attempt_no, standing.change_count) == (3, 2)


def test_a_granted_deletion_ends_the_document() -> None:
    gone = receipt("deleted", 35, declaration_type="3")
    standing = fold(LIFE, [attempt(1), CANCEL], [*FILED, step("acknowledged", 2, 31), gone])
    assert (standing.state, state_of_round(standing), standing.deadline_at) == ("deleted", GRANTED, None)


def test_a_refused_deletion_leaves_it_valid() -> None:
    refused = receipt("returned", 35, declaration_type="3")
    standing = fold(LIFE, [attempt(1), CANCEL], [*FILED, step("acknowledged", 2, 31), refused])
    assert (standing.state, state_of_round(standing)) == ("pre_deducted", "returned")


def test_an_unknown_outcome_of_a_round_parks_for_a_person() -> None:
    facts = [*FILED, step("delivered", 2, 31), step("delivery_unknown", 2, 32)]
    standing = fold(LIFE, [attempt(1), CANCEL], facts)
    assert (standing.state, state_of_round(standing), standing.needs_operator) == (
        "pre_deducted",
        "unknown",
        True,
    )


def test_posting_while_a_change_is_under_way_is_the_document_s() -> None:
    posted = receipt("deducted", 40, key="p")
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, step("acknowledged", 2, 31), posted])
    assert (standing.state, standing.assigned["p"]) == ("deducted", 1)


def test_a_receipt_that_names_no_round_while_one_is_open_goes_to_a_person() -> None:
    unclear = receipt("manual_review", 40, key="u")
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, unclear])
    assert standing.needs_operator and standing.assigned["u"] is None
    by_hand = Told("hand", "assigned", 2, at(70), target="u")
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, unclear, by_hand])
    assert not standing.needs_operator and state_of_round(standing) == "manual_review"


def test_a_receipt_made_long_before_the_round_is_the_filing_s() -> None:
    early = receipt("manual_review", 3, key="e")
    assert fold(LIFE, [attempt(1), CHANGE], [*FILED, early]).assigned["e"] == 1


def test_a_change_granted_elsewhere_is_noted() -> None:
    foreign = receipt("pre_deducted", 35, declaration_type="2", change_count=1)
    standing = fold(LIFE, [attempt(1)], [*FILED, foreign])
    assert standing.state == "pre_deducted" and "在别处提出的变更" in standing.notes[0]
    assert standing.approved_attempt_no == 1


def test_a_deletion_elsewhere_ends_it() -> None:
    assert fold(LIFE, [attempt(1)], [*FILED, receipt("deleted", 35, declaration_type="3")]).state == "deleted"


def test_asking_for_receipts_moves_nothing() -> None:
    asked = Attempt(2, 1, True, at(50), asks_again=True)
    facts = [*FILED, step("delivered", 2, 51), step("acknowledged", 2, 52), step("refused", 2, 53)]
    standing = fold(LIFE, [attempt(1), asked], facts)
    assert (standing.state, standing.attempt_no) == ("pre_deducted", 1)


ROUND_FACTS = [
    *FILED,
    step("acknowledged", 2, 31),
    receipt("manual_review", 33, key="m", declaration_type="2"),
    receipt("returned", 35, key="r", declaration_type="2"),
    step("acknowledged", 3, 61),
    receipt("pre_deducted", 65, key="g", declaration_type="2", change_count=1),
    receipt("deducted", 90, key="p"),
]
ROUND_ATTEMPTS = [attempt(1), CHANGE, later(3, 2, Purpose.CHANGE, 60)]


@given(st.randoms(use_true_random=False), st.lists(st.integers(0, len(ROUND_FACTS) - 1), max_size=6))
def test_order_and_duplicates_change_nothing_in_rounds(chance: random.Random, again: list[int]) -> None:
    shuffled = ROUND_FACTS + [ROUND_FACTS[n] for n in again]
    chance.shuffle(shuffled)
    assert fold(LIFE, ROUND_ATTEMPTS, shuffled) == fold(LIFE, ROUND_ATTEMPTS, ROUND_FACTS)


@given(st.sets(st.integers(0, len(ROUND_FACTS) - 1)))
def test_a_loss_never_makes_it_wrong(lost: set[int]) -> None:
    """Nothing is taken for approved that was not, and an unanswered round or document keeps a deadline."""
    kept = [fact for number, fact in enumerate(ROUND_FACTS) if number not in lost]
    standing = fold(LIFE, ROUND_ATTEMPTS, kept)
    assert standing.state in ("sending", "accepted", "pre_deducted", "deducted")
    if state_of_round(standing) == GRANTED:
        assert any(fact.key == "g" for fact in kept)
    elif standing.state != "deducted":
        assert standing.deadline_at is not None


GATE = [
    ("gate_passed_first", 60, "passed_first"),
    ("gate_passed_second", 90, "passed_second"),
    ("gate_released", 90 + 3 * 24 * 60, "gate_released"),
]


@pytest.mark.skipif("gate_pass" not in KINDS, reason="the kind is not there")
def test_gate_events_fold_by_the_authority_s_time() -> None:
    life = KINDS["gate_pass"].life
    facts = [ACK, receipt("approved", 4), *(receipt(name, minutes) for name, minutes, _ in GATE)]
    for count, (_, _, state) in enumerate(GATE, 1):
        for order in itertools.permutations(facts[: 2 + count]):
            assert fold(life, [attempt(1)], order).state == state


@pytest.mark.skipif("gate_pass" not in KINDS, reason="the kind is not there")
def test_a_truck_at_the_gate_proves_the_approval_whose_receipt_was_lost() -> None:
    standing = fold(KINDS["gate_pass"].life, [attempt(1)], [ACK, receipt("gate_passed", 60)])
    assert (standing.state, standing.approved_attempt_no) == ("passed", 1)


@pytest.mark.skipif("business_form" not in KINDS, reason="the kind is not there")
def test_a_paused_form_is_resumed_to_what_it_was() -> None:
    life = KINDS["business_form"].life
    facts = [ACK, receipt("approved", 4), receipt("paused", 60), receipt("resumed", 90)]
    assert [fold(life, [attempt(1)], facts[:n]).state for n in (2, 3, 4)] == [
        "approved",
        "paused",
        "approved",
    ]
