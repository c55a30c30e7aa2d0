"""Every rule of the 出入库单: a document that keeps it passes, the same document broken in one place does not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from customs.documents import Party, Profile, copied
from customs.documents.business_form import BUSINESS_FORM
from customs.documents.findings import Findings
from customs.documents.normal_form import JsonObject
from customs.documents.stock_bill import STOCK_BILL
from customs.documents.stock_bill.against_form import against_form
from tests.support.breaking import Change, both, checked, example, head, row, section

BOTH = (Profile.SAVE, Profile.DECLARE)
DECLARE = (Profile.DECLARE,)

# The rule (or "catalogue"), what is broken in which example, under which profiles, and where it must be seen.
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("catalogue", "out", head(direction=None), BOTH, "/head/direction", "required"),
    ("catalogue", "out", head(business_type=None), BOTH, "/head/business_type", "required"),
    ("catalogue", "out", head(internal_no=None), BOTH, "/head/internal_no", "required"),
    ("catalogue", "out", head(business_form_no=None), DECLARE, "/head/business_form_no", "required"),
    ("catalogue", "out", head(input_date=None), DECLARE, "/head/input_date", "required"),
    ("catalogue", "out", head(declaring_name=None), DECLARE, "/head/declaring_name", "required"),
    ("catalogue", "out", head(direction="X"), BOTH, "/head/direction", "unknown_code"),
    ("catalogue", "out", head(declaration_type="0"), BOTH, "/head/declaration_type", "unknown_code"),
    ("catalogue", "out", head(gathered_mark="1"), BOTH, "/head/gathered_mark", "system_field"),
    ("catalogue", "out", head(area_code="3105"), BOTH, "/head/area_code", "wrong_length"),
    ("catalogue", "out", row(form_line_no=None), DECLARE, "/goods/0/form_line_no", "required"),
    ("catalogue", "out", row(levy_mode="X"), BOTH, "/goods/0/levy_mode", "unknown_code"),
    ("catalogue", "out", row(quantity="0.00"), BOTH, "/goods/0/quantity", "not_positive"),
    ("rows", "out", section("goods", []), DECLARE, "/goods", "rows_required"),
    ("row_numbers", "out", row(1, line_no=1), DECLARE, "/goods/1/line_no", "number_repeated"),
    (
        "second_quantity",
        "out",
        row(second_statutory_quantity=None),
        DECLARE,
        "/goods/0/second_statutory_quantity",
        "required_when",
    ),
    (
        "second_quantity",
        "out",
        row(second_statutory_quantity="0"),
        DECLARE,
        "/goods/0/second_statutory_quantity",
        "not_positive",
    ),
    ("totals", "out", row(total_price="9035.00"), DECLARE, "/goods/0/total_price", "total_differs"),
    (
        "same_unit_same_quantity",
        "out",
        row(statutory_quantity="199"),
        DECLARE,
        "/goods/0/statutory_quantity",
        "quantity_differs",
    ),
    ("weights", "out", head(net_weight="224.6"), DECLARE, "/head/net_weight", "net_exceeds_gross"),
    ("weights", "out", row(net_weight="153"), DECLARE, "/goods/0/net_weight", "net_exceeds_gross"),
]
QUESTIONED: list[tuple[str, str, Change, str, str]] = [
    ("in_tariff", "out", row(hs_code="1234567890"), "/goods/0/hs_code", "not_in_tariff"),
    ("catalogue", "out", head(package_type="木箱"), "/head/package_type", "code_not_in_table"),
    ("weights_above_zero", "out", head(net_weight="0.0"), "/head/net_weight", "unusual"),
    ("weights_above_zero", "out", row(1, net_weight="0"), "/goods/1/net_weight", "unusual"),
    ("returned_goods", "return", row(related_line_no=None), "/goods/0/related_line_no", "advisable"),
    ("returned_goods", "return", head(related_bill_no=None), "/head/related_bill_no", "advisable"),
]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("out", row(1, line_no=9)),
        ("out", head(net_weight="224.50")),
        ("out", both(head(declaration_type="3"), section("goods", []), head(net_weight="900"))),
    ],
)
def test_what_is_lawful_passes(name: str, change: Change) -> None:
    found = checked(STOCK_BILL, name, change)
    assert (found.problems, found.warnings) == ((), ())


PARTY = Party("示例保税物流有限公司", "3105W60ABC", "91330206EXAMPLE019")


def test_a_new_bill_is_completed_and_nothing_typed_is_touched() -> None:
    given: JsonObject = {
        "head": {"area_code": "3105W60ABC"},
        "goods": [{"form_line_no": 3}, {"form_line_no": 1}],
    }
    filled = STOCK_BILL.fill(given, PARTY, date(2026, 1, 5))
    head_made = filled["head"]
    assert isinstance(head_made, dict)
    assert (head_made["input_date"], head_made["declaration_type"]) == ("20260105", "1")
    assert (head_made["area_name"], head_made["declaring_name"]) == (PARTY.name, PARTY.name)
    assert filled["goods"] == [
        {"change_mark": "3", "line_no": 1, "form_line_no": 3},
        {"change_mark": "3", "line_no": 2, "form_line_no": 1},
    ]
    numbered: JsonObject = {"goods": [{"line_no": 4}, {}]}
    assert STOCK_BILL.fill(numbered, PARTY, date(2026, 1, 5))["goods"] == [
        {"change_mark": "3", "line_no": 4},
        {"change_mark": "3"},
    ]


def test_a_copy_is_a_new_filing_without_numbers() -> None:
    document = example(STOCK_BILL, "return")
    document["head"] |= {"customs_no": "X3105E260116000009", "gathered_mark": "2", "declaration_type": "3"}
    copy = copied(STOCK_BILL, document)
    assert isinstance(copy["head"], dict)
    gone = {"customs_no", "gathered_mark", "internal_no", "input_date", "related_bill_no"}
    assert not gone & copy["head"].keys()
    assert copy["head"]["declaration_type"] == "1"


# 申报表序号 1: 10000 of the form, 200 on the bill.
AGAINST_FORM: list[tuple[str, Change, Change, dict[int, str], set[str]]] = [
    ("it fits", head(), head(), {1: "9800"}, set()),
    ("direction", head(direction="I"), head(), {}, {"/head/direction"}),
    ("business type", head(), head(business_type="B"), {}, {"/head/business_type"}),
    ("customs", head(supervising_customs="3104"), head(), {}, {"/head/supervising_customs"}),
    ("applicant", head(applicant="示例申请人"), head(), {}, {"/head/applicant"}),
    ("expired", head(), head(valid_until="20260115"), {}, {"/head/business_form_no"}),
    ("no such row", row(1, form_line_no=3), head(), {}, {"/goods/1/form_line_no"}),
    (
        "other material",
        head(material_mark="E"),
        head(),
        {},
        {"/goods/0/form_line_no", "/goods/1/form_line_no"},
    ),
    ("used up", head(), head(), {1: "9800.00001"}, {"/goods/0/quantity"}),
    ("two rows together", row(1, form_line_no=1), head(), {1: "9000"}, {"/goods/1/quantity"}),
]


@pytest.mark.parametrize(
    ("of_bill", "of_form", "used", "seen"),
    [pytest.param(*case[1:], id=case[0]) for case in AGAINST_FORM],
)
def test_a_bill_is_held_against_its_form(
    of_bill: Change, of_form: Change, used: dict[int, str], seen: set[str]
) -> None:
    bill, form = example(STOCK_BILL, "out"), example(BUSINESS_FORM, "gathered-out")
    of_bill(bill)
    of_form(form)
    findings = Findings(STOCK_BILL)
    against_form(bill, form, {line: Decimal(quantity) for line, quantity in used.items()}, findings)
    assert {each.pointer for each in (*findings.warnings(), *findings.problems())} == seen
    # What is overdrawn is refused; the rest is only questioned.
    assert {each.pointer for each in findings.problems()} == {
        each for each in seen if each.endswith("/quantity")
    }
