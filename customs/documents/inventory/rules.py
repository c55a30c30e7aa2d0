"""Rules between the fields of a 核注清单. Each is a small function and a line in RULES, with its source.

"Entry page": the Single Window's own script for this document. A rule of confidence L or M that could refuse what
customs takes is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customs.documents.findings import Findings
from customs.documents.inventory import goods_rules as goods
from customs.documents.kinds import Rule
from customs.documents.row_rules import BOTH, DECLARE, equal_units, needs, second_quantity, totals, weights

Document = Mapping[str, Any]

SIMPLE_PROCESSING, GATHERED, ECOMMERCE, DOMESTIC_SALE = "4", "1", "8", "9"
CLEARED, NOT_CLEARED = "1", "2"
RELATED, CORRESPONDING = "1", "2"
GENERATE, NO_ENTRY = "1", "2"
TWO_STEP = ("X", "Y")
_ONE_REVIEW_MODES = frozenset({"1200", "5000", "5100", "5300", "1371", "1300"})
_CHINA = "142"

_RELATED_PARTIES = (
    "related_trader_code",
    "related_trader_name",
    "related_user_code",
    "related_user_name",
    "related_declaring_code",
    "related_declaring_name",
)
_CORRESPONDING_PARTY = ("corresponding_declaring_code", "corresponding_declaring_name")


def _must_be(document: Document, findings: Findings, name: str, value: str, expected: str, why: str) -> None:
    given = document["head"].get(name)
    if given is None:
        findings.problem("head", None, name, "required_when", when=f"{why}，应为{expected}")
    elif given != value:
        findings.problem("head", None, name, "must_be", expected=expected, why=why)


def book_no_unless_simple_processing(document: Document, findings: Findings) -> None:
    if document["head"].get("inventory_type") not in (None, SIMPLE_PROCESSING):
        needs(document, findings, "book_no", when="除清单类型4（简单加工）外必填")


def not_cleared_has_no_entry(document: Document, findings: Findings) -> None:
    head = document["head"]
    if head.get("clearance_flag") != NOT_CLEARED:
        return
    why = "报关标志为2（非报关）"
    if head.get("generate_entry") not in (None, NO_ENTRY):
        findings.problem("head", None, "generate_entry", "must_be", expected="2（不生成）", why=why)
    if "clearance_type" in head:
        findings.problem("head", None, "clearance_type", "must_be_empty", why=why)


def ecommerce_is_not_cleared(document: Document, findings: Findings) -> None:
    if document["head"].get("inventory_type") == ECOMMERCE:
        why = "清单类型为8（保税电商）"
        _must_be(document, findings, "clearance_flag", NOT_CLEARED, "2（非报关）", why)
        _must_be(document, findings, "generate_entry", NO_ENTRY, "2（不生成）", why)


def domestic_sale_is_cleared(document: Document, findings: Findings) -> None:
    head = document["head"]
    if head.get("inventory_type") != DOMESTIC_SALE:
        return
    why = "清单类型为9（一纳企业成品内销）"
    needs(document, findings, "business_form_no", when=why)
    _must_be(document, findings, "clearance_flag", CLEARED, "1（报关）", why)
    _must_be(document, findings, "generate_entry", GENERATE, "1（生成）", why)
    _must_be(document, findings, "clearance_type", CORRESPONDING, "2（对应报关）", why)
    _must_be(document, findings, "transfer_type", "Y", "Y（一纳企业进出区）", why)
    if head.get("direction") == "E":
        findings.warning("head", None, "direction", "unusual", why="清单类型9一般只用于进口")


def sections_fit_type(document: Document, findings: Findings) -> None:
    kind = document["head"].get("inventory_type")
    if kind is None:
        return
    for section, types, why in (
        (
            "second_goods",
            (SIMPLE_PROCESSING, DOMESTIC_SALE),
            "只有清单类型4（简单加工）和9（一纳企业成品内销）有料件表体",
        ),
        ("stock_bills", (GATHERED,), "只有清单类型1（集报清单）可以归集出入库单"),
        ("ecommerce_bills", (ECOMMERCE,), "只有清单类型8（保税电商）有电商清单"),
    ):
        if document[section] and kind not in types:
            findings.problem(section, None, None, "section_not_allowed", why=why)


def rows_are_there(document: Document, findings: Findings) -> None:
    kind = document["head"].get("inventory_type")
    if not document["goods"]:
        findings.problem("goods", None, None, "rows_required", why="申报时必须有商品")
    if kind == SIMPLE_PROCESSING and not document["second_goods"]:
        findings.problem("second_goods", None, None, "rows_required", why="清单类型为4（简单加工）")
    if kind == GATHERED and not document["stock_bills"]:
        findings.warning("stock_bills", None, None, "advisable", why="集报清单由出入库单归集而成")


def clearance_type_when_cleared(document: Document, findings: Findings) -> None:
    head = document["head"]
    if head.get("clearance_flag") == CLEARED:
        needs(document, findings, "clearance_type", when="报关标志为1（报关）时必填")
        if head.get("generate_entry") == GENERATE:
            needs(document, findings, "entry_type", when="报关且生成报关单时必填")


def parties_of_the_entry(document: Document, findings: Findings) -> None:
    clearance = document["head"].get("clearance_type")
    if clearance == RELATED:
        needs(document, findings, *_RELATED_PARTIES, when="报关类型为1（关联报关）时必填")
    elif clearance == CORRESPONDING:
        needs(document, findings, *_CORRESPONDING_PARTY, when="报关类型为2（对应报关）时必填")


def two_step_names_its_entry(document: Document, findings: Findings) -> None:
    head = document["head"]
    if head.get("clearance_flag") == CLEARED and head.get("entry_type") in TWO_STEP:
        name = {RELATED: "related_entry_no", CORRESPONDING: "entry_no"}.get(head.get("clearance_type"))
        if name:
            needs(document, findings, name, when=f"报关单类型为{head['entry_type']}（两步申报）时必填")


def one_review_names_the_related_book(document: Document, findings: Findings) -> None:
    head = document["head"]
    if (
        head.get("transport_mode") == "9"
        and head.get("shipment_country") == _CHINA
        and head.get("clearance_type") == CORRESPONDING
        and head.get("supervision_mode") in _ONE_REVIEW_MODES
        and head.get("book_no", "")[:1] in ("H", "T", "L")
    ):
        needs(document, findings, "related_book_no", when="两单一审时必填")


def declaration_draft_lines(document: Document, findings: Findings) -> None:
    goods.numbered(document["declaration_rows"], "declaration_rows", "line_no", findings)


def input_date_is_advised(document: Document, findings: Findings) -> None:
    if "input_date" not in document["head"]:
        findings.warning("head", None, "input_date", "advisable", why="单一窗口网页申报时要求录入日期")


_PAGE = "Entry page, 2020 (H)"

RULES: tuple[Rule, ...] = (
    Rule(
        "book_no",
        "A book number is there at save, except for simple processing",
        _PAGE,
        BOTH,
        book_no_unless_simple_processing,
    ),
    Rule("not_cleared", "非报关 forces 不生成报关单 and no 报关类型", _PAGE, BOTH, not_cleared_has_no_entry),
    Rule("ecommerce", "Type 8 forces 非报关 and 不生成报关单", _PAGE, BOTH, ecommerce_is_not_cleared),
    Rule(
        "domestic_sale",
        "Type 9 needs 申报表编号 and forces 报关, 生成, 对应报关 and 流转类型 Y; export is unusual",
        f"{_PAGE}; export: one front end (M)",
        BOTH,
        domestic_sale_is_cleared,
    ),
    Rule(
        "sections_fit_type",
        "Second goods only in types 4 and 9, stock bills in 1, e-commerce bills in 8",
        _PAGE,
        BOTH,
        sections_fit_type,
    ),
    Rule(
        "rows",
        "Goods are there; type 4 has second goods; type 1 should name its stock bills",
        _PAGE,
        DECLARE,
        rows_are_there,
    ),
    Rule(
        "clearance_type",
        "报关类型 when 报关, 报关单类型 when a 报关单 is generated",
        f"{_PAGE}, field remarks of two implementers (H)",
        DECLARE,
        clearance_type_when_cleared,
    ),
    Rule(
        "entry_parties",
        "关联报关 names its three parties, 对应报关 its declarant: code and name each",
        f"{_PAGE}, field remarks of two implementers (H)",
        DECLARE,
        parties_of_the_entry,
    ),
    Rule(
        "two_step",
        "Entry types X and Y name the 报关单",
        "Field remarks of one implementer (M), entry page agrees",
        DECLARE,
        two_step_names_its_entry,
    ),
    Rule("one_review", "两单一审 names the related book", _PAGE, DECLARE, one_review_names_the_related_book),
    Rule(
        "input_date",
        "录入日期 should be there",
        "Entry page (H) against the import template (optional)",
        DECLARE,
        input_date_is_advised,
    ),
    Rule(
        "line_numbers",
        "商品序号 runs 1..n, in each goods list by itself",
        _PAGE,
        DECLARE,
        goods.line_numbers,
    ),
    Rule("draft_lines", "Rows of the 报关单草稿 are numbered 1..n", _PAGE, DECLARE, declaration_draft_lines),
    Rule(
        "book_line_no",
        "备案序号 when there is a book, except for import into a logistics book",
        "Entry page and generators (M)",
        DECLARE,
        goods.book_line_no,
    ),
    second_quantity(*goods.GOODS),
    totals(*goods.GOODS),
    equal_units(*goods.GOODS),
    weights(*goods.GOODS),
    Rule(
        "consumption_version",
        "单耗版本号 for an E book importing under 4400 or 4600",
        _PAGE,
        DECLARE,
        goods.consumption_version,
    ),
    Rule(
        "merging",
        "Rows of one 报关单商品序号 share the merge key; numbers run 1..m, at most 50",
        _PAGE,
        DECLARE,
        goods.merging,
    ),
)
