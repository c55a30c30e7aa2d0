"""Events as a consumer takes them, without Kafka: each handled in a transaction of the worker's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from backbone import postgres
from backbone.cloudevents import Received
from backbone.consume import Handler
from backbone.ids import new_id
from backbone.postgres import Pool
from contracts.events import Event


async def tell(pool: Pool, handlers: Mapping[str, Handler], tenant_id: UUID, *events: Event) -> None:
    """In the given order, each under a new event id."""
    for event in events:
        received = Received(
            event=event,
            id=new_id(),
            source="/bondgate/test",
            type=event.type,
            tenant_id=tenant_id,
            time=datetime.now(UTC),
            topic="test",
            partition=0,
            offset=0,
            traceparent=None,
        )
        async with postgres.transaction(pool) as connection:
            await handlers[event.type](connection, received)
