"""Rules between the fields of a 出入库单. A rule of confidence L or M that could refuse what customs takes is a warning.

What a bill has in common with its 业务申报表 needs both documents: see `against_form`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from customs.documents.findings import Findings
from customs.documents.kinds import Rule
from customs.documents.normal_form import Document
from customs.documents.row_rules import (
    DECLARE,
    equal_units,
    repeated,
    rows_required,
    second_quantity,
    totals,
    weights,
)
from customs.documents.stock_bill.life import VOIDING
from customs.documents.tariff_rules import in_tariff


def goods_are_there(document: Document, findings: Findings) -> None:
    rows_required(document, findings, "goods", "申报时必须有商品")


def row_numbers(document: Document, findings: Findings) -> None:
    for number, first, (value,) in repeated(document["goods"], ("line_no",)):
        found = {"value": value, "first": first + 1}
        findings.problem("goods", number, "line_no", "number_repeated", **found)


def weights_above_zero(document: Document, findings: Findings) -> None:
    places: list[tuple[str, int | None, Mapping[str, Any]]] = [("head", None, document["head"])]
    places += [("goods", number, row) for number, row in enumerate(document["goods"])]
    for section, place, part in places:
        for name in ("gross_weight", "net_weight"):
            if name in part and not Decimal(part[name]):
                findings.warning(section, place, name, "unusual", why="重量一般大于0")


def returned_goods(document: Document, findings: Findings) -> None:
    head, goods = document["head"], document["goods"]
    named = [number for number, row in enumerate(goods) if "related_line_no" in row]
    if named and "related_bill_no" not in head:
        why = f"表体第{named[0] + 1}行填写了关联商品序号"
        findings.warning("head", None, "related_bill_no", "advisable", why=why)
    if "related_bill_no" in head:
        for number, row in enumerate(goods):
            if "related_line_no" not in row:
                why = "表头填写了关联出入库单编号"
                findings.warning("goods", number, "related_line_no", "advisable", why=why)


def _unless_voiding(rule: Rule) -> Rule:
    """A 作废 sends the bill as customs has it, and is not checked again."""

    def apply(document: Document, findings: Findings) -> None:
        if document["head"].get("declaration_type") != VOIDING:
            rule.apply(document, findings)

    return replace(rule, apply=apply)


RULES: tuple[Rule, ...] = tuple(
    map(
        _unless_voiding,
        (
            Rule(
                "rows", "Goods are there", "Generator and forms of one platform (H)", DECLARE, goods_are_there
            ),
            Rule(
                "row_numbers",
                "商品序号 is unique in the bill",
                "Generator and forms of one platform (H)",
                DECLARE,
                row_numbers,
            ),
            second_quantity("goods"),
            totals("goods"),
            equal_units("goods"),
            weights("goods", in_head=True),
            in_tariff("goods"),
            Rule(
                "weights_above_zero",
                "毛重 and 净重 are above 0 where given",
                "Forms of one platform (M)",
                DECLARE,
                weights_above_zero,
            ),
            Rule(
                "returned_goods",
                "退运 names the bill and, in each row, the line it returns",
                "Customs schema of 2017 and one front end (M)",
                DECLARE,
                returned_goods,
            ),
        ),
    )
)
