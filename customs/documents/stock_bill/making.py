"""A 出入库单 out of a 业务申报表: parties and rows are carried over, each row with what is left of it or what was chosen.

Carried fields: one platform's forms (M). A form tells no countries, no 征免方式 and no statutory quantities in another unit; the
earlier bills of the form and the 清单 that brought the goods in do. 最终目的国 is China, where both sides of the gate lie, and what
enters the area is exempt. Weights a clerk types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.problems import problem
from customs.documents.amounts import plain, total_of
from customs.documents.filling import ADDED
from customs.documents.making import (
    GOODS,
    Fed,
    Key,
    Made,
    Making,
    MakingRefusedError,
    Origin,
    Taken,
    Use,
    carried,
    decimal_of,
    rows_by_line,
)
from customs.documents.normal_form import Document, JsonObject
from customs.documents.stock_bill.against_form import CARRIED_OVER, FORM

_HEAD = (*CARRIED_OVER, "area_name", "area_uscc")
_ROW = (
    "book_line_no",
    "material_no",
    "hs_code",
    "name",
    "specification",
    "unit",
    "statutory_unit",
    "second_statutory_unit",
    "unit_price",
    "currency",
)
_IN_UNIT = (
    ("statutory_unit", "statutory_quantity"),
    ("second_statutory_unit", "second_statutory_quantity"),
)
_ELSEWHERE = ("origin_country", "levy_mode", "destination_country")
_CHINA, _INTO_THE_AREA, _EXEMPT = "142", "I", "3"


def make(origins: Sequence[Origin]) -> Made:
    """A bill of one form. Rows of one 料件成品标志 only, for a bill's head has but one."""
    (form,) = origins
    marks = {taken.row.get("material_mark") for taken in form.rows}
    if len(marks) > 1:
        why = "一份出入库单的商品应为同一料件成品标志，请分开生成"
        raise MakingRefusedError(problem("unfit_value", "/rows", field="「商品行」", why=why))
    head: JsonObject = carried(_HEAD, form.document["head"])
    head["business_form_no"] = form.number
    if mark := next(iter(marks), None):
        head["material_mark"] = mark
    told = [form.elsewhere.get((t.row.get("material_mark"), t.row.get("line_no")), ()) for t in form.rows]
    direction = form.document["head"].get("direction")
    goods: list[Any] = [
        {**_row(number, taken), **_from_elsewhere(taken, rows, direction)}
        for number, (taken, rows) in enumerate(zip(form.rows, told, strict=True), start=1)
    ]
    fed = [
        Fed(number, ((0, taken.row.get("line_no"), taken.quantity),))
        for number, taken in enumerate(form.rows, start=1)
    ]
    return Made({"head": head, GOODS: goods}, fed)


def _row(number: int, taken: Taken) -> JsonObject:
    row: JsonObject = {"line_no": number, "change_mark": ADDED, **carried(_ROW, taken.row)}
    if "line_no" in taken.row:
        row["form_line_no"] = taken.row["line_no"]
    row["quantity"] = plain(taken.quantity)
    price = decimal_of(taken.row, "unit_price")
    if price is not None:
        row["total_price"] = plain(total_of(taken.quantity, price))
    for unit, quantity in _IN_UNIT:
        if unit in row and row[unit] == row.get("unit"):
            row[quantity] = row["quantity"]
    return row


def _from_elsewhere(taken: Taken, rows: Sequence[Document], direction: str | None) -> JsonObject:
    """What the form does not tell, out of other documents about the same goods."""
    found: JsonObject = {"destination_country": _CHINA}
    if direction == _INTO_THE_AREA:
        found["levy_mode"] = _EXEMPT
    found |= {name: row[name] for row in reversed(rows) for name in _ELSEWHERE if name in row}
    for unit, quantity in _IN_UNIT:
        wanted = taken.row.get(unit)
        if wanted is None or wanted == taken.row.get("unit"):
            continue
        for row in rows:
            alike = row.get(unit) == wanted and row.get("unit") == taken.row.get("unit")
            share = (
                Taken(row, taken.quantity).share(quantity) if alike and decimal_of(row, "quantity") else None
            )
            if share is not None:
                found[quantity] = share
                break
    return found


def uses(bill: Document, number: str, form: Document) -> Use:
    """What the bill takes of the form's rows, by 申报表序号 and, where the bill has one, its 料件成品标志."""
    head = bill.get("head") or {}
    if head.get("business_form_no") != number:
        return Use()
    mark = head.get("material_mark")
    keys: dict[int, list[Key]] = {}
    for row in form.get(GOODS) or ():
        if "line_no" in row and mark in (None, row.get("material_mark")):
            keys.setdefault(row["line_no"], []).append((row.get("material_mark"), row["line_no"]))
    return rows_by_line(bill.get(GOODS) or (), "form_line_no", keys)


def why_not(form: Document, told: Mapping[str, Any], today: str) -> str | None:
    """An expired form cannot be used."""
    del told
    until = form["head"].get("valid_until")
    return f"业务申报表的有效期至{until}，已过期" if until is not None and until < today else None


FROM_FORM = Making(FORM, frozenset({"approved"}), make, uses, why_not=why_not)
