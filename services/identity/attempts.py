"""Counts of failed logins in the database, shared by all replicas. Attempts are counted before they are checked."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backbone import postgres
from backbone.postgres import Connection, Pool
from services.identity import throttle
from services.identity.refusals import TooManyAttempts
from services.identity.throttle import Allowance

_HALF_KEY = 16
_SLOWED_AT_ONCE = 8


@dataclass(frozen=True)
class Subject:
    """What is counted: a login from an address, a login, or an address."""

    key: bytes
    allowance: Allowance
    cleared_by_success: bool = False


def of_person(tenant: str, login: str, address: str) -> list[Subject]:
    """Somebody who owns one account must not be able to wash an address clean for guessing at others."""
    who, where = _key("login", tenant, login), _key("address", address)
    return [
        Subject(who + where, throttle.LOGIN_FROM_ADDRESS, cleared_by_success=True),
        Subject(who + bytes(_HALF_KEY), throttle.LOGIN),
        Subject(bytes(_HALF_KEY) + where, throttle.ADDRESS),
    ]


def of_wrong_secrets(address: str) -> list[Subject]:
    return [Subject(_key("programs") + _key("address", address), throttle.WRONG_SECRETS)]


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()[:_HALF_KEY]


async def begin(pool: Pool, subjects: Sequence[Subject]) -> bool:
    """Count an attempt for every subject; answers whether it is slowed. Raises TooManyAttempts, and then counts nothing."""
    async with postgres.transaction(pool) as connection:
        now, records = await _locked(connection, subjects)
        waits = [wait for r in records.values() if (wait := throttle.waiting(r, now)) is not None]
        if waits:
            raise TooManyAttempts(max(waits).total_seconds())
        slowed = False
        for subject in subjects:
            record = throttle.failed(records[subject.key], subject.allowance, now)
            slowed |= throttle.is_slowed(record, subject.allowance)
            await _keep(connection, subject, record)
    return slowed


@dataclass(frozen=True)
class Brake:
    """Slows attempts, few of one address at a time, so that a flood from there takes nobody else's place."""

    seconds: float = throttle.SLOWED_BY.total_seconds()
    at_once: int = _SLOWED_AT_ONCE
    _waiting: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def slowing(self, address: str) -> AsyncIterator[None]:
        """Raises TooManyAttempts, for a moment, when too many of the address wait already."""
        if self._waiting[address] >= self.at_once:
            raise TooManyAttempts(self.seconds)
        self._waiting[address] += 1
        try:
            await asyncio.sleep(self.seconds)
            yield
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]


async def succeeded(pool: Pool, subjects: Sequence[Subject]) -> None:
    """Take the attempt back from every subject, and forget the failures of the login from this address."""
    async with postgres.transaction(pool) as connection:
        _, records = await _locked(connection, subjects)
        for subject in subjects:
            if subject.cleared_by_success:
                await connection.execute("DELETE FROM login_attempts WHERE key = $1", subject.key)
            else:
                record = throttle.succeeded(records[subject.key], subject.allowance)
                await _keep(connection, subject, record)


async def forget_login(pool: Pool, tenant: str, login: str) -> None:
    """After a password was reset: the failures before it count no longer, wherever they came from."""
    first = _key("login", tenant, login)
    async with postgres.transaction(pool) as connection:
        await connection.execute(
            "DELETE FROM login_attempts WHERE key BETWEEN $1 AND $2",
            first + bytes(_HALF_KEY),
            first + b"\xff" * _HALF_KEY,
        )


async def sweep(pool: Pool) -> None:
    """Remove what is forgotten anyway."""
    age = throttle.FORGET_AFTER + throttle.LONGEST_WAIT + timedelta(minutes=1)
    async with postgres.transaction(pool) as connection:
        await connection.execute("DELETE FROM login_attempts WHERE last_at < now() - $1::interval", age)


async def _locked(
    connection: Connection, subjects: Sequence[Subject]
) -> tuple[datetime, Mapping[bytes, throttle.Record]]:
    # Inserting locks a row that is there as well; one order for everybody, so that nobody waits in a circle.
    rows = await connection.fetch(_LOCK, sorted(subject.key for subject in subjects))
    records = {r["key"]: throttle.Record(r["failures"], r["last_at"], r["blocked_until"]) for r in rows}
    return rows[0]["now"], records


_LOCK = """
INSERT INTO login_attempts AS a (key) SELECT unnest($1::bytea[])
ON CONFLICT (key) DO UPDATE SET key = excluded.key
RETURNING a.*, clock_timestamp() AS now
"""


async def _keep(connection: Connection, subject: Subject, record: throttle.Record) -> None:
    await connection.execute(
        "UPDATE login_attempts SET failures = $2, last_at = $3, blocked_until = $4 WHERE key = $1",
        subject.key,
        record.failures,
        record.last_at,
        record.blocked_until,
    )
