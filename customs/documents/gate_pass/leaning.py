"""What a 核放单 must have in common with the documents it links. Needs both, so it is no Rule of the kind.

Forms of one platform (M), so what only one system asks is a warning; what customs cannot take is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from customs.documents.amounts import plain
from customs.documents.findings import Findings
from customs.documents.gate_pass.rules import ONE_BILL_MANY_TRUCKS
from customs.documents.leaning import Known, Lean, Leaning, Taken
from customs.documents.normal_form import Document

KIND_OF_LINKED_TYPE: Mapping[str, str] = MappingProxyType({"1": "inventory", "2": "stock_bill"})
"""关联单证类型 → kind; a 提运单 (3) is no document of ours."""
VEHICLE = "vehicle"
FROM_VEHICLE = Taken(VEHICLE, "vehicle_no", ("vehicle_weight", "vehicle_ic_no"))
_ENDED = frozenset({"deleted", "voided", "concluded"})


def leans(gate_pass: Document) -> Sequence[Lean]:
    """On every linked 核注清单 and 出入库单, and on the registered vehicle."""
    found = []
    if plate := gate_pass["head"].get(FROM_VEHICLE.by_field):
        found.append(Lean(VEHICLE, plate, "head", None, FROM_VEHICLE.by_field, by="handle", relation="车辆"))
    for number, row in enumerate(gate_pass["linked_documents"]):
        kind = KIND_OF_LINKED_TYPE.get(row.get("linked_type") or gate_pass["head"].get("linked_type", ""))
        if kind and "bill_no" in row:
            found.append(Lean(kind, row["bill_no"], "linked_documents", number, "bill_no", relation="载运"))
    return found


def check(gate_pass: Document, known: Sequence[Known], findings: Findings) -> None:
    """Approved and not voided, of one direction, not on another pass, and for 一票多车 not more than there is."""
    head = gate_pass["head"]
    shared = head.get("bind_type") == ONE_BILL_MANY_TRUCKS
    for linked in known:
        lean = linked.lean
        if lean.kind == VEHICLE:
            _as_registered(head, linked.approved["head"], findings)
            continue
        if linked.state in _ENDED:
            why = f"该单证{linked.state_label}，不能生成核放单"
            findings.problem(lean.section, lean.row, lean.field, "unfit_value", why=why)
            continue
        direction = linked.approved["head"].get("direction")
        if None not in (direction, head.get("direction")) and direction != head["direction"]:
            why = f"该单证的进出标志为{direction}，与核放单不同"
            findings.problem(lean.section, lean.row, lean.field, "unfit_value", why=why)
        if shared:
            _loaded(gate_pass, linked, findings)
            if any(other["head"].get("bind_type") != ONE_BILL_MANY_TRUCKS for other in linked.others):
                why = "该单证已整票在另一份核放单上，海关可能退单"
                findings.warning(lean.section, lean.row, lean.field, "unusual", why=why)
        elif linked.others:
            why = "该单证已在另一份核放单上，海关可能退单；一票多车请改用绑定类型3"
            findings.warning(lean.section, lean.row, lean.field, "unusual", why=why)


def _as_registered(head: Document, vehicle: Document, findings: Findings) -> None:
    for name in FROM_VEHICLE.fields:
        registered = vehicle.get(name)
        if registered is not None and name in head and head[name] != registered:
            findings.warning("head", None, name, "unusual", why=f"车辆备案为{registered}")


def _loaded(gate_pass: Document, linked: Known, findings: Findings) -> None:
    available = {row["line_no"]: row.get("quantity") for row in linked.approved["goods"] if "line_no" in row}
    taken: dict[int, Decimal] = {}
    for other in linked.others:
        for row in other.get("goods", ()):
            _add(taken, row)
    for number, row in enumerate(gate_pass["goods"]):
        line = row.get("related_line_no")
        if line is None:
            continue
        if line not in available:
            why = f"关联单证中没有商品序号为{line}的商品"
            findings.warning("goods", number, "related_line_no", "unusual", why=why)
            continue
        _add(taken, row)
        limit = available[line]
        if limit is not None and taken[line] > Decimal(limit):
            # Passes declared elsewhere are not counted: what is too much already here is too much for certain.
            why = f"各车合计{plain(taken[line])}，超过关联单证的数量{limit}"
            findings.problem("goods", number, "quantity", "unfit_value", why=why)


def _add(taken: dict[int, Decimal], row: Document) -> None:
    line = row.get("related_line_no")
    if line is not None:
        taken[line] = taken.get(line, Decimal(0)) + Decimal(row.get("quantity", "0"))


LEANING = Leaning(leans, check, takes=(FROM_VEHICLE,))
