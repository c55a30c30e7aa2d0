"""The compatibility check catches what breaks readers, and only that."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tools.compatibility import Reads, incompatibilities
from tools.json_schemas import schema_files

EVENT: dict[str, Any] = {
    "type": "object",
    "title": "Sample",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "count": {"type": "integer", "minimum": 1},
        "outcome": {"type": "string", "enum": ["taken", "refused"]},
        "note": {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "null"}], "default": None},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}},
        "extra": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Row"}},
    },
    "required": ["id", "count", "outcome"],
    "$defs": {
        "Row": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}},
            },
            "required": ["name"],
        }
    },
}


def _removed(schema: dict[str, Any]) -> None:
    del schema["properties"]["note"]


def _renamed(schema: dict[str, Any]) -> None:
    schema["properties"]["remark"] = schema["properties"].pop("note")


def _new_required(schema: dict[str, Any]) -> None:
    schema["properties"]["actor"] = {"type": "string"}
    schema["required"].append("actor")


def _became_required(schema: dict[str, Any]) -> None:
    schema["required"].append("note")


def _became_optional(schema: dict[str, Any]) -> None:
    schema["required"].remove("count")


def _other_type(schema: dict[str, Any]) -> None:
    schema["properties"]["count"]["type"] = "string"


def _narrowed_enum(schema: dict[str, Any]) -> None:
    schema["properties"]["outcome"]["enum"] = ["taken"]


def _widened_enum(schema: dict[str, Any]) -> None:
    schema["properties"]["outcome"]["enum"] = ["taken", "refused", "unknown"]


def _no_null(schema: dict[str, Any]) -> None:
    schema["properties"]["note"]["anyOf"].pop()


def _shorter(schema: dict[str, Any]) -> None:
    schema["properties"]["note"]["anyOf"][0]["maxLength"] = 5


def _longer(schema: dict[str, Any]) -> None:
    schema["properties"]["note"]["anyOf"][0]["maxLength"] = 20


def _higher_minimum(schema: dict[str, Any]) -> None:
    schema["properties"]["count"]["minimum"] = 2


def _other_format(schema: dict[str, Any]) -> None:
    schema["properties"]["id"]["format"] = "date-time"


def _new_pattern(schema: dict[str, Any]) -> None:
    schema["properties"]["id"]["pattern"] = "^a"


def _other_default(schema: dict[str, Any]) -> None:
    schema["properties"]["note"]["default"] = "none"


def _row_field_removed(schema: dict[str, Any]) -> None:
    schema["$defs"]["Row"]["properties"] = {"title": {"type": "string"}}
    schema["$defs"]["Row"]["required"] = ["title"]


def _closed(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = False


def _optional_added(schema: dict[str, Any]) -> None:
    schema["properties"]["actor"] = {"type": "string", "default": ""}


def _described(schema: dict[str, Any]) -> None:
    schema["title"] = "Better words"
    schema["properties"]["id"]["description"] = "An id"
    schema["x-note"] = "anything"


Change = Callable[[dict[str, Any]], None]
BREAKS_ALL = [
    (_removed, "/note: removed"),
    (_renamed, "/note: removed (renamed to one of remark?)"),
    (_new_required, "/actor: new and required"),
    (_became_required, "/note: was optional and is required"),
    (_other_type, "/count: type was 'integer' and is 'string'"),
    (_narrowed_enum, "/outcome: enum was"),
    (_no_null, "/note: null is no longer allowed"),
    (_shorter, "/note: maxLength was 10 and is 5"),
    (_higher_minimum, "/count: minimum was 1 and is 2"),
    (_other_format, "/id: format was 'uuid' and is 'date-time'"),
    (_new_pattern, "/id: pattern was not there and is '^a'"),
    (_other_default, "/note: default was not there and is 'none'"),
    (_row_field_removed, "/rows/*/name: removed"),
    (_closed, "/: additionalProperties was not there and is False"),
]
BREAKS_OLD_READERS = [
    (_widened_enum, "/outcome: enum was"),
    (_longer, "/note: maxLength was 10 and is 20"),
    (_became_optional, "/count: was required and is optional"),
]
FINE = [_optional_added, _described]


def _after(change: Change, reads: Reads) -> list[str]:
    changed = deepcopy(EVENT)
    change(changed)
    return incompatibilities(EVENT, changed, reads=reads)


def _names(value: object) -> str:
    return getattr(value, "__name__", "").strip("_")


@pytest.mark.parametrize("reads", ["both", "newer"])
@pytest.mark.parametrize(("change", "says"), BREAKS_ALL, ids=_names)
def test_break_is_found(change: Change, says: str, reads: Reads) -> None:
    assert any(text.startswith(says) for text in _after(change, reads)), _after(change, reads)


@pytest.mark.parametrize(("change", "says"), BREAKS_OLD_READERS, ids=_names)
def test_what_old_readers_cannot_take_is_found_only_both_ways(change: Change, says: str) -> None:
    assert [text.startswith(says) for text in _after(change, reads="both")] == [True]
    assert _after(change, reads="newer") == []


@pytest.mark.parametrize("change", FINE, ids=_names)
def test_what_breaks_nobody_passes(change: Change) -> None:
    assert _after(change, reads="both") == []


def test_every_schema_is_compatible_with_itself() -> None:
    import json

    for text in schema_files().values():
        assert incompatibilities(json.loads(text), json.loads(text), reads="both") == []
