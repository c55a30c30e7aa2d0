"""What entry pages fill in by themselves, the same for every kind (page script, 2020, H)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customs.documents.kinds import Party
from customs.documents.normal_form import JsonObject

FILED = "1"
"""申报类型 备案."""
ADDED = "3"
"""修改标志 of a row that customs does not have yet."""


def head_of(document: Mapping[str, Any], enterprise: Party) -> JsonObject:
    """A copy of the head with 申报类型, 申报企业 and 录入单位 completed; nothing that was typed is touched."""
    head: JsonObject = dict(document.get("head") or {})
    head.setdefault("declaration_type", FILED)
    for prefix in ("declaring", "input"):
        if head.get(f"{prefix}_code") in (None, ""):
            head[f"{prefix}_code"] = enterprise.customs_code
        complete_party(head, prefix, enterprise)
    return head


def complete_party(head: JsonObject, prefix: str, enterprise: Party) -> None:
    """Add the other two of the 三码 where the code is this enterprise's."""
    if head.get(f"{prefix}_code") == enterprise.customs_code:
        head.setdefault(f"{prefix}_uscc", enterprise.uscc)
        head.setdefault(f"{prefix}_name", enterprise.name)


def rows_of(rows: list[Any], number: str | None = "line_no") -> list[Any]:
    """The rows marked as added and numbered 1..n where none of them has a `number` yet."""
    named = [row for row in rows if isinstance(row, Mapping)]
    unnumbered = number is not None and all(row.get(number) is None for row in named)
    filled: list[Any] = []
    for place, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            given = {number: place} if unnumbered else {}
            filled.append({"change_mark": ADDED, **given, **row})
        else:
            filled.append(row)
    return filled


def with_rows(document: Mapping[str, Any], head: JsonObject, **numbers: str | None) -> JsonObject:
    """The document with this head and the rows of the named sections filled: section → field of its numbers."""
    filled: JsonObject = {**document, "head": head}
    for section, number in numbers.items():
        rows = document.get(section)
        if isinstance(rows, list):
            filled[section] = rows_of(rows, number)
    return filled
