"""What a 出入库单 must have in common with the 业务申报表 it is made from. Needs both documents, so it is no Rule of the kind.

Forms of one platform (M): what differs is a warning; an unusable form and an overdrawn row are refused, as customs would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from customs.documents.amounts import plain
from customs.documents.findings import Findings
from customs.documents.leaning import Known, Lean, Leaning
from customs.documents.normal_form import Document

FORM = "business_form"
_USABLE = "approved"
CARRIED_OVER = ("direction", "business_type", "supervising_customs", "applicant", "area_code", "area_book_no")
"""Fields of the head that a bill takes from its form."""


def against_form(bill: Document, form: Document, used: Mapping[int, Decimal], findings: Findings) -> None:
    """`bill` and `form` (the approved version) in normal form; `used`: 申报表序号 → quantity on the form's other bills."""
    head, form_head = bill["head"], form["head"]
    for name in CARRIED_OVER:
        given, expected = head.get(name), form_head.get(name)
        if given is not None and expected is not None and given != expected:
            findings.warning("head", None, name, "unusual", why=f"业务申报表中为{expected}")
    until = form_head.get("valid_until")
    if until is not None and head.get("input_date", "") > until:
        why = f"业务申报表的有效期至{until}"
        findings.warning("head", None, "business_form_no", "unusual", why=why)
    _rows(bill, form, used, findings)


def _rows(bill: Document, form: Document, used: Mapping[int, Decimal], findings: Findings) -> None:
    mark = bill["head"].get("material_mark")
    allowed = {
        row["line_no"]: row.get("quantity")
        for row in form["goods"]
        if "line_no" in row and mark in (None, row.get("material_mark"))
    }
    taken = dict(used)
    for number, row in enumerate(bill["goods"]):
        line = row.get("form_line_no")
        if line is None:
            continue
        if line not in allowed:
            why = f"业务申报表中没有申报序号为{line}的商品"
            findings.warning("goods", number, "form_line_no", "unusual", why=why)
            continue
        taken[line] = taken.get(line, Decimal(0)) + Decimal(row.get("quantity", "0"))
        limit = allowed[line]
        if limit is not None and taken[line] > Decimal(limit):
            # Bills declared elsewhere are not counted: what is too much already here is too much for certain.
            why = f"各出入库单合计{plain(taken[line])}，超过业务申报表的数量{limit}"
            findings.problem("goods", number, "quantity", "unfit_value", why=why)


def leans(bill: Document) -> Sequence[Lean]:
    """On the 申报表 its head names."""
    number = bill["head"].get("business_form_no")
    return (Lean(FORM, number, "head", None, "business_form_no", relation="依据"),) if number else ()


def check(bill: Document, known: Sequence[Known], findings: Findings) -> None:
    """What is known of the form: it must be usable; the rest is `against_form`."""
    for form in known:
        if form.state != _USABLE:
            findings.problem(
                "head",
                None,
                "business_form_no",
                "unfit_value",
                why=f"该业务申报表{form.state_label}，不能据以申报",
            )
            continue
        used: dict[int, Decimal] = {}
        for other in form.others:
            for row in other.get("goods", ()):
                line = row.get("form_line_no")
                if line is not None:
                    used[line] = used.get(line, Decimal(0)) + Decimal(row.get("quantity", "0"))
        against_form(bill, form.approved, used, findings)


LEANING = Leaning(leans, check)
