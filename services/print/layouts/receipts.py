"""The receipt sheet, the same for every kind: which document it is about, and the columns of the answers."""

from __future__ import annotations

from dataclasses import dataclass

from customs.documents import KINDS
from services.print.layouts.parts import PAIRS_A_ROW, Align, Layout, Pairs

_ABOUT = (
    "seq_no",
    "customs_no",
    "internal_no",
    "change_count",
    "vehicle_no",
    "owner_name",
    "area_code",
    "area_name",
    "operating_code",
    "operating_name",
    "declaring_code",
    "declaring_name",
    "supervising_customs",
)


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column of the table of answers; `width` is a share of the page's width."""

    label: str
    width: float
    align: Align = "left"


ANSWER_COLUMNS = (
    AnswerColumn("序号", 24, "center"),
    AnswerColumn("海关处理时间", 78, "center"),
    AnswerColumn("收到时间", 78, "center"),
    AnswerColumn("发送次数", 40, "center"),
    AnswerColumn("报文类型", 92, "center"),
    AnswerColumn("结果代码", 36, "center"),
    AnswerColumn("结果", 104),
    AnswerColumn("说明", 194),
    AnswerColumn("报文编号", 152),
)


def receipts_of(layout: Layout) -> Layout:
    """The layout of the sheet's upper part: what the head of this kind has of the usual facts."""
    fields = KINDS[layout.kind].section("head").fields
    names = [name for name in _ABOUT if name in fields]
    rows = tuple(tuple(names[at : at + PAIRS_A_ROW]) for at in range(0, len(names), PAIRS_A_ROW))
    return Layout(kind=layout.kind, blocks=(Pairs("head", rows=rows),))
