"""Kafka in: a signed message is recorded as a delivery and queued in the lane of its mailbox; acknowledgements are noted."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

from backbone import jobs, trace
from backbone.cloudevents import Received
from backbone.consume import DeadLetter, Handler
from backbone.postgres import Connection
from contracts.events.identity import AccessRevoked, EnterpriseRegistered
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned
from customs import singlewindow
from services.submission import store
from services.submission.commands import QUEUE
from services.submission.domain import Delivery, NotDeliverable, State, stem_of
from services.submission.sites import rows as site_rows

GROUP = "submission"
TOPICS = ("signer-events", "receipts-events", "identity-events")


async def intend(connection: Connection, received: Received) -> None:
    """The row is there before any folder is touched."""
    signed = received.event
    assert isinstance(signed, DocumentSigned)
    message = signed.message.encode()
    if hashlib.sha256(message).hexdigest() != signed.sha256:
        raise DeadLetter("the message is not the one that was signed: its SHA-256 differs")
    try:
        stem = stem_of(signed.message_type, signed.attempt_id, 1)
    except NotDeliverable as error:
        raise DeadLetter(str(error)) from error
    parcel = await asyncio.to_thread(singlewindow.pack, stem, message)
    delivery = Delivery(
        attempt_id=signed.attempt_id,
        try_no=1,
        tenant_id=signed.tenant_id,
        document_id=signed.document_id,
        kind=signed.kind,
        enterprise_id=signed.enterprise_id,
        internal_no=signed.internal_no,
        attempt_no=signed.attempt_no,
        mailbox=signed.route.mailbox,
        message_type=signed.message_type,
        message_id=signed.message_id,
        stem=stem,
        sha256=hashlib.sha256(parcel).hexdigest(),
        message_sha256=signed.sha256,
        state=State.INTENDED,
        acknowledged_at=None,
        missing_since=None,
        traceparent=trace.current.get(),
    )
    if await store.intend(connection, delivery, parcel):
        await jobs.enqueue(
            connection,
            queue=QUEUE,
            lane=delivery.mailbox,
            dedupe_key=delivery.key,
            tenant_id=delivery.tenant_id,
        )


async def note_acknowledgement(connection: Connection, received: Received) -> None:
    receipt = received.event
    assert isinstance(receipt, ReceiptReceived)
    if receipt.attempt_id is not None:
        await store.acknowledge(connection, receipt.attempt_id, receipt.received_at)


async def know_mailbox(connection: Connection, received: Received) -> None:
    """A mailbox stays known when its enterprise moves to another: what was on its way goes on."""
    event = received.event
    assert isinstance(event, EnterpriseRegistered)
    await site_rows.know(connection, event)


async def miss_files(connection: Connection, received: Received) -> None:
    """What a revoked agent of a site has cannot be told any more. Of people and programs there are no files."""
    revoked = received.event
    assert isinstance(revoked, AccessRevoked)
    if revoked.scope == "holder" and revoked.reason == "suspended":
        await site_rows.lose(connection, revoked.id)


_HANDLERS: Mapping[str, Handler] = {
    DocumentSigned.type: intend,
    ReceiptReceived.type: note_acknowledgement,
    AccessRevoked.type: miss_files,
    EnterpriseRegistered.type: know_mailbox,
}
HANDLES: frozenset[str] = frozenset(_HANDLERS)


def handlers() -> Mapping[str, Handler]:
    return _HANDLERS
