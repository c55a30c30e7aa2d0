"""Telling which kind a bare document is, by the names in it: for files that say nothing else about themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from customs.documents.kinds import Kind


def likely_kind(document: Mapping[str, Any], kinds: Iterable[Kind]) -> Kind | None:
    """The kind that knows most of the names; None where none does or two know equally many.

    Counts sections, and the fields of the head and of the first row of each list: a misspelt name hides no kind.
    """
    known = {kind: _known(document, kind) for kind in kinds}
    most = max(known.values(), default=0)
    fitting = [kind for kind, count in known.items() if count == most]
    return fitting[0] if most and len(fitting) == 1 else None


def _known(document: Mapping[str, Any], kind: Kind) -> int:
    return sum(1 for section in kind.sections for _ in _names(document, section.name, section.fields.keys()))


def _names(document: Mapping[str, Any], section: str, fields: Iterable[str]) -> Iterator[str]:
    if section not in document:
        return
    yield section
    part = document[section]
    if isinstance(part, list) and part:
        part = part[0]
    if isinstance(part, Mapping):
        yield from part.keys() & set(fields)
