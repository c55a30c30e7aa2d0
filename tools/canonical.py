"""One way to write generated JSON: two spaces, sorted keys, characters as they are, a newline at the end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from pydantic import JsonValue

Json: TypeAlias = JsonValue
JsonObject: TypeAlias = dict[str, JsonValue]


def text_of(value: Mapping[str, JsonValue]) -> str:
    """The same value always gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def objects(value: JsonValue) -> JsonObject:
    """The value as an object. Raises TypeError when it is something else."""
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value
