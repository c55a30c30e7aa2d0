"""Databases, roles and migrations: plain SQL, forward only, checksummed.

Each service has one database and three roles named after it: `_owner` (owns the tables, used only here), `_app` (forced
row-level security, sees one tenant a transaction) and `_worker` (consumers, relay, jobs). No other role may connect.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from backbone import postgres
from backbone.postgres import Pool

BACKBONE_MIGRATIONS = Path(__file__).parent / "migrations"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,50}$")
_LOCK = 7_206_115
_LOCK_SECONDS = 10.0
"""Whoever comes after a migration that waits for a lock waits behind it, so it gives up soon and is tried again."""


class MigrationChanged(Exception):
    """An applied migration file was edited; forward-only means: add a new file."""


@dataclass(frozen=True)
class Passwords:
    owner: str
    app: str
    worker: str


@dataclass(frozen=True)
class Database:
    """Connection strings of one service's database, one a role."""

    name: str
    owner_dsn: str
    app_dsn: str
    worker_dsn: str


def dsn_for(admin_dsn: str, database: str, role: str, password: str) -> str:
    parts = urlsplit(admin_dsn)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}", path=f"/{database}"))


def describe(admin_dsn: str, name: str, passwords: Passwords) -> Database:
    return Database(
        name,
        owner_dsn=dsn_for(admin_dsn, name, f"{name}_owner", passwords.owner),
        app_dsn=dsn_for(admin_dsn, name, f"{name}_app", passwords.app),
        worker_dsn=dsn_for(admin_dsn, name, f"{name}_worker", passwords.worker),
    )


async def provision(admin_dsn: str, name: str, passwords: Passwords) -> Database:
    """Make the database and its roles when they are missing, set the passwords; may be repeated."""
    if not _NAME.match(name):
        raise ValueError(f"not a database name: {name!r}")
    connection = await postgres.connect(admin_dsn, name="provision", command_timeout=None)
    try:
        for suffix, password in (
            ("owner", passwords.owner),
            ("app", passwords.app),
            ("worker", passwords.worker),
        ):
            role = f"{name}_{suffix}"
            if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f'CREATE ROLE "{role}" LOGIN NOSUPERUSER NOBYPASSRLS')
            literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
            await connection.execute(f'ALTER ROLE "{role}" PASSWORD {literal}')
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}_owner"')
        await connection.execute(f'REVOKE CONNECT, TEMPORARY ON DATABASE "{name}" FROM PUBLIC')
        await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{name}_app", "{name}_worker"')
    finally:
        await connection.close()
    return describe(admin_dsn, name, passwords)


async def migrate(owner_dsn: str, *directories: Path, lock_seconds: float = _LOCK_SECONDS) -> list[str]:
    """Apply what is missing, backbone's own tables first. Answers the names applied.

    Each file is one transaction. Raises MigrationChanged when an applied file's text differs, and LockNotAvailableError
    when a running service holds a table for longer than `lock_seconds`; what was applied before stays.
    """
    applied: list[str] = []
    connection = await postgres.connect(owner_dsn, name="migrate", command_timeout=None)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(f"SET lock_timeout = {int(lock_seconds * 1000)}")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations "
            "(name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        # A service asks by itself whether its schema is there.
        await connection.execute(await connection.fetchval(_GRANT))
        known = {
            row["name"]: row["sha256"] for row in await connection.fetch("SELECT * FROM schema_migrations")
        }
        for name, path in _files(directories).items():
            sql = path.read_text(encoding="utf-8")
            sha256 = hashlib.sha256(sql.encode()).hexdigest()
            if name in known:
                if known[name] != sha256:
                    raise MigrationChanged(name)
                continue
            async with connection.transaction():
                await connection.execute(sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)", name, sha256
                )
            applied.append(name)
    finally:
        await connection.close()
    return applied


async def missing(pool: Pool, *directories: Path) -> list[str]:
    """Migrations of this code that the database lacks, all of them where nothing was applied yet. Raises on outages."""
    try:
        known = {row["name"] for row in await pool.fetch("SELECT name FROM schema_migrations")}
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        known = set()
    return [name for name in _files(directories) if name not in known]


def _files(directories: Sequence[Path]) -> dict[str, Path]:
    """By the name they are noted under, in the order in which they are applied."""
    return {
        f"{directory.parent.name}/{path.name}": path
        for directory in (BACKBONE_MIGRATIONS, *directories)
        for path in sorted(directory.glob("[0-9]*.sql"))
    }


_GRANT = """
SELECT format('GRANT SELECT ON schema_migrations TO %I, %I', current_database() || '_app', current_database() || '_worker')
"""
