"""What customs checks in a 业务申报表, and whether one may be used today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from simulators.single_window.documents import CHANGED, ENDED, Document
from simulators.single_window.kinds.kind import Registry

PAUSED, NORMAL, CLOSED = "2", "1", "3"
"""dclTbStucd: 1 and 2 by one portal's list (L), 3 is the simulator's own."""


def customs(document: Document, registry: Registry) -> Iterator[str]:
    """有效期 not before today; rows of a change agree with the approved version (M)."""
    if document.declaration_type == ENDED:
        return
    until = valid_until(document)
    if until is None:
        yield f"有效期[{document.head.get('ValidTime', '')}]不是日期"
    elif until < registry.today:
        yield f"有效期[{document.head['ValidTime']}]早于当前日期"
    if document.declaration_type == CHANGED and document.former is not None:
        yield from _changed_rows(document, document.former["quantities"].get("SasDclSeqno", {}))


def _changed_rows(document: Document, approved: dict[str, str]) -> Iterator[str]:
    for row in document.goods:
        number, mark = row.get("SasDclSeqno", ""), row.get("ModfMarkcd", "")
        if mark == "3" and number in approved:
            yield f"申报序号[{number}]已存在，不能作为新增商品"
        if mark in ("0", "1") and number not in approved:
            yield f"申报序号[{number}]在备案数据中不存在，不能修改"


def valid_until(document: Document) -> date | None:
    """The day up to which the form may be used; None when it cannot be read."""
    digits = re.sub(r"\D", "", document.head.get("ValidTime", ""))[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def unusable(form: Document | None, number: str, today: date) -> str | None:
    """Why a 出入库单 may not rest on that form, or None."""
    if form is None:
        return f"申报表编号[{number}]不存在"
    if form.status == "closed":
        return f"申报表编号[{number}]已结案"
    if not form.valid:
        return f"申报表编号[{number}]未通过审核"
    if form.marks.get("dclTbStucd") == PAUSED:
        return f"申报表编号[{number}]已暂停"
    until = valid_until(form)
    if until is not None and until < today:
        return f"申报表编号[{number}]的有效期已过"
    return None
