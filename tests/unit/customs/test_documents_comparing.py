"""Two versions side by side: every difference in its place, rows told apart by their key."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs.documents import KINDS
from customs.documents.comparing import MAX_LISTED, Comparison, Counts, RowPairs, compare
from customs.documents.inventory import INVENTORY
from tests.support.counting import calls

EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples"
Document = dict[str, Any]


def example(name: str = "import") -> Document:
    document: Document = json.loads((EXAMPLES / f"inventory/{name}.json").read_text(encoding="utf-8"))
    return document


def many_rows(count: int) -> Document:
    document = example()
    return {**document, "goods": [{**document["goods"][0], "line_no": n} for n in range(1, count + 1)]}


def seen(comparison: Comparison) -> list[tuple[str, str, str]]:
    return [(each.action, each.pointer, each.label) for each in comparison.differences]


def test_a_version_does_not_differ_from_itself() -> None:
    found = compare(INVENTORY, example(), copy.deepcopy(example()))
    assert found.same
    assert found.as_json() == {"same": True, "count": 0, "listed": 0, "sections": []}


def test_fields_and_rows_are_told_with_place_and_words() -> None:
    old, new = example(), example()
    new["head"]["border_customs"] = "9008"
    new["goods"][1] |= {"quantity": "5"}
    new["goods"].append({**new["goods"][0], "line_no": 9})
    del new["goods"][0]
    found = compare(INVENTORY, old, new)
    assert seen(found) == [
        ("changed", "/head/border_customs", "「进出境关别」"),
        ("changed", "/goods/0/quantity", "表体第1行「申报数量」"),
        ("added", f"/goods/{len(old['goods']) - 1}", f"表体第{len(old['goods'])}行"),
        ("removed", "/goods/0", "表体第1行"),
    ]
    assert found.counts == {"head": Counts(fields=1), "goods": Counts(1, 1, 1, 1)}
    told: Any = found.as_json()
    head, goods = (part["differences"] for part in told["sections"])
    assert head[0] == {
        "action": "changed",
        "pointer": "/head/border_customs",
        "label": "「进出境关别」",
        "field": "border_customs",
        "old": "3104",
        "old_name": "北仑海关",
        "new": "9008",
        "new_name": "高新综保",
    }
    assert goods[0]["row_key"] == {"line_no": 2}
    assert (goods[0]["old"], goods[0]["new"]) == (old["goods"][1]["quantity"], "5")


def test_a_field_that_came_or_went_has_no_value_there() -> None:
    old, new = example(), example()
    del new["head"]["transport_mode"]
    new["goods"][0]["remark"] = "补充说明"
    told = [(each.old, each.new) for each in compare(INVENTORY, old, new).differences]
    assert told == [(old["head"]["transport_mode"], None), (None, "补充说明")]


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [("12.50", "12.5", False), ("0", "0.000", False), ("12.5", "12.51", True), ("100", "1000", True)],
)
def test_decimals_are_compared_as_numbers(before: str, after: str, differs: bool) -> None:
    old, new = example(), example()
    old["goods"][0]["quantity"], new["goods"][0]["quantity"] = before, after
    assert compare(INVENTORY, old, new).same is not differs


def test_what_the_system_fills_and_what_each_upload_sets_is_left_out() -> None:
    old, new = example(), example()
    new["head"] |= {
        "seq_no": "202600000000000001",
        "customs_no": "QD310526I000000001",
        "change_count": 1,
        "declaration_type": "2",
        "input_date": "20260301",
        "deduction_mark": "1",
    }
    new["goods"][0] |= {"seq_no": "202600000000000001", "change_mark": "1", "passed_quantity": "3"}
    assert compare(INVENTORY, old, new).same


def test_rows_in_another_order_are_the_same_rows() -> None:
    old, new = example(), example()
    new["goods"].reverse()
    assert compare(INVENTORY, old, new).same


def test_rows_are_told_apart_by_the_key_of_their_section() -> None:
    bills = [{"stock_bill_no": "X3105I260101000001"}, {"stock_bill_no": "X3105I260101000002"}]
    found = compare(INVENTORY, {"stock_bills": bills}, {"stock_bills": bills[1:]})
    assert seen(found) == [("removed", "/stock_bills/0", "出入库单第1行")]


def test_rows_without_number_are_compared_by_their_place() -> None:
    old, new = example(), example()
    for row in new["goods"]:
        del row["line_no"]
    new["goods"][1]["quantity"] = "5"
    told = {each.pointer for each in compare(INVENTORY, old, new).differences}
    assert told == {f"/goods/{n}/line_no" for n in range(len(new["goods"]))} | {"/goods/1/quantity"}


def test_rows_that_share_a_number_pair_in_their_order() -> None:
    old, new = many_rows(2), many_rows(3)
    old["goods"][1]["line_no"] = new["goods"][1]["line_no"] = new["goods"][2]["line_no"] = 1
    assert seen(compare(INVENTORY, old, new)) == [("added", "/goods/2", "表体第3行")]


def test_a_row_sent_to_be_deleted_is_not_there() -> None:
    old, new = many_rows(3), many_rows(3)
    new["goods"][1]["change_mark"] = "2"
    assert seen(compare(INVENTORY, old, new)) == [("removed", "/goods/1", "表体第2行")]
    assert seen(compare(INVENTORY, new, old)) == [("added", "/goods/1", "表体第2行")]


def test_a_section_that_came_is_its_fields() -> None:
    old, new = example(), example()
    old.pop("declaration_head", None)
    new["declaration_head"] = {"bill_no": "MAEU0000001", "package_count": 3}
    assert [each.pointer for each in compare(INVENTORY, old, new).differences] == [
        "/declaration_head/bill_no",
        "/declaration_head/package_count",
    ]


def test_of_many_differences_all_are_counted_and_some_listed() -> None:
    old, new = many_rows(10_000), many_rows(10_000)
    for row in new["goods"]:
        row |= {"quantity": "7", "name": "改名"}
    # For each row, not for each with each other.
    assert calls(lambda: compare(INVENTORY, old, new)) < 500 * 10_000
    found = compare(INVENTORY, old, new)
    assert (found.count, len(found.differences)) == (20_000, MAX_LISTED)
    assert found.counts["goods"] == Counts(fields=20_000, rows_changed=10_000)
    assert found.as_json()["listed"] == MAX_LISTED


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "line_no": st.integers(1, 5),
            "quantity": st.sampled_from(["1", "1.0", "2"]),
            "change_mark": st.sampled_from(["0", "2"]),
        },
    ),
    max_size=8,
)


@given(ROWS, ROWS)
@settings(deadline=None)
def test_every_row_that_is_there_is_in_exactly_one_place(old: list[Document], new: list[Document]) -> None:
    pairs = RowPairs(INVENTORY.section("goods"), {"goods": old}, {"goods": new})
    there = [n for n, row in enumerate(old) if row.get("change_mark") != "2"]
    assert sorted([before for before, _ in pairs.kept] + pairs.removed) == there
    there = [n for n, row in enumerate(new) if row.get("change_mark") != "2"]
    assert sorted([after for _, after in pairs.kept] + pairs.added) == there
    same = RowPairs(INVENTORY.section("goods"), {"goods": new}, {"goods": copy.deepcopy(new)})
    assert not (same.added or same.removed or any(same.changes()))


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_keys_that_tell_the_rows_of_its_samples_apart(name: str) -> None:
    kind = KINDS[name]
    for path in sorted((EXAMPLES / name).glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert compare(kind, document, copy.deepcopy(document)).same
        for section in kind.sections:
            if section.many and (rows := document.get(section.name)):
                found = compare(kind, document, {**document, section.name: rows[1:]})
                assert seen(found) == [("removed", f"/{section.name}/0", section.row_label.format(1))], path
