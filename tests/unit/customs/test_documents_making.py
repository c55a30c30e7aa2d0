"""What one document takes of another, and what is carried over where the whole platform is not needed to show it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from customs.documents import KINDS
from customs.documents.balances import User, balances, most_of
from customs.documents.gate_pass.making import FROM_BILL, FROM_INVENTORY
from customs.documents.inventory.making import GATHERING
from customs.documents.making import MakingRefusedError, Origin, Taken, Use
from customs.documents.stock_bill.making import FROM_FORM

FORM, BILL = KINDS["business_form"], KINDS["stock_bill"]


def form_row(line_no: int, mark: str = "I", **more: Any) -> dict[str, Any]:
    return {"line_no": line_no, "material_mark": mark, "quantity": "10", "unit_price": "3", **more}


def form(*rows: dict[str, Any], **head: Any) -> dict[str, Any]:
    return {"head": {"direction": "E", **head}, "goods": list(rows)}


def only_row(document: Mapping[str, Any]) -> dict[str, Any]:
    (row,) = document["goods"]
    assert isinstance(row, dict)
    return row


def numbers(*values: Decimal | None) -> list[int | None]:
    return [None if value is None else int(value) for value in values]


def whole(document: dict[str, Any], number: str = "N1") -> Origin:
    rows = [Taken(row, Decimal(row["quantity"])) for row in document["goods"]]
    return Origin(number, document, rows, True)


def test_every_making_names_kinds_and_states_that_exist() -> None:
    for target in KINDS.values():
        for making in target.made_from:
            source = KINDS[making.source]
            assert making.usable <= source.life.states.keys()
            assert making.passed <= target.life.states.keys()
            assert set(making.common) <= source.section("head").fields.keys()


def test_rows_of_different_marks_do_not_go_into_one_bill() -> None:
    mixed = form(form_row(1), form_row(2, "E"))
    with pytest.raises(MakingRefusedError):
        FROM_FORM.make([whole(mixed)])
    only = Origin("N1", mixed, [Taken(mixed["goods"][1], Decimal("2.5"))], False)
    document = FROM_FORM.make([only]).document
    assert document["head"] == {"direction": "E", "business_form_no": "N1", "material_mark": "E"}
    row = only_row(document)
    assert (row["form_line_no"], row["quantity"], row["total_price"]) == (2, "2.5", "7.5")


def test_what_a_form_does_not_tell_is_taken_from_other_documents_of_the_same_goods() -> None:
    row = form_row(1, unit="011", statutory_unit="011", second_statutory_unit="035")
    told = {"unit": "011", "second_statutory_unit": "035", "quantity": "4", "second_statutory_quantity": "6"}
    bill_row = {"levy_mode": "1", "origin_country": "116"}
    inventory_row = {"origin_country": "502", **told}
    origin = Origin("N1", form(row), [Taken(row, Decimal(10))], True, {("I", 1): [bill_row, inventory_row]})
    made = only_row(FROM_FORM.make([origin]).document)
    assert (made["origin_country"], made["levy_mode"], made["destination_country"]) == ("116", "1", "142")
    assert (made["statutory_quantity"], made["second_statutory_quantity"]) == ("10", "15")


def test_what_enters_the_area_is_exempt_and_nothing_else_is_guessed() -> None:
    into = only_row(FROM_FORM.make([whole(form(form_row(1), direction="I"))]).document)
    out_of = only_row(FROM_FORM.make([whole(form(form_row(1)))]).document)
    assert (into["levy_mode"], into["destination_country"]) == ("3", "142")
    assert "levy_mode" not in out_of and "origin_country" not in out_of


def test_a_bill_takes_of_the_rows_of_its_own_mark() -> None:
    source = form(form_row(1), form_row(1, "E"), form_row(2))
    bill = {
        "head": {"business_form_no": "N1", "material_mark": "E"},
        "goods": [{"form_line_no": 1, "quantity": "4"}],
    }
    assert FROM_FORM.uses(bill, "N1", source) == Use({("E", 1): Decimal(4)})
    assert not FROM_FORM.uses(bill, "N2", source)
    del bill["head"]["material_mark"]  # type: ignore[attr-defined]
    assert FROM_FORM.uses(bill, "N1", source).rows.keys() == {("I", 1), ("E", 1)}


def test_rows_that_name_one_line_twice_are_added_up() -> None:
    bill = {
        "head": {"business_form_no": "N1"},
        "goods": [
            {"form_line_no": 1, "quantity": "4"},
            {"form_line_no": 1, "quantity": "0.5"},
            {"form_line_no": 9},
        ],
    }
    assert FROM_FORM.uses(bill, "N1", form(form_row(1))) == Use({("I", 1): Decimal("4.5")})


def test_a_balance_counts_drafts_apart_and_never_goes_below_nothing() -> None:
    key = ("I", 1)
    users = [
        User(Use({key: Decimal(4)}), "draft"),
        User(Use({key: Decimal(3)}), "declared"),
        User(Use({key: Decimal(2)}), "approved", Use({key: Decimal(1)})),
    ]
    first, second = balances(FORM, form(form_row(1), form_row(2)), users)
    assert numbers(first.held, first.approved, first.passed, first.drafted) == [5, 2, 1, 4]
    assert numbers(first.remaining, second.remaining) == [5, 10]
    (all_gone,) = balances(FORM, form(form_row(1)), [*users, User(Use(whole=True), "approved")])
    assert numbers(all_gone.held, all_gone.remaining) == [15, 0]
    (unknown,) = balances(FORM, form({"line_no": 1}), users)
    assert unknown.remaining is None


def test_a_change_holds_the_more_of_what_is_valid_and_what_was_sent() -> None:
    def of(**quantities: str) -> dict[str, Any]:
        rows = [{"line_no": int(name[1:]), "quantity": value} for name, value in quantities.items()]
        return {"head": {}, "goods": rows}

    counted = most_of(BILL, of(n1="5", n2="5", n3="5"), of(n1="7", n2="3", n4="1"))
    assert counted["goods"] == of(n1="7", n2="5", n3="5", n4="1")["goods"]


def test_a_part_of_a_row_weighs_its_part() -> None:
    row = {"quantity": "3", "gross_weight": "10", "net_weight": "9.9"}
    assert Taken(row, Decimal(1)).share("gross_weight") == "3.33333"
    assert Taken(row, Decimal(3)).share("net_weight") == "9.9"
    assert Taken({"quantity": "3"}, Decimal(1)).share("gross_weight") is None


def bill(number: int, **row: Any) -> dict[str, Any]:
    return {
        "head": {"direction": "E", "area_code": "3105W60ABC", "area_book_no": "T3105W000001"},
        "goods": [{"line_no": 1, "quantity": "3", "unit_price": "0.333", "total_price": "1.00", **row}],
    }


def test_the_price_of_gathered_rows_is_kept_where_it_still_fits() -> None:
    def priced(*bills: dict[str, Any]) -> object:
        made = GATHERING.make([whole(each, f"N{n}") for n, each in enumerate(bills)])
        return only_row(made.document)["unit_price"]

    assert priced(bill(1)) == "0.333"
    # 6 × 0.333 = 1.998, which is 2.00.
    assert priced(bill(1), bill(2)) == "0.333"
    assert priced(bill(1), bill(2, unit_price="0.5", total_price="1.50")) == "0.4167"
    four = [bill(n) for n in range(4)]
    # 12 × 0.333 = 3.996, which is 4.00; 120 × 0.333 = 39.96, which is not 40.00.
    assert priced(*four) == "0.333"
    assert priced(*[bill(n) for n in range(40)]) == "0.3333"


def test_a_pass_takes_a_linked_document_whole_unless_it_is_one_of_many_trucks() -> None:
    linked = [{"linked_type": "2", "bill_no": "N1"}]
    source = bill(1)
    single = {"head": {"bind_type": "2"}, "linked_documents": linked, "goods": []}
    assert FROM_BILL.uses(single, "N1", source) == Use(whole=True)
    # A number of another kind of document is not this one.
    assert not FROM_INVENTORY.uses(single, "N1", source) and not FROM_BILL.uses(single, "N2", source)
    shared = {**single, "head": {"bind_type": "3"}, "goods": [{"related_line_no": 1, "quantity": "2"}]}
    assert FROM_BILL.uses(shared, "N1", source) == Use({(1,): Decimal(2)})


@pytest.mark.parametrize(
    ("country", "inventory_type", "expected"), [("142", "0", "3"), ("502", "0", "2"), ("502", "3", "1")]
)
def test_which_pass_a_list_gets(country: str, inventory_type: str, expected: str) -> None:
    source = {"head": {"shipment_country": country, "inventory_type": inventory_type}, "goods": []}
    head = FROM_INVENTORY.make([whole(source)]).document["head"]
    assert isinstance(head, dict)
    assert head["gate_pass_type"] == expected


def test_what_customs_knows_as_gathered_is_not_gathered_again() -> None:
    assert GATHERING.why_not is not None and FROM_FORM.why_not is not None
    head = {"head": {"business_type": "A"}}
    assert GATHERING.why_not(head, {}, "20260101") is None
    assert GATHERING.why_not(head, {"gathered_mark": "2"}, "20260101") == "该出入库单已集报"
    assert "分送集报" in str(GATHERING.why_not({"head": {"business_type": "B"}}, {}, "20260101"))
    valid = {"head": {"valid_until": "20260131"}}
    assert FROM_FORM.why_not(valid, {}, "20260131") is None
    assert FROM_FORM.why_not(valid, {}, "20260201") is not None
