"""The schema validator of the tools: refuses what is wrong, and schemas it does not understand."""

from __future__ import annotations

from typing import Any

import pytest

from tools.json_validator import UnknownKeyword, errors

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "at": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "name": {"anyOf": [{"type": "string", "maxLength": 3, "minLength": 1}, {"type": "null"}]},
        "flag": {"enum": ["0", "1"]},
        "sum": {"type": "string", "pattern": "^[0-9]+$"},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/Row"}, "maxItems": 2},
        "open": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
    "required": ["id"],
    "$defs": {"Row": {"type": "object", "properties": {"n": {"const": 1}}, "additionalProperties": False}},
}
ID = "019bc3a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "value",
    [
        {"id": ID},
        {"id": ID, "unknown": [1], "name": None, "count": 1, "flag": "0"},
        {"id": ID, "day": "2026-01-15"},
        {"id": ID, "at": "2026-01-15T01:00:00Z", "rows": [{"n": 1}, {}], "open": {"a": True}, "sum": "12"},
    ],
)
def test_valid(value: object) -> None:
    assert errors(value, SCHEMA) == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "not object"),
        ({}, "lacks id"),
        ({"id": "x"}, "/id: not a uuid"),
        ({"id": ID, "at": "2026-01-15T01:00:00"}, "/at: not a date-time"),
        ({"id": ID, "day": "20260115"}, "/day: not a date"),
        ({"id": ID, "count": True}, "/count: not integer"),
        ({"id": ID, "count": 0}, "/count: below 1"),
        ({"id": ID, "count": 10}, "/count: above 9"),
        ({"id": ID, "name": "long"}, "/name: fits none of 2 alternatives"),
        ({"id": ID, "name": ""}, "shorter than 1"),
        ({"id": ID, "flag": "2"}, "/flag: not one of"),
        ({"id": ID, "sum": "1.5"}, "/sum: does not match"),
        ({"id": ID, "rows": [{}, {}, {}]}, "/rows: more than 2 items"),
        ({"id": ID, "rows": [{"n": 2}]}, "/rows/0/n: not 1"),
        ({"id": ID, "rows": [{"m": 1}]}, "/rows/0/m: not allowed"),
        ({"id": ID, "open": {"a": 1}}, "/open/a: not boolean"),
    ],
)
def test_invalid(value: object, says: str) -> None:
    found = errors(value, SCHEMA)
    assert len(found) == 1
    assert says in found[0]


@pytest.mark.parametrize(
    "schema", [{"oneOf": []}, {"format": "email"}, {"$ref": "other.json"}, {"properties": {"a": {"not": {}}}}]
)
def test_schema_that_is_not_understood_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(UnknownKeyword):
        errors({"a": "text"} if "properties" in schema else "text", schema)
