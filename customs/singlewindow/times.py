"""The authority's times: Asia/Shanghai without an offset, written in several ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from customs.clock import SHANGHAI

_OLDEST_YEAR = 1991
_TIME = re.compile(
    r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})"
    r"(?:[T ]?(\d{1,2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})(\d{1,9})?)?", re.ASCII)


def as_utc(text: str | None) -> datetime | None:
    """The point in time as UTC; a bare date is its Shanghai midnight. None for what is no time."""
    text = (text or "").strip()
    compact = _COMPACT.fullmatch(text)
    if compact is not None:
        year, month, day, hour, minute, second, fraction = compact.groups()
        offset = None
    else:
        found = _TIME.fullmatch(text)
        if found is None:
            return None
        year, _, month, day, hour, minute, second, fraction, offset = found.groups()
    microseconds = int(((fraction or "") + "000000")[:6])
    try:
        at = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            microseconds,
            tzinfo=_zone(offset),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if at.year >= _OLDEST_YEAR else None


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return SHANGHAI
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if offset[0] == "-" else span)


def as_send_time(at: datetime) -> str:
    """`send_time` of an upload: Shanghai time to the second, without an offset (uploads of two senders, H)."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S")
