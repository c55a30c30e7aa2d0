"""Rules over the goods rows of a 核注清单, written to pass 10,000 rows in a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from customs.documents.findings import Findings
from customs.documents.normal_form import Document

Row = Mapping[str, Any]

MAX_ENTRY_LINES = 50
GOODS = ("goods", "second_goods")
MERGE_KEY = {
    "hs_code": "商品编码",
    "name": "商品名称",
    "unit": "申报计量单位",
    "origin_country": "原产国",
    "destination_country": "最终目的国",
    "currency": "币制",
}
"""What rows that merge into one line of the 报关单 have in common (entry page, H)."""


def numbered(rows: Sequence[Row], section: str, name: str, findings: Findings) -> None:
    """Numbers run from 1 to the count of rows, in any order; absent ones are another rule's business."""
    first: dict[int, int] = {}
    for number, row in enumerate(rows):
        value = row.get(name)
        if value is None:
            continue
        if value in first:
            again = {"value": value, "first": first[value] + 1}
            findings.problem(section, number, name, "duplicate_number", **again)
        elif value > len(rows):
            findings.problem(section, number, name, "number_gap", value=value, count=len(rows))
        first.setdefault(value, number)


def line_numbers(document: Document, findings: Findings) -> None:
    for section in GOODS:
        numbered(document[section], section, "line_no", findings)


def second_goods_specification(document: Document, findings: Findings) -> None:
    for number, row in enumerate(document["second_goods"]):
        if "specification" not in row:
            why = "料件的规格型号可以不填，填写便于核对"
            findings.warning("second_goods", number, "specification", "advisable", why=why)


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
