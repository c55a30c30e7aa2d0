"""A 核放单 out of a 出入库单 or a 核注清单: whole (一车一票), several on one truck (一车多票), or rows (一票多车).

Which 核放单类型 a 核注清单 gets is an inference (M): goods from or to China itself cross the second line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from customs.documents.amounts import plain
from customs.documents.gate_pass.leaning import KIND_OF_LINKED_TYPE
from customs.documents.gate_pass.rules import (
    ONE_BILL_MANY_TRUCKS,
    ONE_TRUCK_MANY_BILLS,
    ONE_TRUCK_ONE_BILL,
    SEPARATOR,
)
from customs.documents.making import (
    GOODS,
    Fed,
    Key,
    Made,
    Making,
    Origin,
    Taken,
    Use,
    carried,
    decimal_of,
    rows_by_line,
    same_in_all,
    sum_of,
)
from customs.documents.normal_form import Document, JsonObject

_LINKED_TYPE_OF = MappingProxyType({kind: code for code, kind in KIND_OF_LINKED_TYPE.items()})
_FIRST_IN, _FIRST_LINE, _SECOND_LINE, _NOT_CLEARED = "1", "2", "3", "4"
_CHINA = "142"
_GOODS_FIRST = "3"
"""清单类型 先入区后报关."""
_ROW = ("material_no", "hs_code", "name", "unit")
PASSED = frozenset({"passed", "passed_second", "gate_released"})

HeadOf = Callable[[Sequence[Document]], JsonObject]


def _making(source: str, usable: frozenset[str], head_of: HeadOf, *common: str) -> Making:
    def make(origins: Sequence[Origin]) -> Made:
        return _made(source, head_of, origins)

    def uses(gate_pass: Document, number: str, bill: Document) -> Use:
        return _uses(source, gate_pass, number, bill)

    return Making(source, usable, make, uses, several=True, common=common, passed=PASSED)


def _made(source: str, head_of: HeadOf, origins: Sequence[Origin]) -> Made:
    linked_type = _LINKED_TYPE_OF[source]
    in_part = len(origins) == 1 and not origins[0].whole
    head = head_of([origin.document["head"] for origin in origins])
    head["linked_type"] = linked_type
    head["linked_nos"] = SEPARATOR.join(origin.number for origin in origins)
    head["bind_type"] = (
        ONE_BILL_MANY_TRUCKS if in_part else ONE_TRUCK_ONE_BILL if len(origins) == 1 else ONE_TRUCK_MANY_BILLS
    )
    linked: list[Any] = [{"linked_type": linked_type, "bill_no": origin.number} for origin in origins]
    document: JsonObject = {"head": head, "linked_documents": linked}
    fed: list[Fed] = []
    if in_part:
        rows = [_row(number, taken) for number, taken in enumerate(origins[0].rows, start=1)]
        document[GOODS] = [*rows]
        fed = [
            Fed(number, ((0, taken.row.get("line_no"), taken.quantity),))
            for number, taken in enumerate(origins[0].rows, start=1)
        ]
        weights = {name: sum_of(rows, name) for name in ("gross_weight", "net_weight")}
    else:
        weights = {
            name: _weight(name, [origin.document for origin in origins])
            for name in ("gross_weight", "net_weight")
        }
    head.update({name: weight for name, weight in weights.items() if weight is not None})
    return Made(document, fed)


def _row(number: int, taken: Taken) -> JsonObject:
    row: JsonObject = {"line_no": number}
    if "line_no" in taken.row:
        row["related_line_no"] = taken.row["line_no"]
    row |= carried(_ROW, taken.row)
    row["quantity"] = plain(taken.quantity)
    row |= {name: share for name in ("gross_weight", "net_weight") if (share := taken.share(name))}
    return row


def _weight(name: str, documents: Iterable[Document]) -> str | None:
    """Of all goods: as the heads tell it, else the sum of the rows."""
    total = Decimal(0)
    for document in documents:
        weight = decimal_of(document["head"], name)
        if weight is None:
            summed = sum_of(document.get(GOODS) or (), name)
            if summed is None:
                return None
            weight = Decimal(summed)
        total += weight
    return plain(total)


def _of_bill(heads: Sequence[Document]) -> JsonObject:
    names = ("supervising_customs", "direction", "area_book_no", "area_code", "area_name", "area_uscc")
    return {"gate_pass_type": _NOT_CLEARED, **same_in_all(heads, names)}


def _of_inventory(heads: Sequence[Document]) -> JsonObject:
    shared = same_in_all(
        heads,
        (
            "supervising_customs",
            "direction",
            "book_no",
            "operating_code",
            "operating_name",
            "operating_uscc",
            "shipment_country",
            "inventory_type",
        ),
    )
    head = carried(("supervising_customs", "direction"), shared)
    if "book_no" in shared:
        head["area_book_no"] = shared["book_no"]
    for fact in ("code", "name", "uscc"):
        if f"operating_{fact}" in shared:
            head[f"area_{fact}"] = shared[f"operating_{fact}"]
    if shared.get("inventory_type") == _GOODS_FIRST:
        head["gate_pass_type"] = _FIRST_IN
    elif "shipment_country" in shared:
        domestic = shared["shipment_country"] == _CHINA
        head["gate_pass_type"] = _SECOND_LINE if domestic else _FIRST_LINE
    return head


def _uses(source: str, gate_pass: Document, number: str, bill: Document) -> Use:
    head = gate_pass.get("head") or {}
    if not any(
        row.get("bill_no") == number
        and KIND_OF_LINKED_TYPE.get(row.get("linked_type") or head.get("linked_type", "")) == source
        for row in gate_pass.get("linked_documents") or ()
    ):
        return Use()
    if head.get("bind_type") != ONE_BILL_MANY_TRUCKS:
        return Use(whole=True)
    return rows_by_line(gate_pass.get(GOODS) or (), "related_line_no", _keys(bill))


def _keys(bill: Document) -> Mapping[int, Sequence[Key]]:
    return {
        row["line_no"]: [(row["line_no"],)] for row in bill.get(GOODS) or () if row.get("line_no") is not None
    }


FROM_BILL = _making(
    "stock_bill", frozenset({"approved"}), _of_bill, "direction", "supervising_customs", "area_code"
)
FROM_INVENTORY = _making(
    "inventory",
    frozenset({"pre_deducted", "approved", "deducted"}),
    _of_inventory,
    "direction",
    "supervising_customs",
    "operating_code",
)
