"""What the door and customs check in a 出入库单 (M)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulators.single_window.documents import ENDED, Document
from simulators.single_window.form import Upload
from simulators.single_window.kinds.business_form.customs import unusable
from simulators.single_window.kinds.kind import Registry
from simulators.single_window.kinds.weights import net_over_gross

KIND, FORM_KIND = "stock_bill", "business_form"


def door(upload: Upload, declaring: bool) -> Iterator[str]:
    """商品序号 is unique within the bill."""
    if not declaring:
        return
    seen: set[str] = set()
    for number, row in enumerate(upload.goods, 1):
        line = row.get("SasStockSeqno", "")
        if line in seen:
            yield f"表体第{number}条的商品序号[{line}]重复"
        seen.add(line)


def customs(document: Document, registry: Registry) -> Iterator[str]:
    """Made from a usable 申报表 with its direction and type; its rows; sums over all bills; not used when voided."""
    if document.declaration_type == ENDED:
        yield from _void(document)
        return
    number = document.head.get("SasDclNo", "")
    form = registry.numbered(FORM_KIND, number)
    reason = unusable(form, number, registry.today)
    if reason is not None or form is None:
        yield reason or ""
        return
    if document.head.get("StockTypecd") != form.head.get("DirectionTypecd"):
        yield f"出入库单类型[{document.head.get('StockTypecd', '')}]与申报表编号[{number}]的货物流向不一致"
    if document.head.get("BusinessTypecd") != form.head.get("BusinessTypecd"):
        yield f"业务类型[{document.head.get('BusinessTypecd', '')}]与申报表编号[{number}]的业务类型不一致"
    if document.head.get("MasterCuscd") != form.head.get("MasterCuscd"):
        yield f"主管关区[{document.head.get('MasterCuscd', '')}]与申报表编号[{number}]的主管关区不一致"
    yield from net_over_gross("表头", document.head, "毛重", "净重", "GrossWt", "NetWt")
    for row in document.goods:
        where = f"商品序号{row.get('SasStockSeqno', '')}"
        yield from net_over_gross(where, row, "毛重", "净重", "GrossWt", "NetWt")
    yield from _rows(document, form, registry)


def _rows(document: Document, form: Document, registry: Registry) -> Iterator[str]:
    others = [b for b in registry.naming(KIND, form.customs_no) if b.seq_no != document.seq_no]
    for line, quantity in document.quantities.get("SasDclSeqno", {}).items():
        if line not in form.quantities.get("SasDclSeqno", {}):
            yield f"申报表序号[{line}]在申报表编号[{form.customs_no}]中不存在"
            continue
        total = Decimal(quantity) + sum((bill.quantity("SasDclSeqno", line) for bill in others), Decimal(0))
        allowed = form.quantity("SasDclSeqno", line)
        if total > allowed:
            yield f"申报表序号[{line}]的累计申报数量[{total}]超过申报表数量[{allowed}]"


def _void(document: Document) -> Iterator[str]:
    if document.marks.get("passportUsedTypecd", "1") != "1":
        yield f"出入库单编号[{document.customs_no}]已生成核放单，不允许作废"
    if document.marks.get("centralizedDclTypecd", "1") == "2":
        yield f"出入库单编号[{document.customs_no}]已被清单[{document.marks.get('rltBondInvtNo', '')}]集报，不允许作废"
