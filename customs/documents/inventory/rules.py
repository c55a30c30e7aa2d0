"""Rules between the fields of a 核注清单. Each is a small function and a line in RULES, with its source.

"Entry page": the Single Window's own script for this document. A rule of confidence L or M that could refuse what
customs takes is a warning.
"""

from __future__ import annotations

from customs.documents.books import is_logistics_book
from customs.documents.conditions import holds, is_
from customs.documents.findings import Findings
from customs.documents.head_rules import linked_direction
from customs.documents.inventory import goods_rules as goods
from customs.documents.inventory.situations import ONE_REVIEW
from customs.documents.kinds import Rule
from customs.documents.normal_form import Document
from customs.documents.row_rules import (
    BOTH,
    DECLARE,
    empty_unless_shown,
    equal_units,
    forced,
    listed_once,
    needed,
    none_unless_shown,
    second_quantity,
    together,
    totals,
    weights,
)
from customs.documents.tariff_rules import in_tariff

SIMPLE_PROCESSING, GATHERED, ECOMMERCE, DOMESTIC_SALE = "4", "1", "8", "9"
EXHIBITION = "5"
CLEARED, NOT_CLEARED = "1", "2"
CORRESPONDING = "2"
GENERATE, NO_ENTRY = "1", "2"
_ONE_REVIEW_ENTRIES = ("5", "6")
_OLD_BOOKS = ("B", "C", "D", "E")

_RELATED_PARTIES = tuple(
    ("head", f"related_{party}_{fact}")
    for party in ("trader", "user", "declaring")
    for fact in ("code", "name")
)
_CORRESPONDING_PARTY = (("head", "corresponding_declaring_code"), ("head", "corresponding_declaring_name"))
_LISTS_OF_TYPES = ("second_goods", "stock_bills", "ecommerce_bills")


def no_clearance_type(document: Document, findings: Findings) -> None:
    empty_unless_shown(document, findings, "clearance_type")


def domestic_sale_is_imported(document: Document, findings: Findings) -> None:
    head = document["head"]
    if head.get("inventory_type") == DOMESTIC_SALE and head.get("direction") == "E":
        findings.warning("head", None, "direction", "unusual", why="清单类型9一般只用于进口")


def sections_fit_type(document: Document, findings: Findings) -> None:
    none_unless_shown(document, findings, *_LISTS_OF_TYPES)


def rows_are_there(document: Document, findings: Findings) -> None:
    kind = document["head"].get("inventory_type")
    if not document["goods"]:
        findings.problem("goods", None, None, "rows_required", why="申报时必须有商品")
    if kind == SIMPLE_PROCESSING and not document["second_goods"]:
        findings.problem("second_goods", None, None, "rows_required", why="清单类型为4（简单加工）")
    if kind == GATHERED and not document["stock_bills"]:
        findings.warning("stock_bills", None, None, "advisable", why="集报清单由出入库单归集而成")


def one_review_fixes_the_entry_type(document: Document, findings: Findings) -> None:
    head = document["head"]
    related, entry = head.get("related_book_no", ""), head.get("entry_type")
    if entry is None or entry in _ONE_REVIEW_ENTRIES or not holds(ONE_REVIEW, "head", head, head):
        return
    if related[:4].upper() == "NULL":
        why = "两单一审，关联手(账)册备案号以NULL开头"
    elif related[:1] in _OLD_BOOKS and related[7:8].isdecimal():
        why = f"两单一审，关联手(账)册{related}的第8位为数字，是旧账册"
    else:
        return
    findings.problem("head", None, "entry_type", "must_be", expected="5或6", why=why)


def business_form_is_named(document: Document, findings: Findings) -> None:
    head = document["head"]
    kind = {SIMPLE_PROCESSING: "4（简单加工）", EXHIBITION: "5（保税展示交易）"}.get(
        head.get("inventory_type")
    )
    if kind and is_logistics_book(head.get("book_no", "")) and "business_form_no" not in head:
        why = f"物流账册的清单类型{kind}一般先备案申报表"
        findings.warning("head", None, "business_form_no", "advisable", why=why)


def declaration_draft_lines(document: Document, findings: Findings) -> None:
    goods.numbered(document["declaration_rows"], "declaration_rows", "line_no", findings)


def input_date_is_advised(document: Document, findings: Findings) -> None:
    if "input_date" not in document["head"]:
        findings.warning("head", None, "input_date", "advisable", why="单一窗口网页申报时要求录入日期")


_PAGE = "Entry page, 2020 (H)"

RULES: tuple[Rule, ...] = (
    needed(
        "book_no",
        "A book number is there at save, except for simple processing",
        _PAGE,
        BOTH,
        ("head", "book_no"),
    ),
    together(
        forced(
            "not_cleared",
            "非报关 forces 不生成报关单 and no 报关类型",
            _PAGE,
            BOTH,
            is_("clearance_flag", NOT_CLEARED),
            generate_entry=NO_ENTRY,
        ),
        no_clearance_type,
    ),
    forced(
        "ecommerce",
        "Type 8 forces 非报关 and 不生成报关单",
        _PAGE,
        BOTH,
        is_("inventory_type", ECOMMERCE),
        clearance_flag=NOT_CLEARED,
        generate_entry=NO_ENTRY,
    ),
    together(
        forced(
            "domestic_sale",
            "Type 9 needs 申报表编号 and forces 报关, 生成, 对应报关 and 流转类型 Y; export is unusual",
            f"{_PAGE}; export: one front end (M)",
            BOTH,
            is_("inventory_type", DOMESTIC_SALE),
            clearance_flag=CLEARED,
            generate_entry=GENERATE,
            clearance_type=CORRESPONDING,
            transfer_type="Y",
        ),
        needed("domestic_sale", "申报表编号", _PAGE, BOTH, ("head", "business_form_no")),
        domestic_sale_is_imported,
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
    needed(
        "clearance_type",
        "报关类型 when 报关, 报关单类型 when a 报关单 is generated",
        f"{_PAGE}, field remarks of two implementers (H)",
        DECLARE,
        ("head", "clearance_type"),
        ("head", "entry_type"),
    ),
    needed(
        "entry_parties",
        "关联报关 names its three parties, 对应报关 its declarant: code and name each",
        f"{_PAGE}, field remarks of two implementers (H)",
        DECLARE,
        *_RELATED_PARTIES,
        *_CORRESPONDING_PARTY,
    ),
    needed(
        "two_step",
        "Entry types X and Y name the 报关单",
        "Field remarks of one implementer (M), entry page agrees",
        DECLARE,
        ("head", "entry_no"),
        ("head", "related_entry_no"),
    ),
    needed(
        "one_review",
        "两单一审 names the related book, where 报关标志 and 是否生成报关单 are both 1",
        _PAGE,
        DECLARE,
        ("head", "related_book_no"),
    ),
    Rule(
        "one_review_entry",
        "两单一审 with a related book NULL… or an old one (B, C, D, E, a digit in place 8) has 报关单类型 5 or 6",
        _PAGE,
        DECLARE,
        one_review_fixes_the_entry_type,
    ),
    Rule(
        "business_form",
        "Types 4 and 5 in a 物流账册 should name their 申报表",
        "Entry page asks it of some (M)",
        DECLARE,
        business_form_is_named,
    ),
    listed_once("stock_bills", "stock_bill_no", what="出入库单编号"),
    listed_once("ecommerce_bills", "ecommerce_bill_no", what="电商清单编号"),
    linked_direction("stock_bills", "stock_bill_no"),
    Rule(
        "material_specification",
        "Rows of the second goods list should have a 规格型号, which is not required",
        _PAGE,
        DECLARE,
        goods.second_goods_specification,
    ),
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
    needed(
        "book_line_no",
        "备案序号 when there is a book, except for import into a logistics book",
        "Entry page and generators (M)",
        DECLARE,
        *((section, "book_line_no") for section in goods.GOODS),
    ),
    second_quantity(*goods.GOODS),
    totals(*goods.GOODS),
    equal_units(*goods.GOODS),
    weights(*goods.GOODS),
    in_tariff(*goods.GOODS),
    needed(
        "consumption_version",
        "单耗版本号 for an E book importing under 4400 or 4600",
        _PAGE,
        DECLARE,
        ("goods", "consumption_version"),
    ),
    Rule(
        "merging",
        "Rows of one 报关单商品序号 share the merge key; numbers run 1..m, at most 50",
        _PAGE,
        DECLARE,
        goods.merging,
    ),
)
