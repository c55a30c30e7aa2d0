"""SAS221 to SAS224: review, change by customs, passing the gate and inspection of a 核放单."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from contracts.events.receipts import Outcome
from customs.documents.gate_pass.life import DELETED, VOIDED, VOIDING
from customs.singlewindow.receipt_forms import ReceiptForm, Texts, hde_receipt
from customs.singlewindow.sas_approval import reviewed, round_of

_PASSED, _NOT_PASSED = "1", "2"
# 过卡状态 tells which gate was passed: 2 a single one, 3 and 4 the two of a double gate (production receipts, H).
GATES: Mapping[str, Outcome] = MappingProxyType({"3": "gate_passed_first", "4": "gate_passed_second"})
# One production receipt shows 3; the complete list is not known (M).
INSPECTIONS: Mapping[str, Outcome] = MappingProxyType({"2": "gate_refused", "3": "gate_released"})
ENDINGS: Mapping[str, Outcome] = MappingProxyType({DELETED: "deleted", VOIDED: "voided"})


def approval(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS221. A granted 作废 is told by the kind of declaration, or by the status in the head."""
    code, outcome = reviewed(result, head)
    ended = round_of(result, head) == VOIDING or head.get("passage_status") == VOIDED
    return code, "voided" if outcome == "approved" and ended else outcome


def change(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS222: customs changed the pass by itself, which may be its end."""
    status = head.get("passage_status", "")
    return result.get("result") or status, ENDINGS.get(status, "changed")


def passing(result: Texts, head: Texts) -> tuple[str, Outcome]:
    """SAS223 and SAS253: whether the truck passed, and which gate."""
    code = result.get("result", "")
    if code == _PASSED:
        return code, GATES.get(head.get("passage_status", ""), "gate_passed")
    return code, "gate_not_passed" if code == _NOT_PASSED else "other"


def inspection(result: Texts, _: Texts) -> tuple[str, Outcome]:
    """SAS224: what became of the truck at the inspection, perhaps days after it passed."""
    code = result.get("result", "")
    return code, INSPECTIONS.get(code, "other")


PASSING_TIMES = ("second_passed_at", "passed_at")

FORMS: tuple[ReceiptForm, ...] = (
    hde_receipt("SAS221", "核放单审核回执", approval),
    hde_receipt("SAS222", "核放单修改回执", change),
    hde_receipt(
        "SAS223",
        "核放单过卡回执",
        passing,
        head_time=PASSING_TIMES,
    ),
    hde_receipt("SAS224", "核放单查验处置回执", inspection),
)
