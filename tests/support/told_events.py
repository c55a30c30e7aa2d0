"""The events that entry committed, in their order, for feeding them to others."""

from __future__ import annotations

import orjson

from backbone import compress
from contracts.events import EVENT_TYPES, Event
from contracts.events.entry import DocumentVersion
from tests.support.entry_service import Entry


async def told_by(entry: Entry) -> list[Event]:
    """Those about documents of its tenant."""
    rows = await entry.worker_pool.fetch(
        "SELECT type, compressed, body FROM events WHERE tenant_id = $1 ORDER BY seq", entry.tenant_id
    )
    bodies = [compress.unpack(row["body"]) if row["compressed"] else row["body"] for row in rows]
    events = [
        EVENT_TYPES[row["type"]].model_validate(orjson.loads(body))
        for row, body in zip(rows, bodies, strict=True)
    ]
    return [event for event in events if isinstance(event, DocumentVersion)]
