"""What the live stream tells, for a day: one row per version of a document, written in the transaction that changes the list,
and one per notice about a batch, a print job or a file of an InBox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import DocumentVersion
from contracts.events.work import BatchMoved, OrderMoved, PrintJobMoved, ReceiptFileMoved, WorkMoved

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
WORK: Mapping[str, str] = MappingProxyType(
    {BatchMoved.type: "batch", PrintJobMoved.type: "print_job", ReceiptFileMoved.type: "receipt"}
)
"""Event types of work, and what the stream calls it."""
WORK_TOPICS = ("entry-events", "print-events", "receipts-events")
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
_WORK = {
    **{name: kind for name, kind in _COLUMNS.items() if name not in ("team_id", "client_id")},
    "moved": "boolean",
    "work": "boolean",
    "owner_id": "text",
    "done": "int",
    "total": "int",
}


def _insert(given: Mapping[str, str]) -> str:
    return (
        f"INSERT INTO changes ({', '.join(given)}) "  # noqa: S608 - our own column names
        f"SELECT {', '.join(f'given.{name}' for name in given)} FROM unnest("
        + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(given.values(), 1))
        + f") WITH ORDINALITY AS given ({', '.join(given)}, place) "
        "LEFT JOIN changes_swept AS swept ON swept.tenant_id = given.tenant_id "
        "WHERE swept.tenant_id IS NULL OR given.occurred_at > swept.occurred_at "
        "ORDER BY given.place ON CONFLICT (document_id, version) DO NOTHING"
    )


_INSERT, _INSERT_WORK = _insert(_GIVEN), _insert(_WORK)


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
    await _announce(connection, {event.tenant_id for event, _ in found})
    await connection.execute(
        _INSERT,
        *([getattr(event, name) for event, _ in found] for name in _COLUMNS),
        [event.numbers.customs_no for event, _ in found],
        [moved for _, moved in found],
    )


async def tell_work(connection: Connection, events: Sequence[Received]) -> None:
    """Keep what moved beside documents. Of a version that comes again the first stays."""
    since = datetime.now(UTC) - KEPT
    found = [each.event for each in events if isinstance(each.event, WorkMoved)]
    found = [event for event in found if event.occurred_at > since]
    if not found:
        return
    await _announce(connection, {event.tenant_id for event in found})
    columns = [_work_row(event) for event in found]
    await connection.execute(_INSERT_WORK, *([row[name] for row in columns] for name in _WORK))


def _work_row(event: WorkMoved) -> dict[str, object]:
    return {
        "tenant_id": event.tenant_id,
        "document_id": event.work_id,
        "version": event.version,
        "kind": WORK[event.type],
        "enterprise_id": event.enterprise_id if isinstance(event, ReceiptFileMoved) else None,
        "internal_no": "",
        "state": event.state,
        "occurred_at": event.occurred_at,
        "moved": True,
        "work": True,
        "owner_id": event.owner_id if isinstance(event, OrderMoved) else None,
        "done": event.done,
        "total": event.total,
    }


async def _announce(connection: Connection, tenants: set[UUID]) -> None:
    """Lock the numbering until the commit, which then wakes the streams of these tenants."""
    named = ",".join(sorted(map(str, tenants))) if len(tenants) <= _MOST_NAMED else ""
    await connection.execute(_LOCK, NUMBERING_LOCK, named)
