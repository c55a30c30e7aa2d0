"""集报: a 核注清单 out of the 出入库单 of a period. Rows of the same goods are put together; whole bills, each gathered once.

That rows come from the gathered bills and from nowhere else: entry page (H). Which rows are the same: all that customs is told
of the goods but quantities, weights and prices (M); the price of rows put together is total ÷ quantity as in 归并.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from customs.documents.amounts import agree, plain, price_of
from customs.documents.filling import ADDED
from customs.documents.gathering import BILL, BUSINESS_TYPE, GATHERED, NAMES_BILLS
from customs.documents.inventory.rules import CLEARED, GENERATE
from customs.documents.inventory.rules import GATHERED as GATHERED_TYPE
from customs.documents.making import (
    GOODS,
    Fed,
    Made,
    Making,
    Origin,
    Use,
    carried,
    decimal_of,
    same_in_all,
    sum_of,
)
from customs.documents.normal_form import Document, JsonObject

_SECTION, _NUMBER = NAMES_BILLS["inventory"]
_SAME = (
    "book_line_no",
    "material_no",
    "hs_code",
    "name",
    "specification",
    "unit",
    "statutory_unit",
    "second_statutory_unit",
    "origin_country",
    "currency",
    "levy_mode",
    "consumption_version",
    "destination_country",
)
_FACTORS = ("weight_factor", "first_factor", "second_factor")
_SUMS = (
    "quantity",
    "statutory_quantity",
    "second_statutory_quantity",
    "total_price",
    "gross_weight",
    "net_weight",
)


def make(origins: Sequence[Origin]) -> Made:
    """A 集报清单 of whole bills."""
    groups: dict[tuple[object, ...], list[tuple[int, Document]]] = {}
    for place, origin in enumerate(origins):
        for taken in origin.rows:
            key = tuple(taken.row.get(name) for name in _SAME)
            groups.setdefault(key, []).append((place, taken.row))
    goods: list[Any] = []
    fed = []
    for number, members in enumerate(groups.values(), start=1):
        goods.append(_row(number, [row for _, row in members]))
        parts = [
            (place, row.get("line_no"), decimal_of(row, "quantity") or Decimal(0)) for place, row in members
        ]
        fed.append(Fed(number, parts))
    bills: list[Any] = [
        {"line_no": number, _NUMBER: origin.number} for number, origin in enumerate(origins, start=1)
    ]
    head = _head([origin.document["head"] for origin in origins])
    return Made({"head": head, GOODS: goods, _SECTION: bills}, fed)


def _head(heads: Sequence[Document]) -> JsonObject:
    shared = same_in_all(
        heads,
        (
            "area_book_no",
            "area_code",
            "area_name",
            "area_uscc",
            "direction",
            "material_mark",
            "supervising_customs",
        ),
    )
    head: JsonObject = {
        "inventory_type": GATHERED_TYPE,
        "clearance_flag": CLEARED,
        "generate_entry": GENERATE,
        **carried(("direction", "material_mark", "supervising_customs"), shared),
    }
    if "area_book_no" in shared:
        head["book_no"] = shared["area_book_no"]
    for fact in ("code", "name", "uscc"):
        if f"area_{fact}" in shared:
            head[f"operating_{fact}"] = head[f"receiving_{fact}"] = shared[f"area_{fact}"]
    return head


def _row(number: int, rows: Sequence[Document]) -> JsonObject:
    row: JsonObject = {"line_no": number, "change_mark": ADDED, **carried(_SAME, rows[0])}
    row |= same_in_all(rows, _FACTORS)
    row |= {name: summed for name in _SUMS if (summed := sum_of(rows, name)) is not None}
    quantity, total = decimal_of(row, "quantity"), decimal_of(row, "total_price")
    price = decimal_of(same_in_all(rows, ("unit_price",)), "unit_price")
    if quantity and total is not None:
        kept = price is not None and agree(quantity, price, total)
        row["unit_price"] = rows[0]["unit_price"] if kept else plain(price_of(total, quantity))
    return row


def uses(inventory: Document, number: str, bill: Document) -> Use:
    """A gathered bill is gathered as a whole."""
    del bill
    return Use(whole=any(row.get(_NUMBER) == number for row in inventory.get(_SECTION) or ()))


def why_not(bill: Document, told: Mapping[str, Any], today: str) -> str | None:
    """Only bills of 分送集报 that customs does not know as gathered."""
    del today
    known = {**bill["head"], **told}
    if known.get("gathered_mark") == GATHERED or known.get("related_inventory_no"):
        return "该出入库单已集报"
    if known.get("business_type") != BUSINESS_TYPE:
        return "只有业务类型A（分送集报）的出入库单可以集报"
    return None


GATHERING = Making(
    BILL,
    frozenset({"approved"}),
    make,
    uses,
    several=True,
    by_rows=False,
    common=("direction", "supervising_customs", "area_code", "area_book_no", "material_mark"),
    why_not=why_not,
)
