"""归并 of a 核注清单: goods rows of one key become one row of the 报关单, at most 50 (entry page, H).

Sums: quantities to 5 decimals, totals to 2; price = total ÷ quantity to 4, half-even. Never merged: rows of 来源标识 1 (重点料件),
and those a clerk sets apart, such as 成品 that pay export duty, which no table here tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from customs.documents.amounts import plain, price_of
from customs.documents.findings import Findings
from customs.documents.inventory.goods_rules import MAX_ENTRY_LINES, MERGE_KEY
from customs.documents.making import GOODS, carried, decimal_of, same_in_all, sum_of
from customs.documents.merging import EntryLine, Merged, MergeOrder, Part
from customs.documents.normal_form import JsonObject

Row = Mapping[str, Any]
LINE = "entry_line_no"
ROWS = "declaration_rows"
_KEY_GOODS = "1"
_FINISHED, _EXPORT = "E", "E"
_NEEDED = (*MERGE_KEY, "line_no", "quantity", "total_price")
_FIRST = ("specification", "statutory_unit", "second_statutory_unit", "levy_mode")
_SUMS = ("statutory_quantity", "second_statutory_quantity", "quantity", "total_price")
_OWN = frozenset({"seq_no", "entry_seq_no", "line_no", "book_line_no", "unit_price", *_FIRST, *_SUMS})
_PACKED_LENGTH = 4000


@dataclass(slots=True)
class _Group:
    """Goods rows that become one row; `number` is typed or still None."""

    key: tuple[object, ...]
    number: int | None
    alone: bool
    places: list[int] = field(default_factory=list)


def merge(document: Mapping[str, Any], order: MergeOrder, findings: Findings) -> Merged:
    """The numbered goods and the rows of the 报关单草稿, with what other fields its rows of the same key have already."""
    rows: Sequence[Row] = document[GOODS]
    if not _complete(rows, findings):
        return Merged()
    groups = _grouped(rows, order, findings)
    if len(groups) > MAX_ENTRY_LINES:
        # A number past the limit is a consequence of too many rows, and less telling.
        findings.whole(
            "too_many_entry_lines",
            field="归并后的报关单商品项数",
            value=len(groups),
            limit=MAX_ENTRY_LINES,
        )
        return Merged(parts=_parts(rows, groups))
    if findings.problems() or not _numbered(groups, order, findings):
        return Merged()
    groups.sort(key=_number)
    _warn(document, groups, findings)
    known = {_key(row): row for row in document.get(ROWS) or ()}
    goods: list[JsonObject] = [dict(row) for row in rows]
    for group in groups:
        for place in group.places:
            goods[place][LINE] = _number(group)
    return Merged(
        goods,
        [_line(group, rows, known.get(group.key, {}), findings) for group in groups],
        [EntryLine(_number(group), [rows[place]["line_no"] for place in group.places]) for group in groups],
    )


def _complete(rows: Sequence[Row], findings: Findings) -> bool:
    for place, row in enumerate(rows):
        for name in _NEEDED:
            if name not in row:
                findings.problem(GOODS, place, name, "required", purpose="归并")
        if decimal_of(row, "quantity") == 0:
            findings.problem(GOODS, place, "quantity", "not_positive")
    if not rows:
        findings.problem(GOODS, None, None, "rows_required", why="没有可以归并的商品")
    return not findings.problems()


def _grouped(rows: Sequence[Row], order: MergeOrder, findings: Findings) -> list[_Group]:
    typed: dict[int, _Group] = {}
    waiting: list[int] = []
    for place, row in enumerate(rows):
        number = row.get(LINE) if order.numbering != "anew" else None
        if number is None:
            waiting.append(place)
            continue
        group = typed.setdefault(number, _Group(_key(row), number, _alone(row, order)))
        if group.places:
            _joins(rows, place, group, order, findings)
        group.places.append(place)
    joinable: dict[tuple[object, ...], _Group] = {}
    for number in sorted(typed):
        if not typed[number].alone:
            joinable.setdefault(typed[number].key, typed[number])
    groups = [typed[number] for number in sorted(typed)]
    for place in waiting:
        key, alone = _key(rows[place]), _alone(rows[place], order)
        known = None if alone else joinable.get(key)
        if known is None:
            known = _Group(key, None, alone)
            groups.append(known)
            if not alone:
                joinable[key] = known
        known.places.append(place)
    for group in groups:
        group.places.sort()
    return groups


def _joins(rows: Sequence[Row], place: int, group: _Group, order: MergeOrder, findings: Findings) -> None:
    """Reports why a row may not have the number that was typed into it."""
    row, first = rows[place], rows[group.places[0]]
    differs = [label for name, label in MERGE_KEY.items() if row.get(name) != first.get(name)]
    if differs:
        found = {"value": group.number, "first": group.places[0] + 1, "differs": "、".join(differs)}
        findings.problem(GOODS, place, LINE, "merge_key_differs", **found)
    elif group.alone or _alone(row, order):
        why = f"与表体第{group.places[0] + 1}行同为{group.number}，但其中有不能归并的商品"
        findings.problem(GOODS, place, LINE, "unfit_value", why=why)


def _numbered(groups: Sequence[_Group], order: MergeOrder, findings: Findings) -> bool:
    """Give every group its number; False when typed ones leave a gap."""
    if order.numbering == "close":
        for number, group in enumerate(groups, start=1):
            group.number = number
        return True
    taken = {group.number for group in groups}
    free = (number for number in count(1) if number not in taken)
    for group in groups:
        if group.number is None:
            group.number = next(free)
        elif group.number > len(groups):
            found = {"value": group.number, "count": len(groups)}
            findings.problem(GOODS, group.places[0], LINE, "number_gap", **found)
    return not findings.problems()


def _line(group: _Group, rows: Sequence[Row], known: Row, findings: Findings) -> JsonObject:
    own = [rows[place] for place in group.places]
    line: JsonObject = {name: value for name, value in known.items() if name not in _OWN}
    line |= {"line_no": _number(group), **carried((*MERGE_KEY, *_FIRST), own[0])}
    line |= {name: summed for name in _SUMS if (summed := sum_of(own, name)) is not None}
    quantity, total = Decimal(str(line["quantity"])), Decimal(str(line["total_price"]))
    one_price = same_in_all(own, ("unit_price",)) if len(own) == 1 else {}
    line["unit_price"] = one_price.get("unit_price", plain(price_of(total, quantity)))
    if len(own) == 1:
        if "book_line_no" in own[0]:
            line["book_line_no"] = str(own[0]["book_line_no"])
        return line
    packed = ",".join(f"@{row['line_no']}" for row in own)
    if len(packed) <= _PACKED_LENGTH:
        line["book_line_no"] = packed
    for name in _FIRST:
        if not same_in_all(own, (name,)) and any(name in row for row in own):
            why = f"归并到报关单第{_number(group)}项的各行不同，取第一行的值"
            findings.warning(GOODS, group.places[0], name, "unusual", why=why)
    return line


def _warn(document: Mapping[str, Any], groups: Sequence[_Group], findings: Findings) -> None:
    head = document["head"]
    exported = head.get("material_mark") == _FINISHED and head.get("direction") == _EXPORT
    if exported and any(len(group.places) > 1 for group in groups):
        why = "应征出口关税的成品不能归并，如有请指明其商品序号（apart）"
        findings.warning("head", None, "material_mark", "unusual", why=why)


def _parts(rows: Sequence[Row], groups: Sequence[_Group]) -> list[Part]:
    cuts = [groups[start : start + MAX_ENTRY_LINES] for start in range(0, len(groups), MAX_ENTRY_LINES)]
    return [
        Part(len(cut), sorted(rows[place]["line_no"] for group in cut for place in group.places))
        for cut in cuts
    ]


def _key(row: Row) -> tuple[object, ...]:
    return tuple(row.get(name) for name in MERGE_KEY)


def _alone(row: Row, order: MergeOrder) -> bool:
    return row.get("source_mark") == _KEY_GOODS or row["line_no"] in order.apart


def _number(group: _Group) -> int:
    assert group.number is not None
    return group.number
