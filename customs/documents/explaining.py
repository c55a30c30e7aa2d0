"""What a clerk is told about a field: its meaning, where the value is found, an example. Kept in `explained.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from customs.documents.kinds import Kind
from customs.documents.sections import Section

FOLDER = Path(__file__).parent
_FILE = "explained.toml"
_SAME_ROWS = {"second_goods": "goods"}
"""Sections whose rows are of another one's class."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """In the words of a clerk."""

    means: str
    found: str
    example: str


@cache
def own_words(kind_name: str) -> dict[str, dict[str, Any]]:
    """What the kind says itself, by section and field; nothing where it has no file."""
    path = FOLDER / kind_name / _FILE
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@cache
def shared_words() -> dict[str, Any]:
    """What is said by name for all kinds."""
    return tomllib.loads((FOLDER / _FILE).read_text(encoding="utf-8"))


def explained(kind: Kind, section: Section, name: str) -> Explanation | None:
    """The explanation of a field: the kind's own for the section, else the shared one, else None."""
    own = own_words(kind.name)
    for place in (section.name, _SAME_ROWS.get(section.name, "")):
        if words := own.get(place, {}).get(name):
            return Explanation(*words)
    words = shared_words().get(name)
    return Explanation(*words) if words else None
