"""CloudEvents 1.0 in Kafka's binary mode: attributes in `ce_` headers, the body is the event's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
from aiokafka import ConsumerRecord
from pydantic import ValidationError

from backbone import compress
from contracts.events import EVENT_TYPES, Event

Headers = list[tuple[str, bytes]]


class Undecodable(Exception):
    """The record is not an event of ours; the text says why."""


class UnknownType(Exception):
    """A well-formed event of a type this release does not know; a newer writer may send it."""


@dataclass(frozen=True)
class Received:
    """One event as a handler sees it. `id` with `source` is the dedupe key."""

    event: Event
    id: UUID
    source: str
    type: str
    tenant_id: UUID
    time: datetime
    topic: str
    partition: int
    offset: int
    traceparent: str | None


def headers(
    *,
    event_id: UUID,
    source: str,
    type: str,
    time: datetime,
    subject: str,
    tenant_id: UUID,
    traceparent: str | None,
    compressed: bool,
) -> Headers:
    pairs = [
        ("ce_specversion", "1.0"),
        ("ce_id", str(event_id)),
        ("ce_source", f"/bondgate/{source}"),
        ("ce_type", type),
        ("ce_time", time.astimezone(UTC).isoformat()),
        ("ce_subject", subject),
        ("ce_tenant", str(tenant_id)),
        ("content-type", "application/json"),
    ]
    if traceparent:
        pairs.append(("traceparent", traceparent))
    if compressed:
        pairs.append(("content-encoding", "zstd"))
    return [(name, value.encode()) for name, value in pairs]


def unpacked_size(record: ConsumerRecord[bytes, bytes]) -> int:
    """Bytes of the body as JSON; a compressed one says so itself."""
    body = record.value or b""
    if ("content-encoding", b"zstd") in record.headers:
        return max(len(body), compress.unpacked_size(body))
    return len(body)


def type_of(record: ConsumerRecord[bytes, bytes]) -> str | None:
    """By its header, nothing else being read; None without one."""
    return next(
        (value.decode("utf-8", "replace") for name, value in record.headers if name == "ce_type" and value),
        None,
    )


def decode(record: ConsumerRecord[bytes, bytes]) -> Received:
    """Raises UnknownType or Undecodable."""
    values = {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
    try:
        event_type = values["ce_type"]
        identity = UUID(values["ce_id"])
        tenant = UUID(values["ce_tenant"])
        time = datetime.fromisoformat(values["ce_time"])
    except (KeyError, ValueError) as error:
        raise Undecodable(f"header missing or malformed: {error}") from error
    if event_type not in EVENT_TYPES:
        raise UnknownType(event_type)
    body = record.value or b""
    try:
        if values.get("content-encoding") == "zstd":
            body = compress.unpack(body)
        event = EVENT_TYPES[event_type].model_validate(orjson.loads(body))
    except (ValidationError, ValueError) as error:
        raise Undecodable(f"body is not {event_type}: {type(error).__name__}") from error
    return Received(
        event=event,
        id=identity,
        source=values.get("ce_source", ""),
        type=event_type,
        tenant_id=tenant,
        time=time,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        traceparent=values.get("traceparent"),
    )
