"""Counts of failed logins in the database, shared by all replicas. Attempts are counted before they are checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backbone import postgres
from backbone.postgres import Connection, Pool
from services.identity import throttle
from services.identity.refusals import TooManyAttempts
from services.identity.throttle import Allowance


@dataclass(frozen=True)
class Subject:
    """What is counted: a login, or an address."""

    key: bytes
    allowance: Allowance
    cleared_by_success: bool


def of_login(tenant: str, login: str) -> Subject:
    return Subject(_key("login", tenant, login), throttle.LOGIN, cleared_by_success=True)


def of_address(address: str) -> Subject:
    # Somebody who owns one account must not be able to wash an address clean for guessing at others.
    return Subject(_key("address", address), throttle.ADDRESS, cleared_by_success=False)


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()


async def begin(pool: Pool, subjects: Sequence[Subject]) -> None:
    """Count an attempt for every subject. Raises TooManyAttempts, and then counts nothing."""
    async with postgres.transaction(pool) as connection:
        now, records = await _locked(connection, subjects)
        waits = [wait for r in records.values() if (wait := throttle.waiting(r, now)) is not None]
        if waits:
            raise TooManyAttempts(max(waits).total_seconds())
        for subject in subjects:
            await _keep(connection, subject, throttle.failed(records[subject.key], subject.allowance, now))


async def succeeded(pool: Pool, subjects: Sequence[Subject]) -> None:
    """Take the attempt back from every subject, and forget the failures of the login."""
    async with postgres.transaction(pool) as connection:
        _, records = await _locked(connection, subjects)
        for subject in subjects:
            if subject.cleared_by_success:
                await connection.execute("DELETE FROM login_attempts WHERE key = $1", subject.key)
            else:
                record = throttle.succeeded(records[subject.key], subject.allowance)
                await _keep(connection, subject, record)


async def forget(pool: Pool, subjects: Sequence[Subject]) -> None:
    """After a password was reset: the failures before it count no longer."""
    async with postgres.transaction(pool) as connection:
        await connection.execute("DELETE FROM login_attempts WHERE key = ANY($1)", [s.key for s in subjects])


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
