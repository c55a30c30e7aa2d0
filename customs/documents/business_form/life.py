"""How a 业务申报表 lives: approved, perhaps paused by customs, at last concluded.

States and rounds: one platform's tables (M). That a paused form cannot be changed is ours, for no source shows it.
"""

from __future__ import annotations

from customs.documents.life import APPROVED, Life, Purpose, Round, Step, course, rounds
from customs.documents.states import State, states

CHANGE, CLOSURE = "2", "3"
"""申报类型 变更, 结案."""

LIFE = Life(
    states=states(
        State("approved", "通过", "海关审核通过，在有效期内可据以申报出入库单"),
        State("paused", "暂停", "海关暂停执行，恢复前不能据以申报出入库单"),
        State("concluded", "已结案", "海关已结案，不能再变更和使用", terminal=True),
    ),
    course=course(approved=Step(APPROVED, "approved"), concluded=Step(APPROVED + 1, "concluded")),
    # Customs may conclude a form by itself; SAS202 tells it like a pause.
    happenings={
        # Within one second of the authority's clock: nothing is resumed that was not paused before.
        "paused": Step(1, "paused"),
        "resumed": Step(2, ""),
        "concluded": Step(3, "concluded"),
    },
    rounds=rounds(
        Round(Purpose.CHANGE, "变更", CHANGE, frozenset({"approved"})),
        Round(Purpose.CLOSURE, "结案", CLOSURE, frozenset({"approved", "paused"}), granted="concluded"),
    ),
)
