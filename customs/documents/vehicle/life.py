"""How a vehicle lives: registered, and changed when something about it changes (customs schema of 2017, M)."""

from __future__ import annotations

from customs.documents.life import APPROVED, Life, Purpose, Round, Step, course, rounds
from customs.documents.states import State, states

CHANGE = "2"
"""申报类型 变更."""

LIFE = Life(
    states=states(State("approved", "已备案", "海关审核通过，核放单可以使用该车辆")),
    course=course(approved=Step(APPROVED, "approved")),
    rounds=rounds(Round(Purpose.CHANGE, "变更", CHANGE, frozenset({"approved"}))),
)
