"""What receipts learns from others: mailboxes from identity, documents and numbers from entry, stems from submission."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backbone.cloudevents import Received
from backbone.consume import Consumer
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
from services.receipts.matching import News, Taught

TOPICS = ("identity-events", "entry-events", "submission-events")
Learned = Callable[[], None]

_MAILBOXES = """
INSERT INTO mailboxes (mailbox, tenant_id, enterprise_id, recorded_at)
SELECT DISTINCT ON (mailbox) * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[])
  AS m (mailbox, tenant_id, enterprise_id, recorded_at) ORDER BY mailbox, recorded_at DESC
ON CONFLICT (mailbox) DO UPDATE SET tenant_id = excluded.tenant_id, enterprise_id = excluded.enterprise_id,
  recorded_at = excluded.recorded_at
WHERE mailboxes.recorded_at < excluded.recorded_at
"""
_DOCUMENTS = """
INSERT INTO documents (document_id, tenant_id, enterprise_id, kind, internal_no, team_id, client_id, version, deleted,
  state, round_state, seq_no, customs_no, happened_at)
SELECT DISTINCT ON (document_id) * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[],
  $7::uuid[], $8::int[], $9::boolean[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
  AS d (document_id, tenant_id, enterprise_id, kind, internal_no, team_id, client_id, version, deleted,
  state, round_state, seq_no, customs_no, happened_at)
ORDER BY document_id, version DESC
ON CONFLICT (document_id) DO UPDATE SET internal_no = excluded.internal_no, enterprise_id = excluded.enterprise_id,
  team_id = excluded.team_id, client_id = excluded.client_id, version = excluded.version, deleted = excluded.deleted,
  state = excluded.state, round_state = excluded.round_state, seq_no = excluded.seq_no,
  customs_no = excluded.customs_no, happened_at = excluded.happened_at
WHERE documents.version < excluded.version
"""
_DELIVERIES = """
WITH told AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])
  AS t (document_id, tenant_id, enterprise_id, kind, internal_no, stem, attempt_id)
), met AS (
  INSERT INTO documents (document_id, tenant_id, enterprise_id, kind, internal_no, version, deleted)
  SELECT document_id, tenant_id, enterprise_id, kind, internal_no, 0, false FROM told ORDER BY document_id
  ON CONFLICT DO NOTHING
)
INSERT INTO stems (stem, tenant_id, document_id, attempt_id)
SELECT stem, tenant_id, document_id, attempt_id FROM told ORDER BY stem ON CONFLICT DO NOTHING
"""


async def learn(connection: Connection, received: Sequence[Received]) -> None:
    """All that a batch tells; told twice or late it changes nothing, so no event is noted as taken."""
    events = [each.event for each in received]
    await _learn_mailboxes(connection, [each for each in events if isinstance(each, EnterpriseRegistered)])
    documents = [each for each in events if isinstance(each, DocumentVersion)]
    deliveries = [each for each in events if isinstance(each, Delivery)]
    tenants = {each.tenant_id for each in (*documents, *deliveries)}
    if tenants:
        await matching.announce_learning(connection, tenants)
        news = await _learn_documents(connection, documents)
        await matching.wake_unmatched(connection, news + await _learn_deliveries(connection, deliveries))


async def _learn_mailboxes(connection: Connection, events: Sequence[EnterpriseRegistered]) -> None:
    """A mailbox stays known when its enterprise moves to another: late answers still come into the old one."""
    if events:
        await connection.execute(
            _MAILBOXES,
            [each.route.mailbox for each in events],
            [each.tenant_id for each in events],
            [each.enterprise_id for each in events],
            [each.recorded_at for each in events],
        )


async def _learn_documents(connection: Connection, events: Sequence[DocumentVersion]) -> list[News]:
    if not events:
        return []
    rows = [
        (
            each.document_id,
            each.tenant_id,
            each.enterprise_id,
            each.kind,
            each.internal_no,
            each.team_id,
            each.client_id,
            each.version,
            isinstance(each, DocumentDeleted),
            each.state,
            each.open_round.state if each.open_round else None,
            each.numbers.seq_no,
            each.numbers.customs_no,
            each.occurred_at,
        )
        for each in events
    ]
    await connection.execute(_DOCUMENTS, *(list(column) for column in zip(*rows, strict=True)))
    numbers = [Numbers(each.numbers.seq_no, each.numbers.customs_no) for each in events]
    await matching.learn(
        connection,
        [
            Taught(each.tenant_id, each.document_id, each.kind, known)
            for each, known in zip(events, numbers, strict=True)
        ],
    )
    return [_news(each, known) for each, known in zip(events, numbers, strict=True)]


async def _learn_deliveries(connection: Connection, events: Sequence[Delivery]) -> list[News]:
    """Any event about a file tells its stem; the document may be new here when entry's event is still on its way."""
    if not events:
        return []
    await connection.execute(
        _DELIVERIES,
        [each.document_id for each in events],
        [each.tenant_id for each in events],
        [each.enterprise_id for each in events],
        [each.kind for each in events],
        [each.internal_no for each in events],
        [each.stem for each in events],
        [each.attempt_id for each in events],
    )
    return [_news(each, Numbers(), each.stem) for each in events]


def _news(event: DocumentRef, numbers: Numbers, stem: str | None = None) -> News:
    return News(event.tenant_id, numbers, stem, event.enterprise_id, event.internal_no)


HANDLES: frozenset[str] = frozenset(
    each.type
    for each in (
        EnterpriseRegistered,
        DocumentSaved,
        DocumentDeclared,
        DocumentStaged,
        DocumentProgressed,
        DocumentAdopted,
        ReceiptsRequested,
        RoundOpened,
        RoundWithdrawn,
        DocumentDeleted,
        MessageDelivered,
        MessageTaken,
        MessageRefused,
        DeliveryUnknown,
    )
)
"""Event types this service takes."""


def consumer(pool: Pool, bootstrap: str, *learned: Learned) -> Consumer:
    """`learned` are called after every commit."""
    return Consumer(
        group="receipts",
        pool=pool,
        bootstrap=bootstrap,
        topics=TOPICS,
        batch=learn,
        handles=HANDLES,
        after_commit=learned,
    )
