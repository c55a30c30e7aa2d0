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
from contracts.events.entry import (
    AttemptStarted,
    DocumentAdopted,
    DocumentProgressed,
    DocumentSaved,
    DocumentVersion,
    ReceiptsRequested,
)
from customs.documents.gathering import NAMES_BILLS
from customs.documents.life import Purpose
from services.query.kind_facts import kept_fields, past_approval
from services.query.projections import changes
from services.query.projections.of_documents import DOCUMENT_EVENTS, working_copy
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
        "system": "text",
        "round_no": "int",
        "round_purpose": "text",
        "round_state": "text",
        "review": "text",
        "attachments": "int",
        "updated_at": "timestamptz",
    },
    "content_version": {"listed": "jsonb", "lines": "int", "linked": "jsonb"},
    "created_version": {"created_at": "timestamptz"},
    "declared_version": {"attempt_no": "int", "declared_at": "timestamptz"},
    "standing_version": {"deadline_at": "timestamptz", "needs_operator": "boolean", "notes": "jsonb"},
    "told_version": {"authority": "jsonb"},
    "since_version": {"state_since": "timestamptz"},
    "approved_version": {"approved_at": "timestamptz"},
}
_IDENTITY = {"document_id": "uuid", "tenant_id": "uuid", "kind": "text", "enterprise_id": "uuid"}
_LISTS_OF_TEXT = ("notes", "linked")
_EMPTY: Row = {
    "listed": {},
    "lines": 0,
    "linked": [],
    "created_at": None,
    "attempt_no": 0,
    "declared_at": None,
    "deadline_at": None,
    "needs_operator": False,
    "notes": [],
    "authority": {},
    "state_since": None,
    "approved_at": None,
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
        before = await changes.standing(connection, list(rows))
        ordered = [rows[document_id] for document_id in sorted(rows)]
        columns = {name: [row[name] for row in ordered] for name in _COLUMNS}
        for name in _LISTS_OF_TEXT:
            columns[name] = [{"all": texts} for texts in columns[name]]
        await connection.execute(_UPSERT, *columns.values())
        await changes.tell(connection, events, before)


def _identity(event: DocumentVersion) -> Row:
    return {name: getattr(event, name) for name in _IDENTITY}


def _told(event: DocumentVersion) -> dict[str, Row]:
    """What the event says, by group."""
    told: dict[str, Row] = {"version": _standing_of(event)}
    content = working_copy(event)
    if content is not None:
        told["content_version"] = _content(event.kind, content)
    if isinstance(event, DocumentSaved | DocumentAdopted):
        told["created_version"] = {"created_at": event.created_at}
    # Asking for receipts again declares nothing and leaves everything as it stands.
    if isinstance(event, AttemptStarted) and not isinstance(event, ReceiptsRequested):
        told["declared_version"] = {"attempt_no": event.attempt_no, "declared_at": event.occurred_at}
        told["standing_version"] = {
            "deadline_at": event.deadline_at,
            "needs_operator": False,
            "notes": [],
        }
        if event.purpose == Purpose.FILING.value:
            told["told_version"] = {"authority": {}}
            told["since_version"] = {"state_since": event.occurred_at}
    if isinstance(event, DocumentProgressed):
        told["standing_version"] = {
            "deadline_at": event.deadline_at,
            "needs_operator": event.needs_operator,
            "notes": event.notes,
        }
        told["told_version"] = {"authority": event.authority}
        told.update(_moved(event))
    return told


def _standing_of(event: DocumentVersion) -> Row:
    under_way = event.open_round
    return {
        "team_id": event.team_id,
        "client_id": event.client_id,
        "internal_no": event.internal_no,
        "state": event.state,
        **event.numbers.model_dump(),
        "system": event.system,
        "round_no": under_way and under_way.round_no,
        "round_purpose": under_way and under_way.purpose,
        "round_state": under_way and under_way.state,
        "review": event.review and event.review.status,
        "attachments": event.attachments,
        "updated_at": event.occurred_at,
    }


def _moved(event: DocumentProgressed) -> dict[str, Row]:
    """When the document came to its state, and when it came past the approval, by the authority's clock if it told."""
    if event.state == event.previous_state:
        return {}
    at = event.fact.authority_at or event.occurred_at
    moved: dict[str, Row] = {"since_version": {"state_since": at}}
    approved = past_approval(event.kind)
    if event.state in approved and event.previous_state not in approved:
        moved["approved_version"] = {"approved_at": at}
    return moved


def _content(kind: str, document: Mapping[str, Any]) -> Row:
    head = document.get("head") or {}
    goods = document.get("goods")
    listed = {name: head[name] for name in kept_fields(kind) if name in head}
    lines = len(goods) if isinstance(goods, list) else 0
    return {"listed": listed, "lines": lines, "linked": _linked(kind, document)}


def _linked(kind: str, document: Mapping[str, Any]) -> list[str]:
    """Numbers of the 出入库单 that the document takes in."""
    if kind not in NAMES_BILLS:
        return []
    section, field = NAMES_BILLS[kind]
    rows = document.get(section) or []
    named = {row.get(field) for row in rows if isinstance(row, Mapping)}
    return sorted(number for number in named if isinstance(number, str) and number)


_COLUMNS: dict[str, str] = {
    **_IDENTITY,
    **{name: kind for version, group in _GROUPS.items() for name, kind in {version: "int", **group}.items()},
}
# A list of lists would travel as an array of two dimensions, so each row's list is an object.
_VALUES = [
    f"ARRAY(SELECT jsonb_array_elements_text(given.{name} -> 'all'))"
    if name in _LISTS_OF_TEXT
    else f"given.{name}"
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

VIEW = View(name="documents", topics=("entry-events",), handles=DOCUMENT_EVENTS, apply=apply)
