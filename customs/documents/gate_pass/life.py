"""How a 核放单 lives: approved, then whatever the gate tells; or voided before the gate. It is never changed.

Gate states: receipts of production (H). SAS224 may come days after the truck passed and is taken in any state (H).
"""

from __future__ import annotations

from customs.documents.life import APPROVED, Life, Purpose, Round, Step, course, rounds
from customs.documents.states import State, states

VOIDING = "3"
"""申报类型 作废."""
DELETED, VOIDED = "5", "6"
"""过卡状态 已删除, 已作废: both are told by customs."""

STATES = (
    State("approved", "通过(待过卡)", "海关审核通过，等待车辆过卡", deadline_hours=168),
    State("not_passed", "未过卡", "卡口未放行，可再次过卡或作废", deadline_hours=72),
    State("passed_first", "已过一卡", "已过一卡，等待过二卡", deadline_hours=72),
    State("passed", "已过卡", "车辆已过卡", terminal=True),
    State("passed_second", "已过二卡", "车辆已过二卡", terminal=True),
    State("gate_refused", "拒绝过卡", "查验处置为拒绝过卡，等待海关处理", deadline_hours=168),
    State("gate_released", "卡口放行", "查验处置完毕，卡口放行", terminal=True),
)
# Ranks only break ties within one second: a later stage of the gate wins over an earlier one.
HAPPENINGS = {
    "gate_not_passed": Step(1, "not_passed"),
    "gate_passed_first": Step(2, "passed_first"),
    "gate_passed": Step(3, "passed"),
    "gate_passed_second": Step(3, "passed_second"),
    "gate_refused": Step(4, "gate_refused"),
    "gate_released": Step(5, "gate_released"),
}
_STATUS_OF = {"approved": "1", "passed": "2", "passed_first": "3", "passed_second": "4"}
TELLS = {state: {"passage_status": status} for state, status in _STATUS_OF.items()}

LIFE = Life(
    states=states(*STATES, State("voided", "已作废", "海关已同意作废，不能再使用", terminal=True)),
    course=course(approved=Step(APPROVED, "approved"), voided=Step(APPROVED + 1, "voided")),
    # Customs may void or delete a pass by itself; SAS222 tells it.
    happenings={**HAPPENINGS, "voided": Step(6, "voided"), "deleted": Step(7, "deleted")},
    rounds=rounds(
        Round(Purpose.CANCELLATION, "作废", VOIDING, frozenset({"approved", "not_passed"}), granted="voided"),
    ),
    tells={**TELLS, "voided": {"passage_status": VOIDED}, "deleted": {"passage_status": DELETED}},
)
