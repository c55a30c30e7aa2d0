"""Events put on Kafka as their writer's relay would put them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from backbone import cloudevents, compress, kafka
from backbone.ids import new_id
from contracts.events import Event


async def publish(bootstrap: str, service: str, events: Sequence[Event], *, tenant_id: UUID) -> None:
    """In the given order, with new event ids."""
    producer = await kafka.start_producer(bootstrap, name="test")
    try:
        for event in events:
            body = event.model_dump_json(exclude_none=True).encode()
            compressed = len(body) > kafka.limits().compress_above_bytes
            await producer.send_and_wait(
                kafka.topic_of(service).name,
                key=event.key.encode(),
                value=compress.pack(body) if compressed else body,
                headers=cloudevents.headers(
                    event_id=new_id(),
                    source=service,
                    type=type(event).type,
                    time=datetime.now(UTC),
                    subject=event.key,
                    tenant_id=tenant_id,
                    traceparent=None,
                    compressed=compressed,
                ),
            )
    finally:
        await producer.stop()
