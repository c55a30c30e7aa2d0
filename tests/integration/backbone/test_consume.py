"""Outbox to consumer on real PostgreSQL and Kafka: once, in order, and with an answer for everything that goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from backbone import cloudevents, consume, kafka, outbox
from backbone.backoff import AgainLater
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Connection
from backbone.supervision import Halted
from contracts.events.entry import Actor, DocumentDeleted
from contracts.events.signer import SigningFailed
from tests.support.consuming import TENANT, bench, deleted, note
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS as PATIENCE

pytestmark = pytest.mark.anyio


def failed(document_id: UUID, number: int) -> SigningFailed:
    return SigningFailed(
        tenant_id=TENANT,
        document_id=document_id,
        kind="inventory",
        enterprise_id=TENANT,
        internal_no="N1",
        attempt_id=new_id(),
        attempt_no=number,
        declare_flag="1",
        reason_code="x",
        reason="示例",
        failed_at=datetime.now(UTC),
    )


async def test_events_come_once_and_in_order_per_document(servers: Servers, database: Database) -> None:
    async with bench(servers, database) as b:
        b.relay()
        b.run(b.consumer(note))
        documents = [new_id() for _ in range(5)]
        for version in range(1, 41):
            await b.tell([deleted(document, version) for document in documents])
        found = await b.until(200)
        assert len(found) == 200
        for document in documents:
            assert [v for d, v in found if d == document] == list(range(1, 41))


async def test_a_poll_of_many_partitions_is_one_transaction(servers: Servers, database: Database) -> None:
    transactions: list[int] = []
    partitions: set[int] = set()

    async def counted(connection: Connection, received: Received) -> None:
        transactions.append(await connection.fetchval("SELECT pg_current_xact_id()::text::bigint"))
        partitions.add(received.partition)
        await note(connection, received)

    async with bench(servers, database) as b:
        # Published before anybody reads, so that the first poll finds them all.
        await b.tell([deleted(new_id(), 1) for _ in range(60)])
        b.relay()
        async with asyncio.timeout(PATIENCE):
            while await b.pool.fetchval("SELECT count(*) FROM outbox"):
                await asyncio.sleep(0.05)
        b.run(b.consumer(counted))
        await b.until(60)
    assert len(partitions) > 1
    assert len(set(transactions)) < len(partitions)


async def test_one_bad_partition_does_not_take_the_others_back(servers: Servers, database: Database) -> None:
    bad = new_id()

    async def picky(connection: Connection, received: Received) -> None:
        event = received.event
        assert isinstance(event, DocumentDeleted)
        if event.document_id == bad:
            raise AgainLater("not yet", 3600)
        await note(connection, received)

    async with bench(servers, database) as b:
        b.relay()
        good = [new_id() for _ in range(30)]
        await b.tell([deleted(bad, 1), *(deleted(each, 1) for each in good)])
        b.run(b.consumer(picky))
        async with asyncio.timeout(PATIENCE):
            # Those behind it in its own partition wait with it.
            while len(await b.effects()) < 15:
                await asyncio.sleep(0.05)
        found = await b.effects()
    assert len(set(found)) == len(found)
    assert bad not in {document for document, _ in found}


async def test_a_type_of_no_interest_is_not_even_read(servers: Servers, database: Database) -> None:
    """Its body is no event at all; a record without its type is put aside, as before."""
    group = f"test-{uuid4()}"
    producer = await kafka.start_producer(servers.bootstrap, name="test")
    headers = cloudevents.headers(
        event_id=new_id(),
        source="entry",
        type="document.saved.v1",
        time=datetime.now(UTC),
        subject="x",
        tenant_id=TENANT,
        traceparent=None,
        compressed=False,
    )
    document = new_id()
    key = str(document).encode()
    try:
        await producer.send_and_wait("entry-events", key=key, value=b"{", headers=headers)
        await producer.send_and_wait("entry-events", key=key, value=b"{")
    finally:
        await kafka.close(producer, "test")
    async with bench(servers, database) as b:
        b.run(b.consumer(note, group))
        (reason,) = await dead_letters(servers, document, group, 1)
    assert reason == "header missing or malformed: 'ce_type'"


async def test_what_a_batch_gives_up_is_put_aside_and_the_rest_stays(
    servers: Servers, database: Database
) -> None:
    group = f"test-{uuid4()}"

    async with bench(servers, database) as b:

        async def batch(connection: Connection, events: Sequence[Received]) -> dict[UUID, str]:
            given_up = {}
            for each in events:
                event = each.event
                assert isinstance(event, DocumentDeleted)
                if event.document_id in b.mine:
                    await note(connection, each)
                    if event.version == 2:
                        given_up[each.id] = "a view: ValueError"
            return given_up

        b.run(
            consume.Consumer(
                group=group,
                pool=b.pool,
                bootstrap=servers.bootstrap,
                topics=["entry-events"],
                batch=batch,
                handles=[DocumentDeleted.type],
            )
        )
        b.relay()
        document = new_id()
        await b.tell([deleted(document, n) for n in (1, 2, 3)])
        await b.until(3)
        assert await dead_letters(servers, document, group, 1) == ["a view: ValueError"]


@pytest.mark.parametrize("together", [False, True])
async def test_what_is_published_again_has_no_second_effect(
    servers: Servers, database: Database, *, together: bool
) -> None:
    async with bench(servers, database) as b:
        b.relay()
        group = f"test-{uuid4()}"
        b.run(b.batches(note, group) if together else b.consumer(note, group))
        document = new_id()
        await b.tell([deleted(document, n) for n in range(1, 11)])
        await b.until(10)
        await outbox.refill(database.worker_dsn, servers.bootstrap, "entry")
        last = new_id()
        await b.tell([deleted(last, 1)])
        found = await b.until(11)
        await asyncio.sleep(0.5)
        assert await b.effects() == found
        assert len(found) == 11


async def test_an_orderly_stop_leaves_nothing_to_read_again(servers: Servers, database: Database) -> None:
    ends: dict[int, int] = {}

    async def watched(connection: Connection, received: Received) -> None:
        await note(connection, received)
        ends[received.partition] = received.offset + 1

    group = f"test-{uuid4()}"
    async with bench(servers, database) as b:
        b.relay()
        b.run(b.consumer(watched, group))
        await b.tell([deleted(new_id(), 1) for _ in range(20)])
        await b.until(20)
    reader = AIOKafkaConsumer(bootstrap_servers=servers.bootstrap, group_id=group, enable_auto_commit=False)
    await reader.start()
    try:
        committed = {n: await reader.committed(TopicPartition("entry-events", n)) for n in ends}
    finally:
        await reader.stop()
    assert ends
    assert all((committed[n] or 0) >= end for n, end in ends.items()), (committed, ends)


async def test_a_consumer_that_dies_between_commits_has_no_second_effect(
    servers: Servers, database: Database
) -> None:
    async with bench(servers, database) as b:
        b.relay()
        group = f"test-{uuid4()}"
        dying = asyncio.create_task(b.consumer(note, group).run(asyncio.Event()))
        await b.tell([deleted(new_id(), 1) for _ in range(20)])
        await b.until(20)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
        b.run(b.consumer(note, group))
        await b.tell([deleted(new_id(), 1)])
        found = await b.until(21)
        await asyncio.sleep(0.5)
        assert await b.effects() == found
        assert len({document for document, _ in found}) == 21


async def test_again_later_holds_the_document_back_and_loses_nothing(
    servers: Servers, database: Database
) -> None:
    tries: list[int] = []

    async def reluctant(connection: Connection, received: Received) -> None:
        event = received.event
        assert isinstance(event, DocumentDeleted)
        if event.version == 2:
            tries.append(1)
            if len(tries) < 4:
                raise AgainLater("not yet", seconds=0.1)
        await note(connection, received)

    async with bench(servers, database) as b:
        b.relay()
        b.run(b.consumer(reluctant))
        document = new_id()
        await b.tell([deleted(document, n) for n in range(1, 6)])
        found = await b.until(5)
        assert [version for _, version in found] == [1, 2, 3, 4, 5]
        assert len(tries) >= 4


async def test_a_record_that_always_fails_is_put_aside_with_its_reason(
    servers: Servers, database: Database
) -> None:
    async def allergic(connection: Connection, received: Received) -> None:
        event = received.event
        assert isinstance(event, DocumentDeleted)
        await note(connection, received)
        if event.version == 2:
            raise ValueError("this one")
        if event.version == 3:
            raise consume.DeadLetter("never this one")

    async with bench(servers, database) as b:
        b.relay()
        group = f"test-{uuid4()}"
        b.run(b.consumer(allergic, group))
        document = new_id()
        await b.tell([deleted(document, n) for n in range(1, 6)])
        found = await b.until(3)
        assert [version for _, version in found] == [1, 4, 5], "the failed ones left no effect"
        reasons = await dead_letters(servers, document, group, 2)
        assert sorted(reasons) == ["ValueError after 5 tries", "never this one"]


async def dead_letters(servers: Servers, document_id: UUID, group: str, count: int) -> list[str]:
    consumer = AIOKafkaConsumer(
        "entry-events" + kafka.DEAD_LETTER_SUFFIX,
        bootstrap_servers=servers.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        group_id=f"test-{uuid4()}",
    )
    await consumer.start()
    reasons: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while len(reasons) < count:
                record = await consumer.getone()
                values = {name: value.decode() for name, value in record.headers}
                if values["dead-consumer"] == group and record.key == str(document_id).encode():
                    reasons.append(values["dead-reason"])
    finally:
        await consumer.stop()
    return reasons


async def test_too_many_dead_letters_halt_the_consumer(servers: Servers, database: Database) -> None:
    async def hopeless(connection: Connection, received: Received) -> None:
        raise consume.DeadLetter("a bad release")

    async with bench(servers, database) as b:
        b.relay()
        consumer = b.consumer(hopeless)
        document = new_id()
        await b.tell([deleted(document, n) for n in range(1, 40)])
        with pytest.raises(Halted):
            async with asyncio.timeout(PATIENCE):
                await consumer.run(b.stop)
        assert not consumer.ready.is_set()


async def test_dead_letters_among_good_records_halt_the_consumer_too(
    servers: Servers, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad release may spoil every other record, and never twenty in a row."""
    monkeypatch.setattr(consume, "_MOST_DEAD_OF_LATEST", 3)

    async def every_other(connection: Connection, received: Received) -> None:
        assert isinstance(received.event, DocumentDeleted)
        if received.event.version % 2:
            raise consume.DeadLetter("a bad release")

    async with bench(servers, database) as b:
        b.relay()
        consumer = b.consumer(every_other)
        document = new_id()
        await b.tell([deleted(document, n) for n in range(1, 20)])
        with pytest.raises(Halted):
            async with asyncio.timeout(PATIENCE):
                await consumer.run(b.stop)


async def test_unknown_and_broken_records_stop_nobody(servers: Servers, database: Database) -> None:
    async with bench(servers, database) as b:
        b.relay()
        producer = await kafka.start_producer(servers.bootstrap, name="test")
        document = new_id()
        key = str(document).encode()
        await producer.send_and_wait(b.topic, key=key, value=b"rubbish")
        newer = [("ce_id", str(uuid4()).encode()), ("ce_type", b"document.deleted.v99")]
        more = [("ce_tenant", str(TENANT).encode()), ("ce_time", datetime.now(UTC).isoformat().encode())]
        await producer.send_and_wait(b.topic, key=key, value=b"{}", headers=newer + more)
        await producer.stop()
        group = f"test-{uuid4()}"
        b.run(b.consumer(note, group))
        await b.tell([deleted(document, 1)])
        assert await b.until(1) == [(document, 1)]
        assert "header missing" in (await dead_letters(servers, document, group, 1))[0]


async def test_a_large_event_travels_compressed_and_whole(servers: Servers, database: Database) -> None:
    async with bench(servers, database) as b:
        seen: list[str] = []

        async def keep(connection: Connection, received: Received) -> None:
            assert isinstance(received.event, DocumentDeleted)
            seen.append(received.event.deleted_by.name)
            await note(connection, received)

        b.relay()
        b.run(b.consumer(keep))
        name = "示例" * 1_000_000
        event = deleted(new_id(), 1).model_copy(update={"deleted_by": Actor(id="u", name=name)})
        await b.tell([event])
        await b.until(1)
        assert seen == [name]


async def test_another_relay_takes_over(servers: Servers, database: Database) -> None:
    async with bench(servers, database) as b:
        first_stop = asyncio.Event()
        first = outbox.Relay(database.worker_dsn, servers.bootstrap, "entry")
        task = asyncio.create_task(first.run(first_stop))
        await asyncio.wait_for(first.ready.wait(), PATIENCE)
        b.relay()
        b.run(b.consumer(note))
        await b.tell([deleted(new_id(), 1)])
        await b.until(1)
        first_stop.set()
        await task
        await b.tell([deleted(new_id(), 1)])
        await b.until(2)


def test_events_of_another_service_have_another_topic() -> None:
    assert kafka.topic_of("signer").name == "signer-events"
    assert failed(new_id(), 1).type in kafka.topics()["signer-events"].emits
