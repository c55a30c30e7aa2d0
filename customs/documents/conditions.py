"""Conditions between fields as data: the rules, the page and the prose all read the same one.

A condition speaks of the row its field stands in; `head.` before a name leads to the head. An absent value fulfils nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import JsonValue

Op = Literal["is", "like", "filled", "section", "all", "any", "not"]
_HEAD = "head."


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` and `values` for a test of one field, `of` for what is put together."""

    op: Op
    field: str = ""
    values: tuple[str, ...] = ()
    of: tuple[Condition, ...] = ()
    words: str = ""
    """Of `like`: what a clerk reads after the label."""

    def fields(self) -> frozenset[str]:
        """The names it speaks of."""
        own = frozenset({self.field}) if self.field else frozenset()
        return own.union(*(part.fields() for part in self.of))


def is_(field: str, *codes: str) -> Condition:
    """The field has one of these codes."""
    return Condition("is", field, codes)


def like(field: str, pattern: str, words: str) -> Condition:
    """The value begins as the regular expression says; only what Python and JavaScript read alike."""
    return Condition("like", field, (pattern,), words=words)


def filled(field: str) -> Condition:
    """The field has a value."""
    return Condition("filled", field)


def in_section(*names: str) -> Condition:
    """The row stands in one of these sections; for a class of rows that two sections share."""
    return Condition("section", values=names)


def all_(*of: Condition) -> Condition:
    """Every one of these holds."""
    return Condition("all", of=of)


def any_(*of: Condition) -> Condition:
    """One of these holds."""
    return Condition("any", of=of)


def not_(of: Condition) -> Condition:
    """It does not hold."""
    return Condition("not", of=(of,))


def holds(condition: Condition, section: str, row: Mapping[str, Any], head: Mapping[str, Any]) -> bool:
    """Whether it is fulfilled for this row of this section."""
    match condition.op:
        case "all":
            return all(holds(part, section, row, head) for part in condition.of)
        case "any":
            return any(holds(part, section, row, head) for part in condition.of)
        case "not":
            return not holds(condition.of[0], section, row, head)
        case "section":
            return section in condition.values
    name = condition.field
    value = head.get(name[len(_HEAD) :]) if name.startswith(_HEAD) else row.get(name)
    if value is None or value == "":
        return False
    if condition.op == "is":
        return str(value) in condition.values
    return condition.op == "filled" or _pattern(condition.values[0]).match(str(value)) is not None


@lru_cache(maxsize=64)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def as_json(condition: Condition) -> JsonValue:
    """A small array that begins with the operator: what JSON Schema and the page carry."""
    if condition.of:
        return [condition.op, *(as_json(part) for part in condition.of)]
    return [condition.op, *([condition.field] if condition.field else []), *condition.values]
