"""Rows of the signer. Message bytes are kept compressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone import compress
from backbone.postgres import Connection, Pool, Record
from contracts.events.entry import AttemptStarted
from contracts.events.event import Route
from services.signer.evidence import EMPTY, MAILBOX_FORM, Closed, Head, Link, utc
from services.signer.proving import Kept
from services.signer.retention import is_past


@dataclass(frozen=True, slots=True)
class Frozen:
    """A message before it is released. `key_asked`: a key was asked before and what came of it is not known."""

    message_id: str
    unsigned: bytes
    composed_at: datetime
    key_asked: bool
    is_released: bool
    route: Route | None = None
    """The route it was composed for, where that is not the attempt's own."""


async def find(pool: Pool, attempt_id: UUID) -> Frozen | None:
    row = await pool.fetchrow(
        "SELECT message_id, unsigned, composed_at, key_asked, released_at IS NOT NULL AS is_released, route "
        "FROM messages WHERE attempt_id = $1",
        attempt_id,
    )
    if row is None:
        return None
    unsigned = compress.unpack(row["unsigned"]) if row["unsigned"] else b""
    route = None if row["route"] is None else Route.model_validate(row["route"])
    return Frozen(**{**row, "unsigned": unsigned, "route": route})


async def are_kept(pool: Pool, attempt_ids: Sequence[UUID]) -> bool:
    """Whether one of them at least has a message."""
    kept: bool = await pool.fetchval(
        "SELECT EXISTS (SELECT FROM messages WHERE attempt_id = ANY($1))", attempt_ids
    )
    return kept


async def freeze(
    connection: Connection, attempt: AttemptStarted, frozen: Frozen, *, message_type: str
) -> None:
    """Raises UniqueViolationError when the attempt has a message already."""
    await connection.execute(
        "INSERT INTO messages (attempt_id, tenant_id, document_id, message_id, message_type, unsigned, composed_at, "
        "key_asked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        attempt.attempt_id,
        attempt.tenant_id,
        attempt.document_id,
        frozen.message_id,
        message_type,
        compress.pack(frozen.unsigned),
        frozen.composed_at,
        frozen.key_asked,
    )


async def freeze_anew(pool: Pool, attempt_id: UUID, frozen: Frozen) -> None:
    """The same message for another route; what was frozen before was not released and never will be."""
    await pool.execute(
        "UPDATE messages SET unsigned = $2, composed_at = $3, route = $4 WHERE attempt_id = $1 AND released_at IS NULL",
        attempt_id,
        compress.pack(frozen.unsigned),
        frozen.composed_at,
        None if frozen.route is None else frozen.route.model_dump(mode="json"),
    )


async def waits(pool: Pool, attempt_id: UUID, card_no: str | None, why: str) -> None:
    """Note for which card a message waits, and why; `since` stays with the card."""
    await pool.execute(
        "UPDATE messages SET waits_why = $3, waits_for = $2, "
        "waits_since = CASE WHEN waits_for IS NOT DISTINCT FROM $2 THEN coalesce(waits_since, now()) ELSE now() END "
        "WHERE attempt_id = $1 AND released_at IS NULL",
        attempt_id,
        card_no,
        why,
    )


async def ask_key(pool: Pool, attempt_id: UUID, *, discarded: bool) -> None:
    """Note, before a key is asked, that it is; `discarded` counts the asking before, whose answer was lost."""
    await pool.execute(
        "UPDATE messages SET key_asked = true, signatures_discarded = signatures_discarded + $2 WHERE attempt_id = $1",
        attempt_id,
        int(discarded),
    )


async def key_unasked(pool: Pool, attempt_id: UUID) -> None:
    """Nothing was signed, for certain."""
    await pool.execute("UPDATE messages SET key_asked = false WHERE attempt_id = $1", attempt_id)


async def release(connection: Connection, attempt_id: UUID, released: bytes, at: datetime) -> bool:
    """False when the attempt's message was released already."""
    status = await connection.execute(
        "UPDATE messages SET released = $2, released_at = $3, key_asked = false, "
        "waits_for = NULL, waits_why = NULL, waits_since = NULL "
        "WHERE attempt_id = $1 AND released_at IS NULL",
        attempt_id,
        compress.pack(released),
        at,
    )
    return status == "UPDATE 1"


async def keep_released(
    connection: Connection, rows: Sequence[tuple[AttemptStarted, str, Frozen, bytes]], at: datetime
) -> int:
    """Messages that need no key: kept and released at once, each with its type. Answers how many were not kept before."""
    status = await connection.execute(
        _KEEP_RELEASED,
        [attempt.attempt_id for attempt, _, _, _ in rows],
        [attempt.tenant_id for attempt, _, _, _ in rows],
        [attempt.document_id for attempt, _, _, _ in rows],
        [frozen.message_id for _, _, frozen, _ in rows],
        [message_type for _, message_type, _, _ in rows],
        [compress.pack(frozen.unsigned) for _, _, frozen, _ in rows],
        [frozen.composed_at for _, _, frozen, _ in rows],
        [compress.pack(released) for _, _, _, released in rows],
        at,
    )
    return int(status.rpartition(" ")[2])


_KEEP_RELEASED = """
INSERT INTO messages (attempt_id, tenant_id, document_id, message_id, message_type, unsigned, composed_at, released,
  released_at)
SELECT given.*, $9 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[],
  $8::bytea[]) AS given
ON CONFLICT DO NOTHING
"""


async def lock_head(connection: Connection, chain: str) -> Head:
    """The end of the chain, nobody else's until the transaction ends."""
    await connection.execute(
        "INSERT INTO chain_heads (mailbox, position, chain_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        chain,
        EMPTY.position,
        EMPTY.chain_hash,
    )
    row = await connection.fetchrow(
        "SELECT position, chain_hash FROM chain_heads WHERE mailbox = $1 FOR UPDATE", chain
    )
    assert row is not None
    return Head(**row)


async def closed_chains(connection: Connection, tenant_id: UUID) -> list[Closed]:
    """The ends of the chains by mailbox that the tenant had before it got one of its own."""
    rows = await connection.fetch(_CLOSED, tenant_id, MAILBOX_FORM)
    return [Closed(chain=r["chain"], position=r["position"], chain_hash=r["chain_hash"]) for r in rows]


_CLOSED = """
SELECT DISTINCT ON (mailbox) mailbox AS chain, position, chain_hash FROM evidence
WHERE tenant_id = $1 AND form = $2 ORDER BY mailbox, position DESC
"""


async def add_links(connection: Connection, links: Sequence[tuple[AttemptStarted, UUID, Link]]) -> None:
    """To the chain of the attempts' tenant, in order, each with the id of its evidence."""
    rows = [
        (
            evidence_id,
            link.stated["form"],
            attempt.attempt_id,
            attempt.tenant_id,
            attempt.enterprise_id,
            attempt.team_id,
            attempt.client_id,
            attempt.route.mailbox,
            link.position,
            link.statement,
            link.chain_hash,
            link.signature,
            link.certificate,
            link.message_certificate,
        )
        for attempt, evidence_id, link in links
    ]
    await connection.execute(_ADD_LINKS, *map(list, zip(*rows, strict=True)))
    attempt, _, last = links[-1]
    await connection.execute(
        "UPDATE chain_heads SET position = $2, chain_hash = $3 WHERE mailbox = $1",
        str(attempt.tenant_id),
        last.position,
        last.chain_hash,
    )


_ADD_LINKS = """
INSERT INTO evidence (evidence_id, form, attempt_id, tenant_id, enterprise_id, team_id, client_id, mailbox, position,
  statement, chain_hash, signature, certificate, message_certificate)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[],
  $9::bigint[], $10::bytea[], $11::text[], $12::bytea[], $13::bytea[], $14::bytea[])
"""


@dataclass(frozen=True, slots=True)
class Owned:
    """A link with whose it is."""

    kept: Kept
    enterprise_id: UUID
    team_id: UUID | None
    client_id: UUID | None


_BESIDE = (
    "evidence_id", "tenant_id", "enterprise_id", "team_id", "client_id", "mailbox", "document_id", "message_id",
    "message_type", "composed_at", "released_at",
)  # fmt: skip
_KEPT = """
SELECT e.*, m.document_id, m.message_id, m.message_type, m.composed_at, m.released_at,
  m.unsigned, m.released
FROM evidence AS e LEFT JOIN messages AS m USING (attempt_id)
"""


async def kept_of(connection: Connection, attempt_id: UUID) -> Owned | None:
    row = await connection.fetchrow(_KEPT + "WHERE e.attempt_id = $1", attempt_id)
    if row is None:
        return None
    return Owned(_kept(row), row["enterprise_id"], row["team_id"], row["client_id"])


async def kept_between(pool: Pool, chain: str, after: int, last: int, limit: int) -> Sequence[Kept]:
    """The next links of a chain, in order."""
    rows = await pool.fetch(
        _KEPT + "WHERE e.chain = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position LIMIT $4",
        chain,
        after,
        last,
        limit,
    )
    return [_kept(row) for row in rows]


async def end_of(pool: Pool, chain: str) -> tuple[Head | None, int]:
    """Where a chain ends as its head notes it, and the position of its last link: 0 without any."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
        head = await connection.fetchrow(
            "SELECT position, chain_hash FROM chain_heads WHERE mailbox = $1", chain
        )
        last: int | None = await connection.fetchval(
            "SELECT max(position) FROM evidence WHERE chain = $1", chain
        )
    return None if head is None else Head(**head), last or 0


async def chains(pool: Pool, tenant_id: UUID | None) -> Sequence[str]:
    """Of a tenant, or of all: chains by mailbox first, since those of tenants go on from them."""
    rows = await pool.fetch(
        "SELECT chain FROM (SELECT DISTINCT chain, form FROM evidence WHERE $1::uuid IS NULL OR tenant_id = $1 "
        "UNION SELECT mailbox, 2 FROM chain_heads WHERE position > 0 AND ($1::uuid IS NULL OR mailbox = $1::text) "
        "AND NOT EXISTS (SELECT FROM evidence WHERE chain = mailbox)) AS known ORDER BY form, chain",
        tenant_id,
    )
    return [row["chain"] for row in rows]


async def hash_at(pool: Pool, chain: str, position: int) -> str | None:
    value: str | None = await pool.fetchval(
        "SELECT chain_hash FROM evidence WHERE chain = $1 AND position = $2", chain, position
    )
    return value


def _kept(row: Record) -> Kept:
    return Kept(
        link=Link(
            position=row["position"],
            attempt_id=row["attempt_id"],
            statement=row["statement"],
            chain_hash=row["chain_hash"],
            signature=row["signature"],
            certificate=row["certificate"],
            message_certificate=row["message_certificate"],
        ),
        beside={name: _written(row[name]) for name in _BESIDE},
        unsigned=compress.unpack(row["unsigned"]) if row["unsigned"] else None,
        released=compress.unpack(row["released"]) if row["released"] else None,
        bytes_shown=row["unsigned"] != b"" or not is_past(row["released_at"]),
    )


def _written(value: object) -> str | None:
    """As a statement writes it."""
    if isinstance(value, datetime):
        return utc(value)
    return None if value is None else str(value)
