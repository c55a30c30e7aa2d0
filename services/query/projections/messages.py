"""View `messages`: the text of every upload as released, and of every receipt as it came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backbone import compress
from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned
from services.query.projections.view import View

_COLUMNS = {
    "id": "uuid",
    "tenant_id": "uuid",
    "document_id": "uuid",
    "direction": "text",
    "message_type": "text",
    "message_id": "text",
    "attempt_no": "int",
    "file_name": "text",
    "code": "text",
    "outcome": "text",
    "recorded_at": "timestamptz",
    "authority_at": "timestamptz",
    "sha256": "text",
    "bytes": "int",
    "content": "bytea",
}
_INSERT = (
    f"INSERT INTO messages ({', '.join(_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our own column names
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_COLUMNS.values(), 1))
    + ") ON CONFLICT (id) DO NOTHING"
)


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """A message never changes: one that is there already stays."""
    rows = [row for received in events if (row := _row(received.event)) is not None]
    if rows:
        await connection.execute(_INSERT, *([row.get(name) for row in rows] for name in _COLUMNS))


def _row(event: object) -> dict[str, Any] | None:
    if isinstance(event, DocumentSigned):
        return {
            "id": event.attempt_id,
            "tenant_id": event.tenant_id,
            "document_id": event.document_id,
            "direction": "upload",
            "message_type": event.message_type,
            "message_id": event.message_id,
            "attempt_no": event.attempt_no,
            "recorded_at": event.signed_at,
            "sha256": event.sha256,
            **_content(event.message),
        }
    if isinstance(event, ReceiptReceived):
        return {
            "id": event.raw_id,
            "tenant_id": event.tenant_id,
            "document_id": event.document_id,
            "direction": "receipt",
            "message_type": event.message_type,
            "message_id": event.message_id,
            "file_name": event.file_name,
            "code": event.code,
            "outcome": event.outcome,
            "recorded_at": event.received_at,
            "authority_at": event.authority_at,
            "sha256": event.raw_sha256,
            **_content(event.raw),
        }
    return None


def _content(text: str) -> dict[str, Any]:
    data = text.encode()
    return {"bytes": len(data), "content": compress.pack(data)}


VIEW = View(
    name="messages",
    topics=("signer-events", "receipts-events"),
    handles=frozenset({DocumentSigned.type, ReceiptReceived.type}),
    apply=apply,
)
