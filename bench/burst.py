"""A burst of declared documents until customs has deducted the last: counts, processor time and documents a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from uuid import UUID

import uvloop

from backbone import postgres
from bench.connection import Connection
from bench.counting import Counts, counts, log_statements
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from local.platform import Platform
from tests.support.desk import Desk, Sent

ABOUT = "a burst of documents drained: counts and processor time a document, by mailboxes"
_CALLERS = 4
_PATIENCE_SECONDS = 1_200.0


Load = Sequence[tuple[Desk, Sent]]


def run(on: Surroundings) -> list[Table]:
    size = 6 if on.quick else 300
    platform = on.platform("--speed=0", "--poll=0.005")
    rows: list[Row] = []
    used: list[Row] = []
    with ExitStack() as stack:
        desks = [_desk(platform, stack) for _ in range(3)]
        _drained(platform, _load(desks, 2 if on.quick else 10))
        loads = {"1 mailbox": desks[:1], "3 mailboxes": desks}
        for name, chosen in loads.items():
            load = _load(chosen, size)
            before = counts(platform)
            seconds = _drained(platform, load)
            after = counts(platform)
            rows.append(_row(name, before, after, seconds, size))
            used += _programs(name, before, after, size)
        log_statements(platform)
        for row, chosen in zip(rows, loads.values(), strict=True):
            load = _load(chosen, size)
            logged = counts(platform).statements
            _drained(platform, load)
            row["statements"] = (counts(platform).statements - logged) / size
    platform.stop()
    note = f"{size} declared by {_CALLERS} callers as fast as they can, until the last is deducted in query's list"
    return [
        Table("burst: a document", note, rows),
        Table("burst: who works", "processor time of each program, ms a document", used),
    ]


def _desk(platform: Platform, stack: ExitStack) -> Desk:
    desk = Desk(platform)
    stack.callback(desk.close)
    return desk


def _load(desks: Sequence[Desk], size: int) -> Load:
    for desk in desks:
        # A token lives for fifteen minutes.
        desk.client.headers["authorization"] = f"Bearer {desk.login()}"
    turns = [desks[number % len(desks)] for number in range(size)]
    return [(desk, desk.save()) for desk in turns]


def _row(name: str, before: Counts, after: Counts, seconds: float, size: int) -> Row:
    busy = sum(after.processor.values()) - sum(before.processor.values())
    return {
        "what": name,
        "documents/s": size / seconds,
        "processor ms": busy / size * 1e3,
        "commits": (after.commits - before.commits) / size,
        "fsyncs": (after.fsyncs - before.fsyncs) / size,
        "WAL kB": (after.wal_bytes - before.wal_bytes) / size / 1e3,
        "records": (after.records - before.records) / size,
    }


def _programs(name: str, before: Counts, after: Counts, size: int) -> list[Row]:
    spent = {program: seconds - before.processor[program] for program, seconds in after.processor.items()}
    return [
        {"what": f"{name}: {program}", "ms": seconds / size * 1e3}
        for program, seconds in sorted(spent.items(), key=lambda item: -item[1])
    ]


def _drained(platform: Platform, load: Load) -> float:
    """Seconds from the first order to the last deduction that is shown."""
    return uvloop.run(_drain(platform, load))


async def _drain(platform: Platform, load: Load) -> float:
    waiting = list(load)
    started = time.perf_counter()
    await asyncio.gather(*(_declare(platform, waiting) for _ in range(_CALLERS)))
    connection = await postgres.connect(platform.dsn("query", "worker"), name="bench")
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            ids = [UUID(sent.document_id) for _, sent in load]
            while await connection.fetchval(_LEFT, ids):  # noqa: ASYNC110 - other programs do it
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
    return time.perf_counter() - started


_LEFT = "SELECT count(*) FROM documents WHERE document_id = ANY($1) AND state <> 'deducted'"


async def _declare(platform: Platform, waiting: list[tuple[Desk, Sent]]) -> None:
    opened: dict[str, Connection] = {}
    try:
        while waiting:
            desk, sent = waiting.pop()
            caller = opened.get(desk.slug)
            if caller is None:
                headers = {"authorization": str(desk.client.headers["authorization"])}
                caller = opened[desk.slug] = await Connection.open(platform.url("entry"), headers)
            order = f'if-match: "1"\r\nidempotency-key: {sent.document_id}\r\n'
            await caller.send("POST", f"{sent.path}/declare", b"", expect=202, headers=order)
    finally:
        for each in opened.values():
            each.close()
