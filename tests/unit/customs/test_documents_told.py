"""What a receipt tells is read in the lengths of customs' own schema; what is declared keeps the narrower ones."""

from __future__ import annotations

from typing import Any

import pytest

from customs.documents import KINDS, Profile, check
from tests.support.feeding import sample

WIDE: list[tuple[str, str, str, str]] = [
    ("inventory", "head", "book_no", "T3105W00000123"),
    ("inventory", "head", "supervision_mode", "503401"),
    ("inventory", "head", "transport_mode", "2A"),
    ("inventory", "head", "clearance_type", "2-SPECIAL"),
    ("inventory", "goods", "levy_mode", "301"),
    ("inventory", "goods", "unit_price", "12345678901234567890.12345"),
    ("inventory", "goods", "total_price", "12345678901234567890.12345"),
]


def changed(kind: str, section: str, field: str, value: Any) -> dict[str, Any]:
    document = sample(kind, "import" if kind == "inventory" else "gathered-out")
    part = document[section]
    (part[0] if isinstance(part, list) else part)[field] = value
    return document


def problems(kind: str, document: dict[str, Any], told: bool) -> dict[str, str]:
    checked = check(KINDS[kind], document, Profile.SAVE, system_fields="told" if told else "keep")
    return {each.pointer: each.code for each in checked.problems}


@pytest.mark.parametrize(("kind", "section", "field", "value"), WIDE)
def test_wider_values_are_read_from_a_receipt_alone(kind: str, section: str, field: str, value: str) -> None:
    document = changed(kind, section, field, value)
    pointer = f"/{section}/{'0/' if section == 'goods' else ''}{field}"
    assert pointer not in problems(kind, document, told=True)
    assert pointer in problems(kind, document, told=False)


@pytest.mark.parametrize("day", ["2099-12-31", "2099/12/31", "2099-12-31 00:00:00", "20991231"])
def test_days_are_read_as_receipts_write_them(day: str) -> None:
    document = changed("business_form", "head", "valid_until", day)
    checked = check(KINDS["business_form"], document, Profile.SAVE, system_fields="told")
    assert checked.document["head"]["valid_until"] == "20991231"  # type: ignore[index, call-overload]
    assert ("/head/valid_until" in problems("business_form", document, told=False)) == (day != "20991231")


def test_what_is_wider_still_is_told() -> None:
    assert problems("inventory", changed("inventory", "head", "book_no", "T" * 65), told=True)[
        "/head/book_no"
    ] == ("too_long")
