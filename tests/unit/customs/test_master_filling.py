"""Completing a document from master data: pure decisions."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from customs.codes import table
from customs.codes.editions import is_old, note_of, year_of
from customs.codes.loader import place, withdraw
from customs.documents import KINDS
from customs.master.filling import Completed, Known, Sources, StatutoryUnits, complete, wanted

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


@pytest.mark.parametrize(
    "typed", [{"area_code": "3105W60ABC"}, {"area_uscc": "91310000MA1FL0000N"}, {"area_name": FIRM.label}]
)
def test_one_of_the_three_codes_brings_the_others(typed: dict[str, str]) -> None:
    head = done("gate_pass", {"head": typed}).document["head"]
    assert head == {
        "area_code": "3105W60ABC",
        "area_uscc": "91310000MA1FL0000N",
        "area_name": "示例保税物流有限公司",
    }


def test_a_party_whose_codes_contradict_the_record_is_left_alone() -> None:
    typed = {"area_name": FIRM.label, "area_code": "3105W60XYZ"}
    assert done("gate_pass", {"head": typed}).document["head"] == typed


def test_the_plate_brings_the_vehicle_but_not_the_remark_on_it() -> None:
    head = done("gate_pass", {"head": {"vehicle_no": "沪A00001"}}).document["head"]
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
    assert {each.source.edition for each in completed.filled} == {"2025"}
    assert completed.notes == ["商品编码表为2025版，早于2026年，请核对后使用"]
    assert any("不在商品编码表（2025版）中" in each.message for each in completed.prompts)
    untouched = done("inventory", {"goods": [{"hs_code": "8471701000"}]}, hs_edition=None)
    assert (untouched.filled, untouched.notes) == ([], [])
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
    odd: dict[str, Any] = {"head": None, "goods": [None, 3, {"material_no": 5, "hs_code": []}], "x": 1}
    assert done("inventory", odd).document == odd


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
    assert done(kind, empty).filled == []


@pytest.mark.parametrize(
    ("edition", "year", "old"),
    [("2018-2020", 2020, True), ("2026", 2026, False), ("2026年1月", 2026, False), ("试行", None, True)],
)
def test_the_age_of_an_edition(edition: str, year: int | None, old: bool) -> None:
    assert (year_of(edition), is_old(edition, TODAY)) == (year, old)
    assert (note_of("表", edition, TODAY) is not None) == old
