"""Goods codes against the tariff: an old edition warns, one of this year refuses, and without any nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from customs.codes import tariff
from customs.codes.tariff import Tariff, TariffCode
from customs.documents import KINDS
from tests.support.breaking import checked, problems, row, warnings

INVENTORY = KINDS["inventory"]
UNKNOWN = row(0, hs_code="1234567890")


@pytest.fixture(autouse=True)
def _none_afterwards() -> Iterator[None]:
    yield
    tariff.use(None)


def _edition(year: int, **days: date) -> Tariff:
    codes = {"3304990029": TariffCode("035", "011", **days), "8471701000": TariffCode("001", "035")}
    return Tariff(str(year), codes)


def test_without_a_tariff_nothing_is_said() -> None:
    tariff.use(None)
    found = checked(INVENTORY, "import", UNKNOWN)
    assert not any(code == "not_in_tariff" for _, code in problems(found) | warnings(found))


def test_the_edition_of_the_release_warns_and_refuses_nothing() -> None:
    tariff.use(tariff.released())
    found = checked(INVENTORY, "import", UNKNOWN)
    assert problems(found) == set()
    [told] = [each for each in found.warnings if each.pointer == "/goods/0/hs_code"]
    assert told.code == "not_in_tariff"
    assert "[1234567890]不在已载入的2018-2020版" in told.message


def test_an_edition_of_this_year_refuses() -> None:
    tariff.use(_edition(datetime.now(UTC).year))
    assert ("/goods/0/hs_code", "not_in_tariff") in problems(checked(INVENTORY, "import", UNKNOWN))


def test_a_code_holds_on_its_days() -> None:
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    for days, code in (
        ({"valid_until": today - timedelta(days=1)}, {"not_in_tariff"}),
        ({"valid_from": today + timedelta(days=2)}, {"not_in_tariff"}),
        ({"valid_from": today, "valid_until": today}, set()),
    ):
        tariff.use(_edition(2020, **days))
        found = warnings(checked(INVENTORY, "import", row(0)))
        assert {each for pointer, each in found if pointer == "/goods/0/hs_code"} == code


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        (row(0, statutory_unit="007"), "/goods/0/statutory_unit", "007 个"),
        (row(1, second_statutory_unit=None), "/goods/1/second_statutory_unit", "为空"),
        (row(1, second_statutory_unit="007"), "/goods/1/second_statutory_unit", "035 千克"),
    ],
)
def test_units_that_do_not_fit(change: object, pointer: str, words: str) -> None:
    tariff.use(tariff.released())
    found = checked(INVENTORY, "import", change)  # type: ignore[arg-type]
    [told] = [each for each in found.warnings if each.pointer == pointer]
    assert told.code == "statutory_unit_differs"
    assert words in told.message
