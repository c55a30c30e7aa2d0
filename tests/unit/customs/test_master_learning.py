"""What a declared document teaches about its goods: pure decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from customs.documents import KINDS
from customs.master.learning import FIELDS, Lesson, lesson_of, principal_of, standing_of

EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples"
ROW = {"material_no": "M1", "hs_code": "8471701000", "name": "硬盘驱动器", "unit_price": "1"}


def sample(kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / kind / f"{name}.json").read_text(encoding="utf-8"))
    return found


def lesson(*rows: Any, head: Any = None) -> Lesson:
    document = {"head": head or {"operating_code": "3105W60ABC"}, "goods": list(rows)}
    return lesson_of(KINDS["inventory"], document)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("inventory", "import"), ("stock_bill", "out"), ("business_form", "gathered-out")],
)
def test_goods_of_every_kind_that_describes_them_are_learnt(kind: str, name: str) -> None:
    document = sample(kind, name)
    found = lesson_of(KINDS[kind], document)
    assert found.principal == principal_of(KINDS[kind], document) != ""
    materials = {row["material_no"] for row in document["goods"] if row.get("material_no")}
    assert set(found.goods) == materials
    for kept in found.goods.values():
        assert kept.keys() <= set(FIELDS)
        assert kept["specification"] and kept["unit_price"]


@pytest.mark.parametrize("kind", ["gate_pass", "vehicle", "two_step_pass"])
def test_documents_that_only_name_goods_teach_nothing(kind: str) -> None:
    rows = [{**ROW, "specification": "1|2"}]
    whole = {section.name: rows if section.many else {} for section in KINDS[kind].sections}
    assert lesson_of(KINDS[kind], whole).goods == {}


def test_of_several_rows_the_last_counts_and_what_is_empty_is_not_learnt() -> None:
    found = lesson(ROW, {**ROW, "unit_price": "2", "specification": ""}, {"material_no": "M2"}, "text", {})
    assert dict(found.goods) == {
        "M1": {"hs_code": "8471701000", "name": "硬盘驱动器", "unit_price": "2"},
    }


@pytest.mark.parametrize("head", [None, "text", {}, {"operating_code": 7}])
def test_a_document_that_names_no_firm_is_nobodys(head: Any) -> None:
    assert principal_of(KINDS["inventory"], {"head": head}) == ""
    assert principal_of(KINDS["vehicle"], {"head": {"owner_code": "3105W60ABC"}}) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_only_customs_answers_settle_what_a_sending_was_worth(kind: str) -> None:
    judged = {state: standing_of(KINDS[kind], state) for state in KINDS[kind].life.states}
    assert judged.pop("returned") == "returned"
    settled = {state for state, standing in judged.items() if standing == "approved"}
    assert settled
    assert not settled & {"draft", "stored", "sending", "failed", "accepted", "registered", "manual_review"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_firm_a_document_is_declared_for_has_both_codes(kind: str) -> None:
    prefix = KINDS[kind].principal
    if prefix is None:
        assert kind == "vehicle", "whose 委托 is needed must be said"
        return
    assert KINDS[kind].section("head").fields.keys() >= {f"{prefix}_code", f"{prefix}_uscc", f"{prefix}_name"}
