"""Declaring a saved document over HTTP, beside the bare rows of the same orders."""

from __future__ import annotations

from collections import deque
from contextlib import AsyncExitStack
from uuid import UUID

import uvloop

from backbone.ids import new_id
from backbone.postgres import PlainConnection
from bench.connection import Connection
from bench.documents import connect, draft_of, one_row
from bench.measuring import Candidate, Round, compared, drive, take_turns
from bench.surroundings import Entry, Surroundings
from bench.tables import Row, Table

ABOUT = "POST /v1/inventories/{id}/declare by size and connections"
# More drafts than a round can use; a round ends early when they are gone.
_DRAFTS_A_SECOND = {1: 1_500, 50: 1_000, 1_000: 200}


def run(on: Surroundings) -> list[Table]:
    sizes = (1,) if on.quick else (1, 50, 1_000)
    connections = (4,) if on.quick else (1, 8, 32)
    entry = on.entry
    rows = [uvloop.run(_compare(on, entry, lines, number)) for lines in sizes for number in connections]
    note = "floor: the same rows by bare asyncpg in one statement, as many connections, the same servers"
    return [Table("declare: a saved document", note, rows)]


async def _compare(on: Surroundings, entry: Entry, lines: int, connections: int) -> Row:
    async with AsyncExitStack() as stack:
        bare = [await connect(entry, stack) for _ in range(connections)]
        source = await draft_of(entry, lines)
        count = int(_DRAFTS_A_SECOND[lines] * on.seconds)
        ours = await declaring(on, entry, bare[0], source, count, connections, stack)
        await ours()
        floor = await _writing(on, bare, source, count)
        rounds = await take_turns({"ours": ours, "floor": floor}, on.rounds)
    return compared(f"{lines:,} lines", rounds["ours"], rounds["floor"], connections=float(connections))


async def _drafts(connection: PlainConnection, source: UUID, count: int) -> deque[UUID]:
    """Copies of a row, as drafts that can be declared."""
    names = [row["column_name"] for row in await connection.fetch(_COLUMNS)]
    given = [
        {"document_id": "gen_random_uuid()", "internal_no": "gen_random_uuid()::text"}.get(n, n)
        for n in names
    ]
    rows = await connection.fetch(
        f"INSERT INTO documents ({', '.join(names)}) SELECT {', '.join(given)} "  # noqa: S608 - column names
        "FROM documents, generate_series(1, $2) WHERE document_id = $1 RETURNING document_id",
        source,
        count,
    )
    return deque(row["document_id"] for row in rows)


_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'documents'"


async def declaring(
    on: Surroundings,
    entry: Entry,
    connection: PlainConnection,
    source: UUID,
    count: int,
    connections: int,
    stack: AsyncExitStack,
) -> Candidate:
    callers = [await Connection.open(entry.url, entry.headers) for _ in range(connections)]
    for caller in callers:
        stack.callback(caller.close)

    async def ours() -> Round:
        waiting = await _drafts(connection, source, count)

        async def declare(number: int) -> bool:
            if not waiting:
                return False
            document_id = waiting.popleft()
            headers = f'if-match: "1"\r\nidempotency-key: {document_id}\r\n'
            path = f"/v1/inventories/{document_id}/declare"
            await callers[number].send("POST", path, b"", expect=202, headers=headers)
            return True

        return await drive(connections, on.seconds, declare)

    return ours


async def _writing(on: Surroundings, bare: list[PlainConnection], source: UUID, count: int) -> Candidate:
    """What an order that entry took changed and added, for other drafts: one statement, one commit."""
    declared = await one_row(
        bare[0], "SELECT * FROM documents WHERE state = 'sending' ORDER BY updated_at DESC LIMIT 1"
    )
    document_id = declared["document_id"]
    attempt = await one_row(bare[0], "SELECT * FROM attempts WHERE document_id = $1", document_id)
    event = await one_row(bare[0], "SELECT * FROM events WHERE key = $1", str(document_id))
    columns = [name for name in tuple(attempt.keys()) if name not in ("attempt_id", "document_id")]
    places = ", ".join(f"${n}" for n in range(12, 12 + len(columns)))
    statement = (
        "WITH ordered AS (UPDATE documents SET version = 2, state = 'sending', attempt_no = 1, deadline_at = $3, "  # noqa: S608 - column names
        "updated_at = $4 WHERE document_id = $1), "
        f"tried AS (INSERT INTO attempts (document_id, attempt_id, {', '.join(columns)}) "
        f"VALUES ($1, $2, {places})), kept AS ("
        "INSERT INTO events (event_id, tenant_id, type, key, traceparent, compressed, body) "
        "VALUES ($5, $6, $7, $8, $9, $10, $11) RETURNING seq, recorded_at, length(body) AS bytes) "
        "INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept"
    )
    prepared = [await connection.prepare(statement) for connection in bare]
    fixed = [attempt[name] for name in columns]

    async def floor() -> Round:
        waiting = await _drafts(bare[0], source, count)

        async def write(number: int) -> bool:
            if not waiting:
                return False
            document_id = waiting.popleft()
            await prepared[number].fetch(
                document_id,
                new_id(),
                declared["deadline_at"],
                declared["updated_at"],
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

        return await drive(len(bare), on.seconds, write)

    return floor
