"""The code of the last release runs on today's schema, as it must while the next one is being rolled out.

Two databases a service: one with the migrations of the release, one with all. What is planned on the first is planned on the
second, by the same role, and no table of the first asks more of a row than it did.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import asyncpg
import pytest

from backbone import migrate, postgres
from backbone.migrate import Database, Passwords
from backbone.postgres import PlainConnection
from services.declared import SERVICES
from tests.support.infrastructure import TREE, Servers
from tools.statements import Released, released

pytestmark = pytest.mark.anyio
# What a release asks more of a row on purpose, and why its predecessor's rows pass.
ASKED = {
    # (chain, position): a signer of 0.2.0 writes form 1, whose chain is its mailbox, and there the old uniqueness holds.
    "signer": {'evidence: UNIQUE (chain, "position")'},
}
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'NO' AS needed,
       c.column_default IS NULL AND c.is_generated = 'NEVER' AND c.is_identity = 'NO' AS given
FROM information_schema.columns c JOIN pg_tables t ON t.tablename = c.table_name AND t.schemaname = c.table_schema
WHERE c.table_schema = 'public'
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text || ': ' || pg_get_constraintdef(oid) AS told, conrelid::regclass::text AS table_name
FROM pg_constraint WHERE contype IN ('c', 'u', 'f', 'x', 'p') AND conrelid <> 0 AND connamespace = 'public'::regnamespace
UNION
SELECT indrelid::regclass::text || ': ' || pg_get_indexdef(indexrelid), indrelid::regclass::text
FROM pg_index WHERE indisunique AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

_LATER = " DEFERRABLE INITIALLY DEFERRED"
"""Asks the same at the end of the transaction, and so less of each statement."""


@dataclass(frozen=True)
class Column:
    type: str
    needed: bool
    given: bool
    """No default: a row that does not name it has NULL there."""


@dataclass(frozen=True)
class Schema:
    columns: dict[tuple[str, str], Column]
    constraints: dict[str, str]
    """Table by what is asked of its rows."""


async def read(database: Database) -> Schema:
    connection = await postgres.connect(database.owner_dsn, name="schema")
    try:
        columns = {
            (row["table_name"], row["column_name"]): Column(row["data_type"], row["needed"], row["given"])
            for row in await connection.fetch(_COLUMNS)
        }
        constraints = {row["told"]: row["table_name"] for row in await connection.fetch(_CONSTRAINTS)}
    finally:
        await connection.close()
    return Schema(columns, constraints)


def asks_more(old: Schema, new: Schema) -> Iterator[str]:
    """What rows and statements that suited the old schema do not satisfy in the new one."""
    for (table, name), column in old.columns.items():
        now = new.columns.get((table, name))
        if now is None:
            yield f"{table}.{name} is gone"
        elif now.type != column.type:
            yield f"{table}.{name} was {column.type} and is {now.type}"
        elif now.needed and not column.needed:
            yield f"{table}.{name} may not be NULL any more"
    tables = {table for table, _ in old.columns}
    for (table, name), column in new.columns.items():
        if table in tables and (table, name) not in old.columns and column.needed and column.given:
            yield f"{table}.{name} is new, needed, and has no default"
    for told, table in new.constraints.items():
        if (
            table in tables
            and told not in old.constraints
            and told.removesuffix(_LATER) not in old.constraints
        ):
            yield told


async def made(servers: Servers, service: str, known: Released | None, folder: Path) -> Database:
    """With the migrations of the release, or with all."""
    name = f"r{token_hex(3)}_{service}"
    database = await migrate.provision(servers.admin_dsn, name, Passwords(*(token_hex(8) for _ in range(3))))
    own = folder / "migrations"
    own.mkdir(parents=True)
    for path in (TREE / "services" / service / "migrations").glob("[0-9]*.sql"):
        if known is None or path.name in known.migrations:
            shutil.copy(path, own)
    await migrate.migrate(database.owner_dsn, own)
    return database


async def refused(connection: PlainConnection, statement: str) -> str | None:
    """Why the statement cannot be planned; None when it can."""
    try:
        await connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement}")
    except asyncpg.PostgresError as error:
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("service", SERVICES)
async def test_what_the_release_asked_is_answered_by_todays_schema(
    service: str, servers: Servers, tmp_path: Path
) -> None:
    known = released(service)
    old = await made(servers, service, known, tmp_path / "old")
    new = await made(servers, service, None, tmp_path / "new")
    broken: list[str] = []
    planned = set()
    for role in ("worker_dsn", "app_dsn"):
        then = await postgres.connect(getattr(old, role), name="then")
        now = await postgres.connect(getattr(new, role), name="now")
        try:
            for statement in known.statements:
                if await refused(then, statement) is None:
                    planned.add(statement)
                    why = await refused(now, statement)
                    broken += [f"{why}\n  {statement}"] if why else []
        finally:
            await then.close()
            await now.close()
    assert not broken, "\n".join(broken)
    # The rest are texts that a function completes.
    assert len(planned) > 0.8 * len(known.statements), (
        f"{len(planned)} of {len(known.statements)} were planned"
    )
    more = set(asks_more(await read(old), await read(new))) - ASKED.get(service, set())
    assert not more, "\n".join(sorted(more))
