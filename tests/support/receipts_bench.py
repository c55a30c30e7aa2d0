"""receipts on a real database and real folders, with its parts turned by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import contracts
from backbone import compress, postgres
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.jobs import Worker
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events import EVENT_TYPES, Event
from contracts.events.entry import DocumentAdopted
from contracts.events.receipts import ReceiptReceived
from contracts.events.work import ReceiptFileMoved
from services.receipts import store
from services.receipts.consumer import learn
from services.receipts.sweeper import Sweeper
from services.receipts.understanding import Understanding
from services.receipts.watcher import Watcher
from tests.support import answers

EXAMPLES = Path(contracts.__file__).parent / "examples"


def example(event_type: str, **changes: object) -> Event:
    """A hand-made sample of the type with some values changed."""
    text = sorted((EXAMPLES / event_type).glob("*.json"))[0].read_text(encoding="utf-8")
    return EVENT_TYPES[event_type].model_validate({**json.loads(text), **changes})


def received(event: Event, *, tenant_id: UUID) -> Received:
    return Received(
        event=event,
        id=new_id(),
        source="/bondgate/test",
        type=type(event).type,
        tenant_id=tenant_id,
        time=datetime.now(UTC),
        topic="test",
        partition=0,
        offset=0,
        traceparent=None,
    )


class Office:
    """One tenant with one enterprise and its mailbox."""

    def __init__(self, bench: Bench, mailbox: str) -> None:
        self.bench = bench
        self.mailbox = mailbox
        self.tenant_id = uuid4()
        self.enterprise_id = uuid4()
        self.inbox = bench.exchange / mailbox / "Sas" / "InBox"

    async def open(self) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        registered = example("enterprise.registered.v1")
        route = {**registered.model_dump()["route"], "mailbox": self.mailbox}
        await self.learn("enterprise.registered.v1", route=route)

    async def learn(self, event_type: str, **changes: object) -> None:
        """Let receipts absorb an event of this tenant and enterprise."""
        given = {"tenant_id": self.tenant_id, "enterprise_id": self.enterprise_id, **changes}
        await self.absorb(example(event_type, **given))

    async def absorb(self, event: Event) -> None:
        async with postgres.transaction(self.bench.pool) as connection:
            await learn(connection, [received(event, tenant_id=self.tenant_id)])

    async def saved(
        self, document_id: UUID, internal_no: str = answers.INTERNAL_NO, **changes: object
    ) -> None:
        facts = {"internal_no": internal_no, "version": 1, "numbers": {}}
        given = {"document_id": document_id, **facts, **changes}
        await self.learn("document.saved.v1", **given)

    async def adopted(self, document_id: UUID, kind: str, **changes: object) -> None:
        """A document that was declared outside goes on here."""
        saved = example("document.saved.v1").model_dump()
        event = DocumentAdopted.model_validate(
            {
                **saved,
                "tenant_id": self.tenant_id,
                "enterprise_id": self.enterprise_id,
                "document_id": document_id,
                "kind": kind,
                "version": 1,
                "adopted_by": saved["saved_by"],
                "reason": "在官方页面申报",
                **changes,
            }
        )
        await self.absorb(event)

    async def delivered(
        self, document_id: UUID, stem: str, internal_no: str = answers.INTERNAL_NO, **changes: object
    ) -> None:
        given = {"document_id": document_id, "internal_no": internal_no, "stem": stem, **changes}
        await self.learn("message.delivered.v1", mailbox=self.mailbox, **given)

    async def keep(self, name: str, data: bytes) -> None:
        """Put a file into the InBox, have it kept and understood."""
        (self.inbox / name).write_bytes(data)
        await self.bench.take()
        await self.bench.understand()


class Bench:
    """`step` is handed to the watcher, so that a test can stop it between two steps."""

    def __init__(self, database: Database, pool: Pool, exchange: Path) -> None:
        self.database = database
        self.pool = pool
        self.exchange = exchange
        self.packet_timeout_seconds = 3600.0
        self._offices = 0

    async def clear(self) -> None:
        """Start from empty tables."""
        ours = "mailboxes, documents, seq_numbers, customs_numbers, stems, raw_files, raw_contents, packets"
        await self.pool.execute(f"TRUNCATE {ours}, answers, retries, matches, jobs, events, outbox, inbox")

    async def office(self) -> Office:
        self._offices += 1
        made = Office(self, f"card-{self._offices}")
        await made.open()
        return made

    async def take(
        self, until: Callable[[], Awaitable[bool]] | None = None, step: Callable[[str], None] = lambda _: None
    ) -> None:
        """Run the watcher until every InBox is empty, or until something else holds. A step that raises ends it."""
        watcher = Watcher(
            self.pool,
            self.exchange,
            poll_seconds=0.01,
            patience_seconds=0,
            wake=lambda: None,
            step=step,
        )

        async def empty() -> bool:
            return not any(self.exchange.glob("*/Sas/InBox/*"))

        await run_until(watcher.run, until or empty)

    async def understand(self) -> None:
        """Run the worker until no job is due."""
        understanding = Understanding(
            self.pool, packet_timeout_seconds=self.packet_timeout_seconds, wake=lambda: worker.wake()
        )
        worker = Worker(
            queue=store.QUEUE, pool=self.pool, dsn=self.database.worker_dsn, handler=understanding
        )

        async def nothing_due() -> bool:
            left = await self.pool.fetchval(
                "SELECT count(*) FROM jobs WHERE state = 'queued' AND due_at <= now()"
            )
            return bool(left == 0)

        await run_until(worker.run, nothing_due)

    async def pass_time(self) -> None:
        """Everything that waits for a time has waited long enough."""
        await self.pool.execute("UPDATE raw_files SET retry_at = now() WHERE retry_at IS NOT NULL")
        await self.pool.execute("UPDATE raw_files SET arrived_at = arrived_at - interval '2 hours'")
        await Sweeper(self.pool, lambda: None).turn()
        await self.understand()

    async def told(self) -> list[ReceiptReceived]:
        return [event for event in await self._events() if isinstance(event, ReceiptReceived)]

    async def notices(self) -> list[str]:
        """The states that were told of files, in order."""
        return [event.state for event in await self._events() if isinstance(event, ReceiptFileMoved)]

    async def _events(self) -> list[Event]:
        rows = await self.pool.fetch("SELECT type, compressed, body FROM events ORDER BY seq")
        return [
            EVENT_TYPES[row["type"]].model_validate_json(
                compress.unpack(row["body"]) if row["compressed"] else row["body"]
            )
            for row in rows
        ]

    async def files(self) -> list[Mapping[str, Any]]:
        rows = await self.pool.fetch("SELECT * FROM raw_files ORDER BY arrived_at, raw_id")
        return [dict(row) for row in rows]

    async def states(self) -> dict[str, str]:
        """State by file name."""
        return {row["file_name"]: row["state"] for row in await self.files()}


async def run_until(
    run: Callable[[asyncio.Event], Awaitable[None]],
    holds: Callable[[], Awaitable[bool]],
    seconds: float = 120,
) -> None:
    """Run a component until the condition holds. Raises what it raises, and TimeoutError."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    try:
        async with asyncio.timeout(seconds):
            while not task.done() and not await holds():
                await asyncio.sleep(0.01)
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
