"""How a 出入库单 lives: approved, then used by 核放单 and gathered by a 集报清单; or voided.

States: three implementers (M). Whether customs takes a 变更 of this document is not known; the code for it exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customs.documents.life import APPROVED, Life, Purpose, Round, Step, course, rounds
from customs.documents.states import State, states

CHANGE, VOIDING = "2", "3"
"""申报类型 变更, 作废."""
_GATHERED = "2"
_ON_GATE_PASSES = frozenset({"2", "3"})
_PASSED = frozenset({"2", "3"})
_APPROVED = frozenset({"approved"})


def lawful(purpose: Purpose, told: Mapping[str, Any]) -> str | None:
    """`told`: the head and, over it, what the authority told (gathered_mark, gate_pass_status, pass_mark)."""
    if purpose is not Purpose.CANCELLATION:
        return None
    if told.get("gathered_mark") == _GATHERED or told.get("related_inventory_no"):
        return "出入库单已被集报清单归集，不能作废；请先删除该核注清单"
    if told.get("gate_pass_status") in _ON_GATE_PASSES or told.get("pass_mark") in _PASSED:
        return "出入库单已生成核放单，不能作废；请先作废有关的核放单"
    return None


LIFE = Life(
    states=states(
        State("approved", "通过", "海关审核通过，可据以申报核放单并在规定期限内集中报关"),
        State("voided", "已作废", "海关已同意作废，不能再使用", terminal=True),
    ),
    course=course(approved=Step(APPROVED, "approved"), voided=Step(APPROVED + 1, "voided")),
    # Customs may void a bill by itself; SAS212 tells it.
    happenings={"voided": Step(1, "voided")},
    rounds=rounds(
        Round(Purpose.CHANGE, "变更", CHANGE, _APPROVED),
        Round(Purpose.CANCELLATION, "作废", VOIDING, _APPROVED, granted="voided"),
    ),
    markable=frozenset({"gathered_mark", "gate_pass_status"}),
    lawful=lawful,
)
