"""Kafka in: every attempt becomes a job in the lane of its mailbox, which stands for one card."""

from __future__ import annotations

from backbone import compress, jobs
from backbone.cloudevents import Received
from backbone.consume import Handler
from backbone.postgres import Connection
from contracts.events.entry import AttemptStarted, DocumentDeclared, DocumentStaged, ReceiptsRequested
from services.signer.commands import QUEUE
from services.signer.domain import is_urgent

GROUP = "signer"
TOPICS = ("entry-events",)
HANDLES: frozenset[str] = frozenset({DocumentDeclared.type, DocumentStaged.type, ReceiptsRequested.type})


def handlers() -> dict[str, Handler]:
    return dict.fromkeys(HANDLES, enqueue)


async def enqueue(connection: Connection, received: Received) -> None:
    attempt = received.event
    assert isinstance(attempt, AttemptStarted)
    await jobs.enqueue(
        connection,
        queue=QUEUE,
        lane=attempt.route.mailbox,
        dedupe_key=str(attempt.attempt_id),
        tenant_id=attempt.tenant_id,
        payload=compress.pack(attempt.model_dump_json(exclude_none=True).encode()),
        urgent=is_urgent(attempt),
    )
