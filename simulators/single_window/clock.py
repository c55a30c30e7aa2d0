"""Time as the authority shows it: Asia/Shanghai, always +08:00."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock(Protocol):
    """Where the simulator takes the time from; tests give one they turn by hand."""

    def now(self) -> datetime:
        """The present moment, with an offset."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, as the ledger keeps due times."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The inverse of `to_micros`, in Shanghai time."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(SHANGHAI)


def stamp14(moment: datetime) -> str:
    """`yyyyMMddHHmmss`, as it stands inside the authority's message ids."""
    return moment.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")


def stamp20(moment: datetime) -> str:
    """`stamp14` and six digits of the second: the fixed part of the time in InBox file names (21 to 23 digits)."""
    return moment.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S%f")


def spoken(moment: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss`, the form of manageDate and createDate in real receipts (2024, H)."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def iso(moment: datetime) -> str:
    """`yyyy-MM-ddTHH:mm:ss`, the form of send_time (H) and of the dates inside BondInvtBsc (L)."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S")
