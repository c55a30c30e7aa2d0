"""How a 核注清单 lives: 预核扣, 核扣, 核销, and what the law allows after acceptance.

Receipts and marks: messages of production 2019–2024 (H). Law: Announcement 23 of 2018 as one guide restates it (M):
a 清单 whose 报关单 is not declared, or which needs none, can only be withdrawn; after the period's write-off nothing is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customs.documents.books import is_logistics_book
from customs.documents.life import APPROVED, Life, Purpose, Round, Step, course, rounds
from customs.documents.states import State, states

_NOT_DEDUCTED = frozenset({"pre_deducted", "approved"})
_CLEARED = "1"
_UNITS = frozenset({"unit", "statutory_unit", "second_statutory_unit"})


def lawful(purpose: Purpose, told: Mapping[str, Any]) -> str | None:
    """`told`: the head and, over it, what the authority or a person told (entry_no, related_entry_no, entry_status)."""
    if purpose is not Purpose.CHANGE:
        return None
    if told.get("clearance_flag") != _CLEARED:
        return "非报关的清单不能变更，只能申请删除后重新申报"
    if not (told.get("entry_no") or told.get("related_entry_no") or told.get("entry_status")):
        return "报关单尚未申报的清单不能变更，只能申请删除；如报关单已申报，请先登记报关单状态"
    return None


def may_change(approved: Mapping[str, Any], section: str, row: Mapping[str, Any]) -> frozenset[str]:
    """Units, while customs has not yet made the book row: import into a 物流账册 without 备案序号 (entry page, H)."""
    head = approved.get("head") or {}
    if section not in ("goods", "second_goods") or "book_line_no" in row or head.get("direction") != "I":
        return frozenset()
    return _UNITS if is_logistics_book(head.get("book_no", "")) else frozenset()


LIFE = Life(
    states=states(
        State("pre_deducted", "预核扣", "海关审核通过并预核扣，等待报关单放行和货物过卡", deadline_hours=336),
        State("approved", "通过(未核扣)", "海关审核通过，尚未核扣", deadline_hours=336),
        State("deducted", "已核扣", "底账已核扣", terminal=True),
        State("closed", "已核销", "所属核销周期已核销", terminal=True),
    ),
    course=course(
        approved=Step(APPROVED, "approved"),
        pre_deducted=Step(APPROVED, "pre_deducted"),
        deducted=Step(APPROVED + 1, "deducted"),
        written_off=Step(APPROVED + 2, "closed"),
        deleted=Step(APPROVED + 2, "deleted"),
    ),
    rounds=rounds(
        Round(Purpose.CHANGE, "变更", "2", _NOT_DEDUCTED),
        Round(Purpose.CANCELLATION, "删除", "3", _NOT_DEDUCTED, granted="deleted"),
    ),
    tells={
        state: {"deduction_mark": mark}
        for state, mark in (("approved", "0"), ("pre_deducted", "1"), ("deducted", "2"), ("closed", "3"))
    },
    markable=frozenset({"entry_no", "related_entry_no", "entry_status"}),
    lawful=lawful,
)
