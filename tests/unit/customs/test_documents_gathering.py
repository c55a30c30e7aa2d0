"""The legal deadline of 集报, and that what it is computed from exists in the catalogues."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from customs.codes import table
from customs.documents import KINDS
from customs.documents.gathering import BILL, BUSINESS_TYPE, FORM, GATHERED, NAMES_BILLS, declared_by


@pytest.mark.parametrize(
    ("moved_on", "deadline"),
    [
        (date(2026, 1, 1), date(2026, 2, 28)),
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 15), date(2028, 2, 29)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 10, 31), date(2026, 11, 30)),
        (date(2026, 11, 1), date(2026, 12, 31)),
        (date(2026, 12, 1), date(2026, 12, 31)),
        (date(2026, 12, 31), date(2026, 12, 31)),
    ],
)
def test_deadline_is_the_end_of_the_following_month_but_never_across_the_year(
    moved_on: date, deadline: date
) -> None:
    assert declared_by(moved_on) == deadline


def test_a_later_delivery_is_never_due_earlier() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(800)]
    deadlines = [declared_by(day) for day in days]
    assert deadlines == sorted(deadlines)
    assert all(
        day <= deadline and day.year == deadline.year for day, deadline in zip(days, deadlines, strict=True)
    )


def test_names_are_those_of_the_catalogues() -> None:
    bill = KINDS[BILL]
    assert {"business_form_no", "business_type", "direction", "area_code", "area_name"} <= set(bill.listed)
    assert {"gathered_mark", "related_inventory_no"} <= bill.section("head").fields.keys()
    assert "valid_until" in KINDS[FORM].listed
    for kind, (section, field) in NAMES_BILLS.items():
        assert field in KINDS[kind].section(section).fields
    assert table("business_types").label_of(BUSINESS_TYPE) == "分送集报"
    assert table("gathered_marks").label_of(GATHERED) == "已集报"
