"""What entry does with a fact that another service tells: facts a second beside the bare rows, and counts for one fact.

Each document is told the six facts of its way from signed to 已核扣. They come as from a backlog, one kind of fact for many
documents in a poll, or as from an idle broker, one fact a poll. No Kafka is asked: records are given as it would give them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import orjson
import uvloop
from aiokafka import ConsumerRecord
from asyncpg.connection import LoggedQuery

from backbone import cloudevents, outbox, postgres
from backbone.backoff import AgainLater
from backbone.consume import Consumer, Record
from backbone.ids import new_id
from backbone.postgres import PlainConnection, Pool
from backbone.service import Runtime
from bench.connection import Connection
from bench.documents import PATH, Bodies, save
from bench.measuring import Round, compared, drive, take_turns
from bench.surroundings import Entry, Surroundings, superuser
from bench.tables import Row, Table
from contracts.events import EVENT_TYPES
from services.entry import consumer
from services.entry.settings import EntrySettings
from tests.support.infrastructure import TREE

ABOUT = "facts that entry absorbs, with counts for one fact"
_TOLD = (
    "document.signed.v1/declare",
    "message.delivered.v1/first-try",
    "message.taken.v1/taken",
    "receipt.received.v1/acknowledged",
    "receipt.received.v1/pre-deducted",
    "receipt.received.v1/deducted",
)
_LINES = 20
_DOCUMENTS = 200
_SETTLES_SECONDS = 1.5
"""Statistics of a session come to the shared ones within a second."""


def run(on: Surroundings) -> list[Table]:
    return uvloop.run(_measured(on, on.entry))


async def _measured(on: Surroundings, entry: Entry) -> list[Table]:
    async with AsyncExitStack() as stack:
        admin = await superuser(on, entry.database, stack)
        desk = _Desk(entry, admin, await _declared(entry))
        pool = await postgres.create_pool(entry.database.worker_dsn, name="bench", max_size=1)
        stack.push_async_callback(pool.close)
        absorbing = _consumer(pool)
        await _each(absorbing, [[record] for record in await desk.records(1)])
        floor = await _Floor.of(admin, pool, desk.newest)
        count = 20 if on.quick else _DOCUMENTS
        rows, counted = [], []
        for poll in (1, count):

            async def ours(poll: int = poll) -> Round:
                return await _each(absorbing, _polls(await desk.records(count), poll))

            async def bare(poll: int = poll) -> Round:
                return await floor.write(await desk.copies(count), poll)

            rounds = await take_turns({"ours": ours, "floor": bare}, on.rounds)
            what = f"{poll} a poll"
            rows.append(compared(what, rounds["ours"], rounds["floor"]))
            counted.append(
                await _counts(admin, pool, absorbing, what, _polls(await desk.records(count), poll))
            )
    lines = f"documents of {_LINES} lines, six facts each"
    return [
        Table("absorb: facts a second", f"{lines}; floor: a bare unnest of the same rows, a poll", rows),
        Table("absorb: counts for one fact", f"{lines}; statements with BEGIN and COMMIT", counted),
    ]


async def _declared(entry: Entry) -> UUID:
    """A document that was declared over HTTP, to be copied."""
    connection = await Connection.open(entry.url, entry.headers)
    document_id = await save(connection, Bodies(_LINES))
    headers = f'idempotency-key: {uuid4()}\r\nif-match: "1"\r\n'
    path = f"{PATH}/{document_id}/declare"
    await connection.send("POST", path, b"", expect=202, headers=headers)
    connection.close()
    return document_id


@dataclass(slots=True)
class _Desk:
    """Declared documents as many as are wanted, and what is told of them."""

    entry: Entry
    admin: PlainConnection
    like: UUID
    newest: UUID = field(default_factory=uuid4)
    _number: int = 0

    async def copies(self, count: int) -> list[tuple[UUID, UUID]]:
        """Documents with their attempts, each of another enterprise, so that all may have the same number."""
        made = [(new_id(), new_id()) for _ in range(count)]
        for table, own in (("documents", "enterprise_id"), ("attempts", "attempt_id")):
            columns = await self.admin.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped "
                "AND attgenerated = ''",
                table,
            )
            names = [column["attname"] for column in columns]
            given = {"document_id": "n.document_id", own: "n.attempt_id"}
            await self.admin.execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(given.get(name, f't.{name}') for name in names)} "  # noqa: S608
                f"FROM {table} AS t, unnest($1::uuid[], $2::uuid[]) AS n (document_id, attempt_id) WHERE t.document_id = $3",
                *zip(*made, strict=True),
                self.like,
            )
        self.newest = made[-1][0]
        return made

    async def records(self, count: int) -> list[Record]:
        """Of one fact for all documents, then the next."""
        made = await self.copies(count)
        numbers = [self._number + n for n in range(count)]
        self._number += count
        return [
            self._record(name, document_id, attempt_id, number)
            for name in _TOLD
            for (document_id, attempt_id), number in zip(made, numbers, strict=True)
        ]

    def _record(self, name: str, document_id: UUID, attempt_id: UUID, number: int) -> Record:
        """As Kafka would give it."""
        told: dict[str, Any] = orjson.loads((TREE / f"contracts/examples/{name}.json").read_bytes())
        told |= {
            "tenant_id": self.entry.tenant_id,
            "enterprise_id": self.entry.enterprise_id,
            "document_id": document_id,
        }
        own: dict[str, Any] = {"attempt_id": attempt_id, "receipt_id": new_id(), "raw_id": new_id()}
        own |= {"customs_no": f"QD310526I{number:09d}", "seq_no": f"2026{number:014d}"}
        told |= {field: value for field, value in own.items() if field in told}
        event = EVENT_TYPES[name.partition("/")[0]].model_validate(told)
        row = outbox.row(event, tenant_id=self.entry.tenant_id)
        source = {"document": "signer", "message": "submission", "receipt": "receipts"}[
            name.partition(".")[0]
        ]
        headers = cloudevents.headers(
            event_id=row.event_id,
            source=source,
            type=row.type,
            time=datetime.now(UTC),
            subject=row.key,
            tenant_id=row.tenant_id,
            traceparent=row.traceparent,
            compressed=row.compressed,
        )
        return ConsumerRecord(
            topic=f"{source}-events",
            partition=document_id.int % 8,
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


def _polls(records: Sequence[Record], size: int) -> list[Sequence[Record]]:
    return [records[start : start + size] for start in range(0, len(records), size)]


def _consumer(pool: Pool) -> Consumer:
    runtime = SimpleNamespace(worker_pool=pool, waker=SimpleNamespace(wake=lambda: None))
    settings = SimpleNamespace(kafka_bootstrap_servers="none")
    return consumer.consumer(cast(EntrySettings, settings), cast(Runtime, runtime))


async def _each(absorbing: Consumer, polls: Sequence[Sequence[Record]]) -> Round:
    """All polls one after another, each as the consumer takes it."""
    waiting = iter(polls)

    async def one(_: int) -> bool:
        poll = next(waiting, None)
        if poll is None:
            return False
        await _taken(absorbing, poll)
        return True

    done = await drive(1, 3600, one)
    return Round(sum(map(len, polls)), done.seconds, done.latencies)


async def _taken(absorbing: Consumer, poll: Sequence[Record]) -> None:
    try:
        await absorbing._together(list(poll))
    except AgainLater as later:
        raise RuntimeError("PostgreSQL is away") from later


async def _counts(
    admin: PlainConnection, pool: Pool, absorbing: Consumer, what: str, polls: Sequence[Sequence[Record]]
) -> Row:
    statements: list[str] = []

    def count(logged: LoggedQuery) -> None:
        statements.append(logged.query)

    before = await _told(admin)
    async with pool.acquire() as connection:
        connection.add_query_logger(count)
    await _each(absorbing, polls)
    after = await _told(admin)
    facts = sum(map(len, polls))
    return {
        "what": what,
        "statements": len(statements) / facts,
        "commits": sum(text.startswith("COMMIT") for text in statements) / facts,
        "WAL bytes": (after[0] - before[0]) / facts,
        "WAL records": (after[1] - before[1]) / facts,
    }


async def _told(admin: PlainConnection) -> tuple[int, int]:
    """WAL of these servers; the relay of entry, which runs beside, adds what it takes off the outbox."""
    await asyncio.sleep(_SETTLES_SECONDS)
    row = await admin.fetchrow(
        "SELECT wal_bytes::bigint AS bytes, wal_records::bigint AS records FROM pg_stat_wal"
    )
    assert row is not None
    return row["bytes"], row["records"]


_BARE = """
WITH written AS (
  INSERT INTO facts (document_id, key, tenant_id, attempt_no, outcome, occurred_at, authority_at, told)
  SELECT n.document_id, f.key, f.tenant_id, f.attempt_no, f.outcome, f.occurred_at, f.authority_at, f.told
  FROM unnest($1::uuid[], $2::text[]) AS n (document_id, key) JOIN facts AS f ON f.document_id = $3 AND f.key = n.key
), moved AS (
  UPDATE documents AS d SET version = d.version + 1, state = like_it.state, authority = like_it.authority, updated_at = now()
  FROM unnest($1::uuid[]) AS n (document_id), documents AS like_it
  WHERE d.document_id = n.document_id AND like_it.document_id = $3
), kept AS (
  INSERT INTO events (event_id, tenant_id, type, key, traceparent, compressed, body)
  SELECT gen_random_uuid(), $4, 'document.progressed.v1', n.document_id::text, NULL, false, $5
  FROM unnest($1::uuid[]) AS n (document_id)
  RETURNING seq, recorded_at, length(body) AS bytes
)
INSERT INTO outbox (seq, recorded_at, bytes) SELECT seq, recorded_at, bytes FROM kept
"""


@dataclass(frozen=True, slots=True)
class _Floor:
    """The rows that a fact leaves, written as those of a document that has been told all of them."""

    pool: Pool
    like: UUID
    keys: Sequence[str]
    tenant_id: UUID
    body: bytes

    @classmethod
    async def of(cls, admin: PlainConnection, pool: Pool, like: UUID) -> _Floor:
        keys = await admin.fetch("SELECT key FROM facts WHERE document_id = $1 ORDER BY key", like)
        assert len(keys) == len(_TOLD)
        event = await admin.fetchrow(
            "SELECT tenant_id, body FROM events WHERE key = $1 ORDER BY seq DESC LIMIT 1", str(like)
        )
        assert event is not None
        return cls(pool, like, [row["key"] for row in keys], event["tenant_id"], event["body"])

    async def write(self, made: Sequence[tuple[UUID, UUID]], poll: int) -> Round:
        """As many rows a transaction as there are facts in a poll."""
        told = [(document_id, key) for key in self.keys for document_id, _ in made]
        waiting = iter([told[start : start + poll] for start in range(0, len(told), poll)])

        async def one(_: int) -> bool:
            part = next(waiting, None)
            if part is None:
                return False
            async with postgres.transaction(self.pool) as connection:
                await connection.execute(
                    _BARE, *zip(*part, strict=True), self.like, self.tenant_id, self.body
                )
            return True

        done = await drive(1, 3600, one)
        return Round(len(told), done.seconds, done.latencies)
