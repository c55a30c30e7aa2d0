"""A document of an older catalogue is read as one of today's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from customs.documents import KINDS
from customs.documents.normal_form import JsonObject
from customs.documents.upcasting import upcast, upcast_text

VEHICLE = KINDS["vehicle"]


def renamed(old: str, new: str) -> Any:
    def moved(document: JsonObject) -> JsonObject:
        head = document["head"]
        assert isinstance(head, dict)
        return {**document, "head": {new if name == old else name: value for name, value in head.items()}}

    return moved


TODAY = replace(
    VEHICLE,
    catalogue_version=3,
    upcasts={1: renamed("plate", "vehicle_plate"), 2: renamed("vehicle_plate", "vehicle_no")},
)


@pytest.mark.parametrize(("version", "name"), [(1, "plate"), (2, "vehicle_plate"), (3, "vehicle_no")])
def test_every_version_becomes_todays(version: int, name: str) -> None:
    stored: JsonObject = {"head": {name: "粤B12345"}}
    assert upcast(TODAY, stored, version) == {"head": {"vehicle_no": "粤B12345"}}
    assert orjson.loads(upcast_text(TODAY, orjson.dumps(stored), version)) == upcast(TODAY, stored, version)


def test_what_is_of_today_or_newer_is_left_to_the_byte() -> None:
    content = b'{"head":  {"vehicle_no": "1"}}'
    assert upcast_text(TODAY, content, 3) is content
    assert upcast_text(TODAY, content, 4) is content


def test_a_version_without_its_upcast_is_no_kind() -> None:
    with pytest.raises(TypeError, match="no upcast from catalogue version 2"):
        replace(VEHICLE, catalogue_version=3, upcasts={1: renamed("a", "b")})
