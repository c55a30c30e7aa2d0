"""View `searchable`: one row a document with the text it is found by, written only when that text changes.

Numbers of the authority are collected from all events, the content is that of the newest version, so neither order nor
repetition of events matters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import DocumentVersion
from contracts.events.event import JsonObject
from services.query.projections.of_documents import DOCUMENT_EVENTS, working_copy
from services.query.projections.view import View
from services.query.search_text import Text, folded, grams, text_of

COLUMNS = {
    "document_id": "uuid",
    "tenant_id": "uuid",
    "kind": "text",
    "numbers": "jsonb",
    "number_grams": "jsonb",
    "content_version": "int",
    "digest": "bytea",
    "content": "text",
    "content_grams": "jsonb",
    "cut": "boolean",
}
_GIVEN = ", ".join(COLUMNS)
# Lists of lists would travel as arrays of two dimensions.
_VALUES = {
    "numbers": "ARRAY(SELECT jsonb_array_elements_text(given.numbers -> 'all'))",
    "number_grams": "ARRAY(SELECT jsonb_array_elements(given.number_grams -> 'all')::int)",
    "content_grams": "ARRAY(SELECT jsonb_array_elements(given.content_grams -> 'all')::int)",
}
_KEPT = ("document_id", "tenant_id", "kind")
_UPSERT = (
    f"INSERT INTO searchable AS s ({_GIVEN}) SELECT "  # noqa: S608 - our own column names
    + ", ".join(_VALUES.get(name, f"given.{name}") for name in COLUMNS)
    + " FROM unnest("
    + ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(COLUMNS.values(), 1))
    + f") AS given ({_GIVEN}) ON CONFLICT (document_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in _KEPT)
)
_NUMBERED = """
UPDATE searchable AS s SET numbers = ARRAY(SELECT jsonb_array_elements_text(given.numbers -> 'all')),
  number_grams = ARRAY(SELECT jsonb_array_elements(given.grams -> 'all')::int)
FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[]) AS given (document_id, numbers, grams)
WHERE s.document_id = given.document_id
"""
_SAME_TEXT = """
UPDATE searchable AS s SET content_version = given.version
FROM unnest($1::uuid[], $2::int[]) AS given (document_id, version) WHERE s.document_id = given.document_id
"""
_NO_CONTENT = Text("", cut=False)


@dataclass
class _Told:
    """What a batch says of one document."""

    tenant_id: UUID
    kind: str
    version: int = 0
    document: JsonObject = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """At most three statements, of rows that change."""
    told = _merged(received.event for received in events)
    known = {
        row["document_id"]: row
        for row in await connection.fetch(
            "SELECT document_id, content_version, digest, numbers FROM searchable WHERE document_id = ANY($1) "
            "ORDER BY document_id FOR UPDATE",
            sorted(told),
        )
    }
    written: list[tuple[object, ...]] = []
    numbered: list[tuple[object, ...]] = []
    same: list[tuple[object, ...]] = []
    for document_id in sorted(told):
        each, row = told[document_id], known.get(document_id)
        numbers = sorted(each.numbers.union(row["numbers"] if row else ()))
        newer = each.version > (row["content_version"] if row else 0)
        text = text_of(each.kind, each.document) if newer else _NO_CONTENT
        digest = digest_of(text)
        changed = row is None or (newer and row["digest"] != digest)
        if changed:
            written.append(values(document_id, each.tenant_id, each.kind, numbers, each.version, text))
        elif newer:
            same.append((document_id, each.version))
        if not changed and row is not None and numbers != row["numbers"]:
            pairs = grams(each.tenant_id, each.kind, "\n".join(numbers))
            numbered.append((document_id, {"all": numbers}, {"all": pairs}))
    for statement, rows in ((_UPSERT, written), (_NUMBERED, numbered), (_SAME_TEXT, same)):
        if rows:
            await connection.execute(statement, *map(list, zip(*rows, strict=True)))


def values(
    document_id: UUID, tenant_id: UUID, kind: str, numbers: Sequence[str], version: int, text: Text
) -> tuple[object, ...]:
    """A row in the order of COLUMNS; lists as objects of one member `all`."""
    return (
        document_id,
        tenant_id,
        kind,
        {"all": list(numbers)},
        {"all": grams(tenant_id, kind, "\n".join(numbers))},
        version,
        digest_of(text),
        text.text,
        {"all": grams(tenant_id, kind, text.text)},
        text.cut,
    )


def digest_of(text: Text) -> bytes:
    """What tells two texts apart."""
    return hashlib.blake2b(f"{text.cut}\n{text.text}".encode(), digest_size=16).digest()


def _merged(events: Iterable[object]) -> dict[UUID, _Told]:
    told: dict[UUID, _Told] = {}
    for event in events:
        if not isinstance(event, DocumentVersion):
            continue
        each = told.setdefault(event.document_id, _Told(event.tenant_id, event.kind))
        numbers = (event.numbers.seq_no, event.numbers.customs_no, event.numbers.entry_seq_no)
        each.numbers.update(folded(number) for number in numbers if number)
        document = working_copy(event)
        if document is not None and event.version > each.version:
            each.version, each.document = event.version, document
    return told


VIEW = View(name="searchable", topics=("entry-events",), handles=DOCUMENT_EVENTS, apply=apply)
