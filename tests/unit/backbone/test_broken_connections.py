"""A broker that goes away is an outage to aiokafka on uvloop too, and never the silent end of a task of its own."""

from __future__ import annotations

import asyncio

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from backbone import kafka

assert kafka  # it mends the connections of the process


async def _connection_to_a_broker_that_went() -> AIOKafkaConnection:
    async def go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(go, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = AIOKafkaConnection("127.0.0.1", port)
    connection._reader, connection._writer = await asyncio.open_connection("127.0.0.1", port)
    connection._read_task = asyncio.create_task(asyncio.sleep(0))
    connection._versions = {MetadataRequest.API_KEY: (0, 5)}
    connection._writer.transport.abort()
    await connection._writer.wait_closed()
    server.close()
    return connection


def test_a_write_to_a_closed_connection_says_that_it_is_broken() -> None:
    async def run() -> None:
        connection = await _connection_to_a_broker_that_went()
        with pytest.raises(KafkaConnectionError):
            await connection.send(MetadataRequest([]))
        assert not connection.connected()

    uvloop.run(run())


def test_metadata_is_asked_for_again_after_a_broken_connection() -> None:
    """The task that asks ended here, and everything that waits for it hung."""

    async def run() -> None:
        client = AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
        broken = await _connection_to_a_broker_that_went()
        broken.connected = lambda: True  # the end of it is not read yet
        client._conns[("bootstrap", ConnectionGroup.DEFAULT)] = broken
        client._sync_task = asyncio.create_task(client._md_synchronizer())
        assert await asyncio.wait_for(client.force_metadata_update(), 60) is False
        assert not client._sync_task.done()
        client._sync_task.cancel()

    uvloop.run(run())
