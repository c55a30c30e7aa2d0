"""The rules of the 两步申报核放单: its sample passes, broken in one place it does not."""

from __future__ import annotations

from customs.documents import Profile
from tests.support.breaking import Change, head, row, section

DECLARE = (Profile.DECLARE,)
BOTH = (Profile.SAVE, Profile.DECLARE)
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("catalogue", "container", head(internal_no=None), BOTH, "/head/internal_no", "required"),
    ("catalogue", "container", row(0, "entries", entry_no=None), BOTH, "/entries/0/entry_no", "required"),
    ("entries", "container", section("entries", []), DECLARE, "/entries", "rows_required"),
    (
        "entries_once",
        "container",
        row(1, "entries", entry_no="310120260000000001"),
        BOTH,
        "/entries/1/entry_no",
        "listed_twice",
    ),
    (
        "containers_once",
        "container",
        head(container_no="EXAU0000014，EXAU0000014"),
        BOTH,
        "/head/container_no",
        "repeated_within",
    ),
]
QUESTIONED: list[tuple[str, str, Change, str, str]] = [
    ("plate_in_capitals", "container", head(vehicle_no="浙b12345"), "/head/vehicle_no", "unusual"),
    ("container_check_digit", "container", head(container_no="EXAU0000010"), "/head/container_no", "unusual"),
]
