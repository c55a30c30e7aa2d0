"""复制: what a copy of a document keeps. Which fields are cleared or reset is declared per field in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.documents.kinds import JsonObject, Kind, Section


def copied(kind: Kind, document: Mapping[str, Any]) -> JsonObject:
    """A new draft out of a document: numbers, dates of the authority and 企业内部编号 gone, rows marked as added.

    申报单位 and 录入单位 are kept: whoever copies resets them to the present enterprise where it differs.
    """
    copy: JsonObject = {}
    for section in kind.sections:
        given = document.get(section.name)
        if section.many:
            # A gathered bill cannot be gathered twice: its row is nothing but its number, and goes.
            copy[section.name] = [row for row in (_row(section, old) for old in given or []) if row]
        elif given or section.required:
            copy[section.name] = _row(section, given or {})
    return copy


def _row(section: Section, given: Mapping[str, Any]) -> JsonObject:
    row: JsonObject = {}
    for name, spec in section.fields.items():
        if spec.copy_as is not None:
            row[name] = spec.copy_as
        elif name in given and spec.on_copy == "keep":
            row[name] = given[name]
    return row
