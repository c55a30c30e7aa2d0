"""What a new 核放单 starts with: parties, what its linked documents tell, and the sum of the weights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from customs.documents.amounts import plain
from customs.documents.fields import DECIMAL_PATTERN
from customs.documents.filling import complete_party, head_of
from customs.documents.gate_pass.rules import (
    EMPTY_TRUCK,
    LINKED_TYPES,
    SEPARATOR,
    WEIGHTS,
)
from customs.documents.kinds import Party
from customs.documents.normal_form import JsonObject

_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)
_LONGEST = 24


def fill(document: Mapping[str, Any], enterprise: Party, today: date) -> JsonObject:
    """The document with absent values completed; nothing that was typed is touched.

    Derived: 关联单证类型 from the rows or the type of pass, 关联单证编号 from the rows, 货物重量 from the goods (0 for an
    empty truck), 总重量 as the sum. Values that are no numbers are left to the check.
    """
    del today
    head = head_of(document, enterprise)
    complete_party(head, "area", enterprise)
    linked = _rows(document, "linked_documents")
    goods = _rows(document, "goods")
    filled: JsonObject = {**document, "head": head}
    _link(head, linked)
    if linked:
        kind = {"linked_type": head["linked_type"]} if "linked_type" in head else {}
        filled["linked_documents"] = [{**kind, **row} if isinstance(row, Mapping) else row for row in linked]
    if goods:
        filled["goods"] = _numbered(goods)
    _weigh(head, goods)
    return filled


def _rows(document: Mapping[str, Any], section: str) -> list[Any]:
    rows = document.get(section)
    return rows if isinstance(rows, list) else []


def _link(head: JsonObject, linked: list[Any]) -> None:
    rows = [row for row in linked if isinstance(row, Mapping)]
    kinds = {str(row["linked_type"]) for row in rows if row.get("linked_type")}
    usual = LINKED_TYPES.get(str(head.get("gate_pass_type")), ())
    if len(kinds) == 1:
        head.setdefault("linked_type", kinds.pop())
    elif not kinds and len(usual) == 1:
        head.setdefault("linked_type", usual[0])
    if numbers := [str(row["bill_no"]) for row in rows if row.get("bill_no")]:
        head.setdefault("linked_nos", SEPARATOR.join(numbers))


def _numbered(rows: list[Any]) -> list[Any]:
    if any(isinstance(row, Mapping) and row.get("line_no") is not None for row in rows):
        return rows
    return [{"line_no": n, **row} if isinstance(row, Mapping) else row for n, row in enumerate(rows, start=1)]


def _weigh(head: JsonObject, goods: list[Any]) -> None:
    for name in ("gross_weight", "net_weight"):
        if head.get("gate_pass_type") == EMPTY_TRUCK:
            head.setdefault(name, "0")
        elif goods and (total := _sum(row.get(name) for row in goods if isinstance(row, Mapping))):
            head.setdefault(name, total)
    if "vehicle_weight" in head and "gross_weight" in head:
        given = [head[name] for name in WEIGHTS if head.get(name) not in (None, "")]
        if total := _sum(given):
            head.setdefault("total_weight", total)


def _sum(values: Iterable[object]) -> str | None:
    """The sum of decimal texts; None where one is anything else."""
    total = Decimal()
    for value in values:
        if not isinstance(value, str) or len(value) > _LONGEST or not _DECIMAL.fullmatch(value):
            return None
        total += Decimal(value)
    return plain(total)
