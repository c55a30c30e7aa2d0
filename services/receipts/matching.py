"""Which document a receipt is for: by what it says, or by a person's word. In the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from backbone.postgres import Connection
from services.receipts.domain import Keys, Numbers, is_seq_no, kinds_meant
from services.receipts.store import RawFile, enqueue, raw_file

_NO_NUMBERS = Numbers()


@dataclass(frozen=True, slots=True)
class Document:
    """What a receipt was matched to; `attempt_id` where the upload's stem told it."""

    document_id: UUID
    kind: str
    enterprise_id: UUID
    internal_no: str
    attempt_id: UUID | None = None


async def serialise(connection: Connection, tenant_id: UUID, *, shared: bool) -> None:
    """Until the transaction ends: matching (exclusive) and indexing (shared) of a tenant exclude each other.

    So a receipt either sees what an event taught, or is already marked as unmatched when the event looks for those.
    """
    shared_or_not = "_shared" if shared else ""
    await connection.execute(
        f"SELECT pg_advisory_xact_lock{shared_or_not}(hashtextextended($1, 3))",
        f"match/{tenant_id}",
    )


# The document is looked up by its key for what was found (OFFSET 0), whatever statistics say: the other way round this
# would go through every document of the tenant.
_FIND = """
SELECT d.document_id, d.kind, d.enterprise_id, d.internal_no, f.attempt_id, f.rank,
  coalesce(array_position($7::text[], d.kind), 1) AS meant
FROM (
  SELECT 0 AS rank, document_id, attempt_id FROM stems WHERE tenant_id = $1 AND stem = $2
  UNION ALL SELECT 1, document_id, NULL FROM seq_numbers WHERE tenant_id = $1 AND seq_no = $3
  UNION ALL SELECT 2, document_id, NULL FROM customs_numbers WHERE tenant_id = $1 AND customs_no = $4
  UNION ALL SELECT 3, document_id, NULL FROM documents
  WHERE tenant_id = $1 AND enterprise_id = $6 AND internal_no = $5 AND NOT deleted
) AS f, LATERAL (SELECT * FROM documents WHERE document_id = f.document_id AND tenant_id = $1 OFFSET 0) AS d
WHERE f.rank = 0 OR (($7::text[] IS NULL OR d.kind = ANY($7)) AND (f.rank = 1 OR coalesce(d.seq_no = $8, true)))
ORDER BY f.rank, meant LIMIT 5
"""


async def find(
    connection: Connection, tenant_id: UUID, enterprise_id: UUID, keys: Keys, *, wait_for_stem: bool
) -> Document | None:
    """The document a receipt is for, within the tenant of its mailbox, by the best of its keys. Two that fit are none.

    One that is known to have another 统一编号 than the receipt's is none either, whatever else fits: a plate or an
    internal number may come again.
    `wait_for_stem`: an unknown stem may be told in a moment, so the internal number is not tried yet.
    """
    rows = await connection.fetch(
        _FIND,
        tenant_id,
        keys.stem,
        keys.seq_no,
        keys.customs_no,
        keys.internal_no,
        enterprise_id,
        kinds_meant(keys.kind),
        keys.seq_no if is_seq_no(keys.seq_no) else None,
    )
    best = [row for row in rows if (row["rank"], row["meant"]) == (rows[0]["rank"], rows[0]["meant"])]
    if len(best) != 1 or (keys.stem and wait_for_stem and best[0]["rank"] > 0):
        return None
    return Document(**{name: best[0][name] for name in Document.__slots__})


_LEARN = """
WITH seq AS (
  INSERT INTO seq_numbers (tenant_id, seq_no, kind, document_id)
  SELECT $1, $4, $2, $3 WHERE $4::text IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM seq_numbers WHERE tenant_id = $1 AND seq_no = $4 AND kind IN ($2, ''))
  ON CONFLICT DO NOTHING RETURNING 1
), customs AS (
  INSERT INTO customs_numbers (tenant_id, customs_no, kind, document_id)
  SELECT $1, $5, $2, $3 WHERE $5::text IS NOT NULL
  ON CONFLICT DO NOTHING RETURNING 1
)
SELECT EXISTS (SELECT 1 FROM seq) AS new_seq_no, EXISTS (SELECT 1 FROM customs) AS new_customs_no,
  (SELECT document_id FROM seq_numbers WHERE tenant_id = $1 AND seq_no = $4 AND kind IN ($2, '') LIMIT 1) AS of_seq_no,
  (SELECT document_id FROM customs_numbers WHERE tenant_id = $1 AND customs_no = $5 AND kind = $2) AS of_customs_no
"""


async def learn(
    connection: Connection, tenant_id: UUID, document_id: UUID, kind: str, numbers: Numbers
) -> tuple[Numbers, bool]:
    """Index the numbers of a document; answers those that are new, and whether one belongs to another document."""
    row = await connection.fetchrow(_LEARN, tenant_id, kind, document_id, numbers.seq_no, numbers.customs_no)
    assert row is not None
    new = Numbers(
        numbers.seq_no if row["new_seq_no"] else None, numbers.customs_no if row["new_customs_no"] else None
    )
    # What this statement added it does not see, so the owners are those of before.
    return new, bool({row["of_seq_no"], row["of_customs_no"]} - {None, document_id})


async def wake_unmatched(
    connection: Connection,
    tenant_id: UUID,
    *,
    stem: str | None = None,
    numbers: Numbers = _NO_NUMBERS,
    enterprise_id: UUID | None = None,
    internal_no: str | None = None,
) -> int:
    """Enqueue the unmatched files that what was just learned could match. Answers how many."""
    rows = await connection.fetch(
        "SELECT * FROM raw_files WHERE tenant_id = $1 AND state = 'unmatched' "
        "AND (stem = $2 OR seq_no = $3 OR customs_no = $4 OR (internal_no = $5 AND enterprise_id = $6)) LIMIT 1000",
        tenant_id,
        stem,
        numbers.seq_no,
        numbers.customs_no,
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


async def said_by_hand(connection: Connection, tenant_id: UUID, raw_ids: Sequence[UUID]) -> Document | None:
    """The document a person named for one of these files, by the last word."""
    row = await connection.fetchrow(
        "SELECT d.document_id, d.kind, d.enterprise_id, d.internal_no FROM matches AS m "
        "JOIN documents AS d USING (document_id, tenant_id) "
        "WHERE m.tenant_id = $1 AND m.raw_id = ANY($2) AND NOT d.deleted ORDER BY m.match_id DESC LIMIT 1",
        tenant_id,
        list(raw_ids),
    )
    return None if row is None else Document(**dict(row))
