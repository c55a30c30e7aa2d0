"""The states every kind of document can be in, as data: what a clerk reads, whether it can be edited, how long it may last.

A kind adds its own, or words one anew, in `customs/documents/<kind>/life.py`. Names and order: the Single Window's own
status list and the receipts (H). Deadlines: no source gives any; they are chosen from what production messages took
(acknowledgement: seconds; approval: minutes to a day; 核扣: days) and only say when a document is shown as overdue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class State:
    """One state. `terminal`: nothing more is expected. `editable`: the working copy may be saved and declared again."""

    code: str
    label: str
    description: str
    terminal: bool = False
    editable: bool = False
    deadline_hours: int | None = None
    """Overdue when it lasts longer; None: waits for a person or for ever."""

    @property
    def deadline(self) -> timedelta | None:
        """The same as a span of time."""
        return None if self.deadline_hours is None else timedelta(hours=self.deadline_hours)


_UNTIL_APPROVAL = (
    State("draft", "草稿", "只保存在本系统，尚未发送单一窗口", editable=True),
    State("stored", "已暂存", "单一窗口已暂存并给出预录入统一编号，尚未申报", editable=True),
    State("sending", "发送中", "已下达发送，等待单一窗口回执", deadline_hours=1),
    State("failed", "发送失败", "未能送达单一窗口，或单一窗口拒绝接收，可修改后重发", editable=True),
    State("accepted", "已申报", "单一窗口已接收申报，等待海关入库", deadline_hours=24),
    State("registered", "海关入库", "海关入库成功，等待审核", deadline_hours=24),
    State("registration_failed", "入库失败", "海关入库失败，可修改后重新申报", editable=True),
    State("manual_review", "转人工", "海关转人工审核", deadline_hours=72),
    State("returned", "退单", "海关退单，按退单原因修改后可重新申报", editable=True),
)
_AT_ANY_TIME = (
    State("deleted", "已删除", "草稿已删除，或海关已同意删除", terminal=True),
    State("unknown", "结果不明", "发送结果无法确定，需人工核对单一窗口后处理", deadline_hours=1),
)


def states(*own: State) -> Mapping[str, State]:
    """The states of a kind by code, in the order of a document's life; `own` are those from the approval on."""
    return MappingProxyType({state.code: state for state in (*_UNTIL_APPROVAL, *own, *_AT_ANY_TIME)})
