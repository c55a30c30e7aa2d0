"""复制: what a copy of a document keeps. Which fields are cleared, reset or turned round is declared in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from customs.documents.fields import FieldSpec
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section

OPPOSITE = MappingProxyType({"I": "E", "E": "I"})
"""进 and 出, by whatever name a kind has them."""
_OF_THE_SESSION = tuple(
    f"{party}_{fact}" for party in ("declaring", "input") for fact in ("code", "name", "uscc")
)


def copied(kind: Kind, document: Mapping[str, Any], *, reverse: bool = False) -> JsonObject:
    """A new draft out of a document: numbers, dates of the authority and 企业内部编号 gone, rows marked as added.

    申报单位 and 录入单位 are cleared, for whoever copies declares (`Kind.fill` puts them in). `reverse`: into the other
    direction; what belongs to the old one is cleared. Raises ValueError for a kind that has none.
    """
    if reverse and not reversible(kind):
        raise ValueError(f"{kind.label}没有进出方向，不能反向复制")
    copy: JsonObject = {}
    for section in kind.sections:
        given = document.get(section.name)
        if section.many:
            # A row that loses what it is known by goes: a gathered bill cannot be gathered twice.
            keeps = all(_kept(section.fields[name], reverse) for name in section.row_key)
            copy[section.name] = [_row(section, old, reverse) for old in given or [] if keeps]
        elif given or section.required:
            copy[section.name] = _row(section, given or {}, reverse)
    head = copy["head"]
    if isinstance(head, dict):
        for name in _OF_THE_SESSION:
            head.pop(name, None)
    return copy


def reversible(kind: Kind) -> bool:
    """Whether a document of this kind has a direction that a copy can turn round."""
    return any(spec.on_reverse == "flip" for _, spec in kind.fields())


def _row(section: Section, given: Mapping[str, Any], reverse: bool) -> JsonObject:
    row: JsonObject = {}
    for name, spec in section.fields.items():
        if spec.copy_as is not None:
            row[name] = spec.copy_as
        elif name in given and _kept(spec, reverse):
            turned = reverse and spec.on_reverse == "flip"
            row[name] = OPPOSITE.get(given[name], given[name]) if turned else given[name]
    return row


def _kept(spec: FieldSpec, reverse: bool) -> bool:
    return spec.on_copy == "keep" and not (reverse and spec.on_reverse == "clear")
