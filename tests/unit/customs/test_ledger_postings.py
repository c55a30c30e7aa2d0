"""What a document moves in its book: every course of a 核注清单, and that order and repeats change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs.documents.inventory.booking import BOOKING
from customs.ledger.accounts import Account
from customs.ledger.lines import Line, by_material, line_key
from customs.ledger.postings import Does, Posting, Step, postings_of, total
from customs.ledger.versions import Version, version_of

START = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
FIVE, SIX = Line("T3105W000001", "I", "5"), Line("T3105W000001", "I", "6")


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def version(direction: str, *rows: tuple[int, int | None, str], **head: str) -> Version:
    """Rows as (line_no, book_line_no, quantity)."""
    goods = [
        {
            "line_no": number,
            "material_no": f"M{number}",
            "quantity": quantity,
            "unit": "011",
            **({"book_line_no": line} if line else {}),
        }
        for number, line, quantity in rows
    ]
    document = {
        "head": {"book_no": "T3105W000001", "material_mark": "I", "direction": direction, **head},
        "goods": goods,
    }
    return version_of(BOOKING, document)


OUT, IN = version("E", (1, 5, "30"), (2, 5, "5"), (3, 6, "7")), version("I", (1, 5, "100"), (2, 6, "50"))


def sent(number: int, what: Version, minute: int, *, changes: bool = False) -> Step:
    return Step("sent", at(minute), f"attempt/{number}", number, what, changes)


def told(does: Does, minute: int, number: int | None = None) -> Step:
    return Step(does, at(minute), f"receipt/{does}-{minute}", number, receipt_id=f"{does}-{minute}")


def passage(minute: int, parts: dict[int, str] | None = None) -> Step:
    passed = None if parts is None else {row: Decimal(quantity) for row, quantity in parts.items()}
    return Step("passed", at(minute), f"passage/{minute}", passed=passed, source_id=f"pass-{minute}")


def sums(*steps: Step) -> dict[tuple[str, str], str]:
    """Line key and account → quantity."""
    return {
        (line.key, account.value): f"{quantity.normalize():f}"
        for (line, account), quantity in total(postings_of(steps)).items()
    }


def lines(*steps: Step, row: int = 1) -> list[tuple[str, str, str]]:
    """Account, cause, quantity of one row."""
    return [
        (each.account.value, each.cause, f"{each.quantity.normalize():f}")
        for each in postings_of(steps)
        if each.row_no == row
    ]


def test_what_goes_out_is_held_from_its_declaration_on() -> None:
    assert sums(sent(1, OUT, 0)) == {("5", "pre_out"): "35", ("6", "pre_out"): "7"}


def test_a_refused_attempt_gives_back_and_the_next_holds_its_own_quantities() -> None:
    other = version("E", (1, 6, "2"))
    steps = [sent(1, OUT, 0), told("given_up", 1, 1), sent(2, other, 2)]
    assert sums(*steps) == {("6", "pre_out"): "2"}
    assert lines(*steps) == [
        ("pre_out", "attempt/1", "30"),
        ("pre_out", "receipt/given_up-1", "-30"),
        ("pre_out", "attempt/2", "2"),
    ]


def test_an_attempt_that_takes_the_place_of_another_posts_what_differs() -> None:
    other = version("E", (1, 5, "32"), (2, 6, "5"))
    replaced = Step("given_up", at(2), "attempt/2", 1)
    steps = [sent(1, OUT, 0), replaced, sent(2, other, 2)]
    assert sums(*steps) == {("5", "pre_out"): "32", ("6", "pre_out"): "5"}
    named = [(p.row_no, p.account, p.cause) for p in postings_of(steps)]
    assert len(named) == len(set(named))


def test_deduction_turns_what_is_held_into_what_went() -> None:
    steps = [sent(1, OUT, 0), told("expected", 1), told("counted", 5)]
    assert sums(*steps) == {("5", "real_out"): "35", ("6", "real_out"): "7"}
    assert all(p.counted_at == at(5) for p in postings_of(steps) if p.account is Account.REAL_OUT)


def test_what_comes_in_is_expected_with_pre_deduction_and_not_before() -> None:
    assert sums(sent(1, IN, 0)) == {}
    assert sums(sent(1, IN, 0), told("expected", 1)) == {("5", "pre_in"): "100", ("6", "pre_in"): "50"}


def test_each_truck_makes_its_part_real_and_deduction_the_rest() -> None:
    steps = [sent(1, IN, 0), told("expected", 1), passage(2, {1: "60"}), passage(3, {1: "30", 2: "50"})]
    assert sums(*steps) == {("5", "pre_in"): "10", ("5", "real_in"): "90", ("6", "real_in"): "50"}
    assert all(p.counted_at is None for p in postings_of(steps))
    counted = [*steps, told("counted", 9)]
    assert sums(*counted) == {("5", "real_in"): "100", ("6", "real_in"): "50"}
    real = [p for p in postings_of(counted) if p.account is Account.REAL_IN]
    assert {p.counted_at for p in real} == {at(9)}
    assert [p.source_id for p in real if p.row_no == 1] == ["pass-2", "pass-3", None]


def test_a_passage_needs_no_pre_deduction() -> None:
    assert sums(sent(1, IN, 0), passage(2)) == {("5", "real_in"): "100", ("6", "real_in"): "50"}
    late = [sent(1, IN, 0), passage(2, {1: "60"}), told("expected", 3)]
    assert sums(*late) == {("5", "pre_in"): "40", ("5", "real_in"): "60", ("6", "pre_in"): "50"}


def test_trucks_never_make_more_real_than_was_declared() -> None:
    steps = [sent(1, IN, 0), passage(2, {1: "60"}), passage(3, {1: "60"})]
    assert sums(*steps) == {("5", "real_in"): "100"}


def test_a_truck_after_deduction_adds_nothing() -> None:
    steps = [sent(1, IN, 0), told("counted", 2), passage(3)]
    assert sums(*steps) == {("5", "real_in"): "100", ("6", "real_in"): "50"}
    assert {p.cause for p in postings_of(steps)} == {"receipt/counted-2"}


def test_a_truck_moves_nothing_of_what_goes_out() -> None:
    assert sums(sent(1, OUT, 0), passage(2)) == sums(sent(1, OUT, 0))


def test_a_change_under_way_holds_the_larger_row_by_row() -> None:
    change = version("E", (1, 5, "20"), (2, 5, "9"), (3, 6, "7"), (4, 6, "1"))
    under_way = [sent(1, OUT, 0), told("expected", 1), sent(2, change, 5, changes=True)]
    assert sums(*under_way) == {("5", "pre_out"): "39", ("6", "pre_out"): "8"}
    assert sums(*under_way, told("granted", 6, 2)) == {("5", "pre_out"): "29", ("6", "pre_out"): "8"}
    assert sums(*under_way, told("given_up", 6, 2)) == sums(sent(1, OUT, 0))


def test_a_row_that_a_change_takes_out_is_given_back() -> None:
    change = version("E", (1, 5, "30"))
    steps = [sent(1, OUT, 0), sent(2, change, 5, changes=True), told("granted", 6, 2)]
    assert sums(*steps) == {("5", "pre_out"): "30"}


def test_a_row_may_leave_its_line_with_a_change() -> None:
    change = version("E", (1, 6, "30"), (2, 5, "5"), (3, 6, "7"))
    under_way = [sent(1, OUT, 0), sent(2, change, 5, changes=True)]
    assert sums(*under_way) == {("5", "pre_out"): "35", ("6", "pre_out"): "37"}
    assert sums(*under_way, told("granted", 6, 2)) == {("5", "pre_out"): "5", ("6", "pre_out"): "37"}


def test_an_answer_that_grants_a_change_and_deducts_it_is_one_posting() -> None:
    change = version("E", (1, 5, "20"), (2, 5, "5"), (3, 6, "7"))
    both = [Step("granted", at(6), "receipt/x", 2), Step("counted", at(6), "receipt/x")]
    steps = [sent(1, OUT, 0), sent(2, change, 5, changes=True), *both]
    assert sums(*steps) == {("5", "real_out"): "25", ("6", "real_out"): "7"}
    assert lines(*steps) == [
        ("pre_out", "attempt/1", "30"),
        ("pre_out", "receipt/x", "-30"),
        ("real_out", "receipt/x", "20"),
    ]


def test_a_change_of_what_comes_in_is_the_difference() -> None:
    change = version("I", (1, 5, "80"), (2, 6, "60"))
    steps = [sent(1, IN, 0), told("expected", 1), passage(2, {1: "90"}), sent(2, change, 5, changes=True)]
    assert sums(*steps) == {("5", "pre_in"): "10", ("5", "real_in"): "90", ("6", "pre_in"): "50"}
    assert sums(*steps, told("granted", 6, 2)) == {("5", "real_in"): "80", ("6", "pre_in"): "60"}


@pytest.mark.parametrize("before", [[], [told("expected", 2)], [told("counted", 3)]])
def test_a_deletion_takes_everything_back(before: list[Step]) -> None:
    for what in (OUT, IN):
        assert sums(sent(1, what, 0), *before, told("taken_back", 8)) == {}


def test_an_authority_whose_clock_is_behind_answers_after_it_was_asked() -> None:
    back = Step("given_up", at(-3), "receipt/early", 1, not_before=at(0))
    assert sums(sent(1, OUT, 0), back) == {}
    early = Step("passed", at(-3), "passage/early", not_before=at(0), source_id="pass")
    assert {p.cause for p in postings_of([sent(1, IN, 0), early])} == {"passage/early"}
    assert {p.at for p in postings_of([sent(1, IN, 0), early])} == {at(-3)}


def test_a_row_without_book_quantity_or_line_moves_nothing() -> None:
    head = {"book_no": "T3105W000001", "material_mark": "I", "direction": "E"}
    row = {"line_no": 1, "book_line_no": 5, "quantity": "3"}
    assert version_of(BOOKING, {"head": head, "goods": [row]}).rows
    for missing in head:
        poorer = {name: value for name, value in head.items() if name != missing}
        assert not version_of(BOOKING, {"head": poorer, "goods": [row]}).rows
    for missing in ("quantity", "book_line_no"):
        poor = {name: value for name, value in row.items() if name != missing}
        assert not version_of(BOOKING, {"head": head, "goods": [poor]}).rows
    assert not version_of(BOOKING, {"head": head, "goods": [{**row, "change_mark": "2"}]}).rows


def test_rows_without_a_number_of_their_own_are_kept_apart() -> None:
    head = {"book_no": "T3105W000001", "material_mark": "I", "direction": "E"}
    rows = [{"book_line_no": 5, "quantity": "3"}, {"book_line_no": 5, "quantity": "4"}]
    found = version_of(BOOKING, {"head": head, "goods": [*rows, {**rows[0], "line_no": 1}]})
    assert len(found.rows) == 3


def test_a_number_that_customs_gave_names_the_line() -> None:
    head = {"book_no": "T3105W000001", "material_mark": "I", "direction": "I"}
    rows = [
        {"line_no": 1, "material_no": "A", "quantity": "3"},
        {"line_no": 2, "material_no": "B", "quantity": "3", "book_line_no": 8},
        {"line_no": 3, "material_no": "C", "quantity": "3", "book_line_no": 0},
    ]
    found = version_of(BOOKING, {"head": head, "goods": rows}, {1: 31, 2: 99})
    assert [row.line.key for row in found.rows.values()] == ["31", "8", "M:C"]
    assert by_material("M:C") == "C"
    assert by_material("31") is None
    assert line_key(None, None) is None


def test_lines_of_a_material_called_like_a_number_are_not_that_line() -> None:
    assert line_key(None, "31") != line_key(31, None)


_ATTEMPTS = st.sampled_from([OUT, IN, version("E", (1, 6, "30"), (4, 5, "2")), version("I", (1, 6, "80"))])


_ANSWERS: list[Does] = ["given_up", "granted"]
_ENDS: list[Does] = ["expected", "counted", "taken_back"]


@st.composite
def courses(draw: st.DrawFn) -> list[Step]:
    """Anything that may be told of a document, sensible or not."""
    steps: list[Step] = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        changes = number > 1 and draw(st.booleans())
        steps.append(sent(number, draw(_ATTEMPTS), number * 10, changes=changes))
        for does in draw(st.sets(st.sampled_from(_ANSWERS))):
            steps.append(told(does, number * 10 + draw(st.integers(0, 15)), number))
    for does in draw(st.sets(st.sampled_from(_ENDS))):
        steps.append(told(does, draw(st.integers(0, 50))))
    for minute in draw(st.sets(st.integers(0, 50), max_size=3)):
        parts = draw(st.none() | st.dictionaries(st.integers(1, 3), st.sampled_from(["1", "40"])))
        steps.append(passage(minute, parts))
    return steps


@given(courses(), st.randoms())
def test_order_and_repeats_change_nothing(steps: list[Step], random: object) -> None:
    def named(postings: Sequence[Posting]) -> set[Posting]:
        return set(postings)

    expected = postings_of(steps)
    shuffled = [*steps, *steps]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert postings_of(shuffled) == expected
    assert len({(p.row_no, p.account, p.cause) for p in expected}) == len(expected)
    assert all(p.quantity for p in expected)
    assert all(quantity > 0 for quantity in total(expected).values())
    assert named(expected) == named(postings_of(reversed(steps)))
