"""Documents for the benchmarks of entry: saved over HTTP, and looked at in the database."""

from __future__ import annotations

from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import orjson

from backbone import postgres
from backbone.postgres import PlainConnection, Record
from bench.connection import Connection
from bench.surroundings import Entry
from tests.support.documents import inventory

PATH = "/v1/inventories"
_MARK = "INTERNAL-NUMBER"


class Bodies:
    """Documents of one size, each with its own 企业内部编号."""

    def __init__(self, lines: int) -> None:
        self._before, self._after = orjson.dumps(inventory(_MARK, lines)).split(_MARK.encode())

    def next(self) -> tuple[str, bytes]:
        """The number and the body."""
        number = uuid4().hex.upper()
        return number, self._before + number.encode() + self._after


async def save(caller: Connection, bodies: Bodies) -> UUID:
    """Save one over HTTP; answers its id."""
    return await save_one(caller, *bodies.next())


async def save_one(caller: Connection, number: str, body: bytes) -> UUID:
    """Save this one, under its number as the key."""
    answer = await caller.send("POST", PATH, body, expect=201, headers=f"idempotency-key: {number}\r\n")
    # The id is the first member of the answer; parsing a large answer would be measured too.
    return UUID(answer[7:43].decode())


async def draft_of(entry: Entry, lines: int) -> UUID:
    """A draft of this size, saved just now."""
    caller = await Connection.open(entry.url, entry.headers)
    try:
        return await save(caller, Bodies(lines))
    finally:
        caller.close()


async def connect(entry: Entry, stack: AsyncExitStack) -> PlainConnection:
    """As entry's worker role, until the stack is left."""
    connection = await postgres.connect(entry.database.worker_dsn, name="bench")
    stack.push_async_callback(connection.close)
    return connection


async def one_row(connection: PlainConnection, query: str, *values: object) -> Record:
    row = await connection.fetchrow(query, *values)
    assert row is not None
    return row
