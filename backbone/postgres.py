"""PostgreSQL pools and transactions. Every statement runs in a transaction that says whose rows it may see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import asyncpg
import orjson

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    PlainConnection: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection
    PlainConnection = asyncpg.Connection

Record = asyncpg.Record

# Errors that say "the server is gone or going", after which the same work may be tried again on a new connection.
OUTAGES = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    # What a connection says whose server spoke its last word while nobody listened.
    asyncpg.InternalClientError,
    asyncpg.TooManyConnectionsError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    OSError,
)


_COMMAND_SECONDS = 60.0


async def prepare(connection: Connection) -> None:
    """jsonb travels as Python values through orjson."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda data: orjson.loads(data[1:]),
        format="binary",
    )


async def _keep_session(_: Connection) -> None:
    """Nothing of ours outlives its transaction, so a connection goes back as it is; asyncpg rolls back what was left open."""


async def create_pool(dsn: str, *, name: str, min_size: int = 1, max_size: int = 10) -> Pool:
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        init=prepare,
        reset=_keep_session,
        server_settings={"application_name": name, "jit": "off"},
        command_timeout=_COMMAND_SECONDS,
    )


async def connect(
    dsn: str, *, name: str, command_timeout: float | None = _COMMAND_SECONDS
) -> PlainConnection:
    """`command_timeout` None is for statements that may take as long as they like, as migrations do."""
    settings = {"application_name": name, "jit": "off"}
    connection = await asyncpg.connect(dsn, server_settings=settings, command_timeout=command_timeout)
    await prepare(connection)
    return connection


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """For the worker role, whose policy admits every tenant."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def tenant_transaction(pool: Pool, tenant_id: UUID) -> AsyncIterator[Connection]:
    """For the app role: only rows of `tenant_id` exist within, and the setting ends with the transaction."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('bondgate.tenant', $1, true)", str(tenant_id))
        yield connection
