"""View `relations`: which document names which, as its working copy tells it, and what it is a copy of.

What each attempt sent is kept besides (places from OF_AN_ATTEMPT on): while a change is under way the approved version still
holds what the working copy may have let go. The row of place 0 stands for the document itself, with the version its rows are from; under it other documents find it by
its handle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import DocumentSaved, DocumentVersion
from customs.documents import KINDS, Kind
from services.query.projections.of_documents import DOCUMENT_EVENTS, snapshot, working_copy
from services.query.projections.view import View

COLUMNS = {
    "document_id": "uuid",
    "place": "int",
    "tenant_id": "uuid",
    "version": "int",
    "kind": "text",
    "relation": "text",
    "to_kind": "text",
    "to_number": "text",
    "copied_from": "uuid",
}
_INSERT = (
    f"INSERT INTO relations ({', '.join(COLUMNS)}) SELECT * FROM unnest("  # noqa: S608 - our own column names
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(COLUMNS.values(), 1))
    + ")"
)
_KEEP = f"{_INSERT} ON CONFLICT DO NOTHING"
OF_AN_ATTEMPT = 100_000
"""Places of attempt n begin at n times this; a document names fewer others than this."""
Row = tuple[object, ...]


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """The rows of a document are replaced by those of its newest content."""
    await _keep_sent(connection, events)
    newest: dict[UUID, DocumentVersion] = {}
    copies: dict[UUID, UUID] = {}
    for received in events:
        event = received.event
        if not isinstance(event, DocumentVersion) or working_copy(event) is None:
            continue
        if isinstance(event, DocumentSaved) and event.copied_from is not None:
            copies[event.document_id] = event.copied_from
        if event.document_id not in newest or event.version > newest[event.document_id].version:
            newest[event.document_id] = event
    known = {
        row["document_id"]: row
        for row in await connection.fetch(
            "SELECT document_id, version, copied_from FROM relations WHERE place = 0 AND document_id = ANY($1) "
            "ORDER BY document_id FOR UPDATE",
            sorted(newest),
        )
    }
    written: list[Row] = []
    replaced: list[UUID] = []
    for document_id in sorted(newest):
        event, row = newest[document_id], known.get(document_id)
        copied_from = copies.get(document_id) or (row["copied_from"] if row else None)
        if row is None or event.version > row["version"]:
            replaced.append(document_id)
            document = working_copy(event) or {}
            written += rows_of(
                document_id, event.tenant_id, event.version, KINDS[event.kind], document, copied_from
            )
        elif copied_from != row["copied_from"]:
            await connection.execute(
                "UPDATE relations SET copied_from = $2 WHERE document_id = $1 AND place = 0",
                document_id,
                copied_from,
            )
    if replaced:
        await connection.execute(
            "DELETE FROM relations WHERE document_id = ANY($1) AND place < $2", replaced, OF_AN_ATTEMPT
        )
        await connection.execute(_INSERT, *map(list, zip(*written, strict=True)))


async def _keep_sent(connection: Connection, events: Sequence[Received]) -> None:
    rows: list[Row] = []
    for received in events:
        event = received.event
        if isinstance(event, DocumentVersion) and (sent := snapshot(event)) is not None:
            attempt_no, document = sent
            found = rows_of(event.document_id, event.tenant_id, 0, KINDS[event.kind], document, None)
            rows += [
                (row[0], OF_AN_ATTEMPT * attempt_no + place, *row[2:])
                for place, row in enumerate(found)
                if place
            ]
    if rows:
        await connection.execute(_KEEP, *map(list, zip(*rows, strict=True)))


def rows_of(
    document_id: UUID,
    tenant_id: UUID,
    version: int,
    kind: Kind,
    document: Mapping[str, Any],
    copied_from: UUID | None,
) -> list[Row]:
    """Rows in the order of COLUMNS; a document that is named twice in the same way has one row."""
    whole: dict[str, Any] = {
        part.name: document.get(part.name) or ([] if part.many else {}) for part in kind.sections
    }
    handle = whole["head"].get(kind.handle) if kind.handle else None
    found: list[Row] = [(document_id, 0, tenant_id, version, kind.name, "", kind.name, handle, copied_from)]
    leans = kind.leaning.leans(whole) if kind.leaning else ()
    named = dict.fromkeys((lean.relation, lean.kind, lean.number) for lean in leans if lean.number)
    for place, (relation, to_kind, number) in enumerate(named, 1):
        found.append((document_id, place, tenant_id, version, kind.name, relation, to_kind, number, None))
    return found


VIEW = View(name="relations", topics=("entry-events",), handles=DOCUMENT_EVENTS, apply=apply)
