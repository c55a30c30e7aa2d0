"""Completing a document from master data: pure decisions."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contracts.answers.master import Completed, Filled
from customs.codes import table
from customs.codes.editions import is_old, note_of, year_of
from customs.codes.loader import place, withdraw
from customs.documents import KINDS, Party
from customs.master.filling import Known, Sources, StatutoryUnits, complete, wanted

TODAY = date(2026, 3, 1)
FIRM = Known(
    "c1",
    "示例保税物流有限公司",
    {"name": "示例保税物流有限公司", "customs_code": "3105W60ABC", "uscc": "91310000MA1FL0000N"},
)
ARTICLE = Known(
    "g1",
    "硬盘驱动器",
    {
        "material_no": "M1",
        "hs_code": "8471701000",
        "name": "硬盘驱动器",
        "elements": "4|3|存储",
        "unit": "001",
        "currency": "502",
        "unit_price": "12.5",
        "second_statutory_unit": "036",
    },
)
TRUCK = Known("t1", "沪A00001", {"vehicle_no": "沪A00001", "vehicle_weight": "8000", "remark": "夜班"})
UNITS = {
    "8471701000": StatutoryUnits("8471701000", "硬盘驱动器", "001", "035"),
    "3901100001": StatutoryUnits("3901100001", "聚乙烯", "035", None),
}
SOURCES: dict[str, Any] = {
    "companies": {"3105W60ABC": FIRM, "91310000MA1FL0000N": FIRM, FIRM.label: FIRM},
    "goods": {"M1": ARTICLE},
    "trucks": {"沪A00001": TRUCK},
    "hs": UNITS.get,
    "hs_label": "商品编码表",
    "hs_edition": "2025",
}


def done(kind: str, document: dict[str, Any], **sources: Any) -> Completed:
    before = deepcopy(document)
    completed = complete(KINDS[kind], document, Sources(**{**SOURCES, **sources}), TODAY)
    assert document == before, "what was given is left alone"
    return completed


def looked_up(completed: Completed) -> list[Filled]:
    """What came from somewhere, not by the rules of the entry page."""
    return [each for each in completed.filled if each.source.id != "entry_page"]


def head_of(kind: str, typed: dict[str, str]) -> dict[str, Any]:
    """The head without what the entry page itself fills in."""
    head = done(kind, {"head": typed}).document["head"]
    return {name: value for name, value in head.items() if name not in ("declaration_type", "input_date")}


@pytest.mark.parametrize(
    "typed", [{"area_code": "3105W60ABC"}, {"area_uscc": "91310000MA1FL0000N"}, {"area_name": FIRM.label}]
)
def test_one_of_the_three_codes_brings_the_others(typed: dict[str, str]) -> None:
    head = head_of("gate_pass", typed)
    assert head == {
        "area_code": "3105W60ABC",
        "area_uscc": "91310000MA1FL0000N",
        "area_name": "示例保税物流有限公司",
    }


def test_a_party_whose_codes_contradict_the_record_is_left_alone() -> None:
    typed = {"area_name": FIRM.label, "area_code": "3105W60XYZ"}
    assert head_of("gate_pass", typed) == typed


def test_the_plate_brings_the_vehicle_but_not_the_remark_on_it() -> None:
    head = head_of("gate_pass", {"vehicle_no": "沪A00001"})
    assert head == {"vehicle_no": "沪A00001", "vehicle_weight": "8000"}


def test_what_was_typed_is_never_touched() -> None:
    row = {"material_no": "M1", "name": "另一个名称", "unit": "035", "statutory_unit": "007"}
    (filled,) = done("inventory", {"goods": [row]}).document["goods"]
    assert {name: filled[name] for name in row} == row


def test_what_follows_the_goods_code_is_not_taken_from_another_one() -> None:
    row = {"material_no": "M1", "hs_code": "3901100001", "currency": "142"}
    (filled,) = done("inventory", {"goods": [row]}).document["goods"]
    assert "specification" not in filled and "unit_price" not in filled
    assert (filled["statutory_unit"], "second_statutory_unit" in filled) == ("035", False)


def test_the_second_unit_a_clerk_kept_stands_before_the_tariffs() -> None:
    completed = done("inventory", {"goods": [{"material_no": "M1"}]})
    (row,) = completed.document["goods"]
    assert (row["second_statutory_unit"], row["specification"]) == ("036", "4|3|存储")
    sources = {each.pointer: each.source.type for each in completed.filled}
    assert sources["/goods/0/second_statutory_unit"] == "goods"
    assert sources["/goods/0/statutory_unit"] == "hs_code"


def test_quantities_in_the_same_unit_are_copied_and_others_asked_for() -> None:
    row = {"hs_code": "8471701000", "unit": "001", "quantity": "3"}
    completed = done("inventory", {"goods": [row]})
    assert completed.document["goods"][0]["statutory_quantity"] == "3"
    assert [each.pointer for each in completed.prompts] == ["/goods/0/second_statutory_quantity"]
    assert "千克" in completed.prompts[0].message


def test_a_code_that_has_ended_is_not_filled_in_again() -> None:
    units = table("units")
    place("units", "2026", date(2026, 1, 1), [replace(units.rows["011"], valid_until=date(2025, 12, 31))])
    try:
        earlier = Known("1", "B-1", {"name": "示例品", "unit": "011", "currency": "502"})
        completed = done("inventory", {"goods": [{"material_no": "M-1"}]}, learnt={"M-1": [earlier]})
    finally:
        withdraw()
    (row,) = completed.document["goods"]
    assert (row["name"], row["currency"]) == ("示例品", "502") and "unit" not in row
    assert completed.notes == ["「申报计量单位」的代码[011]（件）有效至2025-12-31，没有填入"]


def test_an_old_table_says_its_edition_and_an_unknown_code_is_told() -> None:
    completed = done("inventory", {"goods": [{"hs_code": "8471701000"}, {"hs_code": "0000000000"}]})
    assert {each.source.edition for each in looked_up(completed)} == {"2025"}
    assert completed.notes == ["商品编码表为2025版，早于2026年，请核对后使用"]
    assert any("不在商品编码表（2025版）中" in each.message for each in completed.prompts)
    untouched = done("inventory", {"goods": [{"hs_code": "8471701000"}]}, hs_edition=None)
    assert (looked_up(untouched), untouched.notes) == ([], [])
    current = done("inventory", {"goods": [{"hs_code": "8471701000"}]}, hs_edition="2026")
    assert (current.notes, current.filled[0].source.edition) == ([], None)


def test_a_template_completes_head_and_rows_and_what_it_names_is_completed_too() -> None:
    content = {
        "head": {"area_code": "3105W60ABC", "direction": "I", "customs_no": "X"},
        "goods": [{"line_no": 1}],
    }
    template = Known("m1", "模板", content)
    completed = done("gate_pass", {"head": {"direction": "E"}}, template=template)
    head = completed.document["head"]
    assert (head["direction"], head["area_name"], "customs_no" in head) == ("E", FIRM.label, False)
    assert completed.document["goods"] == [{"line_no": 1}]
    kept = done("gate_pass", {"goods": [{"line_no": 7}]}, template=template)
    assert kept.document["goods"] == [{"line_no": 7}]


def test_odd_shapes_are_passed_on_for_the_check_to_refuse() -> None:
    row = {"material_no": 5, "hs_code": [], "quantity": 3, "unit_price": "1e999"}
    odd: dict[str, Any] = {"head": None, "goods": [None, 3, row], "x": 1}
    assert done("inventory", odd).document == odd
    numbered = {**row, "line_no": 3, "change_mark": "3"}
    assert done("inventory", {"goods": [None, 3, row]}).document["goods"] == [None, 3, numbered]


def test_what_has_one_right_value_is_filled_and_says_why() -> None:
    party = Party("示例报关行", "3105980001", "91310000MA1FL0000N")
    rows = [{"quantity": "3", "unit_price": "12.5"}, {"quantity": "3", "unit_price": "2", "total_price": "7"}]
    document = {"head": {"direction": "I"}, "goods": rows}
    completed = done("stock_bill", document, enterprise=Known("e1", party.name, {"party": party}))
    head, (first, second) = completed.document["head"], completed.document["goods"]
    assert (head["declaration_type"], head["input_date"]) == ("1", "20260301")
    assert (head["declaring_code"], head["declaring_uscc"], head["input_name"]) == (
        party.customs_code,
        party.uscc,
        party.name,
    )
    assert first == {**rows[0], "line_no": 1, "change_mark": "3", "total_price": "37.5", "levy_mode": "3"}
    assert second["total_price"] == "7", "what was typed"
    sources = {each.pointer: (each.source.type, each.source.label) for each in completed.filled}
    assert sources["/head/declaring_code"] == ("enterprise", "示例报关行")
    assert sources["/head/declaration_type"] == ("rule", "与单一窗口录入页面相同")
    assert sources["/goods/0/total_price"] == ("document", "表体第1行「申报数量」×表体第1行「单价」")
    assert sources["/goods/0/levy_mode"] == ("rule", "进区的保税货物为全免")


def test_what_leaves_the_area_and_a_declarant_nobody_names_are_left_open() -> None:
    completed = done("stock_bill", {"head": {"direction": "E"}, "goods": [{"quantity": "3"}]})
    assert completed.document["goods"] == [{"quantity": "3", "line_no": 1, "change_mark": "3"}]
    assert "declaring_code" not in completed.document["head"]


def test_what_is_looked_up_is_what_the_document_names() -> None:
    document = {
        "head": {"area_code": "A", "area_name": "乙", "vehicle_no": "沪A"},
        "goods": [{"material_no": "M"}, {"material_no": ""}],
    }
    asked = wanted(KINDS["gate_pass"], document)
    assert [set(each) for each in (asked.companies, asked.material_nos, asked.plates)] == [
        {"A", "乙"},
        {"M"},
        {"沪A"},
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_filled(kind: str) -> None:
    empty: dict[str, Any] = {s.name: [{}] if s.many else {} for s in KINDS[kind].sections}
    assert looked_up(done(kind, empty)) == []


@pytest.mark.parametrize(
    ("edition", "year", "old"),
    [("2018-2020", 2020, True), ("2026", 2026, False), ("2026年1月", 2026, False), ("试行", None, True)],
)
def test_the_age_of_an_edition(edition: str, year: int | None, old: bool) -> None:
    assert (year_of(edition), is_old(edition, TODAY)) == (year, old)
    assert (note_of("表", edition, TODAY) is not None) == old
