"""What receipts learns from others: mailboxes from identity, documents and numbers from entry, stems from submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from backbone.cloudevents import Received
from backbone.consume import Consumer, Handler
from backbone.postgres import Connection, Pool
from contracts.events.entry import (
    DocumentAdopted,
    DocumentDeclared,
    DocumentDeleted,
    DocumentProgressed,
    DocumentSaved,
    DocumentStaged,
    DocumentVersion,
    ReceiptsRequested,
    RoundOpened,
    RoundWithdrawn,
)
from contracts.events.event import DocumentRef
from contracts.events.identity import EnterpriseRegistered
from contracts.events.submission import (
    Delivery,
    DeliveryUnknown,
    MessageDelivered,
    MessageRefused,
    MessageTaken,
)
from services.receipts import matching
from services.receipts.domain import Numbers

TOPICS = ("identity-events", "entry-events", "submission-events")
Learned = Callable[[], None]
_NO_NUMBERS = Numbers()

_MAILBOX = """
INSERT INTO mailboxes (mailbox, tenant_id, enterprise_id, recorded_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (mailbox) DO UPDATE SET tenant_id = excluded.tenant_id, enterprise_id = excluded.enterprise_id,
  recorded_at = excluded.recorded_at
WHERE mailboxes.recorded_at < excluded.recorded_at
"""
_DOCUMENT = """
INSERT INTO documents (document_id, tenant_id, enterprise_id, kind, internal_no, team_id, client_id, version, deleted,
  state, round_state, seq_no, customs_no, happened_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (document_id) DO UPDATE SET internal_no = excluded.internal_no, enterprise_id = excluded.enterprise_id,
  team_id = excluded.team_id, client_id = excluded.client_id, version = excluded.version, deleted = excluded.deleted,
  state = excluded.state, round_state = excluded.round_state, seq_no = excluded.seq_no,
  customs_no = excluded.customs_no, happened_at = excluded.happened_at
WHERE documents.version < excluded.version
"""
_DOCUMENT_OF_DELIVERY = """
INSERT INTO documents (document_id, tenant_id, enterprise_id, kind, internal_no, version, deleted)
VALUES ($1, $2, $3, $4, $5, 0, false) ON CONFLICT DO NOTHING
"""
_STEM = """
INSERT INTO stems (stem, tenant_id, document_id, attempt_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""


async def on_enterprise(connection: Connection, received: Received) -> None:
    """A mailbox stays known when its enterprise moves to another: late answers still come into the old one."""
    event = received.event
    assert isinstance(event, EnterpriseRegistered)
    await connection.execute(
        _MAILBOX, event.route.mailbox, event.tenant_id, event.enterprise_id, event.recorded_at
    )


async def on_document(connection: Connection, received: Received) -> None:
    event = received.event
    assert isinstance(event, DocumentVersion)
    await matching.serialise(connection, event.tenant_id, shared=True)
    numbers = Numbers(event.numbers.seq_no, event.numbers.customs_no)
    await connection.execute(
        _DOCUMENT,
        event.document_id,
        event.tenant_id,
        event.enterprise_id,
        event.kind,
        event.internal_no,
        event.team_id,
        event.client_id,
        event.version,
        isinstance(event, DocumentDeleted),
        event.state,
        event.open_round.state if event.open_round else None,
        numbers.seq_no,
        numbers.customs_no,
        event.occurred_at,
    )
    if numbers != Numbers():
        await matching.learn(connection, event.tenant_id, event.document_id, event.kind, numbers)
    await _wake(connection, event, numbers=numbers)


async def on_delivery(connection: Connection, received: Received) -> None:
    """Any event about a file tells its stem; the document may be new here when entry's event is still on its way."""
    event = received.event
    assert isinstance(event, Delivery)
    await matching.serialise(connection, event.tenant_id, shared=True)
    await connection.execute(
        _DOCUMENT_OF_DELIVERY,
        event.document_id,
        event.tenant_id,
        event.enterprise_id,
        event.kind,
        event.internal_no,
    )
    await connection.execute(_STEM, event.stem, event.tenant_id, event.document_id, event.attempt_id)
    await _wake(connection, event, stem=event.stem)


async def _wake(
    connection: Connection, event: DocumentRef, *, stem: str | None = None, numbers: Numbers = _NO_NUMBERS
) -> None:
    await matching.wake_unmatched(
        connection,
        event.tenant_id,
        stem=stem,
        numbers=numbers,
        enterprise_id=event.enterprise_id,
        internal_no=event.internal_no,
    )


_HANDLERS: dict[str, Handler] = {
    EnterpriseRegistered.type: on_enterprise,
    DocumentSaved.type: on_document,
    DocumentDeclared.type: on_document,
    DocumentStaged.type: on_document,
    DocumentProgressed.type: on_document,
    DocumentAdopted.type: on_document,
    ReceiptsRequested.type: on_document,
    RoundOpened.type: on_document,
    RoundWithdrawn.type: on_document,
    DocumentDeleted.type: on_document,
    MessageDelivered.type: on_delivery,
    MessageTaken.type: on_delivery,
    MessageRefused.type: on_delivery,
    DeliveryUnknown.type: on_delivery,
}
HANDLES: frozenset[str] = frozenset(_HANDLERS)
"""Event types this service takes."""


def handlers() -> Mapping[str, Handler]:
    return _HANDLERS


def consumer(pool: Pool, bootstrap: str, *learned: Learned) -> Consumer:
    """`learned` are called after every commit."""
    return Consumer(
        group="receipts",
        pool=pool,
        bootstrap=bootstrap,
        topics=TOPICS,
        handlers=handlers(),
        after_commit=learned,
    )
