"""The documents a 核放单 carries through the gate: whether they may be, and how far they are used and gone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulators.single_window.documents import ENDED, Document
from simulators.single_window.kinds.gate import GRANTED, THROUGH
from simulators.single_window.kinds.gate_pass.door import SHARED
from simulators.single_window.kinds.kind import Answer, Follow, Registry
from simulators.single_window.kinds.weights import net_over_gross
from simulators.single_window.outcomes import Step

KIND, VEHICLE_KIND = "gate_pass", "vehicle"
# 3 提运单 is no document of ours: nothing can be said about it.
_LINKED_KINDS = {"1": "inventory", "2": "stock_bill"}
_LABELS = {"1": "清单编号", "2": "出入库单编号"}
_DIRECTION = {"1": "ImpexpMarkcd", "2": "StockTypecd"}
_LINE = {"1": "GdsSeqno", "2": "SasStockSeqno"}
_GATE_MARK = {"1": "invtIochkptStucd", "2": "passTypecd"}
NOT, PARTLY, WHOLLY = "1", "2", "3"
"""passportUsedTypecd and invtIochkptStucd (H), passTypecd (L for 2 and 3)."""


def customs(document: Document, registry: Registry) -> Iterator[str]:
    """What 退单 says; empty when the pass is granted (M)."""
    if document.declaration_type == ENDED:
        return
    yield from net_over_gross("表头", document.head, "货物总毛重", "货物总净重", "TotalGrossWt", "TotalNetWt")
    for row in document.goods:
        where = f"商品序号{row.get('PassportSeqNo', '')}"
        yield from net_over_gross(where, row, "毛重", "净重", "GrossWt", "NetWt")
    if registry.strict_vehicles:
        yield from _vehicle(document, registry)
    for number in document.links:
        yield from _one(document, number, registry)


def _vehicle(document: Document, registry: Registry) -> Iterator[str]:
    plate = document.head.get("VehicleNo", "")
    if not any(v.valid and v.head.get("VehicleNo") == plate for v in registry.all_of(VEHICLE_KIND)):
        yield f"承运车牌号[{plate}]未备案"


def _one(document: Document, number: str, registry: Registry) -> Iterator[str]:
    type_ = document.head.get("RltTbTypecd", "")
    label = _LABELS[type_]
    linked = registry.numbered(_LINKED_KINDS[type_], number)
    if linked is None:
        yield f"关联单证编号[{number}]不存在（{label}）"
        return
    if not linked.valid:
        yield f"关联单证编号[{number}]未通过审核或已作废（{label}）"
        return
    if linked.head.get(_DIRECTION[type_]) != document.head.get("IoTypecd"):
        yield f"关联单证编号[{number}]的进出方向与核放单的进出标志不一致"
    others = [p for p in registry.naming(KIND, number) if p.seq_no != document.seq_no]
    shared = document.head.get("BindTypecd") == SHARED
    if others and not (shared and all(p.head.get("BindTypecd") == SHARED for p in others)):
        yield f"关联单证编号[{number}]已被核放单[{others[0].customs_no or others[0].seq_no}]关联"
    elif shared:
        yield from _quantities(document, linked, _LINE[type_], others)


def _quantities(document: Document, linked: Document, line: str, others: list[Document]) -> Iterator[str]:
    for row, quantity in document.quantities.get("RltGdsSeqno", {}).items():
        if row not in linked.quantities.get(line, {}):
            yield f"关联商品序号[{row}]在关联单证编号[{linked.customs_no}]中不存在"
            continue
        total = Decimal(quantity) + sum((p.quantity("RltGdsSeqno", row) for p in others), Decimal(0))
        allowed = linked.quantity(line, row)
        if total > allowed:
            yield f"关联商品序号[{row}]的累计数量[{total}]超过关联单证数量[{allowed}]"


def follows(document: Document, answer: Answer, registry: Registry) -> Iterator[Follow]:
    """Approval, void and passage show in the linked documents.

    A 出入库单 is told of it by SAS213; a 核注清单 all of whose passes are through is posted (INV211).
    """
    approved = answer.receipt == "SAS221" and answer.result in GRANTED
    if not approved and not (answer.receipt == "SAS223" and answer.result == "1"):
        return
    type_ = document.head.get("RltTbTypecd", "")
    if type_ not in _LINKED_KINDS:
        return
    for number in document.links:
        linked = registry.numbered(_LINKED_KINDS[type_], number)
        if linked is None:
            continue
        passes = [p for p in registry.naming(KIND, number) if p.valid]
        marks = {
            "passportUsedTypecd": _share(linked, _LINE[type_], passes),
            _GATE_MARK[type_]: _share(
                linked, _LINE[type_], [p for p in passes if p.marks.get("stucd") in THROUGH]
            ),
        }
        if all(linked.marks.get(name, NOT) == value for name, value in marks.items()):
            continue
        linked.marks |= marks
        registry.keep(linked)
        if linked.kind == "stock_bill":
            yield Follow(linked, Step("SAS213", 300))
        elif marks[_GATE_MARK[type_]] == WHOLLY and linked.status == "approved":
            yield Follow(linked, Step("INV211", 900))


def _share(linked: Document, line: str, passes: list[Document]) -> str:
    """How much of a document those passes hold."""
    if not passes:
        return NOT
    if any(p.head.get("BindTypecd") != SHARED for p in passes):
        return WHOLLY
    held = all(
        sum((p.quantity("RltGdsSeqno", row) for p in passes), Decimal(0)) >= Decimal(quantity)
        for row, quantity in linked.quantities.get(line, {}).items()
    )
    return WHOLLY if held else PARTLY
