"""How long who failed to log in must wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.throttle import (
    ADDRESS,
    FORGET_AFTER,
    LOGIN,
    LONGEST_WAIT,
    Record,
    failed,
    succeeded,
    waiting,
)

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
FRESH = Record(0, NOW, None)


def after(failures: int) -> Record:
    record = FRESH
    for _ in range(failures):
        record = failed(record, LOGIN, NOW)
    return record


def test_the_first_failures_cost_nothing_and_then_waits_double() -> None:
    waits = [waiting(after(n), NOW) for n in range(LOGIN.free + 3)]
    assert waits[: LOGIN.free] == [None] * LOGIN.free
    assert waits[LOGIN.free :] == [timedelta(seconds=s) for s in (2, 4, 8)]


@given(st.integers(1, 400))
def test_no_wait_is_longer_than_the_longest(failures: int) -> None:
    wait = waiting(after(failures), NOW)
    assert wait is None or timedelta(0) < wait <= LONGEST_WAIT
    assert (wait is None) == (failures < LOGIN.free)


def test_a_wait_ends() -> None:
    record = after(LOGIN.free)
    assert waiting(record, NOW + timedelta(seconds=1.9)) is not None
    assert waiting(record, NOW + timedelta(seconds=2)) is None


def test_failures_are_forgotten_after_a_quiet_time_and_not_before() -> None:
    record = after(LOGIN.free + 2)
    assert failed(record, LOGIN, NOW + FORGET_AFTER).failures == LOGIN.free + 3
    assert failed(record, LOGIN, NOW + FORGET_AFTER + timedelta(seconds=1)).failures == 1


def test_a_success_takes_only_its_own_attempt_back() -> None:
    record = FRESH
    for _ in range(ADDRESS.free):
        record = failed(record, ADDRESS, NOW)
    assert waiting(record, NOW) is not None
    relieved = succeeded(record, ADDRESS)
    assert (relieved.failures, relieved.blocked_until) == (ADDRESS.free - 1, None)
    worse = failed(record, ADDRESS, NOW)
    assert succeeded(worse, ADDRESS).blocked_until == worse.blocked_until
