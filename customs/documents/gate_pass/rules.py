"""Rules between the fields of a 核放单. A rule of confidence L or M that could refuse what customs takes is a warning.

Whether a linked document is approved and of the same direction needs both documents: see `leaning`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from customs.documents.amounts import plain
from customs.documents.findings import Findings
from customs.documents.gate_pass.life import VOIDING
from customs.documents.head_rules import (
    container_check_digit,
    containers_once,
    linked_direction,
    once_in,
    plate_in_capitals,
)
from customs.documents.kinds import Rule
from customs.documents.normal_form import Document
from customs.documents.row_rules import (
    BOTH,
    DECLARE,
    empty_unless_shown,
    listed_once,
    needed,
    none_unless_shown,
    repeated,
    rows_required,
    together,
    weights,
)
from customs.documents.tariff_rules import in_tariff

REGISTERED_AT_GATE, EMPTY_TRUCK = "5", "6"
ONE_TRUCK_MANY_BILLS, ONE_TRUCK_ONE_BILL, ONE_BILL_MANY_TRUCKS = "1", "2", "3"
SEPARATOR = "\\"
"""Joins the numbers in 关联单证编号 (production receipt, H)."""

LINKED_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"1": ("3", "1"), "2": ("1",), "3": ("1",), "4": ("2",)}
)
"""核放单类型 → 关联单证类型. Type 1 with a 核注清单 is in a production message beside the rule that says 提运单 (M)."""
WEIGHTS = ("vehicle_weight", "frame_weight", "container_weight", "gross_weight")


def linked_by_type(document: Document, findings: Findings) -> None:
    head = document["head"]
    kind = head.get("gate_pass_type")
    empty_unless_shown(document, findings, "bind_type", "linked_type", "linked_nos")
    none_unless_shown(document, findings, "linked_documents")
    lawful = LINKED_TYPES.get(kind)
    if lawful and head.get("linked_type", lawful[0]) not in lawful:
        why = f"核放单类型为{kind}"
        findings.problem("head", None, "linked_type", "must_be", expected="或".join(lawful), why=why)


def linked_rows_agree(document: Document, findings: Findings) -> None:
    expected = document["head"].get("linked_type")
    for number, row in enumerate(document["linked_documents"]):
        if expected and row.get("linked_type", expected) != expected:
            why = "应与表头的关联单证类型一致"
            findings.problem("linked_documents", number, "linked_type", "must_be", expected=expected, why=why)
    once_in(document["head"].get("linked_nos", "").split(SEPARATOR), "linked_nos", findings)


def linked_are_there(document: Document, findings: Findings) -> None:
    head = document["head"]
    kind = head.get("gate_pass_type")
    if kind not in LINKED_TYPES:
        return
    rows_required(document, findings, "linked_documents", f"核放单类型为{kind}，应有关联单证")
    bind, count = head.get("bind_type"), len(document["linked_documents"])
    if bind in (ONE_TRUCK_ONE_BILL, ONE_BILL_MANY_TRUCKS) and count > 1:
        findings.problem("linked_documents", None, None, "too_many_rows", count=count, limit=1)


def linked_numbers_agree(document: Document, findings: Findings) -> None:
    told = document["head"].get("linked_nos")
    numbers = [row["bill_no"] for row in document["linked_documents"] if "bill_no" in row]
    if told and numbers and sorted(told.split(SEPARATOR)) != sorted(numbers):
        why = "应与各行关联单证的编号相同，以反斜杠连接"
        expected = SEPARATOR.join(numbers)
        findings.problem("head", None, "linked_nos", "must_be", expected=expected, why=why)


def goods_by_type(document: Document, findings: Findings) -> None:
    head, goods = document["head"], document["goods"]
    kind, bind = head.get("gate_pass_type"), head.get("bind_type")
    none_unless_shown(document, findings, "goods")
    if kind == EMPTY_TRUCK:
        return
    if kind == REGISTERED_AT_GATE:
        rows_required(document, findings, "goods", "卡口登记货物须填写商品")
    elif bind == ONE_BILL_MANY_TRUCKS:
        rows_required(document, findings, "goods", "一票多车须填写本车装载的商品")
    elif goods and bind:
        why = "绑定类型1和2的商品由海关从关联单证带出，一般不填"
        findings.warning("goods", None, None, "unusual", why=why)


def line_numbers(document: Document, findings: Findings) -> None:
    rows = document["goods"]
    again = {number: first + 1 for number, first, _ in repeated(rows, ("line_no",))}
    for number, row in enumerate(rows):
        value = row.get("line_no")
        if number in again:
            findings.problem("goods", number, "line_no", "duplicate_number", value=value, first=again[number])
        elif value is not None and not 1 <= value <= len(rows):
            findings.problem("goods", number, "line_no", "number_gap", value=value, count=len(rows))


def total_is_the_sum(document: Document, findings: Findings) -> None:
    head = document["head"]
    if "total_weight" not in head or "vehicle_weight" not in head or "gross_weight" not in head:
        return
    expected = sum((Decimal(head[name]) for name in WEIGHTS if name in head), Decimal())
    if Decimal(head["total_weight"]) != expected:
        why = f"车自重、车架重、集装箱重与货物总毛重之和为{plain(expected)}"
        findings.warning("head", None, "total_weight", "unusual", why=why)


def goods_weigh(document: Document, findings: Findings) -> None:
    head = document["head"]
    empty = head.get("gate_pass_type") == EMPTY_TRUCK
    for name in ("gross_weight", "net_weight"):
        if name in head and bool(Decimal(head[name])) == empty:
            why = "空车的货物重量应为0" if empty else "货物重量一般大于0"
            findings.warning("head", None, name, "unusual", why=why)


def _unless_voiding(rule: Rule) -> Rule:
    """A 作废 sends the pass as customs has it, and is not checked again."""

    def apply(document: Document, findings: Findings) -> None:
        if document["head"].get("declaration_type") != VOIDING:
            rule.apply(document, findings)

    return replace(rule, apply=apply)


_FORMS = "Forms of one platform, production messages agree (H)"

RULES: tuple[Rule, ...] = tuple(
    _unless_voiding(rule)
    for rule in (
        Rule(
            "linked_by_type",
            "Types 5 and 6 link nothing and have no 绑定类型; 2 and 3 a 核注清单, 4 a 出入库单, 1 a 提运单 or a 核注清单",
            f"{_FORMS}; the Single Window refuses 绑定类型 for 5 and 6 (H); type 1 with a 核注清单: one production message (M)",
            BOTH,
            linked_by_type,
        ),
        Rule(
            "linked_rows_agree",
            "关联单证类型 is the same in head and rows; 关联单证编号 names none twice",
            "Production messages and one implementer's remarks (H)",
            BOTH,
            linked_rows_agree,
        ),
        together(
            needed(
                "linked_are_there",
                "Types 1 to 4 have a 绑定类型 and name linked documents: exactly one for 一车一票 and 一票多车",
                _FORMS,
                DECLARE,
                ("head", "bind_type"),
                ("head", "linked_type"),
                ("head", "linked_nos"),
            ),
            linked_are_there,
        ),
        Rule(
            "linked_numbers_agree",
            "关联单证编号 of the head lists the numbers of the rows, joined by a backslash",
            "Production messages and receipts (H)",
            DECLARE,
            linked_numbers_agree,
        ),
        Rule(
            "goods_by_type",
            "Goods for 一票多车 and 卡口登记货物, none for an empty truck, unusual otherwise",
            "Forms of one platform, one production system (M)",
            DECLARE,
            goods_by_type,
        ),
        needed(
            "goods_name_their_lines",
            "Goods name the line of the linked document, except 卡口登记货物",
            "One production system of 2024 (M)",
            DECLARE,
            ("goods", "related_line_no"),
        ),
        listed_once("linked_documents", "bill_no", what="关联单证编号"),
        linked_direction("linked_documents", "bill_no"),
        plate_in_capitals(),
        containers_once(),
        container_check_digit(),
        Rule("line_numbers", "序号 runs 1..n", "One production system of 2024 (M)", DECLARE, line_numbers),
        weights("goods", in_head=True),
        in_tariff("goods"),
        Rule(
            "total_weight",
            "总重量 = 车自重 + 车架重 + 集装箱重 + 货物总毛重",
            "Forms of one platform; holds in six of seven production messages (H as a default, not as a rule)",
            DECLARE,
            total_is_the_sum,
        ),
        Rule(
            "goods_weigh",
            "Goods weigh something, except on an empty truck",
            "One production system of 2024 (M)",
            DECLARE,
            goods_weigh,
        ),
    )
)
