"""What the platform does for a document, in counts: they depend on no machine."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from backbone import kafka, postgres
from local.platform import Platform

_STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): ")
_SETTLES_SECONDS = 1.5
"""Statistics of a session come to the shared ones within a second."""
_SESSIONS_SECONDS = 3.0
"""Time for a service to see that its sessions are gone."""


@dataclass(frozen=True)
class Counts:
    """Since the platform began."""

    statements: int
    commits: int
    fsyncs: int
    wal_bytes: int
    records: int
    processor: Mapping[str, float]
    """Seconds by program, with the children that live."""


def log_statements(platform: Platform) -> None:
    """From now on every session writes its statements to PostgreSQL's log, where they are counted; slower, so not while
    time is measured. A setting of all roles outranks the command line, and holds for new sessions only."""

    async def switch() -> None:
        connection = await postgres.connect(platform.admin_dsn, name="bench")
        try:
            await connection.execute("ALTER ROLE ALL SET log_statement = 'all'")
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()

    uvloop.run(switch())
    time.sleep(_SESSIONS_SECONDS)
    platform.wait_ready(seconds=180)


def counts(platform: Platform) -> Counts:
    time.sleep(_SETTLES_SECONDS)
    commits, fsyncs, wal_bytes = uvloop.run(_of_the_database(platform.admin_dsn))
    return Counts(
        statements=_statements(platform.home.logs),
        commits=commits,
        fsyncs=fsyncs,
        wal_bytes=wal_bytes,
        records=uvloop.run(_records(platform.bootstrap_servers)),
        processor=processor_seconds(platform),
    )


def processor_seconds(platform: Platform) -> dict[str, float]:
    """By program, with the children that live."""
    seconds = {}
    for program in platform.status(measure=False).programs:
        process = psutil.Process(platform.pid(program.name))
        family = [process, *process.children(recursive=True)]
        times = [each.cpu_times() for each in family]
        seconds[program.name] = sum(each.user + each.system for each in times)
    return seconds


async def _of_the_database(admin_dsn: str) -> tuple[int, int, int]:
    connection = await postgres.connect(admin_dsn, name="bench")
    try:
        commits: int = await connection.fetchval("SELECT sum(xact_commit)::bigint FROM pg_stat_database")
        fsyncs: int = await connection.fetchval(
            "SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal'"
        )
        wal_bytes: int = await connection.fetchval("SELECT wal_bytes::bigint FROM pg_stat_wal")
    finally:
        await connection.close()
    return commits, fsyncs, wal_bytes


def _statements(logs: Path) -> int:
    return sum(len(_STATEMENT.findall(file.read_bytes())) for file in logs.glob("postgres*.log"))


async def _records(bootstrap: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        names = kafka.topics().values()
        ends = [
            await consumer.end_offsets([TopicPartition(topic.name, n) for n in range(topic.partitions)])
            for topic in names
        ]
    finally:
        await consumer.stop()
    return sum(sum(each.values()) for each in ends)
