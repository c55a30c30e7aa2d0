"""What the law lets be done with an approved document, kind by kind, as data says it."""

from __future__ import annotations

from typing import Any

import pytest

from customs.documents import KINDS, Kind
from customs.documents.gate_pass import GATE_PASS
from customs.documents.inventory import INVENTORY
from customs.documents.life import FILED, Purpose
from customs.documents.stock_bill import STOCK_BILL

CHANGE, CANCELLATION, CLOSURE = Purpose.CHANGE, Purpose.CANCELLATION, Purpose.CLOSURE


@pytest.mark.parametrize(
    ("name", "purposes"),
    [
        ("inventory", {CHANGE: "2", CANCELLATION: "3"}),
        ("business_form", {CHANGE: "2", CLOSURE: "3"}),
        ("stock_bill", {CHANGE: "2", CANCELLATION: "3"}),
        ("gate_pass", {CANCELLATION: "3"}),
        ("two_step_pass", {}),
    ],
)
def test_each_kind_has_the_rounds_the_law_has(name: str, purposes: dict[Purpose, str]) -> None:
    assert {p: r.declaration_type for p, r in KINDS[name].life.rounds.items()} == purposes


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_round_is_opened_only_in_a_state_after_the_approval_that_does_not_end_the_document(
    kind: Kind,
) -> None:
    until_approval = {"draft", "stored", "sending", "failed", "accepted", "registered", "unknown", "returned"}
    for purpose, each in kind.life.rounds.items():
        assert each.declaration_type != FILED
        assert each.purpose is purpose
        assert each.from_states
        assert not each.from_states & until_approval
        assert not any(kind.life.states[state].terminal for state in each.from_states)
        if purpose is not CHANGE:
            assert each.granted is not None
            assert kind.life.states[each.granted].terminal
    if CHANGE in kind.life.rounds:
        assert any(spec.changeable for _, spec in kind.fields()), "a change of nothing"


def test_a_gate_pass_is_only_voided_and_only_before_the_gate() -> None:
    (voiding,) = GATE_PASS.life.rounds.values()
    assert voiding.purpose is CANCELLATION
    assert voiding.from_states == {"approved", "not_passed"}
    assert voiding.granted == "voided"
    assert not any(spec.changeable for _, spec in GATE_PASS.fields())


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({}, None),
        ({"gathered_mark": "1", "gate_pass_status": "1", "pass_mark": "1"}, None),
        ({"gathered_mark": "2"}, "归集"),
        ({"related_inventory_no": "QD310526I000000001"}, "归集"),
        ({"gate_pass_status": "2"}, "核放单"),
        ({"gate_pass_status": "3"}, "核放单"),
    ],
)
def test_a_used_bill_is_not_voided(told: dict[str, Any], word: str | None) -> None:
    why = STOCK_BILL.life.lawful(CANCELLATION, told)
    assert why is None if word is None else word in (why or "")
    assert STOCK_BILL.life.lawful(CHANGE, told) is None


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"clearance_flag": "2", "entry_no": "310520260000000001"}, "非报关"),
        ({"clearance_flag": "1"}, "尚未申报"),
        ({"clearance_flag": "1", "entry_no": "310520260000000001"}, None),
        ({"clearance_flag": "1", "related_entry_no": "310520260000000001"}, None),
        ({"clearance_flag": "1", "entry_status": "0"}, None),
    ],
)
def test_an_inventory_is_changed_only_once_its_entry_is_declared(
    told: dict[str, Any], word: str | None
) -> None:
    why = INVENTORY.life.lawful(CHANGE, told)
    assert why is None if word is None else word in (why or "")
    assert INVENTORY.life.lawful(CANCELLATION, told) is None
