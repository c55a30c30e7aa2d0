"""What is wrong with JSON by a schema that we generate. The judge is a library that shares nothing with pydantic, who wrote it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind


def judge(schema: dict[str, Any]) -> Callable[[object], list[str]]:
    """Says what is wrong with a value, each with a JSON pointer. Raises ValidationError for a schema that is wrong itself."""
    # Values are left out of the texts: a whole document would stand in some of them.
    validator = Draft202012Validator(
        schema, validate_formats=True, ignore_unknown_formats=False, offline=True, mask="it"
    )
    return lambda value: [_told(error) for error in validator.iter_errors(value)]


def errors(value: object, schema: dict[str, Any]) -> list[str]:
    """What is wrong with one value; [] when it is valid."""
    return judge(schema)(value)


def _told(error: ValidationError) -> str:
    pointer = "".join(f"/{step}" for step in error.instance_path)
    if isinstance(error.kind, ValidationErrorKind.AnyOf):
        nearest = min(error.kind.context, key=len)[0]
        return f"{pointer}: it fits none of {len(error.kind.context)} alternatives, of the nearest: {_told(nearest)}"
    return f"{pointer}: {error.message}"
