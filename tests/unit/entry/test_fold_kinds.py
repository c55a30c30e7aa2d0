"""For every kind: a whole life in the authority's order, told in any order, twice over, or with losses."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs.documents import KINDS
from customs.documents.life import CUSTOMS_ANSWERED, Life
from services.entry.fold.folding import Told, fold
from tests.unit.entry.test_fold import ACK, attempt, receipt, step


def whole_life(life: Life) -> list[Told]:
    """Every answer the kind knows that a document may get one after the other, by rank; then what happens outside rounds."""
    answers = sorted(
        (
            name
            for name, s in life.course.items()
            if s.rank >= CUSTOMS_ANSWERED and not life.states[s.state].editable
        ),
        key=lambda name: life.course[name].rank,
    )
    ends = {"deleted", "voided", "concluded"}
    course = [name for name in answers if name not in ends]
    happenings = sorted((n for n in life.happenings if n not in ends), key=lambda n: life.happenings[n].rank)
    facts = [step("signed", 1), step("delivered", 1), step("taken", 1), ACK]
    return facts + [receipt(name, 10 + minutes) for minutes, name in enumerate((*course, *happenings))]


@pytest.mark.parametrize("name", KINDS)
@given(chance=st.randoms(use_true_random=False), again=st.lists(st.integers(0, 30), max_size=6))
def test_order_and_duplicates_change_nothing(name: str, chance: random.Random, again: list[int]) -> None:
    life = KINDS[name].life
    facts = whole_life(life)
    for count in range(1, len(facts) + 1):
        shuffled = facts[:count] + [facts[n % count] for n in again]
        chance.shuffle(shuffled)
        assert fold(life, [attempt(1)], shuffled) == fold(life, [attempt(1)], facts[:count])


@pytest.mark.parametrize("name", KINDS)
@given(chance=st.randoms(use_true_random=False))
def test_a_loss_leaves_a_state_that_was_true_and_a_deadline_where_something_is_awaited(
    name: str, chance: random.Random
) -> None:
    life = KINDS[name].life
    facts = whole_life(life)
    true_states = {fold(life, [attempt(1)], facts[:n]).state for n in range(len(facts) + 1)}
    kept = [fact for fact in facts if chance.random() < 0.6]
    standing = fold(life, [attempt(1)], kept)
    assert standing.state in true_states
    state = life.states[standing.state]
    assert (standing.deadline_at is not None) == (state.deadline is not None)


@pytest.mark.parametrize("name", KINDS)
def test_every_state_of_a_kind_can_be_reached(name: str) -> None:
    """By its course, a happening, a granted round, or (草稿, 暂存, 删除 of a draft) by what a clerk does."""
    life = KINDS[name].life
    reached = {s.state for s in (*life.course.values(), *life.happenings.values())} - {""}
    reached |= {r.granted for r in life.rounds.values() if r.granted}
    assert life.states.keys() - reached <= {"draft", "stored", "deleted"}


@pytest.mark.parametrize("name", KINDS)
def test_every_outcome_of_the_course_leads_where_the_table_says(name: str) -> None:
    life = KINDS[name].life
    for outcome, told in life.course.items():
        own = outcome if outcome not in ("deleted", "voided", "concluded") else None
        if own is None:
            continue
        fact = step(outcome, 1, 1) if told.rank < CUSTOMS_ANSWERED else receipt(outcome, 5)
        assert fold(life, [attempt(1)], [fact]).state == told.state, outcome


@pytest.mark.parametrize("message_id", ["A", "Z"])
def test_what_customs_synchronises_in_the_second_of_the_approval_came_after_it(message_id: str) -> None:
    approved = replace(receipt("approved", 4), authority={"gathered_mark": "1"}, message_id="M")
    told = replace(receipt("synchronised", 4), authority={"gathered_mark": "2"}, message_id=message_id)
    for facts in ([ACK, approved, told], [told, approved, ACK]):
        standing = fold(KINDS["stock_bill"].life, [attempt(1)], facts)
        assert standing.authority["gathered_mark"] == "2"
