"""Consumers whose database or client is in trouble: nothing is buried, no member is left behind in a group, work goes on."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from backbone import kafka
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Connection
from tests.support.consuming import bench, deleted, note
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS as PATIENCE

pytestmark = pytest.mark.anyio


async def members(servers: Servers, group: str) -> list[str]:
    """The ids of those who are in a group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.bootstrap)
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
        # (error, group, state, protocol type, protocol, members, …), each member led by its id.
        return [str(member[0]) for member in answer.groups[0][5]]
    finally:
        await admin.close()


@pytest.mark.parametrize(
    "outage",
    (
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.InternalClientError("another operation is in progress"),
    ),
    ids=lambda error: type(error).__name__,
)
async def test_an_outage_of_the_database_buries_nothing_and_leaves_no_group(
    servers: Servers, database: Database, outage: Exception
) -> None:
    """Six times in a row: one more than an error of the record itself is tried."""
    group, told, at_work = f"test-{uuid4()}", 0, set[str]()

    async def at_last(connection: Connection, received: Received) -> None:
        nonlocal told
        told += 1
        at_work.update(await members(servers, group))
        if told <= 6:
            raise outage
        await note(connection, received)

    async with bench(servers, database) as b:
        b.relay()
        b.run(b.consumer(at_last, group))
        document = new_id()
        await b.tell([deleted(document, 1)])
        assert await b.until(1) == [(document, 1)]
        assert len(at_work) == 1, "it left its group and joined it again"


async def test_a_start_that_is_given_up_leaves_no_member_behind(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would keep partitions that nobody reads."""
    joined, start = asyncio.Event(), AIOKafkaConsumer.start

    async def joins_and_hangs(self: Any) -> None:
        await start(self)
        joined.set()
        await asyncio.Event().wait()

    group = f"test-{uuid4()}"
    with monkeypatch.context() as patched:
        patched.setattr(AIOKafkaConsumer, "start", joins_and_hangs)
        starting = asyncio.create_task(
            kafka.start_consumer(servers.bootstrap, group=group, names=["entry-events"])
        )
        async with asyncio.timeout(PATIENCE):
            await joined.wait()
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    async with asyncio.timeout(PATIENCE):
        # Of one that is alive it would beat the heart for ever.
        while await members(servers, group):
            await asyncio.sleep(0.2)


async def test_a_client_that_does_not_close_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    never = asyncio.Event()

    class Hanging:
        async def stop(self) -> None:
            await never.wait()

    monkeypatch.setattr(kafka, "_CLOSE_SECONDS", 0.01)
    client: Any = Hanging()
    async with asyncio.timeout(PATIENCE):
        await kafka.close(client, "test")
    never.set()
