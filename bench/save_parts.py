"""Where the time of a save goes: its steps called one by one, as entry calls them, on one connection."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import orjson
import uvloop

from backbone import compress, idempotency, outbox, postgres
from backbone.auth import Grant, Principal
from backbone.http import Reply, answer
from backbone.ids import new_id
from backbone.postgres import Connection, Pool
from bench.documents import Bodies
from bench.measuring import quantile, repeat
from bench.surroundings import Entry, Surroundings
from bench.tables import Row, Table
from contracts.answers import documents as answers
from contracts.events.entry import DocumentSaved
from contracts.permissions import PERMISSIONS
from customs import clock
from customs.documents import Party, Profile, check
from customs.documents.inventory import INVENTORY
from services.entry.document import opening, ownership, store
from services.entry.drafts import drafting
from services.entry.life import reads
from tests.support.documents import PARTY

ABOUT = "where the time of a save goes"
_FEWEST = 5


@dataclass(frozen=True)
class _Case:
    """A caller of entry in this process, and the document he saved last with its event."""

    pool: Pool
    caller: Principal
    body: bytes
    saved: opening.Saved
    event: DocumentSaved


def run(on: Surroundings) -> list[Table]:
    entry = on.entry
    return [uvloop.run(_profile(on, entry, lines)) for lines in ((1,) if on.quick else (1, 50, 1_000))]


async def _profile(on: Surroundings, entry: Entry, lines: int) -> Table:
    async with AsyncExitStack() as stack:
        pool = await postgres.create_pool(entry.database.app_dsn, name="bench")
        stack.push_async_callback(pool.close)
        grant = Grant(permissions=frozenset(PERMISSIONS))
        caller = Principal("bench", "bench", entry.tenant_id, (grant,), 0.0)
        whole, case = await _whole(on, pool, caller, Bodies(lines))
        steps = {**_of_the_processor(on, case), **await _of_the_database(on, case)}
    steps["everything but HTTP, in one go"] = whole
    rows: list[Row] = [
        {"what": name, "ms": milliseconds, "% of all": milliseconds / whole * 100}
        for name, milliseconds in steps.items()
    ]
    note = "medians; SQL steps include preparing their values, so the rows overlap and need not add up"
    return Table(f"save: where the time goes, {lines:,} lines", note, rows)


async def _whole(on: Surroundings, pool: Pool, caller: Principal, bodies: Bodies) -> tuple[float, _Case]:
    last: list[tuple[bytes, opening.Saved]] = []

    async def once() -> None:
        key, body = bodies.next()

        async def work(connection: Connection) -> Reply:
            saved = await drafting.create(connection, caller, INVENTORY, ownership.Owner(None), body)
            last[:] = [(body, saved)]
            return answer(201, reads.whole(answers.DocumentSaved, saved.document, warnings=saved.warnings))

        await idempotency.once(pool, caller, route="bench", key=key, body=body, work=work)

    milliseconds = await _median(on, once)
    body, saved = last[0]
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        row = await connection.fetchrow(
            "SELECT compressed, body FROM events WHERE key = $1", str(saved.document.document_id)
        )
    assert row is not None
    text = compress.unpack(row["body"]) if row["compressed"] else row["body"]
    return milliseconds, _Case(pool, caller, body, saved, DocumentSaved.model_validate_json(text))


def _of_the_processor(on: Surroundings, case: _Case) -> dict[str, float]:
    given = orjson.loads(case.body)
    document = case.saved.document
    code, name = PARTY
    today = clock.today()
    filled = INVENTORY.fill(given, Party(name, code, "91330206EXAMPLE019"), today)
    content = document.document
    steps: dict[str, Callable[[], object]] = {
        "read the JSON": lambda: orjson.loads(case.body),
        "fill in": lambda: INVENTORY.fill(given, Party(name, code, "91330206EXAMPLE019"), today),
        "check": lambda: check(INVENTORY, filled, Profile.SAVE),
        "write the JSON": lambda: orjson.dumps(content),
        "pack the document": lambda: compress.pack(document.content),
        "write and pack the event": lambda: outbox.row(case.event, tenant_id=document.tenant_id),
        "write the answer": lambda: answer(
            201, reads.whole(answers.DocumentSaved, document, warnings=case.saved.warnings)
        ),
    }
    seconds = on.seconds / 4
    return {name: quantile(repeat(step, seconds).latencies, 0.5) * 1e3 for name, step in steps.items()}


async def _of_the_database(on: Surroundings, case: _Case) -> dict[str, float]:
    """Every step in a transaction of its own, less an empty one."""
    document = case.saved.document
    kept = answer(201, reads.whole(answers.DocumentSaved, document, warnings=case.saved.warnings))

    async def in_transaction(work: Callable[[Connection], Awaitable[object]]) -> float:
        async def once() -> None:
            async with postgres.tenant_transaction(case.pool, case.caller.tenant_id) as connection:
                await work(connection)

        return await _median(on, once)

    async def nothing(_: Connection) -> None:
        pass

    async def insert(connection: Connection) -> None:
        number = new_id()
        await store.insert(connection, replace(document, document_id=number, internal_no=str(number)))

    async def tell(connection: Connection) -> None:
        await outbox.append(connection, [case.event], tenant_id=document.tenant_id)

    async def answered(_: Connection) -> Reply:
        return kept

    async def keyed() -> None:
        await idempotency.once(
            case.pool, case.caller, route="bench", key=str(new_id()), body=case.body, work=answered
        )

    empty = await in_transaction(nothing)
    return {
        "SQL: begin, tenant, commit": empty,
        "SQL: Idempotency-Key, look and keep": max(0.0, await _median(on, keyed) - empty),
        "SQL: enterprises": max(0.0, await in_transaction(store.enterprises) - empty),
        "SQL: the document": max(0.0, await in_transaction(insert) - empty),
        "SQL: the event": max(0.0, await in_transaction(tell) - empty),
    }


async def _median(on: Surroundings, once: Callable[[], Awaitable[None]]) -> float:
    """Milliseconds."""
    taken: list[float] = []
    started = time.perf_counter()
    while (begun := time.perf_counter()) - started < on.seconds / 2 or len(taken) < _FEWEST:
        await once()
        taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken)
