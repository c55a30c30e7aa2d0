"""A 出入库单 out of a 业务申报表: parties and rows are carried over, each row with what is left of it or what was chosen.

Carried fields: one platform's forms (M). Countries, 征免方式, weights and statutory quantities in another unit are not told by a
form, so a clerk types them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.problems import problem
from customs.documents.amounts import plain, total_of
from customs.documents.filling import ADDED
from customs.documents.kinds import JsonObject
from customs.documents.making import (
    GOODS,
    Document,
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
    goods: list[Any] = [_row(number, taken) for number, taken in enumerate(form.rows, start=1)]
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
