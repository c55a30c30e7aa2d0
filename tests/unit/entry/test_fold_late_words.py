"""What comes late, from elsewhere, or was laid to the wrong attempt by a person: still never wrong."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs.documents.inventory.life import LIFE
from customs.documents.life import Purpose
from services.entry.fold.folding import GRANTED, Told, fold
from services.entry.fold.told import FROM_CUSTOMS
from tests.unit.entry.test_fold import ACK, SEQ_NO, at, attempt, receipt, step
from tests.unit.entry.test_fold_rounds import CANCEL, CHANGE, FILED, later, state_of_round


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_the_last_word_of_a_person_counts(order: tuple[int, ...]) -> None:
    """Versions in the keys have one digit or two; only the time says which came last."""
    unclear = receipt("manual_review", 40, key="u")
    words = [
        Told(f"assigned/u/{version}", "assigned", number, at(50 + version), target="u")
        for version, number in ((2, 2), (9, 2), (10, 1))
    ]
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, unclear, *(words[n] for n in order)])
    assert standing.assigned["u"] == 1


def test_a_change_granted_before_the_next_was_ordered_is_not_the_next_one_s() -> None:
    """The first change was given up as not received and asked for anew; then customs tells that it had the first."""
    second = later(3, 3, Purpose.CHANGE, 120)
    facts = [
        *FILED,
        step("delivery_unknown", 2, 31),
        step("resolved_not_received", 2, 60),
        receipt("pre_deducted", 90, key="g", declaration_type="2", change_count=1),
    ]
    standing = fold(LIFE, [attempt(1), CHANGE, second], facts)
    assert standing.assigned["g"] == 2
    assert [r.state for r in standing.rounds] == [GRANTED, "sending"]
    assert standing.approved_attempt_no == 2


def test_a_filing_approved_before_it_was_sent_again_is_the_earlier_one() -> None:
    facts = [
        step("delivery_unknown", 1, 2),
        step("resolved_not_received", 1, 20),
        receipt("pre_deducted", 60, key="g"),
    ]
    standing = fold(LIFE, [attempt(1), attempt(2, 120)], facts)
    assert (standing.assigned["g"], standing.state) == (1, "sending")
    refused = step("refused", 2, 121, existing_seq_no=SEQ_NO)
    standing = fold(LIFE, [attempt(1), attempt(2, 120)], [*facts, refused])
    assert (standing.state, standing.approved_attempt_no) == ("pre_deducted", 1)


def test_a_deletion_customs_granted_although_ours_never_arrived_ends_it() -> None:
    facts = [*FILED, step("refused", 2, 31), receipt("deleted", 60, declaration_type="3")]
    standing = fold(LIFE, [attempt(1), CANCEL], facts)
    assert (standing.state, standing.needs_operator) == ("deleted", False)


def test_a_change_granted_elsewhere_although_ours_never_arrived_is_noted() -> None:
    facts = [
        *FILED,
        step("refused", 2, 31),
        receipt("pre_deducted", 60, declaration_type="2", change_count=1),
    ]
    standing = fold(LIFE, [attempt(1), CHANGE], facts)
    assert (standing.state, standing.approved_attempt_no) == ("pre_deducted", 1)
    assert any("在别处提出的变更" in note for note in standing.notes)


def test_a_change_granted_elsewhere_after_one_of_ours_is_noted() -> None:
    facts = [
        *FILED,
        receipt("pre_deducted", 35, key="a", declaration_type="2", change_count=1),
        receipt("pre_deducted", 90, key="b", declaration_type="2", change_count=2),
    ]
    standing = fold(LIFE, [attempt(1), CHANGE], facts)
    assert (state_of_round(standing), standing.approved_attempt_no) == (GRANTED, 2)
    assert any("在别处提出的变更" in note for note in standing.notes)
    assert standing.change_count == 2


def test_a_refusal_elsewhere_after_a_grant_of_ours_changes_nothing() -> None:
    facts = [
        *FILED,
        receipt("pre_deducted", 35, key="a", declaration_type="2", change_count=1),
        receipt("returned", 90, key="b", declaration_type="2", change_count=2),
    ]
    standing = fold(LIFE, [attempt(1), CHANGE], facts)
    assert (standing.state, state_of_round(standing), standing.approved_attempt_no) == (
        "pre_deducted",
        GRANTED,
        2,
    )


def test_a_change_that_came_with_the_adoption_is_not_news() -> None:
    adopted = Told("adopted", "approved", 1, at(0), seq_no=SEQ_NO, change_count=1)
    told = receipt("pre_deducted", 35, declaration_type="2", change_count=1)
    assert fold(LIFE, [attempt(1)], [adopted, told]).notes == ()
    newer = receipt("pre_deducted", 35, declaration_type="2", change_count=2)
    assert "在别处提出的变更" in fold(LIFE, [attempt(1)], [adopted, newer]).notes[0]


def test_why_a_round_was_not_registered_is_said() -> None:
    failed = receipt("store_failed", 35, declaration_type="2", reasons=("料号不存在",))
    standing = fold(LIFE, [attempt(1), CHANGE], [*FILED, step("acknowledged", 2, 31), failed])
    assert state_of_round(standing) == "registration_failed"
    assert "料号不存在" in standing.notes[0]


def test_a_round_given_up_that_customs_has_after_all_is_said() -> None:
    """A new round is open already; the old one is at customs."""
    second = later(3, 3, Purpose.CHANGE, 120)
    facts = [*FILED, step("transport_refused", 2, 40), step("acknowledged", 2, 130)]
    standing = fold(LIFE, [attempt(1), CHANGE, second], facts)
    assert [r.state for r in standing.rounds] == ["accepted", "sending"]
    assert any("已送达" in note for note in standing.notes)


def test_acknowledged_but_nothing_else_is_no_approval() -> None:
    assert fold(LIFE, [attempt(1)], [ACK]).approved_attempt_no is None


STEPS = ("signed", "delivered", "delivery_unknown", "transport_refused", "resolved_not_received", "refused")
FACTS = st.one_of(
    st.builds(step, st.sampled_from((*STEPS, "acknowledged")), st.integers(1, 5), st.integers(0, 200)),
    st.builds(
        receipt,
        st.sampled_from(sorted(FROM_CUSTOMS)),
        st.integers(0, 200),
        key=st.uuids().map(str),
        declaration_type=st.sampled_from((None, "1", "2", "3")),
        change_count=st.sampled_from((None, 0, 1, 2)),
        authority_at=st.sampled_from((None, at(5), at(40), at(70), at(150))),
    ),
    st.builds(
        lambda number, minutes, key: Told(key, "assigned", number, at(minutes), target="receipt/approved/7"),
        st.integers(1, 5),
        st.integers(0, 200),
        st.uuids().map(str),
    ),
)
ATTEMPTS = [
    attempt(1),
    attempt(2, 20),
    later(3, 2, Purpose.CHANGE, 60),
    later(4, 3, Purpose.CHANGE, 90),
    later(5, 4, Purpose.CANCELLATION, 120),
]


@given(
    st.lists(FACTS, max_size=14, unique_by=lambda fact: fact.key),
    st.integers(1, len(ATTEMPTS)),
    st.randoms(use_true_random=False),
)
def test_whatever_is_told_in_whatever_order_gives_one_state_that_exists(
    facts: list[Told], count: int, chance: random.Random
) -> None:
    attempts = ATTEMPTS[:count]
    again = [*facts, *chance.sample(facts, len(facts) // 2)]
    chance.shuffle(again)
    standing = fold(LIFE, attempts, facts)
    assert fold(LIFE, attempts, again) == standing
    assert standing.state in LIFE.states
    numbers = {a.attempt_no for a in attempts}
    assert standing.approved_attempt_no is None or standing.approved_attempt_no in numbers
    assert {number for number in standing.assigned.values() if number is not None} <= numbers
    for each in standing.rounds:
        assert each.state == GRANTED or each.state in LIFE.states
