"""Kafka clients and topics, sized from `contracts/topics.toml`."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

import contracts
from backbone import broken_connections, log

_FILE = Path(contracts.__file__).parent / "topics.toml"
DEAD_LETTER_SUFFIX = "-dlq"
_CLOSE_SECONDS = 5.0
_FETCH_WAIT_MS = 1_000
"""How long the broker keeps a question for records when there are none. A partition that may go on again waits for it too."""
_METADATA_MS = 15_000
"""How soon a client sees partitions that were added, or another leader."""
broken_connections.mend()


@dataclass(frozen=True)
class Topic:
    name: str
    owner: str
    partitions: int
    retention_days: int
    emits: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    max_message_bytes: int
    compress_above_bytes: int


@cache
def limits() -> Limits:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Limits(data["max_message_bytes"], data["compress_above_bytes"])


@cache
def topics() -> dict[str, Topic]:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: Topic(
            name,
            row["owner"],
            row["partitions"],
            row["retention_days"],
            tuple(row["emits"]),
            tuple(row["reads"]),
        )
        for name, row in data["topics"].items()
    }


def topic_of(service: str) -> Topic:
    """The one topic a service writes. Raises KeyError for a service that writes none."""
    return next(topic for topic in topics().values() if topic.owner == service)


async def ensure_topics(bootstrap: str, *, replication_factor: int = 1) -> list[str]:
    """Create the topics and their dead letters that are missing; answers the names made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        wanted = []
        for topic in topics().values():
            retention_ms = -1 if topic.retention_days < 0 else topic.retention_days * 86_400_000
            settings = {
                "max.message.bytes": str(limits().max_message_bytes),
                "retention.ms": str(retention_ms),
            }
            dead = {"max.message.bytes": str(limits().max_message_bytes), "retention.ms": "-1"}
            wanted.append(NewTopic(topic.name, topic.partitions, replication_factor, topic_configs=settings))
            wanted.append(
                NewTopic(topic.name + DEAD_LETTER_SUFFIX, 1, replication_factor, topic_configs=dead)
            )
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *_ in response.topic_errors:
                if code and not issubclass(for_code(code), TopicAlreadyExistsError):
                    raise for_code(code)(name)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def start_producer(bootstrap: str, *, name: str) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=name,
        enable_idempotence=True,
        acks="all",
        max_request_size=limits().max_message_bytes,
        linger_ms=0,
        request_timeout_ms=15_000,
        metadata_max_age_ms=_METADATA_MS,
    )
    await _start(producer, name)
    return producer


async def start_consumer(bootstrap: str, *, group: str, names: list[str]) -> AIOKafkaConsumer:
    """Commits are the caller's; a new group starts at the beginning."""
    consumer = AIOKafkaConsumer(
        *names,
        bootstrap_servers=bootstrap,
        group_id=group,
        client_id=group,
        enable_auto_commit=False,
        metadata_max_age_ms=_METADATA_MS,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        auto_offset_reset="earliest",
        fetch_max_bytes=2 * limits().max_message_bytes,
        max_partition_fetch_bytes=limits().max_message_bytes,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        # A member rejoins beside its work, so that nobody waits as long as a batch may take for one that is gone.
        rebalance_timeout_ms=20_000,
        max_poll_interval_ms=600_000,
    )
    await _start(consumer, group)
    return consumer


async def start_reader(bootstrap: str, *, name: str, names: list[str]) -> AIOKafkaConsumer:
    """Reads every partition of the topics for this process alone; commits nothing."""
    reader = AIOKafkaConsumer(
        *names,
        bootstrap_servers=bootstrap,
        client_id=name,
        group_id=None,
        enable_auto_commit=False,
        metadata_max_age_ms=_METADATA_MS,
        fetch_max_wait_ms=_FETCH_WAIT_MS,
        auto_offset_reset="earliest",
        fetch_max_bytes=2 * limits().max_message_bytes,
        max_partition_fetch_bytes=limits().max_message_bytes,
    )
    await _start(reader, name)
    return reader


async def still_behind(reader: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether it has not come to these offsets yet."""
    return any([await reader.position(partition) < end for partition, end in ends.items()])


async def _start(client: AIOKafkaConsumer | AIOKafkaProducer, name: str) -> None:
    """Started, or closed again: a consumer given up half-way stays in its group and keeps partitions that nobody reads."""
    try:
        await client.start()
    except BaseException:
        await close(client, name)
        raise


_closing: set[asyncio.Task[None]] = set()


async def close(client: AIOKafkaConsumer | AIOKafkaProducer, name: str) -> None:
    """Stop a client. One that takes too long goes on closing by itself, so that it leaves its group in the end."""
    closing = asyncio.create_task(_stop(client, name))
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)
    await asyncio.wait({closing}, timeout=_CLOSE_SECONDS)
    if not closing.done():
        log.get().warning("kafka_client_closes_late", name=name)


async def _stop(client: AIOKafkaConsumer | AIOKafkaProducer, name: str) -> None:
    try:
        await client.stop()
    except asyncio.CancelledError:
        # aiokafka lets out the cancellation of a fetch of its own that had not begun. It has left the group by then.
        await client._client.close()
    except KafkaError as error:
        log.get().warning("kafka_client_closes_badly", name=name, error_type=type(error).__name__)
