"""What the entry page fills in by itself when a 核注清单 is made (page script, 2020, H): declarant, input unit, dates, marks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.documents.kinds import JsonObject, Party

_FILED = "1"
_ADDED = "3"
_ORDINARY = "0"


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with absent values completed; nothing that was typed is touched.

    A party is completed only while its code is absent or is this enterprise's. Goods are numbered 1..n where none of them
    has a number yet. `today` is the day in Shanghai.
    """
    head: JsonObject = dict(document.get("head") or {})
    for prefix in ("declaring", "input"):
        if head.get(f"{prefix}_code") in (None, "", enterprise.customs_code):
            head.setdefault(f"{prefix}_code", enterprise.customs_code)
            head.setdefault(f"{prefix}_uscc", enterprise.uscc)
            head.setdefault(f"{prefix}_name", enterprise.name)
    head.setdefault("input_date", today.strftime("%Y%m%d"))
    head.setdefault("declaration_type", _FILED)
    head.setdefault("inventory_type", _ORDINARY)
    filled: JsonObject = {**document, "head": head}
    for section in ("goods", "second_goods"):
        rows = document.get(section)
        if isinstance(rows, list):
            filled[section] = _rows(rows)
    return filled


def _rows(rows: list[Any]) -> list[Any]:
    unnumbered = not any(isinstance(row, Mapping) and row.get("line_no") is not None for row in rows)
    filled = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Mapping):
            given = {"line_no": number} if unnumbered else {}
            filled.append({"change_mark": _ADDED, **given, **row})
        else:
            filled.append(row)
    return filled
