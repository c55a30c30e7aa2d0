"""View `contents`: whole documents of the kinds that are made from one another, for counting what is left of them.

Part 0 of a document is its working copy with the number of the approved attempt; part n is what attempt n sent, as it is
valid once approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from backbone import compress
from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import DocumentAdopted, DocumentProgressed, DocumentVersion
from customs.documents import KINDS
from customs.documents.changing import without_removed
from services.query.kind_facts import makings, past_approval
from services.query.projections.of_documents import DOCUMENT_EVENTS, snapshot, working_copy
from services.query.projections.view import View

COLUMNS = {
    "document_id": "uuid",
    "part": "int",
    "tenant_id": "uuid",
    "version": "int",
    "content": "bytea",
    "approved_version": "int",
    "approved_attempt_no": "int",
}
_UPSERT = (
    f"INSERT INTO contents AS c ({', '.join(COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our own column names
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(COLUMNS.values(), 1))
    + ") ON CONFLICT (document_id, part) DO UPDATE SET "
    + ", ".join(
        f"{name} = CASE WHEN excluded.{version} > c.{version} THEN excluded.{name} ELSE c.{name} END"
        for version, name in (
            ("version", "version"),
            ("version", "content"),
            ("approved_version", "approved_version"),
            ("approved_version", "approved_attempt_no"),
        )
    )
    + " WHERE excluded.version > c.version OR excluded.approved_version > c.approved_version"
)
KEPT_KINDS = frozenset(name for making in makings() for name in (making.source, making.target.name))
"""Kinds that are made from one another; of others the view has nothing."""
Row = dict[str, Any]


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """Merge the batch to one row a part, then write them in one statement."""
    rows: dict[tuple[UUID, int], Row] = {}
    for received in events:
        event = received.event
        if isinstance(event, DocumentVersion) and event.kind in KEPT_KINDS:
            _merge(rows, event)
    if not rows:
        return
    ordered = [rows[key] for key in sorted(rows)]
    for row in ordered:
        if row["content"] is not None:
            row["content"] = compress.pack(orjson.dumps(row["content"]))
    await connection.execute(_UPSERT, *([row[name] for row in ordered] for name in COLUMNS))


def _merge(rows: dict[tuple[UUID, int], Row], event: DocumentVersion) -> None:
    def row(part: int) -> Row:
        empty = {
            "document_id": event.document_id,
            "part": part,
            "tenant_id": event.tenant_id,
            "version": 0,
            "content": None,
            "approved_version": 0,
            "approved_attempt_no": None,
        }
        return rows.setdefault((event.document_id, part), empty)

    document, sent, approved = working_copy(event), snapshot(event), _approved(event)
    if document is not None and event.version > row(0)["version"]:
        row(0).update(version=event.version, content=document)
    if sent is not None:
        attempt_no, content = sent
        if event.version > row(attempt_no)["version"]:
            valid = without_removed(KINDS[event.kind], content)
            row(attempt_no).update(version=event.version, content=valid)
    if approved is not None and event.version > row(0)["approved_version"]:
        row(0).update(approved_version=event.version, approved_attempt_no=approved[0])


def _approved(event: DocumentVersion) -> tuple[int | None] | None:
    """The number of the approved attempt, of which there may be none; None where the event does not speak of it."""
    past = event.state in past_approval(event.kind)
    if isinstance(event, DocumentAdopted):
        return (1,) if past else None
    if not isinstance(event, DocumentProgressed):
        return None
    if "approved_attempt_no" in event.model_fields_set:
        return (event.approved_attempt_no,)
    # Events of before: outside of a round the last attempt is the one that was approved.
    return (event.attempt_no,) if past and event.open_round is None and event.attempt_no else None


VIEW = View(name="contents", topics=("entry-events",), handles=DOCUMENT_EVENTS, apply=apply)
