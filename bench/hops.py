"""From 申报 to its acknowledgement through the whole platform, hop by hop, beside the same number of bare hops."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import uvloop
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from backbone import compress, kafka, postgres
from backbone.postgres import PlainConnection
from bench.connection import Connection
from bench.counting import processor_seconds
from bench.measuring import quantile
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from local.platform import Platform
from tests.support.desk import Desk, Sent

ABOUT = "申报 to acknowledgement through the whole platform, by hop"
# Events that end a hop: the service that told it, its type, and what its body must have.
_TOLD = {
    "declared": ("entry", "document.declared.v1", None),
    "signed": ("signer", "document.signed.v1", None),
    "delivered": ("submission", "message.delivered.v1", None),
    "taken": ("submission", "message.taken.v1", None),
    "acknowledged": ("receipts", "receipt.received.v1", "seq_no"),
    "entry knows": ("entry", "document.progressed.v1", "numbers"),
}
_LAST = "query shows"
_KAFKA_HOPS = 4
"""entry to signer, signer to submission, receipts to entry, entry to query."""
_FILES = 2
"""The upload and its acknowledgement."""
_PER_SECOND = 20
_PATIENCE_SECONDS = 180.0


@dataclass
class _Course:
    """When what was known of the documents of a load."""

    declared: list[UUID] = field(default_factory=list)
    shown: dict[UUID, datetime] = field(default_factory=dict)


def run(on: Surroundings) -> list[Table]:
    platform = on.platform("--speed=0", "--poll=0.005")
    desk = Desk(platform)
    try:
        single = [desk.save() for _ in range(3 if on.quick else 40)]
        paced = [desk.save() for _ in range(5 if on.quick else 200)]
        floor = uvloop.run(_floor(on, platform))
        loads = {"one at a time": uvloop.run(_one_by_one(platform, desk, single))}
        before = processor_seconds(platform)
        loads[f"{_PER_SECOND} a second"] = uvloop.run(_paced(platform, desk, paced))
        used = {name: seconds - before[name] for name, seconds in processor_seconds(platform).items()}
    finally:
        desk.close()
        platform.stop()
    tables = [*(_hops(name, course) for name, course in loads.items()), _processor(used, len(paced))]
    note = f"floor: {_KAFKA_HOPS} times produce and consume, {_FILES} times fsync and rename, on the same servers"
    return [
        *tables,
        Table(
            "hops: 申报 until query shows the number", note, [_total(n, c, floor) for n, c in loads.items()]
        ),
    ]


def _hops(load: str, course: Sequence[Mapping[str, datetime]]) -> Table:
    rows: list[Row] = []
    names = [*_TOLD, _LAST]
    for before, name in itertools.pairwise(names):
        taken = [(times[name] - times[before]).total_seconds() for times in course]
        rows.append(
            {"what": name, "p50 ms": quantile(taken, 0.5) * 1e3, "p99 ms": quantile(taken, 0.99) * 1e3}
        )
    note = f"{len(course)} documents; time since the hop before, by the clock of each transaction's start"
    return Table(f"hops: {load}", note, rows)


def _processor(used: Mapping[str, float], documents: int) -> Table:
    rows: list[Row] = [
        {
            "what": name,
            "ms a document": seconds / documents * 1e3,
            "% of all": seconds / sum(used.values()) * 100,
        }
        for name, seconds in sorted(used.items(), key=lambda item: -item[1])
    ]
    note = f"processor time of each program during {documents} documents, rest of its work included"
    return Table("hops: who works", note, rows)


def _total(load: str, course: Sequence[Mapping[str, datetime]], floor: Sequence[float]) -> Row:
    taken = [(times[_LAST] - times["declared"]).total_seconds() for times in course]
    middle, bare = quantile(taken, 0.5), quantile(floor, 0.5)
    return {
        "what": load,
        "p50 ms": middle * 1e3,
        "p99 ms": quantile(taken, 0.99) * 1e3,
        "floor p50 ms": bare * 1e3,
        "floor p99 ms": quantile(floor, 0.99) * 1e3,
        "× floor": middle / bare,
    }


async def _one_by_one(platform: Platform, desk: Desk, documents: Sequence[Sent]) -> list[dict[str, datetime]]:
    course = _Course()
    async with _caller(desk) as caller, _watching(platform, course):
        for sent in documents:
            await _declare(caller, sent, course)
            await _until_shown(course)
    return await _times(platform, course)


async def _paced(platform: Platform, desk: Desk, documents: Sequence[Sent]) -> list[dict[str, datetime]]:
    course = _Course()
    started = time.monotonic()
    async with _caller(desk) as caller, _watching(platform, course):
        for number, sent in enumerate(documents):
            await asyncio.sleep(max(0.0, started + number / _PER_SECOND - time.monotonic()))
            await _declare(caller, sent, course)
        await _until_shown(course)
    return await _times(platform, course)


@asynccontextmanager
async def _caller(desk: Desk) -> AsyncIterator[Connection]:
    headers = {"authorization": f"Bearer {desk.login()}"}
    caller = await Connection.open(desk.platform.url("entry"), headers)
    try:
        yield caller
    finally:
        caller.close()


async def _declare(caller: Connection, sent: Sent, course: _Course) -> None:
    headers = f'if-match: "1"\r\nidempotency-key: {sent.document_id}\r\n'
    await caller.send("POST", f"{sent.path}/declare", b"", expect=202, headers=headers)
    course.declared.append(UUID(sent.document_id))


@asynccontextmanager
async def _watching(platform: Platform, course: _Course) -> AsyncIterator[None]:
    """Notes when query's list first has the number of a declared document."""

    async def watch() -> None:
        connection = await postgres.connect(platform.dsn("query"), name="bench")
        try:
            while True:
                waiting = [each for each in course.declared if each not in course.shown]
                rows = await connection.fetch(
                    "SELECT document_id FROM documents WHERE document_id = ANY($1) AND seq_no IS NOT NULL",
                    waiting,
                )
                now = datetime.now(UTC)
                course.shown.update({row["document_id"]: now for row in rows})
                await asyncio.sleep(0.002)
        finally:
            await connection.close()

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


async def _until_shown(course: _Course) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(course.shown) < len(course.declared):  # noqa: ASYNC110 - the watcher fills it
            await asyncio.sleep(0.001)


async def _times(platform: Platform, course: _Course) -> list[dict[str, datetime]]:
    """Of every document: when each hop was told."""
    times: dict[UUID, dict[str, datetime]] = {each: {_LAST: at} for each, at in course.shown.items()}
    for name, (service, type_, member) in _TOLD.items():
        connection = await postgres.connect(platform.dsn(service), name="bench")
        try:
            for key, at in await _told(connection, type_, member, list(times)):
                times[key].setdefault(name, at)
        finally:
            await connection.close()
    return list(times.values())


async def _told(
    connection: PlainConnection, type_: str, member: str | None, documents: Sequence[UUID]
) -> list[tuple[UUID, datetime]]:
    """First events first; with a member, only those whose seq_no is known there."""
    rows = await connection.fetch(
        "SELECT key, recorded_at, compressed, body FROM events WHERE type = $1 AND key = ANY($2) ORDER BY seq",
        type_,
        [str(each) for each in documents],
    )
    found = []
    for row in rows:
        body: dict[str, Any] = orjson.loads(
            compress.unpack(row["body"]) if row["compressed"] else row["body"]
        )
        where = body.get("numbers", {}) if member == "numbers" else body
        if member is None or where.get("seq_no"):
            found.append((UUID(row["key"]), row["recorded_at"]))
    return found


async def _floor(on: Surroundings, platform: Platform) -> list[float]:
    """Seconds of the bare hops, one course after another."""
    bootstrap, folder = platform.bootstrap_servers, platform.home.data
    topic = f"bench-{uuid4().hex[:8]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    producer = await kafka.start_producer(bootstrap, name="bench")
    consumer = await kafka.start_consumer(bootstrap, group=topic, names=[topic])
    courses = []
    try:
        for _ in range(3 if on.quick else 50):
            started = time.perf_counter()
            for _ in range(_KAFKA_HOPS):
                await producer.send_and_wait(topic, b"x" * 1_500)
                while not await consumer.getmany(timeout_ms=1_000):
                    pass
            for _ in range(_FILES):
                _place(folder, b"x" * 4_000)
            courses.append(time.perf_counter() - started)
    finally:
        await consumer.stop()
        await producer.stop()
    # The first one finds the coordinator and its partitions.
    return courses[1:]


def _place(folder: Path, content: bytes) -> None:
    draft = folder / "bench.tmp"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / "bench.file")
