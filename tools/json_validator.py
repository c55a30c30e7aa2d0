"""Validates JSON against the schemas we generate; knows exactly the keywords they use, and refuses others.

A small reader of our own, because the check must not depend on what it checks: pydantic writes the schemas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

_SILENT = {"$schema", "$defs", "title", "description", "default", "examples", "deprecated"}
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


class UnknownKeyword(Exception):
    """The schema says something this validator does not understand; teach it before trusting it."""


def _is_date_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


_FORMATS: dict[str, Callable[[str], bool]] = {"date": _is_date, "date-time": _is_date_time, "uuid": _is_uuid}


def _resolve(root: dict[str, Any], reference: str) -> dict[str, Any]:
    if not reference.startswith("#/"):
        raise UnknownKeyword(f"$ref {reference}")
    found: Any = root
    for step in reference[2:].split("/"):
        found = found[step]
    assert isinstance(found, dict)
    return found


def errors(value: object, schema: dict[str, Any]) -> list[str]:
    """What is wrong, each with a JSON pointer; [] when the value is valid. Raises UnknownKeyword."""
    return list(_errors(value, schema, schema, ""))


def _errors(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    for keyword, wanted in schema.items():
        if keyword in _SILENT or keyword.startswith("x-"):
            continue
        if keyword == "$ref":
            yield from _errors(value, _resolve(root, wanted), root, at)
        elif keyword == "anyOf":
            branches = [list(_errors(value, branch, root, at)) for branch in wanted]
            if all(branches):
                yield f"{at}: fits none of {len(branches)} alternatives, of the nearest: {min(branches, key=len)[0]}"
        elif keyword == "type":
            names = wanted if isinstance(wanted, list) else [wanted]
            if not any(_TYPES[name](value) for name in names):
                yield f"{at}: not {' or '.join(names)}"
        elif keyword in _CHECKS:
            if (problem := _CHECKS[keyword](value, wanted)) is not None:
                yield f"{at}: {problem}"
        elif keyword in ("properties", "additionalProperties", "items"):
            yield from _children(value, keyword, wanted, schema, root, at)
        else:
            raise UnknownKeyword(f"{at}: {keyword}")


def _children(
    value: Any, keyword: str, wanted: Any, schema: dict[str, Any], root: dict[str, Any], at: str
) -> Iterator[str]:
    if keyword == "items" and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _errors(item, wanted, root, f"{at}/{number}")
    elif keyword == "properties" and isinstance(value, dict):
        for name, part in wanted.items():
            if name in value:
                yield from _errors(value[name], part, root, f"{at}/{name}")
    elif keyword == "additionalProperties" and isinstance(value, dict):
        for name in value.keys() - schema.get("properties", {}).keys():
            if wanted is False:
                yield f"{at}/{name}: not allowed"
            elif isinstance(wanted, dict):
                yield from _errors(value[name], wanted, root, f"{at}/{name}")


Check = Callable[[Any, Any], str | None]


def _required(value: Any, names: list[str]) -> str | None:
    missing = [name for name in names if isinstance(value, dict) and name not in value]
    return f"lacks {', '.join(missing)}" if missing else None


def _on(kinds: type | tuple[type, ...], holds: Callable[[Any, Any], bool], text: str) -> Check:
    """A check for values of some types; others are the business of `type`."""

    def check(value: Any, wanted: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, kinds) or holds(value, wanted):
            return None
        return text.format(wanted)

    return check


def _has_format(value: str, name: str) -> bool:
    if name not in _FORMATS:
        raise UnknownKeyword(f"format {name}")
    return _FORMATS[name](value)


_CHECKS: dict[str, Check] = {
    "required": _required,
    "enum": lambda value, wanted: None if value in wanted else f"not one of {wanted}",
    "const": lambda value, wanted: None if value == wanted else f"not {wanted!r}",
    "pattern": _on(str, lambda value, wanted: re.search(wanted, value) is not None, "does not match {}"),
    "format": _on(str, _has_format, "not a {}"),
    "maxLength": _on(str, lambda value, wanted: len(value) <= wanted, "longer than {}"),
    "minLength": _on(str, lambda value, wanted: len(value) >= wanted, "shorter than {}"),
    "maxItems": _on(list, lambda value, wanted: len(value) <= wanted, "more than {} items"),
    "minItems": _on(list, lambda value, wanted: len(value) >= wanted, "fewer than {} items"),
    "minimum": _on((int, float), lambda value, wanted: value >= wanted, "below {}"),
    "maximum": _on((int, float), lambda value, wanted: value <= wanted, "above {}"),
}
