"""A 核放单 against the documents it links and the registered vehicle: what is refused, what is only questioned."""

from __future__ import annotations

from typing import Any

import pytest

from customs.documents.findings import Findings
from customs.documents.gate_pass import GATE_PASS
from customs.documents.gate_pass.leaning import LEANING
from customs.documents.leaning import Known, Lean
from tests.support.breaking import Change, Document, Places, both, checked, head, row

INVENTORY_NO = "QD310526I000000123"
PLATE = "浙B12345"
LINKED, LINKED_AT = "linked_documents", "/linked_documents/0/bill_no"


def changed(name: str, *changes: Change) -> Document:
    """The sample with these changes in normal form, as entry holds it against others."""
    return checked(GATE_PASS, name, both(*changes)).document


def inventory(**told: Any) -> dict[str, Any]:
    """An approved 核注清单 of 100 and 50, going in."""
    rows = [{"line_no": 1, "quantity": "100"}, {"line_no": 2, "quantity": "50"}]
    return {"state": "pre_deducted", "direction": "I", "goods": rows, "others": [], **told}


def found(gate_pass: Document, **told: Any) -> tuple[Places, Places]:
    """Problems and warnings; `told` is the 核注清单 as it is known."""
    facts = inventory(**told)
    known = [
        Known(
            lean,
            facts["state"],
            "状态",
            {"head": {"direction": facts["direction"]}, "goods": facts["goods"]},
            facts["others"],
        )
        for lean in LEANING.leans(gate_pass)
        if lean.kind == "inventory"
    ]
    assert known
    return judged(gate_pass, known)


def judged(gate_pass: Document, known: list[Known]) -> tuple[Places, Places]:
    findings = Findings(GATE_PASS)
    LEANING.check(gate_pass, known, findings)
    return (
        {(each.pointer, each.code) for each in findings.problems()},
        {(each.pointer, each.code) for each in findings.warnings()},
    )


def test_it_leans_on_what_it_links_and_on_the_vehicle() -> None:
    assert [*LEANING.leans(changed("many-trucks"))] == [
        Lean("vehicle", PLATE, "head", None, "vehicle_no", by="handle"),
        Lean("inventory", INVENTORY_NO, LINKED, 0, "bill_no"),
    ]
    assert [lean.kind for lean in LEANING.leans(changed("stock-bill"))] == ["vehicle", "stock_bill"]
    # A 提运单 is no document of ours.
    assert [lean.kind for lean in LEANING.leans(changed("bill-of-lading"))] == ["vehicle"]
    assert [lean.kind for lean in LEANING.leans(changed("empty-truck"))] == ["vehicle"]


def test_a_document_that_is_approved_and_goes_the_same_way_may_pass() -> None:
    assert found(changed("one-bill")) == (set(), set())
    assert found(changed("many-trucks")) == (set(), set())


@pytest.mark.parametrize("state", ["deleted", "voided", "concluded"])
def test_a_document_that_has_ended_may_not(state: str) -> None:
    assert found(changed("one-bill"), state=state) == ({(LINKED_AT, "unfit_value")}, set())


def test_nor_one_of_the_other_direction() -> None:
    assert found(changed("one-bill"), direction="E") == ({(LINKED_AT, "unfit_value")}, set())


def test_a_second_pass_is_questioned_unless_it_is_of_many_trucks() -> None:
    assert found(changed("one-bill"), others=[changed("one-bill")]) == (set(), {(LINKED_AT, "unusual")})
    half = [row(0, quantity="50"), row(1, quantity="25")]
    assert found(changed("many-trucks", *half), others=[changed("many-trucks", *half)]) == (set(), set())


def test_all_trucks_together_carry_no_more_than_there_is() -> None:
    first = changed("many-trucks", row(0, quantity="0.00001"), row(1, quantity="1"))
    assert found(changed("many-trucks"), others=[first])[0] == {
        ("/goods/0/quantity", "unfit_value"),
        ("/goods/1/quantity", "unfit_value"),
    }
    twice = changed("many-trucks", row(1, related_line_no=1, quantity="1"))
    assert found(twice)[0] == {("/goods/1/quantity", "unfit_value")}


def test_a_line_that_is_not_there_is_questioned() -> None:
    strange = changed("many-trucks", row(1, related_line_no=9))
    assert found(strange) == (set(), {("/goods/1/related_line_no", "unusual")})


def test_weight_and_card_other_than_registered_are_questioned() -> None:
    gate_pass = changed("empty-truck", head(vehicle_ic_no="IC-1"))
    [lean] = LEANING.leans(gate_pass)

    def as_registered(**facts: str) -> tuple[Places, Places]:
        return judged(gate_pass, [Known(lean, "approved", "已备案", {"head": facts}, [])])

    assert as_registered(vehicle_weight="7500", vehicle_ic_no="IC-1") == (set(), set())
    assert as_registered(vehicle_weight="8000", vehicle_ic_no="IC-2") == (
        set(),
        {("/head/vehicle_weight", "unusual"), ("/head/vehicle_ic_no", "unusual")},
    )
