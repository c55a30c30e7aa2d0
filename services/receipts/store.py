"""Rows of kept files. Every function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from backbone import compress, jobs, outbox
from backbone.postgres import Connection, Pool, Record
from contracts.events.work import ReceiptFileMoved
from services.receipts.domain import TOLD, Keys
from services.receipts.inbox import Content

QUEUE = "understand"


@dataclass(frozen=True, slots=True)
class Mailbox:
    mailbox: str
    tenant_id: UUID
    enterprise_id: UUID


@dataclass(frozen=True, slots=True)
class RawFile:
    """A kept file. `state` and `tries` as they were when it was read."""

    raw_id: UUID
    tenant_id: UUID
    enterprise_id: UUID
    mailbox: str
    file_name: str
    sha256: str
    arrived_at: datetime
    state: str
    tries: int


@dataclass(frozen=True, slots=True)
class Described:
    """What could be read of a file, for the page and for matching."""

    message_type: str
    message_id: str | None
    keys: Keys
    notes: tuple[str, ...] = ()
    """What was mended before it could be read, as Chinese sentences."""


async def enqueue(connection: Connection, raw: RawFile, reason: str) -> None:
    """Have the file understood (again). `reason` makes the job's key, so that the same wish is one job."""
    await jobs.enqueue(
        connection,
        queue=QUEUE,
        lane=raw.mailbox,
        dedupe_key=f"{raw.raw_id}/{reason}",
        tenant_id=raw.tenant_id,
        payload=str(raw.raw_id).encode(),
    )


async def enqueue_all(connection: Connection, raws: Sequence[RawFile], reason: str) -> None:
    for raw in raws:
        await enqueue(connection, raw, reason)


async def kept_before(
    connection: Connection, mailbox: str, files: Sequence[Content]
) -> tuple[datetime, set[int]]:
    """The time of the transaction, and the positions of those files whose bytes were kept under the same name before."""
    row = await connection.fetchrow(
        "SELECT now() AS at, ARRAY(SELECT f.n FROM unnest($2::text[], $3::text[]) WITH ORDINALITY "
        "AS f (file_name, sha256, n) JOIN raw_files AS r USING (file_name, sha256) WHERE r.mailbox = $1) AS known",
        mailbox,
        [each.found.file_name for each in files],
        [each.sha256 for each in files],
    )
    assert row is not None
    return row["at"], {number - 1 for number in row["known"]}


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of a file at one look. `retry_seconds` until it is looked at again."""

    state: str
    document_id: UUID | None = None
    receipt_id: UUID | None = None
    reason_code: str | None = None
    reason: str | None = None
    retry_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to keep. `place` is where it will go, relative to the mailbox: a large one is found there wherever the move stops."""

    raw: RawFile
    size: int
    place: str
    content: bytes | None
    """Packed; None for one above the bound."""
    standing: Standing
    read: Described | None
    message_type: str | None = None
    """Of one that could not be read, as far as it names one."""


_KEEP = """
WITH kept AS (
  INSERT INTO raw_files (raw_id, tenant_id, enterprise_id, mailbox, file_name, sha256, bytes, arrived_at, kept_as,
    state, tries, document_id, receipt_id, reason_code, reason, retry_at,
    message_type, message_id, kind, stem, seq_no, customs_no, internal_no, notes)
  SELECT raw_id, tenant_id, enterprise_id, mailbox, file_name, sha256, bytes, arrived_at, kept_as,
    state, tries, document_id, receipt_id, reason_code, reason, now() + make_interval(secs => retry_seconds),
    message_type, message_id, kind, stem, seq_no, customs_no, internal_no,
    ARRAY(SELECT jsonb_array_elements_text(notes))
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::timestamptz[], $9::text[], $10::text[], $11::int[], $12::uuid[], $13::uuid[], $14::text[], $15::text[],
    $16::float8[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
    $24::jsonb[])
  AS f (raw_id, tenant_id, enterprise_id, mailbox, file_name, sha256, bytes, arrived_at, kept_as, state, tries,
    document_id, receipt_id, reason_code, reason, retry_seconds,
    message_type, message_id, kind, stem, seq_no, customs_no, internal_no, notes)
  RETURNING raw_id, tenant_id
)
INSERT INTO raw_contents (raw_id, tenant_id, content)
SELECT raw_id, tenant_id, content FROM kept JOIN unnest($1::uuid[], $25::bytea[]) AS c (raw_id, content) USING (raw_id)
WHERE content IS NOT NULL
"""
_UNREAD: tuple[object, ...] = (*(None,) * 6, [])


async def keep(connection: Connection, files: Sequence[NewFile]) -> list[ReceiptFileMoved]:
    """Keep files as they stand; answers what to tell of those that need somebody."""
    rows = [
        (
            file.raw.raw_id,
            file.raw.tenant_id,
            file.raw.enterprise_id,
            file.raw.mailbox,
            file.raw.file_name,
            file.raw.sha256,
            file.size,
            file.raw.arrived_at,
            file.place,
            file.standing.state,
            _tries(file),
            file.standing.document_id,
            file.standing.receipt_id,
            file.standing.reason_code,
            file.standing.reason,
            file.standing.retry_seconds,
            *(_columns(file.read) if file.read else (file.message_type, *_UNREAD)),
            file.content,
        )
        for file in files
    ]
    await connection.execute(_KEEP, *(list(column) for column in zip(*rows, strict=True)))
    at = datetime.now(UTC)
    return [
        ReceiptFileMoved(
            occurred_at=at,
            tenant_id=file.raw.tenant_id,
            enterprise_id=file.raw.enterprise_id,
            work_id=file.raw.raw_id,
            state=file.standing.state,
            version=_tries(file),
        )
        for file in files
        if file.standing.state not in TOLD and file.standing.state != "stored"
    ]


def _tries(file: NewFile) -> int:
    return 0 if file.standing.state == "stored" else 1


def raw_file(row: Record) -> RawFile:
    return RawFile(**{name: row[name] for name in RawFile.__slots__})


async def load(connection: Connection | Pool, raw_id: UUID) -> tuple[RawFile, bytes | None] | None:
    """A file with its bytes; None bytes for one above the bound."""
    row = await connection.fetchrow(
        "SELECT r.*, c.content FROM raw_files AS r LEFT JOIN raw_contents AS c USING (raw_id) WHERE raw_id = $1",
        raw_id,
    )
    if row is None:
        return None
    return raw_file(row), None if row["content"] is None else compress.unpack(row["content"])


_STANDING = (
    "SELECT tenant_id, enterprise_id, raw_id AS work_id, state, tries AS version FROM raw_files "
    "WHERE raw_id = ANY($1) ORDER BY raw_id"
)


@asynccontextmanager
async def _moving(connection: Connection, raw_ids: Sequence[UUID]) -> AsyncIterator[None]:
    """Tells which of the files have another state afterwards, to whoever watches them.

    A file that finds its document at the first look is told as a receipt and needs no notice of its own.
    """
    before = {row["work_id"]: row["state"] for row in await connection.fetch(_STANDING, list(raw_ids))}
    yield
    at = datetime.now(UTC)
    moved = [
        ReceiptFileMoved(occurred_at=at, **row)
        for row in await connection.fetch(_STANDING, list(raw_ids))
        if row["state"] != before.get(row["work_id"])
        and not (before.get(row["work_id"]) == "stored" and row["state"] in TOLD)
    ]
    for each in moved:
        await outbox.append(connection, [each], tenant_id=each.tenant_id)


_DESCRIBE = """
UPDATE raw_files SET message_type = $2, message_id = $3, kind = $4, stem = $5, seq_no = $6, customs_no = $7,
  internal_no = $8, notes = $9
WHERE raw_id = $1
"""
_SETTLE = """
UPDATE raw_files SET message_type = $2, message_id = $3, kind = $4, stem = $5, seq_no = $6, customs_no = $7,
  internal_no = $8, notes = $9, state = $10, document_id = $11, receipt_id = $12, reason_code = $13, reason = $14,
  tries = tries + 1, retry_at = now() + make_interval(secs => $15)
WHERE raw_id = ANY($1)
"""


def _columns(read: Described) -> tuple[object, ...]:
    message_id = read.message_id[:128] if read.message_id else None
    keys = read.keys
    numbers = (keys.seq_no, keys.customs_no, keys.internal_no)
    return (read.message_type, message_id, keys.kind, keys.stem, *numbers, list(read.notes))


async def describe(connection: Connection, raw_id: UUID, read: Described) -> None:
    """Note what could be read of a part whose receipt is not whole."""
    await connection.execute(_DESCRIBE, raw_id, *_columns(read))


async def settle(
    connection: Connection, raw_ids: Sequence[UUID], read: Described, standing: Standing
) -> None:
    """What became of the files of one answer at this look."""
    settled = (standing.state, standing.document_id, standing.receipt_id)
    why = (standing.reason_code, standing.reason, standing.retry_seconds)
    async with _moving(connection, raw_ids):
        await connection.execute(_SETTLE, list(raw_ids), *_columns(read), *settled, *why)


async def mark_unreadable(
    connection: Connection, raw_ids: Sequence[UUID], code: str, reason: str, message_type: str | None
) -> None:
    async with _moving(connection, raw_ids):
        await connection.execute(
            "UPDATE raw_files SET state = 'unreadable', reason_code = $2, reason = $3, tries = tries + 1, "
            "retry_at = NULL, message_type = coalesce($4, message_type) WHERE raw_id = ANY($1)",
            list(raw_ids),
            code,
            reason,
            message_type,
        )


async def mark_parts(
    connection: Connection, raw_ids: Sequence[UUID], state: str, reason: str, timeout_seconds: float
) -> None:
    """`state` is waiting or incomplete; a waiting part is looked at again when its time is over."""
    async with _moving(connection, raw_ids):
        await connection.execute(
            "UPDATE raw_files SET state = $2, reason_code = 'packets_missing', reason = $3, tries = tries + 1, "
            "retry_at = CASE $2 WHEN 'waiting' THEN arrived_at + make_interval(secs => $4) END "
            "WHERE raw_id = ANY($1)",
            list(raw_ids),
            state,
            reason,
            timeout_seconds,
        )


async def mark_repeated(connection: Connection, raw_id: UUID, of: UUID) -> None:
    """A part that came twice: it shares the fate of the first one."""
    await connection.execute(
        "UPDATE raw_files AS r SET state = 'repeated', tries = r.tries + 1, retry_at = NULL, reason_code = NULL, "
        "reason = NULL, document_id = f.document_id, receipt_id = f.receipt_id "
        "FROM raw_files AS f WHERE r.raw_id = $1 AND f.raw_id = $2",
        raw_id,
        of,
    )


async def add_packet(connection: Connection, raw: RawFile, group: str, number: int, total: int) -> UUID:
    """Put a part in its place; answers the file that holds the place, another one when the part came before."""
    row = await connection.fetchrow(
        "WITH added AS (INSERT INTO packets (packet_group, number, raw_id, tenant_id, total) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING raw_id) "
        "SELECT raw_id FROM added UNION ALL "
        "SELECT raw_id FROM packets WHERE packet_group = $1 AND number = $2 LIMIT 1",
        group,
        number,
        raw.raw_id,
        raw.tenant_id,
        total,
    )
    assert row is not None
    holder: UUID = row["raw_id"]
    return holder


async def parts_of(connection: Connection, group: str) -> dict[int, UUID]:
    """Files by packet number, in order."""
    rows = await connection.fetch(
        "SELECT number, raw_id FROM packets WHERE packet_group = $1 ORDER BY number", group
    )
    return {row["number"]: row["raw_id"] for row in rows}


async def bytes_of(connection: Connection, raw_ids: Sequence[UUID]) -> int:
    size: int = await connection.fetchval(
        "SELECT coalesce(sum(bytes), 0)::bigint FROM raw_files WHERE raw_id = ANY($1)", list(raw_ids)
    )
    return size


async def mailboxes(connection: Connection) -> list[Mailbox]:
    rows = await connection.fetch("SELECT mailbox, tenant_id, enterprise_id FROM mailboxes")
    return [Mailbox(**dict(row)) for row in rows]


async def mailbox(connection: Connection, name: str) -> Mailbox | None:
    """One of the tenant of this transaction."""
    row = await connection.fetchrow(
        "SELECT mailbox, tenant_id, enterprise_id FROM mailboxes WHERE mailbox = $1", name
    )
    return None if row is None else Mailbox(**dict(row))


async def due(connection: Connection, limit: int) -> list[RawFile]:
    """Unmatched files whose time has come again and parts whose time is over; their next look is put off at once."""
    rows = await connection.fetch(
        "UPDATE raw_files SET retry_at = now() + interval '1 hour' WHERE raw_id IN (SELECT raw_id FROM raw_files "
        "WHERE state IN ('unmatched', 'waiting') AND retry_at <= now() ORDER BY retry_at LIMIT $1 "
        "FOR UPDATE SKIP LOCKED) RETURNING *",
        limit,
    )
    return [raw_file(row) for row in rows]


async def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """Files not told, by state and message type ("" for none that could be read)."""
    rows = await connection.fetch(
        "SELECT state, coalesce(message_type, '') AS message_type, count(*) AS count FROM raw_files "
        "WHERE state NOT IN ('matched', 'repeated') GROUP BY 1, 2"
    )
    return {(row["state"], row["message_type"]): row["count"] for row in rows}
