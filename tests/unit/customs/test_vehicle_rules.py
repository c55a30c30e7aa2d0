"""The rules of the 车辆备案."""

from __future__ import annotations

from customs.documents import Profile
from tests.support.breaking import Change, head

BOTH = (Profile.SAVE, Profile.DECLARE)
BROKEN: list[tuple[str, str, Change, tuple[Profile, ...], str, str]] = [
    ("catalogue", "truck", head(vehicle_no=None), BOTH, "/head/vehicle_no", "required"),
]
QUESTIONED: list[tuple[str, str, Change, str, str]] = [
    ("plate_in_capitals", "truck", head(vehicle_no="浙b12345"), "/head/vehicle_no", "unusual"),
]
