"""Rules between the fields of a 业务申报表. A rule of confidence L or M that could refuse what customs takes is a warning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from customs import clock
from customs.documents.business_form.life import CHANGE, CLOSURE
from customs.documents.findings import Findings
from customs.documents.kinds import Rule
from customs.documents.normal_form import Document
from customs.documents.row_rules import DECLARE, needed, repeated, rows_required, totals
from customs.documents.tariff_rules import in_tariff

EXHIBITION, OUTSIDE_PROCESSING = "C", "B"
_PRODUCT, _MATERIAL = "E", "I"
_ADDED = "3"


def not_expired(document: Document, findings: Findings, today: date | None = None) -> None:
    """`today`: the day in Shanghai; by default the clock's."""
    head = document["head"]
    given = head.get("valid_until")
    day = (today or clock.today()).strftime("%Y%m%d")
    if given is None or given >= day:
        return
    if head.get("declaration_type") == CHANGE:
        findings.warning("head", None, "valid_until", "unusual", why="有效期早于今天")
    else:
        why = "有效期不能早于申报当日"
        findings.problem("head", None, "valid_until", "must_be", expected=f"{day}或以后的日期", why=why)


def goods_are_there(document: Document, findings: Findings) -> None:
    rows_required(document, findings, "goods", "申报时必须有商品")


def row_numbers(document: Document, findings: Findings) -> None:
    for number, first, (value, _) in repeated(document["goods"], ("line_no", "material_mark")):
        found = {"value": value, "first": first + 1}
        findings.problem("goods", number, "line_no", "number_repeated", **found)


def advised_fields(document: Document, findings: Findings) -> None:
    head = document["head"]
    if "area_book_no" not in head:
        why = "部分口岸要求填写区内账册编号"
        findings.warning("head", None, "area_book_no", "advisable", why=why)
    if head.get("business_type") == OUTSIDE_PROCESSING and not document["consumptions"]:
        findings.warning("consumptions", None, None, "advisable", why="业务类型为B（外发加工），一般应有单耗")
    if head.get("business_type") == EXHIBITION and "exhibition_place" not in head:
        why = "业务类型为C（保税展示交易）"
        findings.warning("head", None, "exhibition_place", "advisable", why=why)


def marks_of_a_filing(document: Document, findings: Findings) -> None:
    if document["head"].get("declaration_type") == CHANGE:
        return
    for section in ("goods", "consumptions"):
        for number, row in enumerate(document[section]):
            if row.get("change_mark", _ADDED) != _ADDED:
                why = "备案时各行均为新增，一般为3（增加）"
                findings.warning(section, number, "change_mark", "unusual", why=why)


def consumption_pairs(document: Document, findings: Findings) -> None:
    rows = document["consumptions"]
    for number, first, _ in repeated(rows, ("product_line_no", "material_line_no")):
        why = f"与单耗第{first + 1}行的成品序号、料件序号相同"
        findings.warning("consumptions", number, "product_line_no", "unusual", why=why)
    known = {(row.get("material_mark"), row.get("line_no")) for row in document["goods"]}
    for number, row in enumerate(rows):
        for name, mark, label in (
            ("product_line_no", _PRODUCT, "成品"),
            ("material_line_no", _MATERIAL, "料件"),
        ):
            if name in row and (mark, row[name]) not in known:
                why = f"表体中没有申报序号为{row[name]}的{label}"
                findings.warning("consumptions", number, name, "unusual", why=why)


def _unless_closing(rule: Rule) -> Rule:
    """A 结案 sends the form as customs has it, and is not checked again (one platform, M)."""

    def apply(document: Document, findings: Findings) -> None:
        if document["head"].get("declaration_type") != CLOSURE:
            rule.apply(document, findings)

    return replace(rule, apply=apply)


_FORMS = "Forms of one platform, 2017 (M)"

RULES: tuple[Rule, ...] = tuple(
    map(
        _unless_closing,
        (
            Rule(
                "valid_until",
                "有效期 is not before today; in a 变更 only a warning, for the form may have expired",
                _FORMS,
                DECLARE,
                not_expired,
            ),
            Rule("rows", "Goods are there", "Import schema (H)", DECLARE, goods_are_there),
            Rule(
                "row_numbers",
                "申报序号 is unique among the rows of one 料件成品标志",
                "Import schema and field remarks of a second implementer (H)",
                DECLARE,
                row_numbers,
            ),
            needed(
                "book_line_no",
                "底账商品序号, except for goods that enter under a logistics book and may be new",
                f"Import schema (H); the exception: {_FORMS}",
                DECLARE,
                ("goods", "book_line_no"),
            ),
            totals("goods"),
            in_tariff("goods"),
            Rule(
                "advised_fields",
                "区内账册编号 should be there, 展示地 for type C, 单耗 for type B",
                f"{_FORMS} ask for the first, the import schema names the others as conditional (M)",
                DECLARE,
                advised_fields,
            ),
            Rule(
                "marks_of_a_filing",
                "Rows of a 备案 are marked as added",
                _FORMS,
                DECLARE,
                marks_of_a_filing,
            ),
            Rule(
                "consumption_pairs",
                "A 单耗 names one finished product and one material of the goods, each pair once",
                "Inferred from the customs schema of 2017 (L)",
                DECLARE,
                consumption_pairs,
            ),
        ),
    )
)
