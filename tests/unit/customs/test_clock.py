"""The clock of the trade goes by Shanghai on every machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from customs import clock


def test_the_day_changes_at_midnight_in_shanghai() -> None:
    assert clock.day_of(datetime(2026, 1, 15, 15, 59, 59, tzinfo=UTC)) == date(2026, 1, 15)
    assert clock.day_of(datetime(2026, 1, 15, 16, 0, tzinfo=UTC)) == date(2026, 1, 16)


def test_a_day_begins_at_its_midnight() -> None:
    begins = clock.begins(date(2026, 1, 16))
    assert begins == datetime(2026, 1, 15, 16, 0, tzinfo=UTC)
    assert clock.day_of(begins) == date(2026, 1, 16)
    assert clock.day_of(begins - timedelta(microseconds=1)) == date(2026, 1, 15)


def test_now_has_the_zone_and_is_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    before = clock.today()
    now = clock.now()
    assert now.utcoffset() == timedelta(hours=8)
    assert before <= now.date() <= clock.today()
