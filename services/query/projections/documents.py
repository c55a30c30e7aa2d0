"""View `documents`: one row a document, with everything a list shows and can be asked for.

An event fills only the columns it tells. Every group of columns keeps the version it is from, so that events which come
again, or after newer ones, leave the same row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.documents import KINDS
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

Row = dict[str, Any]

# Columns by the group that is written together, each with the column that holds its version and the type of its array.
_GROUPS: Mapping[str, Mapping[str, str]] = {
    "version": {
        "team_id": "uuid",
        "client_id": "uuid",
        "internal_no": "text",
        "state": "text",
        "seq_no": "text",
        "customs_no": "text",
        "entry_seq_no": "text",
        "change_count": "int",
        "updated_at": "timestamptz",
    },
    "content_version": {"listed": "jsonb", "lines": "int"},
    "created_version": {"created_at": "timestamptz"},
    "declared_version": {"attempt_no": "int", "declared_at": "timestamptz"},
    "standing_version": {
        "deadline_at": "timestamptz",
        "needs_operator": "boolean",
        "notes": "jsonb",
        "authority": "jsonb",
    },
}
_IDENTITY = {"document_id": "uuid", "tenant_id": "uuid", "kind": "text", "enterprise_id": "uuid"}
_EMPTY: Row = {
    "listed": {},
    "lines": 0,
    "created_at": None,
    "attempt_no": 0,
    "declared_at": None,
    "deadline_at": None,
    "needs_operator": False,
    "notes": [],
    "authority": {},
    **dict.fromkeys(_GROUPS, 0),
}


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """Merge the batch to one row a document, then write the rows in one statement."""
    rows: dict[UUID, Row] = {}
    for received in events:
        event = received.event
        if isinstance(event, DocumentVersion):
            row = rows.setdefault(event.document_id, {**_EMPTY, **_identity(event)})
            for version, told in _told(event).items():
                if event.version > row[version]:
                    row.update(told, **{version: event.version})
    if rows:
        ordered = [rows[document_id] for document_id in sorted(rows)]
        columns = {name: [row[name] for row in ordered] for name in _COLUMNS}
        columns["notes"] = [{"all": notes} for notes in columns["notes"]]
        await connection.execute(_UPSERT, *columns.values())


def _identity(event: DocumentVersion) -> Row:
    return {name: getattr(event, name) for name in _IDENTITY}


def _told(event: DocumentVersion) -> dict[str, Row]:
    """What the event says, by group."""
    told: dict[str, Row] = {
        "version": {
            "team_id": event.team_id,
            "client_id": event.client_id,
            "internal_no": event.internal_no,
            "state": event.state,
            **event.numbers.model_dump(),
            "updated_at": event.occurred_at,
        }
    }
    if isinstance(event, DocumentSaved | AttemptStarted):
        told["content_version"] = _content(event.kind, event.document)
    if isinstance(event, DocumentSaved):
        told["created_version"] = {"created_at": event.created_at}
    if isinstance(event, AttemptStarted):
        told["declared_version"] = {"attempt_no": event.attempt_no, "declared_at": event.occurred_at}
        told["standing_version"] = {
            "deadline_at": event.deadline_at,
            "needs_operator": False,
            "notes": [],
            "authority": {},
        }
    if isinstance(event, DocumentProgressed):
        told["standing_version"] = {
            "deadline_at": event.deadline_at,
            "needs_operator": event.needs_operator,
            "notes": event.notes,
            "authority": event.authority,
        }
    return told


def _content(kind: str, document: Mapping[str, Any]) -> Row:
    head = document.get("head") or {}
    goods = document.get("goods")
    listed = {name: head[name] for name in KINDS[kind].listed if name in head}
    return {"listed": listed, "lines": len(goods) if isinstance(goods, list) else 0}


_COLUMNS: dict[str, str] = {
    **_IDENTITY,
    **{name: kind for version, group in _GROUPS.items() for name, kind in {version: "int", **group}.items()},
}
# A list of lists would travel as an array of two dimensions, so each row's notes are an object.
_VALUES = [
    f"ARRAY(SELECT jsonb_array_elements_text(given.{name} -> 'all'))" if name == "notes" else f"given.{name}"
    for name in _COLUMNS
]
_CHANGES = [
    f"{name} = CASE WHEN excluded.{version} > d.{version} THEN excluded.{name} ELSE d.{name} END"
    for version, group in _GROUPS.items()
    for name in (version, *group)
]
_NEWER = " OR ".join(f"excluded.{version} > d.{version}" for version in _GROUPS)
_UPSERT = (
    f"INSERT INTO documents AS d ({', '.join(_COLUMNS)}) SELECT {', '.join(_VALUES)} FROM unnest("  # noqa: S608
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_COLUMNS.values(), 1))
    + f") AS given ({', '.join(_COLUMNS)}) "
    f"ON CONFLICT (document_id) DO UPDATE SET {', '.join(_CHANGES)} WHERE {_NEWER}"
)

VIEW = View(
    name="documents",
    topics=("entry-events",),
    handles=frozenset(
        event.type
        for event in (DocumentSaved, DocumentDeclared, DocumentStaged, DocumentProgressed, DocumentDeleted)
    ),
    apply=apply,
)
