"""An edition put in place over the release: what ends is known and warned of, what comes is valid at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from customs.codes import Code, table
from customs.codes.loader import place, released, withdraw
from customs.documents import Profile, check
from customs.documents.inventory import INVENTORY
from customs.sheets.cells import _names
from tests.support.breaking import checked, head, problems, warnings


@pytest.fixture(autouse=True)
def without_editions() -> Iterator[None]:
    yield
    withdraw()


def edition(name: str, *, ends: str, brings: Code) -> None:
    """The release with one code less and one more."""
    rows = [
        Code(row.code, row.name, row.alpha, row.full_name, None, date(2025, 12, 31))
        if row.code == ends
        else row
        for row in released(name)
    ]
    place(name, "2026", date(2026, 1, 1), [*rows, brings])


def test_an_ended_code_stays_explained_and_is_warned_of() -> None:
    mode = "2"
    assert checked(INVENTORY, "import", head(transport_mode=mode)).ok
    edition("transport_modes", ends=mode, brings=Code("Q", "示例新增方式"))
    found = checked(INVENTORY, "import", head(transport_mode=mode))
    assert problems(found) == set()
    assert warnings(found) == {("/head/transport_mode", "code_ended")}
    warning = found.warnings[0]
    assert "2026版" in warning.message and "2025-12-31" in warning.message and "水路" in warning.message
    assert table("transport_modes").label_of(mode) == "水路运输"


def test_a_new_code_is_valid_at_once_and_gone_with_its_edition() -> None:
    new = head(transport_mode="Q")
    assert problems(checked(INVENTORY, "import", new)) == {("/head/transport_mode", "unknown_code")}
    edition("transport_modes", ends="2", brings=Code("Q", "示例新增方式"))
    assert problems(checked(INVENTORY, "import", new)) == set()
    assert _names("transport_modes")["示例新增方式"] == "Q"
    assert "水路运输" not in _names("transport_modes")
    withdraw()
    assert problems(checked(INVENTORY, "import", new)) == {("/head/transport_mode", "unknown_code")}


def test_nearest_codes_are_named() -> None:
    edition("currencies", ends="502", brings=Code("599", "美元"))
    found = check(
        INVENTORY,
        checked(INVENTORY, "import", lambda _: None).document,
        Profile.DECLARE,
        system_fields="keep",
    )
    ended = [each for each in found.warnings if each.code == "code_ended"]
    assert ended and all("599 美元" in each.hint for each in ended)
