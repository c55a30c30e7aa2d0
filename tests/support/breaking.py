"""Breaking a sample document in one place, to see which rule notices."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from customs.documents import Checked, Kind, Profile, check

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts/examples"
Document = dict[str, Any]
Change = Callable[[Document], None]
Places = set[tuple[str, str]]
"""Pointer and code of what was found."""


def example(kind: Kind, name: str) -> Document:
    """A valid sample of the kind."""
    document: Document = json.loads((EXAMPLES / kind.name / f"{name}.json").read_text(encoding="utf-8"))
    return document


def _set(part: Document, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if value is None:
            part.pop(name, None)
        else:
            part[name] = value


def head(**changes: Any) -> Change:
    """Set fields of the head; None takes one away."""
    return lambda document: _set(document["head"], changes)


def row(number: int = 0, section: str = "goods", **changes: Any) -> Change:
    """The same for one row."""
    return lambda document: _set(document[section][number], changes)


def section(name: str, rows: list[Document]) -> Change:
    """Put these rows in place of the section's."""

    def change(document: Document) -> None:
        document[name] = rows

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(document: Document) -> None:
        for each in changes:
            each(document)

    return change


def checked(kind: Kind, name: str, change: Change, profile: Profile = Profile.DECLARE) -> Checked:
    """What the check says of a changed sample."""
    document = copy.deepcopy(example(kind, name))
    change(document)
    return check(kind, document, profile)


def problems(found: Checked) -> Places:
    """Where problems were seen."""
    return {(each.pointer, each.code) for each in found.problems}


def warnings(found: Checked) -> Places:
    """Where warnings were seen."""
    return {(each.pointer, each.code) for each in found.warnings}
