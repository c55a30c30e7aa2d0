"""变更: what it may touch, the marks it is sent with, and what stays once it is approved."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from customs.documents import Profile, check
from customs.documents.business_form import BUSINESS_FORM
from customs.documents.changing import marked, refused_changes, without_removed
from customs.documents.comparing import compare
from customs.documents.inventory import INVENTORY
from customs.documents.kinds import Kind
from tests.support.breaking import example

EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples/inventory"
Document = dict[str, Any]
Edit = Callable[[Document], None]

# A kind like the 业务申报表, whose rows may come and go; line_no is then the row's lasting number.
ROWS_COME_AND_GO: Kind = replace(
    INVENTORY,
    sections=tuple(
        replace(part, rows_may_change=True) if part.name == "goods" else part for part in INVENTORY.sections
    ),
)


def approved() -> Document:
    document: Document = json.loads((EXAMPLES / "import.json").read_text(encoding="utf-8"))
    return without_removed(INVENTORY, document)


def refused(edit: Edit, kind: Kind = INVENTORY, before: Edit | None = None) -> list[tuple[str, str]]:
    old = approved()
    if before:
        before(old)
    working = copy.deepcopy(old)
    edit(working)
    return [(each.pointer, each.code) for each in refused_changes(kind, old, working)]


def row(number: int = 0, **values: Any) -> Edit:
    return lambda document: document["goods"][number].update(values)


def head(**values: Any) -> Edit:
    return lambda document: document["head"].update(values)


HEAD_FREE = ("supervision_mode", "transport_mode", "border_customs", "shipment_country", "remark")
ROW_FREE = (
    "hs_code",
    "name",
    "specification",
    "currency",
    "quantity",
    "statutory_quantity",
    "second_statutory_quantity",
    "unit_price",
    "total_price",
    "origin_country",
    "destination_country",
    "consumption_version",
    "levy_mode",
    "remark",
)


def test_exactly_what_the_entry_page_leaves_open_may_be_changed() -> None:
    told = {
        part.name: {n for n, spec in part.fields.items() if spec.changeable} for part in INVENTORY.sections
    }
    assert told.pop("head") == set(HEAD_FREE)
    assert told.pop("goods") == told.pop("second_goods") == set(ROW_FREE)
    assert not any(told.values())


@pytest.mark.parametrize("name", HEAD_FREE)
def test_an_open_field_of_the_head_passes(name: str) -> None:
    assert refused(head(**{name: "9"})) == []


@pytest.mark.parametrize("name", ROW_FREE)
def test_an_open_field_of_a_row_passes(name: str) -> None:
    assert refused(row(1, **{name: "9"})) == []


def test_every_other_field_is_refused_all_at_once_and_with_a_hint() -> None:
    working = approved()
    working["head"] |= {"book_no": "T3105W000009", "internal_no": "ANDERS-1", "direction": "E"}
    working["goods"][1] |= {"material_no": "M-9", "gross_weight": "9"}
    working["declaration_head"] = {"bill_no": "MAEU0000001"}
    found = refused_changes(INVENTORY, approved(), working)
    assert [(each.pointer, each.code) for each in found] == [
        ("/head/book_no", "not_changeable"),
        ("/head/internal_no", "not_changeable"),
        ("/head/direction", "not_changeable"),
        ("/goods/1/material_no", "not_changeable"),
        ("/goods/1/gross_weight", "not_changeable"),
        ("/declaration_head/bill_no", "not_changeable"),
    ]
    assert "表体第2行「商品料号」" in found[3].message
    assert "M-9" in found[3].message
    assert "表头只能变更：进出境关别、监管方式、运输方式、备注、起运/运抵国(地区)" in found[0].hint
    assert "报关单草稿表头在变更时不能修改" in found[5].hint


def test_what_the_round_itself_sets_is_no_change() -> None:
    edit = head(declaration_type="2", seq_no="202600000000000001", change_count=1, input_date="20260302")
    assert refused(edit) == []


def test_rows_of_an_inventory_neither_come_nor_go() -> None:
    def edit(document: Document) -> None:
        document["goods"].append({**document["goods"][0], "line_no": 9})
        del document["goods"][1]

    old, working = approved(), approved()
    edit(working)
    found = refused_changes(INVENTORY, old, working)
    assert [(each.pointer, each.code) for each in found] == [
        (f"/goods/{len(old['goods']) - 1}", "rows_fixed"),
        ("/goods", "rows_fixed"),
    ]
    assert "缺少商品序号2" in found[1].message


def test_a_row_marked_for_deletion_is_a_row_that_went() -> None:
    assert refused(row(1, change_mark="2")) == [("/goods", "rows_fixed")]


def test_many_removed_rows_are_named_in_part() -> None:
    old = approved()
    old["goods"] = [{**old["goods"][0], "line_no": n} for n in range(1, 21)]
    (found,) = refused_changes(INVENTORY, old, {**old, "goods": old["goods"][:1]})
    assert "缺少商品序号2、商品序号3、商品序号4、商品序号5、商品序号6等19行" in found.message


def _without_book_row(document: Document) -> None:
    document["head"] |= {"book_no": "T3105W000001", "direction": "I"}
    document["goods"][0].pop("book_line_no", None)
    document["goods"][1]["book_line_no"] = 7


UNITS = ("unit", "statutory_unit", "second_statutory_unit")


@pytest.mark.parametrize("name", UNITS)
def test_units_are_open_only_while_customs_has_no_book_row(name: str) -> None:
    assert refused(row(0, **{name: "142"}), before=_without_book_row) == []
    assert refused(row(1, **{name: "142"}), before=_without_book_row) == [
        (f"/goods/1/{name}", "not_changeable")
    ]


@pytest.mark.parametrize("changed", [{"direction": "E"}, {"book_no": "E31050000001"}])
def test_units_are_fixed_in_an_export_and_in_another_book(changed: dict[str, str]) -> None:
    def before(document: Document) -> None:
        _without_book_row(document)
        document["head"] |= changed

    assert refused(row(0, unit="142"), before=before) == [("/goods/0/unit", "not_changeable")]


def test_taking_the_book_row_away_does_not_open_the_units() -> None:
    def edit(document: Document) -> None:
        document["goods"][1].pop("book_line_no")
        document["goods"][1]["unit"] = "142"

    assert refused(edit, before=_without_book_row) == [
        ("/goods/1/book_line_no", "not_changeable"),
        ("/goods/1/unit", "not_changeable"),
    ]


def test_what_receipts_never_tell_may_be_filled_in_where_only_a_receipt_is_known() -> None:
    edit = head(entry_type="1", book_no="T3105W000009")
    old, working = approved(), approved()
    for document in (old, working):
        del document["head"]["entry_type"]
    edit(working)
    working["declaration_rows"] = [{"line_no": 1}]
    codes = [each.pointer for each in refused_changes(INVENTORY, old, working, from_receipt=True)]
    assert codes == ["/head/book_no"]
    codes = [each.pointer for each in refused_changes(INVENTORY, old, working)]
    assert codes == ["/head/book_no", "/head/entry_type", "/declaration_rows/0"]


def test_rows_that_may_come_and_go_pass_under_new_numbers() -> None:
    def edit(document: Document) -> None:
        document["goods"].append({**document["goods"][0], "line_no": 9})
        del document["goods"][1]

    assert refused(edit, ROWS_COME_AND_GO) == []


def test_a_new_row_may_not_reuse_a_number() -> None:
    replaced = row(1, material_no="M-9", change_mark="3")
    assert refused(replaced, ROWS_COME_AND_GO) == [("/goods/1/line_no", "number_reused")]

    def twice(document: Document) -> None:
        document["goods"].append({**document["goods"][0]})

    number = len(approved()["goods"])
    assert refused(twice, ROWS_COME_AND_GO) == [(f"/goods/{number}/line_no", "number_reused")]


def test_a_fixed_field_of_an_old_row_stays_fixed_where_rows_come_and_go() -> None:
    old, working = approved(), approved()
    working["goods"][1]["material_no"] = "M-9"
    (found,) = refused_changes(ROWS_COME_AND_GO, old, working)
    assert (found.pointer, found.code) == ("/goods/1/material_no", "not_changeable")
    assert "以新的序号新增" in found.hint


@pytest.mark.parametrize("name", ["line_no", "book_line_no", "material_mark"])
def test_a_form_s_old_rows_keep_their_numbers(name: str) -> None:
    old: Document = without_removed(BUSINESS_FORM, example(BUSINESS_FORM, "gathered-out"))
    working = copy.deepcopy(old)
    working["goods"][0] |= {name: 99 if name != "material_mark" else "R", "remark": "改"}
    found = refused_changes(BUSINESS_FORM, old, working)
    compared = compare(BUSINESS_FORM, old, working).counts["goods"]
    if name in BUSINESS_FORM.section("goods").row_key:
        # Under another number it is another row: the old one is deleted, a new one added.
        assert (compared.rows_added, compared.rows_removed, found) == (1, 1, ())
    else:
        assert [(each.pointer, each.code) for each in found] == [(f"/goods/0/{name}", "not_changeable")]


def test_a_form_gains_and_loses_rows_and_consumptions() -> None:
    old: Document = without_removed(BUSINESS_FORM, example(BUSINESS_FORM, "outward-processing"))
    working = copy.deepcopy(old)
    del working["consumptions"][0]
    working["goods"].append({**working["goods"][0], "line_no": 90})
    assert refused_changes(BUSINESS_FORM, old, working) == ()
    sent: Document = marked(BUSINESS_FORM, old, working)
    assert [row["change_mark"] for row in sent["goods"]] == ["0"] * len(old["goods"]) + ["3"]
    assert [row["change_mark"] for row in sent["consumptions"]] == ["0"] * (len(old["consumptions"]) - 1) + [
        "2"
    ]
    assert check(BUSINESS_FORM, sent, Profile.DECLARE).problems == ()


def marks(document: Any) -> list[tuple[int, str]]:
    return [(each["line_no"], each["change_mark"]) for each in document["goods"]]


def test_each_row_is_marked_by_what_became_of_it() -> None:
    old = approved()
    old["goods"] = [{**old["goods"][0], "line_no": n} for n in range(1, 5)]
    working = copy.deepcopy(old)
    working["goods"][1]["quantity"] = "5"
    working["goods"][3]["quantity"] += ".00"
    assert marks(marked(INVENTORY, old, working)) == [(1, "0"), (2, "1"), (3, "0"), (4, "0")]
    del working["goods"][2]
    working["goods"].insert(0, {**old["goods"][0], "line_no": 9})
    sent: Document = marked(ROWS_COME_AND_GO, old, working)
    assert marks(sent) == [(9, "3"), (1, "0"), (2, "1"), (4, "0"), (3, "2")]
    assert sent["goods"][4] == {**old["goods"][2], "change_mark": "2"}
    assert list(sent["goods"][0]) == [n for n in INVENTORY.section("goods").fields if n in sent["goods"][0]]
    assert sent["head"] == working["head"]


def test_once_approved_the_change_is_the_working_copy_without_marks() -> None:
    old, working = approved(), approved()
    del working["goods"][0]
    working["goods"].append({**old["goods"][0], "line_no": 9, "change_mark": "3"})
    valid = without_removed(ROWS_COME_AND_GO, marked(ROWS_COME_AND_GO, old, working))
    assert compare(INVENTORY, working, valid).same
    assert {mark for _, mark in marks(valid)} == {"0"}


def test_a_row_the_clerk_marked_for_deletion_is_sent_as_deleted_once() -> None:
    old, working = approved(), approved()
    working["goods"][0]["change_mark"] = "2"
    working["goods"][0]["quantity"] = "77"
    sent: Document = marked(ROWS_COME_AND_GO, old, working)
    assert [mark for _, mark in marks(sent)] == ["0"] * (len(old["goods"]) - 1) + ["2"]
    assert sent["goods"][-1] == {**old["goods"][0], "change_mark": "2"}


def test_inputs_are_left_as_they_are() -> None:
    old, working = approved(), approved()
    working["goods"][0]["quantity"] = "5"
    before = copy.deepcopy((old, working))
    marked(INVENTORY, old, working)
    without_removed(INVENTORY, working)
    refused_changes(INVENTORY, old, working)
    assert (old, working) == before
