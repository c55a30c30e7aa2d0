"""Rows of entry. A document is one row; its content is JSON in normal form, zstd-compressed by us."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import orjson

from backbone import compress
from backbone.postgres import Connection, Record
from contracts.events.entry import Actor, Numbers, OpenRound, Review
from contracts.events.event import Route
from customs.documents import KINDS, JsonObject, Kind
from customs.documents.life import Purpose
from customs.documents.upcasting import upcast, upcast_text
from services.entry.fold import facts
from services.entry.fold.told import Attempt, Told


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A row of `enterprises`."""

    enterprise_id: UUID
    name: str
    customs_code: str
    uscc: str
    status: str
    route: Route


@dataclass(frozen=True, slots=True)
class Document:
    """A row of `documents`, its content unpacked."""

    document_id: UUID
    tenant_id: UUID
    kind: str
    enterprise_id: UUID
    team_id: UUID | None
    client_id: UUID | None
    internal_no: str
    version: int
    state: str
    round_no: int
    attempt_no: int
    seq_no: str | None
    customs_no: str | None
    entry_seq_no: str | None
    change_count: int
    deadline_at: datetime | None
    needs_operator: bool
    notes: tuple[str, ...]
    authority: Mapping[str, Any]
    catalogue_version: int
    content: bytes
    copied_from: UUID | None
    created_by: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    attachments: int = 0
    system: str = "Z8"
    round_purpose: str | None = None
    """Of the round under way; None: there is none after the filing."""
    round_state: str | None = None
    approved_attempt_no: int | None = None
    review: Mapping[str, Any] | None = None
    edited_by: Mapping[str, str] | None = None
    origin: str = "here"
    handle: str | None = None

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def open_round(self) -> OpenRound | None:
        """The round under way."""
        if self.round_purpose is None or self.round_state is None:
            return None
        return OpenRound.model_validate(
            {"round_no": self.round_no, "purpose": self.round_purpose, "state": self.round_state}
        )

    @property
    def reviewed(self) -> Review | None:
        return None if self.review is None else Review.model_validate(self.review)

    @property
    def content_sha256(self) -> str:
        """Of the working copy, as a review is bound to it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def document(self) -> JsonObject:
        return cast(JsonObject, orjson.loads(self.content))

    @property
    def numbers(self) -> Numbers:
        return Numbers(
            seq_no=self.seq_no,
            customs_no=self.customs_no,
            entry_seq_no=self.entry_seq_no,
            change_count=self.change_count,
        )


def _document(row: Record) -> Document:
    given = {name: row[name] for name in Document.__slots__ if name not in ("content", "notes")}
    kind = KINDS[row["kind"]]
    content = upcast_text(kind, compress.unpack(row["content"]), row["catalogue_version"])
    # What is written again is of today's catalogue.
    given["catalogue_version"] = max(kind.catalogue_version, row["catalogue_version"])
    return Document(content=content, notes=tuple(row["notes"]), **given)


_COLUMNS = ", ".join(Document.__slots__)


async def find(connection: Connection, document_id: UUID, *, lock: bool = False) -> Document | None:
    suffix = " FOR UPDATE" if lock else ""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM documents WHERE document_id = $1{suffix}",  # noqa: S608 - our own column names
        document_id,
    )
    return None if row is None else _document(row)


async def of_ids(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Document]:
    """Those that are there."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM documents WHERE document_id = ANY($1::uuid[])",  # noqa: S608 - our own column names
        list(ids),
    )
    return {row["document_id"]: _document(row) for row in rows}


async def find_by_internal_no(
    connection: Connection, kind: str, enterprise_id: UUID, internal_no: str
) -> Document | None:
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM documents WHERE kind = $1 AND enterprise_id = $2 AND internal_no = $3 "  # noqa: S608
        "AND (state <> 'deleted' OR seq_no IS NOT NULL) FOR UPDATE",
        kind,
        enterprise_id,
        internal_no,
    )
    return None if row is None else _document(row)


async def leaning_on(
    connection: Connection, on_kind: str, numbers: Sequence[str], kind: str, *, without: Sequence[str]
) -> list[tuple[str, Document]]:
    """Documents of a kind that lean, or as drafts may lean, on those of these numbers; oldest first.

    `without`: states that are left out.
    """
    columns = ", ".join(f"d.{name}" for name in Document.__slots__)
    rows = await connection.fetch(
        f"SELECT l.on_no, {columns} FROM leanings l JOIN documents d USING (document_id) "  # noqa: S608 - our own column names
        "WHERE l.on_kind = $1 AND l.on_no = ANY($2::text[]) AND d.kind = $3 AND d.state <> ALL($4::text[]) "
        "ORDER BY d.created_at, d.document_id",
        on_kind,
        list(numbers),
        kind,
        list(without),
    )
    return [(row["on_no"], _document(row)) for row in rows]


async def find_by_seq_no(connection: Connection, kind: str, seq_no: str) -> Document | None:
    """By the authority's 预录入统一编号."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM documents WHERE kind = $1 AND seq_no = $2 LIMIT 1",  # noqa: S608 - our own column names
        kind,
        seq_no,
    )
    return None if row is None else _document(row)


async def insert(connection: Connection, document: Document) -> bool:
    """False when the internal number is taken."""
    return await connection.execute(_INSERT, *_values(document, _STORED)) == "INSERT 0 1"


async def update(connection: Connection, document: Document) -> None:
    """Write every column that may change; the row must be locked. Raises asyncpg.UniqueViolationError for a taken number."""
    await connection.execute(_UPDATE, document.document_id, *_values(document, _CHANGING))


_STORED = (*Document.__slots__, "content_sha256")
_INSERT = (
    f"INSERT INTO documents ({', '.join(_STORED)}) "  # noqa: S608 - our own column names
    f"VALUES ({', '.join(f'${n}' for n in range(1, len(_STORED) + 1))}) ON CONFLICT DO NOTHING"
)
_FIXED = {"document_id", "tenant_id", "kind", "created_at", "created_by", "copied_from", "origin"}
_CHANGING = tuple(name for name in _STORED if name not in _FIXED)
_UPDATE = (
    "UPDATE documents SET "  # noqa: S608 - our own column names
    + ", ".join(f"{name} = ${n}" for n, name in enumerate(_CHANGING, 2))
    + " WHERE document_id = $1"
)


_MOVED = {
    "document_id": "uuid",
    "internal_no": "text",
    "version": "int",
    "state": "text",
    "seq_no": "text",
    "customs_no": "text",
    "entry_seq_no": "text",
    "change_count": "int",
    "deadline_at": "timestamptz",
    "needs_operator": "boolean",
    "authority": "jsonb",
    "updated_at": "timestamptz",
    "round_purpose": "text",
    "round_state": "text",
    "approved_attempt_no": "int",
    "review": "jsonb",
    "handle": "text",
}
"""What a fact may change of a document, but for its notes and its content."""
_MOVE = f"""
UPDATE documents AS d SET {", ".join(f"{name} = n.{name}" for name in _MOVED if name != "document_id")},
  notes = ARRAY(SELECT jsonb_array_elements_text(n.notes -> 'notes')), content = coalesce(n.content, d.content),
  content_sha256 = coalesce(n.content_sha256, d.content_sha256), catalogue_version = coalesce(n.catalogue_version, d.catalogue_version)
FROM unnest({", ".join(f"${at}::{type}[]" for at, type in enumerate([*_MOVED.values(), "jsonb", "bytea", "bytea", "int"], 1))})
AS n ({", ".join(_MOVED)}, notes, content, content_sha256, catalogue_version) WHERE d.document_id = n.document_id
"""  # noqa: S608 - our own column names


async def move(connection: Connection, moved: Sequence[tuple[Document, Document]]) -> None:
    """Write documents as they stand, each given with what the table has of it; the rows must be locked.

    A content that is the same is not written again.
    """
    if not moved:
        return
    rows = [row for _, row in moved]
    new = [row.content != stored.content for stored, row in moved]
    contents = [row.content if is_new else None for row, is_new in zip(rows, new, strict=True)]
    await connection.execute(
        _MOVE,
        *([getattr(row, name) for row in rows] for name in _MOVED),
        # Lists within a list would be an array of more dimensions.
        [{"notes": list(row.notes)} for row in rows],
        [None if content is None else compress.pack(content) for content in contents],
        [None if content is None else hashlib.sha256(content).digest() for content in contents],
        [row.catalogue_version if is_new else None for row, is_new in zip(rows, new, strict=True)],
    )


def _values(document: Document, names: Sequence[str]) -> list[object]:
    values = {name: getattr(document, name) for name in Document.__slots__}
    values["content"] = compress.pack(document.content)
    values["notes"] = list(document.notes)
    values["content_sha256"] = hashlib.sha256(document.content).digest()
    return [values[name] for name in names]


async def enterprises(connection: Connection) -> list[Enterprise]:
    """Those of the tenant of this transaction."""
    rows = await connection.fetch(
        "SELECT enterprise_id, name, customs_code, uscc, status, route FROM enterprises"
    )
    return [Enterprise(**{**row, "route": Route.model_validate(row["route"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class Ordered:
    """An upload as it is ordered; `content` is the snapshot it carries, as JSON."""

    attempt_id: UUID
    purpose: Purpose
    upload: Literal["document", "resend", "adopted"]
    declare_flag: Literal["0", "1"]
    content: bytes
    at: datetime
    by: Actor


async def add_attempt(connection: Connection, document: Document, ordered: Ordered) -> None:
    """Under the attempt number and round the document's row names."""
    await connection.execute(
        "INSERT INTO attempts (attempt_id, tenant_id, document_id, attempt_no, round_no, purpose, upload, declare_flag, "
        "ordered_at, ordered_by, catalogue_version, content, content_sha256) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        ordered.attempt_id,
        document.tenant_id,
        document.document_id,
        document.attempt_no,
        document.round_no,
        ordered.purpose,
        ordered.upload,
        ordered.declare_flag,
        ordered.at,
        ordered.by.model_dump(),
        document.catalogue_version,
        compress.pack(ordered.content),
        hashlib.sha256(ordered.content).digest(),
    )


async def attempts(connection: Connection, document_id: UUID) -> list[Attempt]:
    rows = await connection.fetch(
        "SELECT attempt_no, round_no, declare_flag = '1' AS declares, ordered_at, purpose, "
        "upload = 'resend' AS asks_again FROM attempts WHERE document_id = $1 ORDER BY attempt_no",
        document_id,
    )
    return [Attempt(**{**row, "purpose": Purpose(row["purpose"])}) for row in rows]


async def attempt_list(connection: Connection, document_id: UUID) -> list[Record]:
    """Every attempt without its content, the newest first."""
    return await connection.fetch(
        "SELECT attempt_no, round_no, purpose, upload, declare_flag, ordered_at, ordered_by, "
        "encode(content_sha256, 'hex') AS sha256 FROM attempts WHERE document_id = $1 ORDER BY attempt_no DESC",
        document_id,
    )


async def snapshot(connection: Connection, document_id: UUID, attempt_no: int) -> JsonObject | None:
    """The document as it was ordered in this attempt."""
    row = await connection.fetchrow(
        "SELECT a.content, a.catalogue_version, d.kind FROM attempts AS a JOIN documents AS d USING (document_id) "
        "WHERE a.document_id = $1 AND a.attempt_no = $2",
        document_id,
        attempt_no,
    )
    return None if row is None else stored_document(KINDS[row["kind"]], row)


def stored_document(kind: Kind, row: Record) -> JsonObject:
    """The document in a row with `content` and `catalogue_version`, as today's catalogue has it."""
    document = cast(JsonObject, orjson.loads(compress.unpack(row["content"])))
    return upcast(kind, document, row["catalogue_version"])


async def facts_of(connection: Connection, document_id: UUID) -> Sequence[Told]:
    rows = await connection.fetch("SELECT told FROM facts WHERE document_id = $1", document_id)
    return [facts.restored(row["told"]) for row in rows]
