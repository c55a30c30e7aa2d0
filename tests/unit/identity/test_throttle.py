"""How long who failed to log in must wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.throttle import (
    ADDRESS,
    FORGET_AFTER,
    LOGIN,
    LOGIN_FROM_ADDRESS,
    LONGEST_WAIT,
    WRONG_SECRETS,
    Allowance,
    Record,
    failed,
    is_slowed,
    succeeded,
    waiting,
)

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
FRESH = Record(0, NOW, None)


def after(failures: int, allowance: Allowance = LOGIN_FROM_ADDRESS) -> Record:
    record = FRESH
    for _ in range(failures):
        record = failed(record, allowance, NOW)
    return record


def test_the_first_failures_cost_nothing_and_then_waits_double() -> None:
    waits = [waiting(after(n), NOW) for n in range(LOGIN_FROM_ADDRESS.free + 3)]
    assert waits[: LOGIN_FROM_ADDRESS.free] == [None] * LOGIN_FROM_ADDRESS.free
    assert waits[LOGIN_FROM_ADDRESS.free :] == [timedelta(seconds=s) for s in (2, 4, 8)]


@given(st.integers(1, 400))
def test_no_wait_is_longer_than_the_longest(failures: int) -> None:
    wait = waiting(after(failures), NOW)
    assert wait is None or timedelta(0) < wait <= LONGEST_WAIT
    assert (wait is None) == (failures < LOGIN_FROM_ADDRESS.free)


def test_a_wait_ends() -> None:
    record = after(LOGIN_FROM_ADDRESS.free)
    assert waiting(record, NOW + timedelta(seconds=1.9)) is not None
    assert waiting(record, NOW + timedelta(seconds=2)) is None


def test_failures_are_forgotten_after_a_quiet_time_and_not_before() -> None:
    record = after(LOGIN_FROM_ADDRESS.free + 2)
    assert failed(record, LOGIN_FROM_ADDRESS, NOW + FORGET_AFTER).failures == LOGIN_FROM_ADDRESS.free + 3
    assert failed(record, LOGIN_FROM_ADDRESS, NOW + FORGET_AFTER + timedelta(seconds=1)).failures == 1


@pytest.mark.parametrize("allowance", [LOGIN, ADDRESS])
def test_a_login_or_an_address_alone_is_slowed_and_never_stopped(allowance: Allowance) -> None:
    for failures in (1, allowance.free, allowance.free + 1, 10_000):
        record = after(failures, allowance)
        assert waiting(record, NOW) is None
        assert is_slowed(record, allowance) == (failures > allowance.free)
    relieved = succeeded(after(allowance.free + 1, allowance), allowance)
    assert not is_slowed(relieved, allowance)


def test_a_success_takes_only_its_own_attempt_back() -> None:
    record = after(WRONG_SECRETS.free, WRONG_SECRETS)
    assert waiting(record, NOW) is not None
    relieved = succeeded(record, WRONG_SECRETS)
    assert (relieved.failures, relieved.blocked_until) == (WRONG_SECRETS.free - 1, None)
    worse = failed(record, WRONG_SECRETS, NOW)
    assert succeeded(worse, WRONG_SECRETS).blocked_until == worse.blocked_until
