"""The schema validator of the tools: says what is wrong and where, and refuses schemas it cannot hold anybody to."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import ValidationError

from tools.json_validator import errors

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
        ([], ': it is not of type "object"'),
        ({}, ': "id" is a required property'),
        ({"id": "x"}, '/id: it is not a "uuid"'),
        ({"id": ID, "at": "2026-01-15T01:00:00"}, '/at: it is not a "date-time"'),
        ({"id": ID, "day": "20260115"}, '/day: it is not a "date"'),
        ({"id": ID, "count": True}, '/count: it is not of type "integer"'),
        ({"id": ID, "count": 0}, "/count: it is less than the minimum of 1"),
        ({"id": ID, "count": 10}, "/count: it is greater than the maximum of 9"),
        ({"id": ID, "name": "long"}, "/name: it fits none of 2 alternatives"),
        ({"id": ID, "name": ""}, "/name: it is shorter than 1"),
        ({"id": ID, "flag": "2"}, "/flag: it is not one of"),
        ({"id": ID, "sum": "1.5"}, "/sum: it does not match"),
        ({"id": ID, "rows": [{}, {}, {}]}, "/rows: it has more than 2 items"),
        ({"id": ID, "rows": [{"n": 2}]}, "/rows/0/n: 1 was expected"),
        (
            {"id": ID, "rows": [{"m": 1}]},
            "/rows/0: Additional properties are not allowed ('m' was unexpected)",
        ),
        ({"id": ID, "open": {"a": 1}}, '/open/a: it is not of type "boolean"'),
    ],
)
def test_invalid(value: object, says: str) -> None:
    found = errors(value, SCHEMA)
    assert len(found) == 1
    assert says in found[0]


@pytest.mark.parametrize(
    "schema", [{"oneOf": []}, {"format": "emil"}, {"$ref": "other.json"}, {"type": "text"}]
)
def test_schema_that_holds_nobody_to_anything_is_an_error(schema: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        errors("text", schema)
