"""Rows of receipts. Every function works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone import compress, jobs
from backbone.ids import new_id
from backbone.postgres import Connection, Record
from services.receipts.domain import Keys
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
class Document:
    """What a receipt was matched to; `attempt_id` where the upload's stem told it."""

    document_id: UUID
    kind: str
    enterprise_id: UUID
    internal_no: str
    attempt_id: UUID | None


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


async def keep(connection: Connection, mailbox: Mailbox, content: Content, too_large: str | None) -> bool:
    """Keep a file and enqueue it; False when the same bytes were kept under this name before."""
    raw_id = new_id()
    row = await connection.fetchrow(
        "INSERT INTO raw_files (raw_id, tenant_id, enterprise_id, mailbox, file_name, sha256, bytes) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING *",
        raw_id,
        mailbox.tenant_id,
        mailbox.enterprise_id,
        mailbox.mailbox,
        content.found.file_name,
        content.sha256,
        content.found.size,
    )
    if row is None:
        return False
    if content.data is None:
        await mark_unreadable(connection, [raw_id], "too_large", too_large or "", None)
        return True
    await connection.execute(
        "INSERT INTO raw_contents (raw_id, tenant_id, content) VALUES ($1, $2, $3)",
        raw_id,
        mailbox.tenant_id,
        compress.pack(content.data),
    )
    await enqueue(connection, raw_file(row), "first")
    return True


async def note_places(connection: Connection, mailbox: str, places: Sequence[tuple[str, str, str]]) -> None:
    """Remember where files go: (file name, sha256, path relative to the mailbox)."""
    await connection.execute(
        "UPDATE raw_files AS r SET kept_as = p.kept_as "
        "FROM unnest($2::text[], $3::text[], $4::text[]) AS p (file_name, sha256, kept_as) "
        "WHERE r.mailbox = $1 AND r.file_name = p.file_name AND r.sha256 = p.sha256 AND r.kept_as IS NULL",
        mailbox,
        [place[0] for place in places],
        [place[1] for place in places],
        [place[2] for place in places],
    )


def raw_file(row: Record) -> RawFile:
    return RawFile(**{name: row[name] for name in RawFile.__slots__})


async def load(connection: Connection, raw_id: UUID) -> tuple[RawFile, bytes | None] | None:
    """A file with its bytes; None bytes for one above the bound."""
    row = await connection.fetchrow(
        "SELECT r.*, c.content FROM raw_files AS r LEFT JOIN raw_contents AS c USING (raw_id) WHERE raw_id = $1",
        raw_id,
    )
    if row is None:
        return None
    return raw_file(row), None if row["content"] is None else compress.unpack(row["content"])


async def serialise(connection: Connection, tenant_id: UUID, *, shared: bool) -> None:
    """Until the transaction ends: matching (exclusive) and indexing (shared) of a tenant exclude each other.

    So a receipt either sees what an event taught, or is already marked as unmatched when the event looks for those.
    """
    shared_or_not = "_shared" if shared else ""
    await connection.execute(
        f"SELECT pg_advisory_xact_lock{shared_or_not}(hashtextextended($1, 3))",
        f"match/{tenant_id}",
    )


_BY_STEM = """
SELECT d.document_id, d.kind, d.enterprise_id, d.internal_no, s.attempt_id
FROM stems AS s JOIN documents AS d USING (document_id)
WHERE s.stem = $2 AND s.tenant_id = $1 AND d.tenant_id = $1
"""
_BY_SEQ_NO = """
SELECT d.document_id, d.kind, d.enterprise_id, d.internal_no, NULL::uuid AS attempt_id
FROM seq_numbers AS n JOIN documents AS d USING (document_id)
WHERE n.tenant_id = $1 AND n.seq_no = $2 AND d.tenant_id = $1
"""
_BY_INTERNAL_NO = """
SELECT document_id, kind, enterprise_id, internal_no, NULL::uuid AS attempt_id
FROM documents
WHERE tenant_id = $1 AND internal_no = $2 AND enterprise_id = $3 AND NOT deleted AND ($4::text IS NULL OR kind = $4)
LIMIT 2
"""


async def find(
    connection: Connection, tenant_id: UUID, enterprise_id: UUID, keys: Keys, *, wait_for_stem: bool
) -> Document | None:
    """The document a receipt is for, within the tenant of its mailbox. Two that fit are none.

    `wait_for_stem`: an unknown stem may be told in a moment, so the internal number is not tried yet.
    """
    rows = []
    if keys.stem:
        rows = await connection.fetch(_BY_STEM, tenant_id, keys.stem)
        if not rows and wait_for_stem:
            return None
    if not rows and keys.seq_no:
        rows = await connection.fetch(_BY_SEQ_NO, tenant_id, keys.seq_no)
    if not rows and keys.internal_no:
        rows = await connection.fetch(_BY_INTERNAL_NO, tenant_id, keys.internal_no, enterprise_id, keys.kind)
    return Document(**dict(rows[0])) if len(rows) == 1 else None


async def learn_seq_no(connection: Connection, tenant_id: UUID, seq_no: str, document_id: UUID) -> UUID:
    """Index a 统一编号; answers the document it belongs to, another one when it was known before."""
    row = await connection.fetchrow(
        "WITH added AS (INSERT INTO seq_numbers (tenant_id, seq_no, document_id) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING RETURNING document_id) "
        "SELECT document_id FROM added UNION ALL "
        "SELECT document_id FROM seq_numbers WHERE tenant_id = $1 AND seq_no = $2 LIMIT 1",
        tenant_id,
        seq_no,
        document_id,
    )
    owner: UUID = row["document_id"] if row is not None else document_id
    return owner


async def wake_unmatched(
    connection: Connection,
    tenant_id: UUID,
    *,
    stem: str | None = None,
    seq_no: str | None = None,
    enterprise_id: UUID | None = None,
    internal_no: str | None = None,
) -> int:
    """Enqueue the unmatched files that what was just learned could match. Answers how many."""
    rows = await connection.fetch(
        "SELECT * FROM raw_files WHERE tenant_id = $1 AND state = 'unmatched' "
        "AND (stem = $2 OR seq_no = $3 OR (internal_no = $4 AND enterprise_id = $5)) LIMIT 1000",
        tenant_id,
        stem,
        seq_no,
        internal_no,
        enterprise_id,
    )
    for row in rows:
        await enqueue(connection, raw_file(row), str(row["tries"]))
    return len(rows)


async def answered(
    connection: Connection, raws: Sequence[RawFile], document: Document, key: str, receipt_id: UUID
) -> UUID:
    """Note that this answer is told by this receipt; answers the receipt that tells it, an older one for a repetition."""
    row = await connection.fetchrow(
        "WITH added AS (INSERT INTO answers (document_id, answer_key, receipt_id, raw_id, tenant_id) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING receipt_id) "
        "SELECT receipt_id FROM added UNION ALL "
        "SELECT receipt_id FROM answers WHERE document_id = $1 AND answer_key = $2 LIMIT 1",
        document.document_id,
        key,
        receipt_id,
        raws[0].raw_id,
        raws[0].tenant_id,
    )
    assert row is not None
    told_by: UUID = row["receipt_id"]
    return told_by


async def describe(
    connection: Connection, raw_ids: Sequence[UUID], message_type: str, message_id: str | None, keys: Keys
) -> None:
    """What could be read of the file, for the page and for matching."""
    await connection.execute(
        "UPDATE raw_files SET message_type = $2, message_id = $3, stem = $4, seq_no = $5, internal_no = $6 "
        "WHERE raw_id = ANY($1)",
        list(raw_ids),
        message_type,
        message_id[:128] if message_id else None,
        keys.stem,
        keys.seq_no,
        keys.internal_no,
    )


async def mark_told(
    connection: Connection, raw_ids: Sequence[UUID], state: str, document_id: UUID, receipt_id: UUID
) -> None:
    """`state` is matched or repeated."""
    await connection.execute(
        "UPDATE raw_files SET state = $2, document_id = $3, receipt_id = $4, tries = tries + 1, retry_at = NULL, "
        "reason_code = NULL, reason = NULL WHERE raw_id = ANY($1)",
        list(raw_ids),
        state,
        document_id,
        receipt_id,
    )


async def mark_unmatched(
    connection: Connection, raw_ids: Sequence[UUID], reason: str, retry_seconds: int
) -> None:
    await connection.execute(
        "UPDATE raw_files SET state = 'unmatched', reason_code = 'unmatched', reason = $2, tries = tries + 1, "
        "retry_at = now() + make_interval(secs => $3) WHERE raw_id = ANY($1)",
        list(raw_ids),
        reason,
        retry_seconds,
    )


async def mark_unreadable(
    connection: Connection, raw_ids: Sequence[UUID], code: str, reason: str, message_type: str | None
) -> None:
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


async def due(connection: Connection, limit: int) -> list[RawFile]:
    """Unmatched files whose time has come again and parts whose time is over; their next look is put off at once."""
    rows = await connection.fetch(
        "UPDATE raw_files SET retry_at = now() + interval '1 hour' WHERE raw_id IN (SELECT raw_id FROM raw_files "
        "WHERE state IN ('unmatched', 'waiting') AND retry_at <= now() ORDER BY retry_at LIMIT $1 "
        "FOR UPDATE SKIP LOCKED) RETURNING *",
        limit,
    )
    return [raw_file(row) for row in rows]


async def counts(connection: Connection) -> dict[str, int]:
    """Files not told, by state."""
    rows = await connection.fetch(
        "SELECT state, count(*) AS count FROM raw_files WHERE state NOT IN ('matched', 'repeated') GROUP BY state"
    )
    return {row["state"]: row["count"] for row in rows}
