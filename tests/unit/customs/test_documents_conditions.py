"""Conditions as data say what the check does, and read as a clerk speaks; the page runs the same cases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from customs.documents import KINDS, Kind, Profile, check
from customs.documents.conditions import all_, any_, as_json, filled, holds, in_section, is_, like, not_
from customs.documents.findings import pointer_of
from customs.documents.sections import Section
from tools.portal_vectors import PATH, assignments, split, text
from tools.tree import ROOT

NEEDED = [
    pytest.param(kind, kind.section(section), name, id=f"{kind.name}.{section}.{name}")
    for kind in KINDS.values()
    for rule in kind.rules
    for section, name in rule.needs
]


@pytest.mark.parametrize(("kind", "section", "name"), NEEDED)
def test_the_check_asks_for_a_field_exactly_while_its_condition_holds(
    kind: Kind, section: Section, name: str
) -> None:
    spec = section.fields[name]
    assert spec.needed_if is not None
    for given in assignments(spec.needed_if):
        row, head = split(given)
        row.pop(name, None)
        document: dict[str, Any] = {"head": head, section.name: [row]} if section.many else {"head": row}
        found = check(kind, document, Profile.DECLARE, system_fields="keep")
        # Values that do not fit are dropped before rules are asked, so the condition is put to what is left.
        clean_head = found.document["head"]
        clean = found.document[section.name]
        clean_row = clean[0] if isinstance(clean, list) else clean
        assert isinstance(clean_head, dict) and isinstance(clean_row, dict)
        pointer = pointer_of(section, 0 if section.many else None, name)
        asked = any(p.pointer == pointer and p.code == "required_when" for p in found.problems)
        assert asked == holds(spec.needed_if, section.name, clean_row, clean_head), (given, pointer)


def test_a_field_that_is_needed_sometimes_has_a_rule_that_asks_for_it() -> None:
    for kind in KINDS.values():
        asked = {need for rule in kind.rules for need in rule.needs}
        for section, spec in kind.fields():
            # Rows of 料件 are of the goods' class; their 单耗版本号 is asked of goods alone.
            if spec.needed_if and (section.name, spec.name) != ("second_goods", "consumption_version"):
                assert (section.name, spec.name) in asked or any(
                    f.field == spec.name for rule in kind.rules for f in rule.forces
                ), (kind.name, section.name, spec.name)


def test_what_a_condition_says() -> None:
    inventory = KINDS["inventory"]
    head, goods = inventory.section("head"), inventory.section("goods")
    assert inventory.words_of(head, is_("clearance_flag", "1")) == "报关标志为1（报关）"
    assert inventory.words_of(head, not_(is_("clearance_flag", "1"))) == "报关标志不为1（报关）"
    assert (
        inventory.words_of(head, all_(filled("book_no"), like("book_no", "E", "以E开头")))
        == "手(账)册编号以E开头"
    )
    both = any_(filled("remark"), not_(filled("book_no")))
    assert inventory.words_of(head, both) == "填写了备注或未填写手(账)册编号"
    assert inventory.words_of(head, not_(both)) == "未填写备注，且填写了手(账)册编号"
    assert (
        inventory.words_of(goods, all_(in_section("goods"), is_("head.direction", "I")))
        == "进出口标记为I（进口）"
    )


def test_absent_fulfils_nothing() -> None:
    for condition in (is_("a", "1"), like("a", ".*", ""), filled("a")):
        assert not holds(condition, "head", {}, {})
        assert not holds(condition, "head", {"a": ""}, {})
        assert holds(not_(condition), "head", {}, {})


def test_a_condition_is_an_array_in_json() -> None:
    condition = all_(filled("head.book_no"), not_(is_("direction", "I", "E")), in_section("goods"))
    assert as_json(condition) == [
        "all",
        ["filled", "head.book_no"],
        ["not", ["is", "direction", "I", "E"]],
        ["section", "goods"],
    ]


def test_the_page_is_tested_with_the_cases_of_today() -> None:
    assert (ROOT / PATH).read_text(encoding="utf-8") == text()
    assert {case["holds"] for case in json.loads(text())["conditions"]} == {True, False}
