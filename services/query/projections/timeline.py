"""View `timeline`: one row an event of a document, in the words a clerk reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import (
    AttemptStarted,
    DocumentDeclared,
    DocumentDeleted,
    DocumentProgressed,
    DocumentSaved,
    DocumentStaged,
    DocumentVersion,
)
from services.query.projections.view import View


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """An event that is there already changes nothing."""
    rows = [received.event for received in events if isinstance(received.event, DocumentVersion)]
    if not rows:
        return
    await connection.execute(
        "INSERT INTO timeline (document_id, version, tenant_id, type, state, occurred_at, entry) "
        "SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[]) "
        "ON CONFLICT DO NOTHING",
        [row.document_id for row in rows],
        [row.version for row in rows],
        [row.tenant_id for row in rows],
        [type(row).type for row in rows],
        [row.state for row in rows],
        [row.occurred_at for row in rows],
        [_entry(row) for row in rows],
    )


def _entry(event: DocumentVersion) -> dict[str, Any]:
    if isinstance(event, DocumentSaved):
        text = "复制为新单证" if event.copied_from and event.version == 1 else "保存"
        return {"text": text, "actor": event.saved_by.model_dump()}
    if isinstance(event, AttemptStarted):
        text = "下达申报" if event.declare_flag == "1" else "下达暂存"
        return {
            "text": f"{text}（第{event.attempt_no}次发送）",
            "actor": event.ordered_by.model_dump(),
            "attempt_no": event.attempt_no,
        }
    if isinstance(event, DocumentProgressed):
        return {
            "text": event.fact.text,
            "previous_state": event.previous_state,
            "attempt_no": event.fact.attempt_no,
            "fact": event.fact.model_dump(mode="json"),
            "notes": event.notes,
        }
    if isinstance(event, DocumentDeleted):
        return {"text": "删除草稿", "actor": event.deleted_by.model_dump()}
    return {"text": type(event).type}


VIEW = View(
    name="timeline",
    topics=("entry-events",),
    handles=frozenset(
        event.type
        for event in (DocumentSaved, DocumentDeclared, DocumentStaged, DocumentProgressed, DocumentDeleted)
    ),
    apply=apply,
)
