"""What the live stream tells, written in the transaction that changes the list: one row per version of a document, for a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import DocumentVersion

KEPT = timedelta(hours=24)
CHANNEL = "query_changes"
NUMBERING_LOCK = 7206117
_MOST_NAMED = 200
"""Tenants that fit into a notification; of more it names none, which means all."""

# A process that hangs between here and its commit would hold up everybody, so it loses its transaction.
_LOCK = (
    "SELECT pg_advisory_xact_lock($1), set_config('idle_in_transaction_session_timeout', '10s', true), "
    f"pg_notify('{CHANNEL}', $2)"
)
_COLUMNS = {
    "tenant_id": "uuid",
    "document_id": "uuid",
    "version": "int",
    "kind": "text",
    "enterprise_id": "uuid",
    "team_id": "uuid",
    "client_id": "uuid",
    "internal_no": "text",
    "state": "text",
    "occurred_at": "timestamptz",
}
_GIVEN = {**_COLUMNS, "customs_no": "text", "moved": "boolean"}
_INSERT = (
    f"INSERT INTO changes ({', '.join(_GIVEN)}) "  # noqa: S608 - our own column names
    f"SELECT {', '.join(f'given.{name}' for name in _GIVEN)} FROM unnest("
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_GIVEN.values(), 1))
    + f") WITH ORDINALITY AS given ({', '.join(_GIVEN)}, place) "
    "LEFT JOIN changes_swept AS swept ON swept.tenant_id = given.tenant_id "
    "WHERE swept.tenant_id IS NULL OR given.occurred_at > swept.occurred_at "
    "ORDER BY given.place ON CONFLICT (document_id, version) DO NOTHING"
)


class Stood(NamedTuple):
    """Where a document stood before a batch."""

    version: int
    state: str


async def standing(connection: Connection, documents: Sequence[UUID]) -> dict[UUID, Stood]:
    """As the list has them now."""
    rows = await connection.fetch(
        "SELECT document_id, version, state FROM documents WHERE document_id = ANY($1)", documents
    )
    return {row["document_id"]: Stood(row["version"], row["state"]) for row in rows}


async def tell(connection: Connection, events: Sequence[Received], before: Mapping[UUID, Stood]) -> None:
    """Keep what raised a document above where it stood. The last statements of a transaction, for the lock they take.

    What was told stays told when the list is built again: the same version of a document is never written twice, and
    what is older than KEPT is not written at all.
    """
    since = datetime.now(UTC) - KEPT
    stood = dict(before)
    found: list[tuple[DocumentVersion, bool]] = []
    for received in events:
        event = received.event
        if not isinstance(event, DocumentVersion):
            continue
        last = stood.get(event.document_id)
        if last is not None and event.version <= last.version:
            continue
        stood[event.document_id] = Stood(event.version, event.state)
        if event.occurred_at > since:
            found.append((event, last is None or last.state != event.state))
    if not found:
        return
    tenants = sorted({str(event.tenant_id) for event, _ in found})
    named = ",".join(tenants) if len(tenants) <= _MOST_NAMED else ""
    await connection.execute(_LOCK, NUMBERING_LOCK, named)
    await connection.execute(
        _INSERT,
        *([getattr(event, name) for event, _ in found] for name in _COLUMNS),
        [event.numbers.customs_no for event, _ in found],
        [moved for _, moved in found],
    )
