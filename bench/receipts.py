"""Receipts of one mailbox, from files in an InBox to committed events, beside the same rows and renames alone."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop

from backbone import postgres
from backbone.jobs import Worker
from backbone.migrate import Database
from backbone.postgres import PlainConnection
from bench.measuring import Round, compared
from bench.surroundings import HOME, Surroundings, superuser
from bench.tables import Row, Table
from services.receipts import store
from services.receipts.understanding import Understanding
from services.receipts.watcher import Watcher
from tests.support import answers
from tests.support.receipts_bench import Bench, Office, run_until

ABOUT = "files of one InBox to told receipts, with statements, commits and WAL a file"
_TABLES = ("raw_files", "raw_contents", "answers", "seq_numbers", "events", "outbox")
_LOOK = 200
_TOLD = "SELECT count(*) FROM raw_files WHERE state = 'matched'"
_COUNTED_SECONDS = 2.0
_NO_SESSION = {"jit": "off", "application_name": "bench"}


def run(on: Surroundings) -> list[Table]:
    database = on.servers.database("receipts")
    rows = [uvloop.run(_measure(on, database, size)) for size in ((1, 20) if on.quick else (1, 10, 100))]
    speeds = [speed for speed, _ in rows]
    counts = [count for _, count in rows]
    note = (
        "two files a document, acknowledgement and approval; floor: fsync, rename and COPY of the same rows"
    )
    counted = (
        "a file, without what learns of documents; WAL by its position, commits as pg_stat_database has them"
    )
    return [Table("receipts: files of one mailbox", note, speeds), Table("receipts: counts", counted, counts)]


class _Counting:
    """Statements of a pool, BEGIN and COMMIT among them."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, _: object) -> None:
        self.statements += 1

    async def begin(self, connection: Any) -> None:
        await postgres.prepare(connection)
        connection.add_query_logger(self)


async def _measure(on: Surroundings, database: Database, documents: int) -> tuple[Row, Row]:
    rounds: list[Round] = []
    floors: list[Round] = []
    counts: list[Row] = []
    for _ in range(on.rounds):
        async with AsyncExitStack() as stack:
            watching = await superuser(on, database, stack)
            HOME.mkdir(parents=True, exist_ok=True)
            exchange = Path(mkdtemp(dir=HOME))
            stack.callback(shutil.rmtree, exchange, ignore_errors=True)
            taken, count = await _ours(database, watching, exchange, documents)
            rounds.append(taken)
            counts.append(count)
            floors.append(await _floor(watching, exchange / "floor", 2 * documents))
    what = f"{2 * documents:,} files"
    return compared(what, rounds, floors), {"what": what, **counts[-1]}


async def _ours(
    database: Database, watching: PlainConnection, exchange: Path, documents: int
) -> tuple[Round, Row]:
    counting = _Counting()
    pool = await asyncpg.create_pool(
        database.worker_dsn,
        min_size=1,
        max_size=6,
        init=counting.begin,
        reset=_as_it_is,
        server_settings=_NO_SESSION,
    )
    bench = Bench(database, pool, exchange)
    await bench.clear()
    office = await bench.office()
    await _known(office, documents)
    _written(office, documents)
    before, commits = await _position(watching), await _commits(watching)
    counting.statements = 0
    files, asked = 2 * documents, 0
    started = time.perf_counter()

    async def told() -> bool:
        nonlocal asked
        if any(office.inbox.iterdir()):
            return False
        asked += 1
        return bool(await watching.fetchval(_TOLD) == files)

    await _working(bench, told)
    seconds = time.perf_counter() - started
    wal = await _position(watching) - before
    await pool.close()
    row: Row = {
        "statements": counting.statements / files,
        "commits": (await _commits(watching) - commits - asked) / files,
        "WAL kB": wal / files / 1000,
    }
    return Round(files, seconds, [seconds / files]), row


async def _working(bench: Bench, told: Callable[[], Awaitable[bool]]) -> None:
    """The parts of the service that files go through, beside each other, until it holds."""
    understanding = Understanding(bench.pool, packet_timeout_seconds=3600, wake=lambda: None)
    worker = Worker(queue=store.QUEUE, pool=bench.pool, dsn=bench.database.worker_dsn, handler=understanding)
    watcher = Watcher(bench.pool, bench.exchange, poll_seconds=0.05, patience_seconds=0, wake=worker.wake)

    async def run(stop: asyncio.Event) -> None:
        await asyncio.gather(worker.run(stop), watcher.run(stop))

    await run_until(run, told, seconds=600)


async def _as_it_is(_: object) -> None:
    pass


async def _known(office: Office, documents: int) -> None:
    for number in range(documents):
        document_id, internal_no = uuid4(), f"BENCH-{number:06d}"
        await office.saved(document_id, internal_no)
        await office.delivered(document_id, f"INV101_{number:06d}_1", internal_no, attempt_id=uuid4())


def _written(office: Office, documents: int) -> None:
    """All acknowledgements are older than the first approval, as they are in life for each document."""
    for number in range(documents):
        name = f"Successed_INV101_{number:06d}_1_{answers.STAMP}.xml"
        seq_no, internal_no = f"2026{number:014d}", f"BENCH-{number:06d}"
        (office.inbox / name).write_bytes(answers.acknowledgement(seq_no=seq_no, internal_no=internal_no))
    for number in range(documents):
        content = answers.approval(seq_no=f"2026{number:014d}", customs_no=f"QD310526I{number:09d}")
        (office.inbox / f"Receipt_{number:06d}.INV").write_bytes(content)


async def _position(connection: PlainConnection) -> int:
    position: int = await connection.fetchval(
        "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    )
    return position


async def _commits(connection: PlainConnection) -> int:
    """Server processes add what they counted within a second."""
    await asyncio.sleep(_COUNTED_SECONDS)
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    commits: int = await connection.fetchval(
        "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    )
    return commits


async def _floor(connection: PlainConnection, folder: Path, files: int) -> Round:
    """The rows that are there, once more."""
    rows = {name: await connection.fetch(f"SELECT * FROM {name}") for name in _TABLES}  # noqa: S608
    await connection.execute(f"TRUNCATE {', '.join(_TABLES)}, packets, retries, matches")
    (folder / "kept").mkdir(parents=True)
    for number in range(files):
        (folder / f"{number:06d}.INV").write_bytes(answers.approval())
    started = time.perf_counter()
    for first in range(0, files, _LOOK):
        last = min(first + _LOOK, files)
        for number in range(first, last):
            (folder / f"{number:06d}.INV").read_bytes()
        async with connection.transaction():
            for name in _TABLES:
                share = _share(rows[name], first / files, last / files)
                await connection.copy_records_to_table(name, records=share)
        for number in range(first, last):
            (folder / f"{number:06d}.INV").rename(folder / "kept" / f"{number:06d}.INV")
        _synced(folder)
    seconds = time.perf_counter() - started
    return Round(files, seconds, [seconds / files])


def _share(rows: Sequence[Any], begin: float, end: float) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows[round(begin * len(rows)) : round(end * len(rows))]]


def _synced(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
