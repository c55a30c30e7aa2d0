"""The official query pages: every condition and every column of theirs has a parameter and a field of ours."""

from __future__ import annotations

import re

import pytest

from customs.documents import KINDS
from services.query import columns, conditions
from tools.tree import ROOT

# Typed from what is known of the pages of the Single Window, in their order.
CONDITIONS = {
    "inventory": "查询企业 经营单位编号 清单编号 企业内部编号 进出口标志 录入日期 清单类型 统一编号 数据状态 核扣标志",
    "business_form": "查询企业 区内企业 业务类型 企业内部编号 录入日期 申报表编号 统一编号 数据状态",
    "stock_bill": "数据状态 查询企业 申报类型 出入库单类型 统一编号 出入库单编号 申报表编号 区内企业 内部编号 录入日期",
    "gate_pass": "数据状态 查询企业 绑定类型 核放单类型 关联单证类型 关联单证编号 统一编号 核放单编号 区内企业 内部编号 "
    "车牌号 录入日期",
}
COLUMNS = {
    "inventory": "清单编号 经营企业 清单类型 是否报关 报关类型 申报时间 清单状态 账册号 收货企业 统一编号 监管方式 核扣标志 "
    "报关单号 申报类型 进出口 料件成品 运输方式 申报企业 内部编号",
    "business_form": "统一编号 申报表编号 内部编号 业务类型 申报类型 状态 区内企业名称 申报日期",
    "stock_bill": "统一编号 出入库单编号 内部编号 业务类型 出入库单类型 数据状态 区内企业名称 核放单预录入编号 申报日期 "
    "申报类型 集中报关标志",
    "gate_pass": "统一编号 核放单编号 内部编号 核放单类型 进出标志 数据状态 区内企业 绑定类型 关联单证号 申报日期 申报类型 "
    "是否过卡",
}
_ROW = re.compile(r"^\| (?P<word>[^|]+) \| (?P<names>`[^|]+`) \|$")


def _documented(kind: str, what: str) -> dict[str, list[str]]:
    """The table of docs/lists.md below the heading of a kind: word of the page → our names."""
    text = (ROOT / "docs/lists.md").read_text(encoding="utf-8")
    part = text.split(f"### {KINDS[kind].label}: {what}\n", 1)[1].split("\n#", 1)[0]
    found = [_ROW.match(line) for line in part.splitlines()]
    return {row["word"]: re.findall(r"`([a-z_]+)`", row["names"]) for row in found if row}


@pytest.mark.parametrize("kind", CONDITIONS)
def test_every_condition_of_the_page_is_a_parameter(kind: str) -> None:
    documented = _documented(kind, "conditions")
    assert list(documented) == CONDITIONS[kind].split()
    known = {parameter.name for parameter in conditions.of_kind(KINDS[kind])}
    for word, names in documented.items():
        assert names and set(names) <= known, word


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_column_of_the_page_is_a_field(kind: str) -> None:
    documented = _documented(kind, "columns")
    assert list(documented) == COLUMNS[kind].split()
    for word, names in documented.items():
        assert names and set(names) <= {*columns.of_kind(kind)}, word
