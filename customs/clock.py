"""The clock of the trade: customs goes by Asia/Shanghai, whatever the zone of the machine."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

ZONE = "Asia/Shanghai"
"""Its name, as PostgreSQL takes it."""
SHANGHAI = timezone(timedelta(hours=8), ZONE)
"""China has kept one offset since 1991, long before these messages existed."""


def now() -> datetime:
    """This moment."""
    return datetime.now(SHANGHAI)


def today() -> date:
    """The day on which customs works."""
    return now().date()


def day_of(at: datetime) -> date:
    """The day in which a point in time lies. Raises OverflowError in the last hours of the year 9999."""
    return at.astimezone(SHANGHAI).date()


def begins(day: date) -> datetime:
    """The first moment of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
