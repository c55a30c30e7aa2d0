"""Where the time of a save goes: its steps called one by one, as entry calls them."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import orjson
import uvloop

from backbone import compress, idempotency, outbox, postgres
from backbone.auth import Grant, Principal
from backbone.http import Answer, answer
from backbone.ids import new_id
from backbone.postgres import Connection, Pool
from bench.documents import Bodies
from bench.measuring import quantile, repeat
from bench.surroundings import Entry, Surroundings
from bench.tables import Row, Table
from contracts.documents import Party, Profile, check
from contracts.documents.inventory import INVENTORY
from contracts.permissions import PERMISSIONS
from services.entry import commands, reads, store

ABOUT = "where the time of a save goes"


def run(on: Surroundings) -> list[Table]:
    entry = on.entry
    return [uvloop.run(_profile(on, entry, lines)) for lines in ((1,) if on.quick else (1, 50, 1_000))]


async def _profile(on: Surroundings, entry: Entry, lines: int) -> Table:
    async with AsyncExitStack() as stack:
        pool = await postgres.create_pool(entry.database.app_dsn, name="bench")
        stack.push_async_callback(pool.close)
        whole, saved = await _whole(on, entry, pool, Bodies(lines))
        rows = [*_of_the_processor(on, lines, saved), *await _of_the_database(on, entry, pool, saved)]
    total = sum(float(row["ms"]) for row in rows)
    rows.append({"step": "the sum", "ms": total, "% of all": total / whole * 100})
    rows.append({"step": "all of it, without HTTP", "ms": whole, "% of all": 100.0})
    for row in rows:
        row.setdefault("% of all", float(row["ms"]) / whole * 100)
    note = "steps called alone, one connection, medians; the sum need not be the whole"
    return Table(f"save: where the time goes, {lines:,} lines", note, rows)


async def _whole(
    on: Surroundings, entry: Entry, pool: Pool, bodies: Bodies
) -> tuple[float, commands.Saved]:
    """Milliseconds of the use case with its Idempotency-Key, and what it saved last."""
    grant = Grant(permissions=frozenset(PERMISSIONS))
    caller = Principal("bench", "bench", entry.tenant_id, (grant,), 0.0)
    last: list[commands.Saved] = []

    async def once() -> None:
        key, body = bodies.next()

        async def work(connection: Connection) -> Answer:
            saved = await commands.create(connection, caller, INVENTORY, commands.Owner(None), body)
            last[:] = [saved]
            return answer(201, reads.whole(saved.document, warnings=saved.warnings))

        await idempotency.once(pool, caller, route="bench", key=key, body=body, work=work)

    return await _median(on, once), last[0]


def _of_the_processor(on: Surroundings, lines: int, saved: commands.Saved) -> list[Row]:
    _, body = Bodies(lines).next()
    given = orjson.loads(body)
    party = Party("示例保税物流有限公司", "3105W60ABC", "91330206EXAMPLE019")
    today = datetime.now(commands.SHANGHAI).date()
    filled = INVENTORY.fill(given, party, today)
    content = saved.document.content
    event = commands.saved_event(saved.document, "bench", "bench")
    steps: dict[str, Callable[[], object]] = {
        "read the JSON": lambda: orjson.loads(body),
        "fill in": lambda: INVENTORY.fill(given, party, today),
        "check": lambda: check(INVENTORY, filled, Profile.SAVE),
        "write the JSON": lambda: orjson.dumps(saved.document.document),
        "hash the body": lambda: hashlib.sha256(body),
        "pack the document": lambda: compress.pack(content),
        "write and pack the event": lambda: outbox.row(event, tenant_id=saved.document.tenant_id),
        "write the answer": lambda: answer(201, reads.whole(saved.document, warnings=())),
    }
    seconds = on.seconds / 4
    return [
        {"step": name, "ms": quantile(repeat(step, seconds).latencies, 0.5) * 1e3} for name, step in steps.items()
    ]


async def _of_the_database(on: Surroundings, entry: Entry, pool: Pool, saved: commands.Saved) -> list[Row]:
    """Each step in a transaction of its own, less an empty one."""
    tenant = entry.tenant_id

    async def inside(work: Callable[[Connection], Awaitable[object]]) -> float:
        async def once() -> None:
            async with postgres.tenant_transaction(pool, tenant) as connection:
                await work(connection)

        return await _median(on, once)

    async def nothing(_: Connection) -> None:
        pass

    async def write(connection: Connection) -> None:
        document_id = new_id()
        await store.insert(connection, replace(saved.document, document_id=document_id, internal_no=str(document_id)))

    event = commands.saved_event(saved.document, "bench", "bench")

    async def tell(connection: Connection) -> None:
        await outbox.append(connection, [event], tenant_id=tenant)

    async def keep(connection: Connection) -> None:
        await idempotency.keep(connection, _CALLER(tenant), "bench", str(new_id()), b"", whole)

    whole = answer(201, reads.whole(saved.document, warnings=saved.warnings))
    empty = await inside(nothing)
    steps: dict[str, Callable[[Connection], Awaitable[object]]] = {
        "SQL: enterprises": store.enterprises,
        "SQL: the document (with packing)": write,
        "SQL: the event (with writing)": tell,
        "SQL: the answer kept for the key": keep,
    }
    rows: list[Row] = [{"step": "SQL: begin, tenant, commit", "ms": empty}]
    for name, step in steps.items():
        rows.append({"step": name, "ms": max(0.0, await inside(step) - empty)})
    return rows


def _CALLER(tenant: UUID) -> Principal:
    return Principal("bench", "bench", tenant, (), 0.0)


async def _median(on: Surroundings, once: Callable[[], Awaitable[None]]) -> float:
    taken = []
    started = time.perf_counter()
    while (begun := time.perf_counter()) - started < on.seconds / 2 or len(taken) < 5:
        await once()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken)
