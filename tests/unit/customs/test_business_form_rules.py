"""Every rule of the 业务申报表: a document that keeps it passes, the same document broken in one place does not."""

from __future__ import annotations

from datetime import date

import pytest

from customs.documents import Party, Profile, copied
from customs.documents.business_form import BUSINESS_FORM
from customs.documents.business_form.rules import not_expired
from customs.documents.findings import Findings
from customs.documents.normal_form import JsonObject
from tests.support.breaking import Change, both, checked, example, head, row, section

BOTH = (Profile.SAVE, Profile.DECLARE)
DECLARE = (Profile.DECLARE,)
CLOSING = head(declaration_type="3")

# The rule (or "catalogue"), what is broken in which example, under which profiles, and where it must be seen.
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("catalogue", "gathered-out", head(business_type=None), BOTH, "/head/business_type", "required"),
    ("catalogue", "gathered-out", head(direction=None), BOTH, "/head/direction", "required"),
    ("catalogue", "gathered-out", head(internal_no=None), BOTH, "/head/internal_no", "required"),
    ("catalogue", "gathered-out", head(valid_until=None), DECLARE, "/head/valid_until", "required"),
    ("catalogue", "gathered-out", head(applicant=None), DECLARE, "/head/applicant", "required"),
    ("catalogue", "gathered-out", head(area_code=None), DECLARE, "/head/area_code", "required"),
    ("catalogue", "gathered-out", head(material_mark=None), DECLARE, "/head/material_mark", "required"),
    ("catalogue", "gathered-out", head(business_type="I"), BOTH, "/head/business_type", "unknown_code"),
    ("catalogue", "gathered-out", head(declaration_type="4"), BOTH, "/head/declaration_type", "unknown_code"),
    ("catalogue", "gathered-out", head(outside_code="33029"), BOTH, "/head/outside_code", "wrong_length"),
    ("catalogue", "gathered-out", head(valid_until="20260231"), BOTH, "/head/valid_until", "invalid_date"),
    ("catalogue", "gathered-out", head(form_status="1"), BOTH, "/head/form_status", "system_field"),
    ("catalogue", "gathered-out", row(quantity="0"), BOTH, "/goods/0/quantity", "not_positive"),
    (
        "catalogue",
        "gathered-out",
        row(unit_price="45.12501"),
        BOTH,
        "/goods/0/unit_price",
        "too_many_decimals",
    ),
    ("catalogue", "gathered-out", row(statutory_unit=None), DECLARE, "/goods/0/statutory_unit", "required"),
    (
        "catalogue",
        "outward-processing",
        row(1, "consumptions", loss_rate=None),
        DECLARE,
        "/consumptions/1/loss_rate",
        "required",
    ),
    ("valid_until", "gathered-out", head(valid_until="20200101"), DECLARE, "/head/valid_until", "must_be"),
    ("rows", "gathered-out", section("goods", []), DECLARE, "/goods", "rows_required"),
    (
        "rows",
        "gathered-out",
        both(head(declaration_type="2"), row(0, change_mark="2"), row(1, change_mark="2")),
        DECLARE,
        "/goods",
        "rows_required",
    ),
    ("row_numbers", "gathered-out", row(1, line_no=1), DECLARE, "/goods/1/line_no", "number_repeated"),
    (
        "row_numbers",
        "outward-processing",
        row(2, material_mark="I"),
        DECLARE,
        "/goods/2/line_no",
        "number_repeated",
    ),
    (
        "book_line_no",
        "gathered-out",
        row(book_line_no=None),
        DECLARE,
        "/goods/0/book_line_no",
        "required_when",
    ),
    (
        "book_line_no",
        "gathered-in",
        head(area_book_no="H31050000001"),
        DECLARE,
        "/goods/1/book_line_no",
        "required_when",
    ),
    (
        "totals",
        "gathered-out",
        row(total_price="451260.00"),
        DECLARE,
        "/goods/0/total_price",
        "total_differs",
    ),
]
QUESTIONED: list[tuple[str, str, Change, str, str]] = [
    ("in_tariff", "gathered-out", row(hs_code="1234567890"), "/goods/0/hs_code", "not_in_tariff"),
    (
        "valid_until",
        "gathered-out",
        head(valid_until="20200101", declaration_type="2"),
        "/head/valid_until",
        "unusual",
    ),
    ("advised_fields", "gathered-out", head(area_book_no=None), "/head/area_book_no", "advisable"),
    ("advised_fields", "outward-processing", section("consumptions", []), "/consumptions", "advisable"),
    ("advised_fields", "exhibition", head(exhibition_place=None), "/head/exhibition_place", "advisable"),
    ("marks_of_a_filing", "gathered-out", row(1, change_mark="1"), "/goods/1/change_mark", "unusual"),
    (
        "marks_of_a_filing",
        "outward-processing",
        row(0, "consumptions", change_mark="0"),
        "/consumptions/0/change_mark",
        "unusual",
    ),
    (
        "consumption_pairs",
        "outward-processing",
        row(1, "consumptions", material_line_no=1),
        "/consumptions/1/product_line_no",
        "unusual",
    ),
    (
        "consumption_pairs",
        "outward-processing",
        row(1, "consumptions", material_line_no=9),
        "/consumptions/1/material_line_no",
        "unusual",
    ),
    (
        "consumption_pairs",
        "outward-processing",
        row(0, "consumptions", product_line_no=2),
        "/consumptions/0/product_line_no",
        "unusual",
    ),
]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (
            "outward-processing",
            both(
                row(2, line_no=2),
                row(0, "consumptions", product_line_no=2),
                row(1, "consumptions", product_line_no=2),
            ),
        ),
        ("gathered-out", row(1, line_no=7)),
        ("gathered-out", both(head(declaration_type="2"), row(1, change_mark="2"))),
        ("gathered-in", head(area_book_no="L3105B26A001")),
        # A 结案 sends the form as customs has it, expired or not.
        ("gathered-out", both(CLOSING, head(valid_until="20200101"), section("goods", []))),
        ("gathered-out", both(CLOSING, row(total_price="1.00"), row(change_mark="0"))),
    ],
)
def test_what_is_lawful_passes(name: str, change: Change) -> None:
    found = checked(BUSINESS_FORM, name, change)
    assert (found.problems, found.warnings) == ((), ())


@pytest.mark.parametrize(("today", "seen"), [((2027, 1, 31), 0), ((2027, 2, 1), 1)])
def test_the_last_day_is_still_valid(today: tuple[int, int, int], seen: int) -> None:
    findings = Findings(BUSINESS_FORM)
    not_expired({"head": {"valid_until": "20270131"}}, findings, date(*today))
    assert len(findings.problems()) == seen


PARTY = Party("示例保税物流有限公司", "3105W60ABC", "91330206EXAMPLE019")


def test_a_new_form_is_completed_and_nothing_typed_is_touched() -> None:
    given: JsonObject = {
        "head": {"area_code": "3105W60ABC", "declaring_code": "3105980ABD", "applicant": "示例申请人"},
        "goods": [{"name": "甲"}, {"name": "乙", "change_mark": "1"}],
        "consumptions": [{"product_line_no": 1}],
    }
    filled = BUSINESS_FORM.fill(given, PARTY, date(2026, 1, 15))
    assert filled["head"] == {
        "declaration_type": "1",
        "area_code": "3105W60ABC",
        "area_name": PARTY.name,
        "area_uscc": PARTY.uscc,
        "declaring_code": "3105980ABD",
        "input_code": "3105W60ABC",
        "input_name": PARTY.name,
        "input_uscc": PARTY.uscc,
        "applicant": "示例申请人",
    }
    assert filled["goods"] == [
        {"change_mark": "3", "line_no": 1, "name": "甲"},
        {"change_mark": "1", "line_no": 2, "name": "乙"},
    ]
    assert filled["consumptions"] == [{"change_mark": "3", "product_line_no": 1}]
    named = BUSINESS_FORM.fill({"head": {"area_name": "示例企业"}}, PARTY, date(2026, 1, 15))
    assert isinstance(named["head"], dict)
    assert named["head"]["applicant"] == "示例企业"


def test_a_copy_is_a_new_filing_without_numbers() -> None:
    document = example(BUSINESS_FORM, "outward-processing")
    document["head"] |= {"customs_no": "SB3105260000001", "form_status": "1", "declaration_type": "2"}
    document["goods"][0] |= {"change_mark": "0", "out_quantity": "5"}
    copy = copied(BUSINESS_FORM, document)
    assert isinstance(copy["head"], dict)
    assert not {"customs_no", "form_status", "internal_no", "deposit_no"} & copy["head"].keys()
    assert copy["head"]["declaration_type"] == "1"
    for name in ("goods", "consumptions"):
        rows = copy[name]
        assert isinstance(rows, list)
        assert all(isinstance(each, dict) and each["change_mark"] == "3" for each in rows)
        assert all(isinstance(each, dict) and "out_quantity" not in each for each in rows)
