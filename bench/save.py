"""Saving a new document over HTTP, beside the bare rows of the same documents."""

from __future__ import annotations

from contextlib import AsyncExitStack

import uvloop

from backbone.ids import new_id
from bench.connection import Connection
from bench.documents import Bodies, connect, draft_of, one_row, save
from bench.measuring import Candidate, compared, drive, take_turns
from bench.surroundings import Entry, Surroundings
from bench.tables import Row, Table

ABOUT = "POST /v1/inventories by size and connections"


def run(on: Surroundings) -> list[Table]:
    sizes = (1,) if on.quick else (1, 50, 1_000)
    connections = (1, 4) if on.quick else (1, 8, 32)
    entry = on.entry
    rows = [uvloop.run(_compare(on, entry, lines, number)) for lines in sizes for number in connections]
    note = "floor: the same rows by bare asyncpg in one statement, as many connections, the same servers"
    return [Table("save: a new document", note, rows)]


async def _compare(on: Surroundings, entry: Entry, lines: int, connections: int) -> Row:
    async with AsyncExitStack() as stack:
        ours = await _posting(on, entry, lines, connections, stack)
        floor = await _inserting(on, entry, lines, connections, stack)
        rounds = await take_turns({"ours": ours, "floor": floor}, on.rounds)
    return compared(f"{lines:,} lines", rounds["ours"], rounds["floor"], connections=float(connections))


async def _posting(
    on: Surroundings, entry: Entry, lines: int, connections: int, stack: AsyncExitStack
) -> Candidate:
    bodies = Bodies(lines)
    callers = [await Connection.open(entry.url, entry.headers) for _ in range(connections)]
    for caller in callers:
        stack.callback(caller.close)

    async def post(number: int) -> bool:
        await save(callers[number], bodies)
        return True

    return lambda: drive(connections, on.seconds, post)


async def _inserting(
    on: Surroundings, entry: Entry, lines: int, connections: int, stack: AsyncExitStack
) -> Candidate:
    """The rows of a document that entry saved, under new ids: one statement, one round trip, one commit."""
    bare = [await connect(entry, stack) for _ in range(connections)]
    source = await draft_of(entry, lines)
    document = await one_row(bare[0], "SELECT * FROM documents WHERE document_id = $1", source)
    event = await one_row(bare[0], "SELECT * FROM events WHERE key = $1", str(source))
    columns = [name for name in tuple(document.keys()) if name not in ("document_id", "internal_no")]
    places = ", ".join(f"${n}" for n in range(10, 10 + len(columns)))
    statement = (
        f"WITH saved AS (INSERT INTO documents (document_id, internal_no, {', '.join(columns)}) "  # noqa: S608
        f"VALUES ($1, $2, {places})), kept AS ("
        "INSERT INTO events (event_id, tenant_id, type, key, traceparent, compressed, body) "
        "VALUES ($3, $4, $5, $6, $7, $8, $9) RETURNING seq, recorded_at, length(body) AS bytes) "
        "INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept"
    )
    prepared = [await connection.prepare(statement) for connection in bare]
    fixed = [document[name] for name in columns]

    async def insert(number: int) -> bool:
        document_id = new_id()
        await prepared[number].fetch(
            document_id,
            f"F-{document_id}",
            new_id(),
            event["tenant_id"],
            event["type"],
            str(document_id),
            event["traceparent"],
            event["compressed"],
            event["body"],
            *fixed,
        )
        return True

    return lambda: drive(connections, on.seconds, insert)
