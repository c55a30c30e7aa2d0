"""Which documents receipts are for: by what they say, or by a person's word. In the caller's transaction, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from backbone import log
from backbone.postgres import Connection, Record
from services.receipts.domain import Keys, Numbers, is_seq_no, kinds_meant
from services.receipts.store import enqueue, raw_file

_MOST_WOKEN = 5_000


@dataclass(frozen=True, slots=True)
class Document:
    """What a receipt was matched to; `attempt_id` where the upload's stem told it."""

    document_id: UUID
    kind: str
    enterprise_id: UUID
    internal_no: str
    attempt_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the document of a receipt is looked for by.

    `wait_for_stem`: an unknown stem may be told in a moment, so the internal number is not tried yet.
    """

    enterprise_id: UUID
    keys: Keys
    wait_for_stem: bool


@dataclass(frozen=True, slots=True)
class Taught:
    """The numbers of a document."""

    tenant_id: UUID
    document_id: UUID
    kind: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class News:
    """What became known, and may be what unmatched files of the tenant waited for."""

    tenant_id: UUID
    numbers: Numbers
    stem: str | None = None
    enterprise_id: UUID | None = None
    internal_no: str | None = None


async def exclude_learning(connection: Connection, tenant_id: UUID) -> None:
    """Until the transaction ends nothing new is learned of this tenant. For who found nothing, before it looks again.

    So it either sees what an event taught, or is already marked as unmatched when the event looks for those. What was
    found needs no lock.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", f"match/{tenant_id}")


async def announce_learning(connection: Connection, tenants: Iterable[UUID]) -> None:
    """Before unmatched files are looked for. Many may learn at once."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended(name, 3)) "
        "FROM (SELECT name FROM unnest($1::text[]) AS name ORDER BY name OFFSET 0) AS names",
        sorted({f"match/{tenant_id}" for tenant_id in tenants}),
    )


# The document is looked up by its key for what was found (OFFSET 0), whatever statistics say: the other way round this
# would go through every document of the tenant.
_FIND = """
SELECT w.n, b.*
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) WITH ORDINALITY
  AS w (enterprise_id, stem, seq_no, customs_no, internal_no, kinds, told_seq_no, n),
LATERAL (
  SELECT d.document_id, d.kind, d.enterprise_id, d.internal_no, f.attempt_id, f.rank,
    coalesce(array_position(string_to_array(w.kinds, ','), d.kind), 1) AS meant
  FROM (
    SELECT 0 AS rank, document_id, attempt_id FROM stems WHERE tenant_id = $1 AND stem = w.stem
    UNION ALL SELECT 1, document_id, NULL FROM seq_numbers WHERE tenant_id = $1 AND seq_no = w.seq_no
    UNION ALL SELECT 2, document_id, NULL FROM customs_numbers WHERE tenant_id = $1 AND customs_no = w.customs_no
    UNION ALL SELECT 3, document_id, NULL FROM documents
    WHERE tenant_id = $1 AND enterprise_id = w.enterprise_id AND internal_no = w.internal_no AND NOT deleted
  ) AS f, LATERAL (SELECT * FROM documents WHERE document_id = f.document_id AND tenant_id = $1 OFFSET 0) AS d
  WHERE f.rank = 0 OR (
    (w.kinds IS NULL OR d.kind = ANY(string_to_array(w.kinds, ',')))
    AND (f.rank = 1 OR coalesce(d.seq_no = w.told_seq_no, true))
  )
  ORDER BY f.rank, meant LIMIT 5
) AS b
ORDER BY w.n, b.rank, b.meant
"""


async def find(connection: Connection, tenant_id: UUID, wanted: Sequence[Wanted]) -> list[Document | None]:
    """The document each receipt is for, within the tenant of its mailbox, by the best of its keys. Two that fit are none.

    One that is known to have another 统一编号 than the receipt's is none either, whatever else fits: a plate or an
    internal number may come again.
    """
    keys = [each.keys for each in wanted]
    kinds = [kinds_meant(each.kind) for each in keys]
    rows = await connection.fetch(
        _FIND,
        tenant_id,
        [each.enterprise_id for each in wanted],
        [each.stem for each in keys],
        [each.seq_no for each in keys],
        [each.customs_no for each in keys],
        [each.internal_no for each in keys],
        [None if each is None else ",".join(each) for each in kinds],
        [each.seq_no if is_seq_no(each.seq_no) else None for each in keys],
    )
    found: list[list[Record]] = [[] for _ in wanted]
    for row in rows:
        found[row["n"] - 1].append(row)
    return [_best(each, fitting) for each, fitting in zip(wanted, found, strict=True)]


def _best(wanted: Wanted, rows: Sequence[Record]) -> Document | None:
    best = [row for row in rows if (row["rank"], row["meant"]) == (rows[0]["rank"], rows[0]["meant"])]
    if len(best) != 1 or (wanted.keys.stem and wanted.wait_for_stem and best[0]["rank"] > 0):
        return None
    return Document(**{name: best[0][name] for name in Document.__slots__})


_LEARN = """
WITH taught AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
  AS t (tenant_id, kind, document_id, seq_no, customs_no, n)
), seq AS (
  INSERT INTO seq_numbers (tenant_id, seq_no, kind, document_id)
  SELECT tenant_id, seq_no, kind, document_id FROM taught AS t WHERE seq_no IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM seq_numbers AS s WHERE s.tenant_id = t.tenant_id AND s.seq_no = t.seq_no AND s.kind IN (t.kind, '')
  ) ORDER BY tenant_id, seq_no, kind, n
  ON CONFLICT DO NOTHING RETURNING *
), customs AS (
  INSERT INTO customs_numbers (tenant_id, customs_no, kind, document_id)
  SELECT tenant_id, customs_no, kind, document_id FROM taught AS t WHERE customs_no IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM customs_numbers AS c
    WHERE c.tenant_id = t.tenant_id AND c.customs_no = t.customs_no AND c.kind = t.kind
  ) ORDER BY tenant_id, customs_no, kind, n
  ON CONFLICT DO NOTHING RETURNING *
)
SELECT t.n, seq.document_id IS NOT NULL AS new_seq_no, customs.document_id IS NOT NULL AS new_customs_no,
  (SELECT s.document_id FROM seq_numbers AS s WHERE s.tenant_id = t.tenant_id AND s.seq_no = t.seq_no
    AND s.kind IN (t.kind, '') LIMIT 1) AS of_seq_no,
  (SELECT c.document_id FROM customs_numbers AS c WHERE c.tenant_id = t.tenant_id AND c.customs_no = t.customs_no
    AND c.kind = t.kind) AS of_customs_no
FROM taught AS t LEFT JOIN seq USING (tenant_id, kind, document_id, seq_no)
LEFT JOIN customs USING (tenant_id, kind, document_id, customs_no) ORDER BY t.n
"""


async def learn(connection: Connection, taught: Sequence[Taught]) -> list[News]:
    """Index the numbers of documents; answers those that are new. One that belongs to another document stays there."""
    known = [each for each in taught if each.numbers != Numbers()]
    if not known:
        return []
    rows = await connection.fetch(
        _LEARN,
        [each.tenant_id for each in known],
        [each.kind for each in known],
        [each.document_id for each in known],
        [each.numbers.seq_no for each in known],
        [each.numbers.customs_no for each in known],
    )
    news = []
    for row in rows:
        each = known[row["n"] - 1]
        # What this statement added it does not see, so the owners are those of before.
        if {row["of_seq_no"], row["of_customs_no"]} - {None, each.document_id}:
            log.get().warning("number_of_another_document", document_id=str(each.document_id))
        new = Numbers(
            each.numbers.seq_no if row["new_seq_no"] else None,
            each.numbers.customs_no if row["new_customs_no"] else None,
        )
        if new != Numbers():
            news.append(News(each.tenant_id, new))
    return news


_WAITING = """
WITH news AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[])
  AS t (tenant_id, stem, seq_no, customs_no, enterprise_id, internal_no)
)
SELECT * FROM raw_files WHERE raw_id IN (
  SELECT raw_id FROM news JOIN raw_files USING (tenant_id, stem) WHERE state = 'unmatched'
  UNION SELECT raw_id FROM news JOIN raw_files USING (tenant_id, seq_no) WHERE state = 'unmatched'
  UNION SELECT raw_id FROM news JOIN raw_files USING (tenant_id, customs_no) WHERE state = 'unmatched'
  UNION SELECT raw_id FROM news JOIN raw_files USING (tenant_id, enterprise_id, internal_no)
  WHERE state = 'unmatched'
) ORDER BY raw_id LIMIT $7
"""


async def wake_unmatched(connection: Connection, news: Sequence[News]) -> int:
    """Enqueue the unmatched files that what was just learned could match. Answers how many."""
    if not news:
        return 0
    rows = await connection.fetch(
        _WAITING,
        [each.tenant_id for each in news],
        [each.stem for each in news],
        [each.numbers.seq_no for each in news],
        [each.numbers.customs_no for each in news],
        [each.enterprise_id for each in news],
        [each.internal_no for each in news],
        _MOST_WOKEN,
    )
    for row in rows:
        await enqueue(connection, raw_file(row), str(row["tries"]))
    return len(rows)


@dataclass(frozen=True, slots=True)
class Telling:
    """An answer to a document that this receipt would tell."""

    document_id: UUID
    answer_key: str
    receipt_id: UUID
    raw_id: UUID


_TELL = """
WITH telling AS MATERIALIZED (
  SELECT * FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[]) WITH ORDINALITY
  AS t (document_id, answer_key, receipt_id, raw_id, n)
), added AS (
  INSERT INTO answers (document_id, answer_key, receipt_id, raw_id, tenant_id)
  SELECT document_id, answer_key, receipt_id, raw_id, $1 FROM telling ORDER BY document_id, answer_key, n
  ON CONFLICT DO NOTHING RETURNING document_id, answer_key, receipt_id
)
SELECT document_id, answer_key, receipt_id FROM added
UNION ALL SELECT document_id, answer_key, a.receipt_id FROM answers AS a JOIN telling USING (document_id, answer_key)
"""


async def told_by(connection: Connection, tenant_id: UUID, tellings: Sequence[Telling]) -> list[UUID]:
    """Note which receipt tells each answer: an older one for a repetition, the first where it comes twice."""
    rows = await connection.fetch(
        _TELL,
        tenant_id,
        [each.document_id for each in tellings],
        [each.answer_key for each in tellings],
        [each.receipt_id for each in tellings],
        [each.raw_id for each in tellings],
    )
    by_answer: dict[tuple[UUID, str], UUID] = {
        (row["document_id"], row["answer_key"]): row["receipt_id"] for row in rows
    }
    return [by_answer[each.document_id, each.answer_key] for each in tellings]


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
