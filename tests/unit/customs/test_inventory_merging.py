"""归并: what becomes one row of the 报关单, what its sums are, and what a clerk may decide."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.problems import Problem
from customs.documents import KINDS, Profile, check
from customs.documents.findings import Findings
from customs.documents.inventory.goods_rules import MERGE_KEY
from customs.documents.inventory.merging import merge
from customs.documents.merging import Merged, MergeOrder, Numbering
from tests.support.documents import goods_row, inventory_head

INVENTORY = KINDS["inventory"]


def row(line_no: int, quantity: str = "10", price: str = "2.5", **more: Any) -> dict[str, Any]:
    return {**goods_row(line_no, quantity, price), **more}


def document(*rows: dict[str, Any], **head: str) -> dict[str, Any]:
    return {"head": inventory_head("M-1", **head), "goods": list(rows), "declaration_rows": []}


def merged(
    given: dict[str, Any], numbering: Numbering = "keep", apart: Sequence[int] = ()
) -> tuple[Merged, tuple[Problem, ...], tuple[Problem, ...]]:
    findings = Findings(INVENTORY)
    result = merge(given, MergeOrder(numbering, frozenset(apart)), findings)
    return result, findings.problems(), findings.warnings()


def fed(result: Merged) -> list[tuple[int, list[int]]]:
    return [(line.line_no, list(line.goods)) for line in result.lines]


def places(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in problems]


def test_rows_of_one_key_become_one() -> None:
    result, problems, warnings = merged(
        document(row(1, "3", "1.1111"), row(2, name="另一商品"), row(3, "4", "2.2222", levy_mode="1"))
    )
    assert problems == ()
    assert fed(result) == [(1, [1, 3]), (2, [2])]
    assert [each["entry_line_no"] for each in result.goods] == [1, 2, 1]
    first = result.declaration_rows[0]
    assert (first["quantity"], first["statutory_quantity"]) == ("7", "7")
    # 3.33 + 8.89 = 12.22; 12.22 / 7 = 1.745714…
    assert (first["total_price"], first["unit_price"]) == ("12.22", "1.7457")
    assert first["book_line_no"] == "@1,@3"
    assert places(warnings) == [("/goods/0/levy_mode", "unusual")]


def test_the_price_is_rounded_half_even() -> None:
    # Divided by 800 these are 0.00005, 0.00015, 0.00025 and 0.00035: all lie on a half.
    rows = [row(1, "400", "0.00005"), row(2, "400", "0")]
    for total, expected in (("0.04", "0"), ("0.12", "0.0002"), ("0.2", "0.0002"), ("0.28", "0.0004")):
        rows[0]["total_price"], rows[1]["total_price"] = total, "0.00"
        result, _, _ = merged(document(*rows))
        assert result.declaration_rows[0]["unit_price"] == expected


@pytest.mark.parametrize("name", MERGE_KEY)
def test_every_part_of_the_key_keeps_rows_apart(name: str) -> None:
    other = {"hs_code": "8471709000", "name": "别的", "unit": "007"}.get(name, "110")
    result, _, _ = merged(document(row(1), row(2, **{name: other})))
    assert fed(result) == [(1, [1]), (2, [2])]


def test_what_is_never_merged() -> None:
    result, _, _ = merged(document(row(1), row(2, source_mark="1"), row(3), row(4), row(5)), apart=[4])
    assert fed(result) == [(1, [1, 3, 5]), (2, [2]), (3, [4])]
    typed = document(row(1, entry_line_no=1), row(2, entry_line_no=1, source_mark="1"))
    _, problems, _ = merged(typed)
    assert places(problems) == [("/goods/1/entry_line_no", "unfit_value")]


def test_nothing_joins_a_row_that_stands_alone() -> None:
    result, problems, _ = merged(document(row(1, entry_line_no=1, source_mark="1"), row(2)))
    assert (problems, fed(result)) == ((), [(1, [1]), (2, [2])])


def test_finished_goods_for_export_are_pointed_out() -> None:
    exported = document(row(1), row(2), material_mark="E", direction="E")
    _, problems, warnings = merged(exported)
    assert (problems, places(warnings)) == ((), [("/head/material_mark", "unusual")])
    assert merged(exported, apart=[2])[2] == ()


def test_typed_numbers_stand_and_the_rest_takes_what_is_free() -> None:
    other = {"name": "另一商品"}
    given = document(
        row(1, entry_line_no=3), row(2), row(3, **other), row(4, entry_line_no=1, **other), row(5)
    )
    given["goods"].append(row(6, hs_code="8471709000"))
    result, problems, _ = merged(given)
    assert problems == ()
    assert fed(result) == [(1, [3, 4]), (2, [6]), (3, [1, 2, 5])]


def test_rows_may_be_kept_apart_by_their_numbers() -> None:
    result, problems, _ = merged(document(row(1, entry_line_no=2), row(2, entry_line_no=1)))
    assert (problems, fed(result)) == ((), [(1, [2]), (2, [1])])


def test_gaps_are_refused_or_closed_or_forgotten() -> None:
    given = document(row(1, entry_line_no=2), row(2, entry_line_no=4), row(3, entry_line_no=4))
    result, problems, _ = merged(given)
    assert (result, places(problems)) == (Merged(), [("/goods/1/entry_line_no", "number_gap")])
    assert fed(merged(given, "close")[0]) == [(1, [1]), (2, [2, 3])]
    assert fed(merged(given, "anew")[0]) == [(1, [1, 2, 3])]


def test_one_number_for_two_keys_is_refused() -> None:
    _, problems, _ = merged(document(row(1, entry_line_no=1), row(2, entry_line_no=1, currency="142")))
    assert places(problems) == [("/goods/1/entry_line_no", "merge_key_differs")]
    assert "币制" in problems[0].message


def test_fifty_rows_are_enough_and_one_more_is_split() -> None:
    rows = [row(number, name=f"商品{number}") for number in range(1, 51)]
    assert len(merged(document(*rows))[0].lines) == 50
    rows += [row(51, name="商品51"), row(52, name="商品1")]
    result, problems, _ = merged(document(*rows))
    assert places(problems) == [("", "too_many_entry_lines")]
    assert result.lines == () and [part.entry_lines for part in result.parts] == [50, 1]
    assert result.parts[0].goods == [*range(1, 51), 52] and result.parts[1].goods == [51]


def test_what_cannot_be_merged_yet_is_named() -> None:
    given = document(row(1), row(2))
    del given["goods"][1]["currency"], given["goods"][1]["total_price"]
    result, problems, _ = merged(given)
    assert result == Merged()
    assert {each.pointer for each in problems} == {"/goods/1/currency", "/goods/1/total_price"}
    assert places(merged(document())[1]) == [("/goods", "rows_required")]
    assert places(merged(document(row(1, "0")))[1]) == [("/goods/0/quantity", "not_positive")]


def test_what_was_typed_into_the_draft_stays_with_its_goods() -> None:
    given = document(row(1, book_line_no=17), row(2, name="另一商品"))
    first = merged(given)[0]
    typed = [{**first.declaration_rows[1], "line_no": 1, "purpose": "11", "quantity": "999"}]
    typed[0]["second_statutory_quantity"] = "5"
    again = merged({**given, "declaration_rows": typed})[0]
    assert "purpose" not in again.declaration_rows[0]
    assert (again.declaration_rows[1]["purpose"], again.declaration_rows[1]["quantity"]) == ("11", "10")
    # Sums are the goods' own, also where the goods have none.
    assert "second_statutory_quantity" not in again.declaration_rows[1]
    assert again.declaration_rows[0]["book_line_no"] == "17"


_quantities = st.integers(1, 10**9).map(lambda number: str(Decimal(number) / 100000))
_totals = st.integers(1, 10**9).map(lambda number: f"{Decimal(number) / 100:.2f}")


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from("甲乙丙"), _quantities, _totals, st.booleans()), min_size=1, max_size=20
        )
    )
    return [
        {
            **row(number, name=name),
            "quantity": f"{Decimal(quantity):f}",
            "statutory_quantity": f"{Decimal(quantity):f}",
            "total_price": total,
            **({"source_mark": "1"} if alone else {}),
        }
        for number, (name, quantity, total, alone) in enumerate(drawn, start=1)
    ]


@given(rows())
def test_nothing_is_lost_and_the_check_agrees(goods: list[dict[str, Any]]) -> None:
    given = document(*goods)
    result, problems, _ = merged(given)
    assert problems == ()
    assert sorted(number for line in result.lines for number in line.goods) == [g["line_no"] for g in goods]
    for name in ("quantity", "statutory_quantity", "total_price"):
        told = sum(Decimal(str(line[name])) for line in result.declaration_rows)
        assert told == sum(Decimal(g[name]) for g in goods)
    for line, entry in zip(result.lines, result.declaration_rows, strict=True):
        own = [g for g in goods if g["line_no"] in line.goods]
        assert {tuple(g[name] for name in MERGE_KEY) for g in own} == {
            tuple(entry[name] for name in MERGE_KEY)
        }
        assert len(own) == 1 or not any("source_mark" in g for g in own)
    saved = {**given, "goods": list(result.goods), "declaration_rows": list(result.declaration_rows)}
    found = check(INVENTORY, saved, Profile.DECLARE)
    assert not [
        each for each in found.problems if "declaration" in each.pointer or "entry_line" in each.pointer
    ]
    again, _, _ = merged(found.document)
    assert fed(again) == fed(result)


def test_ten_thousand_rows_merge_at_once() -> None:
    goods = [row(number, name=f"商品{number % 50}") for number in range(1, 10_001)]
    result, problems, _ = merged(document(*goods))
    assert (problems, len(result.lines)) == ((), 50)
    assert sum(len(line.goods) for line in result.lines) == 10_000
