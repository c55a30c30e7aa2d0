"""Goods codes against the tariff: an old edition warns, one of this year refuses, and without any nothing is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from customs.codes import tariff
from customs.codes.tariff import Tariff, TariffCode
from customs.documents import KINDS, Kind, Profile, check
from tests.support.breaking import EXAMPLES, both, checked, example, head, problems, row, warnings

INVENTORY = KINDS["inventory"]
UNKNOWN = row(0, hs_code="1234567890")


@pytest.fixture(autouse=True)
def _none_afterwards() -> Iterator[None]:
    yield
    tariff.use(None)


def _edition(year: int) -> Tariff:
    codes = {"3304990029": TariffCode("035", "011"), "8471701000": TariffCode("001", "035")}
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


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_samples_have_the_codes_and_units_of_the_released_edition(kind: Kind) -> None:
    tariff.use(tariff.released())
    for sample in (EXAMPLES / kind.name).glob("*.json"):
        told = {code for _, code in warnings(check(kind, example(kind, sample.stem), Profile.DECLARE))}
        assert not told & {"not_in_tariff", "statutory_unit_differs"}, sample.name


def test_an_edition_of_this_year_refuses() -> None:
    tariff.use(_edition(datetime.now(UTC).year))
    assert ("/goods/0/hs_code", "not_in_tariff") in problems(checked(INVENTORY, "import", UNKNOWN))


def test_a_change_of_what_was_approved_is_only_warned() -> None:
    tariff.use(_edition(datetime.now(UTC).year))
    found = checked(INVENTORY, "import", both(UNKNOWN, head(declaration_type="2")))
    told = ("/goods/0/hs_code", "not_in_tariff")
    assert told in warnings(found)
    assert told not in problems(found)


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
