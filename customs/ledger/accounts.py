"""The four accounts of a line, and what a book does with a declaration that takes more than there is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Account(StrEnum):
    """What is expected to come and to go, and what came and went."""

    PRE_IN = "pre_in"
    PRE_OUT = "pre_out"
    REAL_IN = "real_in"
    REAL_OUT = "real_out"


class CheckMode(StrEnum):
    """What happens when a declaration takes more than there is."""

    OFF = "off"
    WARN = "warn"
    REFUSE = "refuse"


ACCOUNTS: Mapping[Account, str] = MappingProxyType(
    {
        Account.PRE_IN: "预增",
        Account.PRE_OUT: "预减",
        Account.REAL_IN: "实增",
        Account.REAL_OUT: "实减",
    }
)
"""As a clerk calls them."""

CHECK_MODES: Mapping[CheckMode, str] = MappingProxyType(
    {CheckMode.OFF: "不检查", CheckMode.WARN: "余量不足时提示", CheckMode.REFUSE: "余量不足时不能申报"}
)

REAL = frozenset({Account.REAL_IN, Account.REAL_OUT})
