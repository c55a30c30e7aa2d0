"""Columns of a list: their names, what a clerk reads above them, and an item with only some of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from backbone.postgres import Record
from customs.documents import KINDS, Kind
from services.query.lists import item
from services.query.used_by_column import users_label

ALWAYS = ("id", "version", "state")
_NO_COLUMNS = frozenset({"labels"})
_HEADINGS: Mapping[str, str] = {
    "id": "系统标识",
    "kind": "单证种类",
    "version": "版本号",
    "internal_no": "企业内部编号",
    "state": "状态代码",
    "state_label": "状态",
    "state_since": "状态起始时间",
    "open_round": "未完成的申请",
    "review": "复核状态",
    "seq_no": "预录入统一编号",
    "customs_no": "海关编号",
    "entry_seq_no": "报关单统一编号",
    "change_count": "变更次数",
    "system": "所属系统（Z7、Z8）",
    "enterprise_id": "企业标识",
    "team_id": "班组标识",
    "client_id": "客户标识",
    "lines": "表体行数",
    "attachments": "随附单据数",
    "attempt_no": "发送次数",
    "declared_at": "申报时间",
    "approved_at": "通过时间",
    "deadline_at": "应答期限",
    "overdue": "逾期",
    "needs_operator": "需要人工处理",
    "notes": "提示",
    "created_at": "录入时间",
    "updated_at": "更新时间",
    "used_by": "后续单证",
    "through_gate": "是否过卡",
    "settled": "已结关",
}


class _Blank(dict[str, Any]):
    """A row in which nothing is filled in."""

    def __missing__(self, name: str) -> None:
        return None


@cache
def of_kind(kind: str) -> tuple[str, ...]:
    """Names of everything that an item of the list has."""
    some_state = next(iter(KINDS[kind].life.states))
    blank = _Blank(kind=kind, listed={}, authority={}, state=some_state)
    return tuple(name for name in item(cast(Record, blank)) if name not in _NO_COLUMNS)


def heading(kind: Kind, name: str) -> str:
    """What a clerk reads above a column; the name itself for one that has no words."""
    field = kind.section("head").fields.get(name)
    if name == "used_by_nos":
        return f"{users_label(kind.name)}预录入编号"
    return field.label if field is not None else _HEADINGS.get(name, name)


def narrowed(whole: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """An item with the chosen columns in their order, after what every item has; and the labels of these."""
    names = dict.fromkeys((*ALWAYS, *chosen))
    labels = {name: label for name, label in whole["labels"].items() if name in names}
    return {**{name: whole[name] for name in names if name in whole}, "labels": labels}
