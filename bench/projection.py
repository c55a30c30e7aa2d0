"""Events into query's list view, beside a bare upsert of the same rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import uvloop
from aiokafka import ConsumerRecord

from backbone import cloudevents, outbox, postgres
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Pool, Record
from bench.measuring import Round, compared, drive, take_turns
from bench.relay import saved
from bench.surroundings import Surroundings
from bench.tables import Table
from services.query.conditions import DERIVED
from services.query.projections import VIEWS

ABOUT = "events into query's view `documents`"
_BATCH = 200
_BATCHES = 50
T = TypeVar("T")


def run(on: Surroundings) -> list[Table]:
    database = on.servers.database("query")
    return [uvloop.run(_compare(on, database, lines)) for lines in ((1,) if on.quick else (1, 50))]


async def _compare(on: Surroundings, database: Database, lines: int) -> Table:
    async with AsyncExitStack() as stack:
        pool = await postgres.create_pool(database.worker_dsn, name="bench")
        stack.push_async_callback(pool.close)
        record = _record(lines)
        await _apply(pool, [cloudevents.decode(record)])
        row = await pool.fetchrow("SELECT * FROM documents LIMIT 1")
        assert row is not None
        statement = await _statement(pool)
        count = 3 if on.quick else _BATCHES

        async def ours() -> Round:
            batches = [[_record(lines) for _ in range(_BATCH)] for _ in range(count)]
            return await _each(batches, partial(_decode_and_apply, pool))

        async def decoded() -> Round:
            batches = [[cloudevents.decode(_record(lines)) for _ in range(_BATCH)] for _ in range(count)]
            return await _each(batches, partial(_apply, pool))

        async def floor() -> Round:
            return await _each([_arrays(row) for _ in range(count)], partial(_upsert, pool, statement))

        rounds = await take_turns({"ours": ours, "decoded": decoded, "floor": floor}, on.rounds)
    note = f"events a second, latencies of batches of {_BATCH}; floor: a bare unnest upsert of the same rows"
    rows = [
        compared("from the record", rounds["ours"], rounds["floor"]),
        compared("from the decoded event", rounds["decoded"], rounds["floor"]),
    ]
    return Table(f"projection: new documents of {lines:,} lines", note, rows)


async def _each(batches: Sequence[T], work: Callable[[T], Awaitable[None]]) -> Round:
    """All batches one after another."""
    waiting = iter(batches)

    async def one(_: int) -> bool:
        batch = next(waiting, None)
        if batch is None:
            return False
        await work(batch)
        return True

    done = await drive(1, 3600, one)
    return Round(done.done * _BATCH, done.seconds, done.latencies)


def _record(lines: int) -> ConsumerRecord[bytes, bytes]:
    """As Kafka would give it."""
    event = saved(lines)
    row = outbox.row(event, tenant_id=event.tenant_id)
    headers = cloudevents.headers(
        event_id=row.event_id,
        source="entry",
        type=row.type,
        time=datetime.now(UTC),
        subject=row.key,
        tenant_id=row.tenant_id,
        traceparent=row.traceparent,
        compressed=row.compressed,
    )
    return ConsumerRecord(
        topic="entry-events",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        key=row.key.encode(),
        value=row.body,
        checksum=None,
        serialized_key_size=len(row.key),
        serialized_value_size=len(row.body),
        headers=headers,
    )


async def _decode_and_apply(pool: Pool, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
    await _apply(pool, [cloudevents.decode(record) for record in records])


async def _apply(pool: Pool, events: Sequence[Received]) -> None:
    async with postgres.transaction(pool) as connection:
        await VIEWS["documents"].apply(connection, events)


def _arrays(row: Record) -> list[list[object]]:
    """The same row under new ids, column by column, without what PostgreSQL derives itself."""
    ids = sorted(new_id() for _ in range(_BATCH))
    given = {name: value for name, value in row.items() if not name.startswith(DERIVED)}
    scalars = {name: "" if isinstance(value, list) else value for name, value in given.items()}
    given = {**scalars, "document_id": None, "internal_no": None}
    arrays: dict[str, list[object]] = {name: [value] * _BATCH for name, value in given.items()}
    arrays["document_id"] = [*ids]
    arrays["internal_no"] = [str(one) for one in ids]
    return list(arrays.values())


async def _upsert(pool: Pool, statement: str, arrays: Sequence[list[object]]) -> None:
    async with postgres.transaction(pool) as connection:
        await connection.execute(statement, *arrays)


async def _statement(pool: Pool) -> str:
    """One statement for whole rows; what is an array itself stays empty, as PostgreSQL has no arrays of such."""
    columns = await pool.fetch(
        "SELECT attname AS name, attndims > 0 AS many, "
        "CASE WHEN attndims > 0 THEN 'text' ELSE format_type(atttypid, NULL) END AS type "
        "FROM pg_attribute WHERE attrelid = 'documents'::regclass AND attnum > 0 AND attgenerated = '' ORDER BY attnum"
    )
    names = ", ".join(column["name"] for column in columns)
    given = ", ".join(f"${n}::{column['type']}[]" for n, column in enumerate(columns, 1))
    taken = ", ".join("'{}'::text[]" if column["many"] else column["name"] for column in columns)
    changes = ", ".join(f"{column['name']} = excluded.{column['name']}" for column in columns)
    return (
        f"INSERT INTO documents AS d ({names}) SELECT {taken} FROM unnest({given}) AS given ({names}) "  # noqa: S608
        f"ON CONFLICT (document_id) DO UPDATE SET {changes} WHERE excluded.version > d.version"
    )
