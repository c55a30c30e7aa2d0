"""Rules over the goods rows of a 核注清单, written to pass 10,000 rows in a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from contracts.documents.amounts import agree, plain, total_of
from contracts.documents.findings import Findings

Row = Mapping[str, Any]
Document = Mapping[str, Any]

MAX_ENTRY_LINES = 50
_GOODS = ("goods", "second_goods")
MERGE_KEY = {
    "hs_code": "商品编码",
    "name": "商品名称",
    "unit": "申报计量单位",
    "origin_country": "原产国",
    "destination_country": "最终目的国",
    "currency": "币制",
}
"""What rows that merge into one line of the 报关单 have in common (entry page, H)."""


def _each(document: Document) -> Iterable[tuple[str, int, Row]]:
    for section in _GOODS:
        for number, row in enumerate(document[section]):
            yield section, number, row


def is_logistics_book(book_no: str) -> bool:
    """物流账册: letter T with W or D in place 6, or letter L. Shapes: entry page and production books (H, L book M)."""
    return book_no[:1] == "L" or (book_no[:1] == "T" and book_no[5:6] in ("W", "D"))


def numbered(rows: Sequence[Row], section: str, name: str, findings: Findings) -> None:
    """Numbers run from 1 to the count of rows, in any order; absent ones are another rule's business."""
    seen: set[int] = set()
    for number, row in enumerate(rows):
        value = row.get(name)
        if value is None:
            continue
        if value in seen:
            findings.problem(section, number, name, "duplicate_number", value=value)
        elif value > len(rows):
            findings.problem(section, number, name, "number_gap", value=value, count=len(rows))
        seen.add(value)


def line_numbers(document: Document, findings: Findings) -> None:
    for section in _GOODS:
        numbered(document[section], section, "line_no", findings)


def book_line_no(document: Document, findings: Findings) -> None:
    head = document["head"]
    book = head.get("book_no", "")
    if not book or (head.get("direction") == "I" and is_logistics_book(book)):
        return
    for section, number, row in _each(document):
        if "book_line_no" not in row:
            findings.problem(
                section, number, "book_line_no", "required_when", when="填写了手(账)册编号时必填"
            )


def second_quantity(document: Document, findings: Findings) -> None:
    for section, number, row in _each(document):
        if "second_statutory_unit" not in row:
            continue
        given = row.get("second_statutory_quantity")
        if given is None:
            when = "填写了法定第二计量单位时必填"
            findings.problem(section, number, "second_statutory_quantity", "required_when", when=when)
        elif not Decimal(given):
            findings.problem(section, number, "second_statutory_quantity", "not_positive")


def totals(document: Document, findings: Findings) -> None:
    for section, number, row in _each(document):
        try:
            quantity, price, total = row["quantity"], row["unit_price"], row["total_price"]
        except KeyError:
            continue
        exact = Decimal(quantity), Decimal(price), Decimal(total)
        if not agree(*exact):
            expected = plain(total_of(exact[0], exact[1]))
            found = {"value": total, "quantity": quantity, "price": price, "expected": expected}
            findings.problem(section, number, "total_price", "total_differs", **found)


def equal_units(document: Document, findings: Findings) -> None:
    for section, number, row in _each(document):
        unit, quantity = row.get("unit"), row.get("quantity")
        if unit is None or quantity is None:
            continue
        for unit_name, name in (
            ("statutory_unit", "statutory_quantity"),
            ("second_statutory_unit", "second_statutory_quantity"),
        ):
            other = row.get(name)
            if (
                row.get(unit_name) == unit
                and other is not None
                and other != quantity
                and Decimal(other) != Decimal(quantity)
            ):
                findings.problem(section, number, name, "quantity_differs", value=other, quantity=quantity)


def weights(document: Document, findings: Findings) -> None:
    for section, number, row in _each(document):
        net, gross = row.get("net_weight"), row.get("gross_weight")
        if net is not None and gross is not None and net != gross and Decimal(net) > Decimal(gross):
            findings.problem(section, number, "net_weight", "net_exceeds_gross", value=net, gross=gross)


def consumption_version(document: Document, findings: Findings) -> None:
    head = document["head"]
    if (
        head.get("book_no", "")[:1] == "E"
        and head.get("direction") == "I"
        and head.get("supervision_mode") in ("4400", "4600")
    ):
        for number, row in enumerate(document["goods"]):
            if "consumption_version" not in row:
                when = "E账册进口、监管方式4400或4600时必填"
                findings.problem("goods", number, "consumption_version", "required_when", when=when)


def merging(document: Document, findings: Findings) -> None:
    rows = document["goods"]
    first: dict[int, int] = {}
    for number, row in enumerate(rows):
        line = row.get("entry_line_no")
        if line is None:
            continue
        if line > MAX_ENTRY_LINES:
            findings.problem(
                "goods", number, "entry_line_no", "too_many_entry_lines", value=line, limit=MAX_ENTRY_LINES
            )
            continue
        leader = first.setdefault(line, number)
        differs = [label for name, label in MERGE_KEY.items() if row.get(name) != rows[leader].get(name)]
        if differs:
            found = {"value": line, "first": leader + 1, "differs": "、".join(differs)}
            findings.problem("goods", number, "entry_line_no", "merge_key_differs", **found)
    # Where rows are left without a number the Single Window numbers them itself, and gaps are not final.
    if first and all("entry_line_no" in row for row in rows):
        for line, number in first.items():
            if line > len(first):
                findings.problem("goods", number, "entry_line_no", "number_gap", value=line, count=len(first))
