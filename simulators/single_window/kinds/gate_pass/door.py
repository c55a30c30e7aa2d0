"""What the door checks in a SAS121 beyond the table: types, binding, and that head and rows name the same documents."""

from __future__ import annotations

from collections.abc import Iterator

from simulators.single_window.documents import CHANGED, ENDED
from simulators.single_window.form import Upload
from simulators.single_window.kinds.weights import weight

LINKED, GOODS = "PassportAcmp", "PassportList"
# 1 with a 核注清单 was seen in a live sample; the rest is one platform's form, agreed to by real data (H, M).
_LINKED_BY_TYPE = {"1": "13", "2": "1", "3": "1", "4": "2", "5": "", "6": ""}
REGISTERED_GOODS, EMPTY_TRUCK = "5", "6"
SHARED = "3"
"""绑定类型 一票多车."""


def door(upload: Upload, declaring: bool) -> Iterator[str]:
    """Reasons, in Chinese. Of a 作废 only the head is looked at."""
    if upload.declaration_type == CHANGED:
        yield "核放单不允许变更，请作废后重新申报"
    if declaring and upload.declaration_type != ENDED:
        yield from _linked(upload)
        yield from _goods(upload)


def _linked(upload: Upload) -> Iterator[str]:
    head, rows = upload.head, upload.sections[LINKED]
    kind, linked = head.get("PassportTypecd", ""), head.get("RltTbTypecd", "")
    allowed = _LINKED_BY_TYPE.get(kind, "")
    if not allowed:
        if linked or rows or head.get("RltNo"):
            yield f"核放单类型{kind}不应有关联单证"
        if head.get("BindTypecd"):
            yield f"核放单类型{kind}的绑定类型应为空"
        return
    if linked not in tuple(allowed):
        yield f"核放单类型{kind}的关联单证类型应为{'或'.join(allowed)}，实际为[{linked}]"
    if not head.get("BindTypecd"):
        yield "表头缺少绑定类型"
    if not rows:
        yield "关联单证至少需要一条记录"
    if head.get("BindTypecd") in ("2", SHARED) and len(rows) > 1:
        yield "一车一票、一票多车只能关联一份单证"
    for number, row in enumerate(rows, 1):
        if row.get("RtlBillTypecd") != linked:
            yield f"关联单证第{number}条的关联单证类型与表头不一致"
    numbers = sorted(row.get("RtlBillNo", "") for row in rows)
    if len(set(numbers)) != len(numbers):
        yield "关联单证编号重复"
    # Several numbers are joined by a backslash (a real receipt); the head's field may be empty.
    if head.get("RltNo") and sorted(head["RltNo"].split("\\")) != numbers:
        yield "表头的关联单证编号与关联单证不一致"


def _goods(upload: Upload) -> Iterator[str]:
    head, rows = upload.head, upload.goods
    kind, shared = head.get("PassportTypecd", ""), head.get("BindTypecd") == SHARED
    if kind == EMPTY_TRUCK:
        if rows:
            yield "空车进出区不应有商品"
        return
    for name, label in (("TotalGrossWt", "货物总毛重"), ("TotalNetWt", "货物总净重")):
        if weight(head, name) <= 0:
            yield f"表头的{label}应大于0"
    if kind == REGISTERED_GOODS and not rows:
        yield "卡口登记货物至少需要一条商品"
    if kind != REGISTERED_GOODS and shared and not rows:
        yield "一票多车至少需要一条商品"
    if kind != REGISTERED_GOODS:
        for number, row in enumerate(rows, 1):
            if not row.get("RltGdsSeqno"):
                yield f"商品第{number}条缺少关联商品序号"
