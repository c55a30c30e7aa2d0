"""What failed logins cost: pure rules over a count, times are handed in.

A login tried from one address must wait, so that guessing at it is hopeless. An address alone, or a login alone, is only
slowed: whoever shares the office's address, or owns the login, gets in with the right password at the first try.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FORGET_AFTER = timedelta(minutes=15)
LONGEST_WAIT = timedelta(minutes=15)
SLOWED_BY = timedelta(seconds=2)


@dataclass(frozen=True)
class Allowance:
    """`free` failures cost nothing; each more doubles the wait, from `first_wait` to LONGEST_WAIT, or only slows."""

    free: int
    first_wait: timedelta = timedelta(seconds=2)
    only_slows: bool = False


LOGIN_FROM_ADDRESS = Allowance(free=5)
LOGIN = Allowance(free=20, only_slows=True)
# An office behind one address has many clerks, and the count includes the logins that are being checked just now.
ADDRESS = Allowance(free=60, only_slows=True)
# Of programs only wrong secrets are counted: a right one passes whatever was tried before it.
WRONG_SECRETS = Allowance(free=60)


@dataclass(frozen=True)
class Record:
    failures: int
    last_at: datetime
    blocked_until: datetime | None


def waiting(record: Record, now: datetime) -> timedelta | None:
    """How long still to wait, or None."""
    if record.blocked_until is None or record.blocked_until <= now:
        return None
    return record.blocked_until - now


def is_slowed(record: Record, allowance: Allowance) -> bool:
    """Whether an attempt that is already counted in the record is answered SLOWED_BY later."""
    return allowance.only_slows and record.failures > allowance.free


def failed(record: Record, allowance: Allowance, now: datetime) -> Record:
    """The record after one more failure; an attempt counts as one from its beginning, so that a crowd gains nothing."""
    forgotten = record.last_at < now - FORGET_AFTER and waiting(record, now) is None
    failures = 1 if forgotten else record.failures + 1
    beyond = failures - allowance.free
    if beyond < 0 or allowance.only_slows:
        return Record(failures, now, None)
    wait = min(allowance.first_wait * 2 ** min(beyond, 20), LONGEST_WAIT)
    return Record(failures, now, now + wait)


def succeeded(record: Record, allowance: Allowance) -> Record:
    """The record with the attempt that turned out right taken back."""
    failures = max(0, record.failures - 1)
    return Record(failures, record.last_at, record.blocked_until if failures >= allowance.free else None)
