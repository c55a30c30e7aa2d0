"""A database with a table of effects, the relay of entry and consumers made at will, for tests of what comes out of Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from backbone import consume, outbox, postgres
from backbone.cloudevents import Received
from backbone.consume import Consumer
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from contracts.events.entry import Actor, DocumentDeleted
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS as PATIENCE

TENANT = UUID("00000000-0000-7000-8000-0000000000aa")


def deleted(document_id: UUID, version: int) -> DocumentDeleted:
    return DocumentDeleted(
        tenant_id=TENANT,
        document_id=document_id,
        kind="inventory",
        enterprise_id=TENANT,
        internal_no="N1",
        version=version,
        state="deleted",
        deleted_by=Actor(id="u", name="示例"),
        occurred_at=datetime.now(UTC),
    )


class Bench:
    """A database with a table of effects, an outbox relay of entry, and consumers made at will."""

    def __init__(self, servers: Servers, database: Database, pool: Pool) -> None:
        self.servers, self.database, self.pool = servers, database, pool
        self.stop = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.topic = "entry-events"
        self.mine: set[UUID] = set()

    def run(self, component: Consumer | outbox.Relay) -> None:
        self.tasks.append(asyncio.create_task(component.run(self.stop)))

    def relay(self) -> None:
        self.run(outbox.Relay(self.database.worker_dsn, self.servers.bootstrap, "entry"))

    def consumer(self, handler: consume.Handler, group: str | None = None) -> Consumer:
        async def only_mine(connection: Connection, received: Received) -> None:
            # The topic is shared by every test of the run.
            if isinstance(received.event, DocumentDeleted) and received.event.document_id in self.mine:
                await handler(connection, received)

        return Consumer(
            group=group or f"test-{uuid4()}",
            pool=self.pool,
            bootstrap=self.servers.bootstrap,
            topics=[self.topic],
            handlers={DocumentDeleted.type: only_mine},
        )

    def batches(self, handler: consume.Handler, group: str) -> Consumer:
        """The same for whole batches, with lines of the inbox."""

        async def only_mine(connection: Connection, events: Sequence[Received]) -> None:
            for received in events:
                if isinstance(received.event, DocumentDeleted) and received.event.document_id in self.mine:
                    await handler(connection, received)

        return Consumer(
            group=group,
            pool=self.pool,
            bootstrap=self.servers.bootstrap,
            topics=[self.topic],
            batch=only_mine,
            handles=[DocumentDeleted.type],
            keeps_inbox=True,
        )

    async def tell(self, events: Sequence[DocumentDeleted]) -> None:
        self.mine |= {event.document_id for event in events}
        async with postgres.transaction(self.pool) as connection:
            await outbox.append(connection, events, tenant_id=TENANT)

    async def effects(self) -> list[tuple[UUID, int]]:
        rows = await self.pool.fetch("SELECT document_id, version FROM effects ORDER BY n")
        return [(row["document_id"], row["version"]) for row in rows]

    async def until(self, count: int, seconds: float = PATIENCE) -> list[tuple[UUID, int]]:
        async with asyncio.timeout(seconds):
            while len(found := await self.effects()) < count:
                for task in self.tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.02)
        return found


async def note(connection: Connection, received: Received) -> None:
    event = received.event
    assert isinstance(event, DocumentDeleted)
    await connection.execute(
        "INSERT INTO effects (document_id, version) VALUES ($1, $2)", event.document_id, event.version
    )


@asynccontextmanager
async def bench(servers: Servers, database: Database) -> AsyncIterator[Bench]:
    owner = await postgres.connect(database.owner_dsn, name="test")
    await owner.execute("CREATE TABLE effects (n serial, document_id uuid, version int)")
    await owner.close()
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=5)
    made = Bench(servers, database, pool)
    try:
        yield made
    finally:
        made.stop.set()
        await asyncio.gather(*made.tasks, return_exceptions=True)
        await pool.close()
