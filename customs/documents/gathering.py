"""分送集报: until when goods that went through the gate in batches must be declared together, as data.

The rule: deliveries of a calendar month are declared by the end of the month that follows, and never across the year's
end. Public restatements of it: the page of one 综合保税区 (昆明, kmzhbsq.kunming.cn, 2018: by the end of the following month);
a guide to the former export processing zones (rcrzj.com: within a month, not across the year); a report on the rules of Hainan
of 2025 (reportify.ai: by the 25th of the following month, not across the year). Order 256 of the customs administration, in
force for 综合保税区 since 2022, was not found in full, nor the terms of single customs districts.
Confidence M: the restatements agree on the following month and on the year. A district that sets an earlier day, as Hainan
does, changes one number: LAST_DAY.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

MONTHS_AFTER: Final = 1
LAST_DAY: Final = 31
"""Of that month; a shorter month ends earlier."""
WITHIN_THE_YEAR: Final = True

BUSINESS_TYPE: Final = "A"
"""业务类型 of forms and bills under which goods go first and are declared later."""
GATHERED: Final = "2"
"""集报标志 已集报, told by receipts once a 集报清单 took the bill in."""

FORM, BILL, PASS, INVENTORY = "business_form", "stock_bill", "gate_pass", "inventory"
NAMES_BILLS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {INVENTORY: ("stock_bills", "stock_bill_no"), PASS: ("linked_documents", "bill_no")}
)
"""Kinds that take bills in: the section, and the field of its rows that holds 出入库单编号."""


def declared_by(moved_on: date) -> date:
    """The last day on which goods that moved on this day (Asia/Shanghai) may be declared."""
    month = moved_on.month + MONTHS_AFTER
    year = moved_on.year + (month - 1) // 12
    if WITHIN_THE_YEAR and year > moved_on.year:
        return date(moved_on.year, 12, 31)
    month = (month - 1) % 12 + 1
    return date(year, month, min(LAST_DAY, monthrange(year, month)[1]))
