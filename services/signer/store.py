"""Rows of the signer. Message bytes are kept compressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone import compress
from backbone.postgres import Connection, Pool, Record
from contracts.events.entry import AttemptStarted
from services.signer.evidence import EMPTY, Head, Link


@dataclass(frozen=True, slots=True)
class Frozen:
    """A message before it is released. `key_asked`: a key was asked before and what came of it is not known."""

    message_id: str
    unsigned: bytes
    composed_at: datetime
    key_asked: bool
    is_released: bool


async def find(pool: Pool, attempt_id: UUID) -> Frozen | None:
    row = await pool.fetchrow(
        "SELECT message_id, unsigned, composed_at, key_asked, released IS NOT NULL AS is_released "
        "FROM messages WHERE attempt_id = $1",
        attempt_id,
    )
    return None if row is None else Frozen(**{**row, "unsigned": compress.unpack(row["unsigned"])})


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
        "UPDATE messages SET released = $2, released_at = $3, key_asked = false "
        "WHERE attempt_id = $1 AND released IS NULL",
        attempt_id,
        compress.pack(released),
        at,
    )
    return status == "UPDATE 1"


async def lock_head(connection: Connection, mailbox: str) -> Head:
    """The end of the mailbox's chain, nobody else's until the transaction ends."""
    await connection.execute(
        "INSERT INTO chain_heads (mailbox, position, chain_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        mailbox,
        EMPTY.position,
        EMPTY.chain_hash,
    )
    row = await connection.fetchrow(
        "SELECT position, chain_hash FROM chain_heads WHERE mailbox = $1 FOR UPDATE", mailbox
    )
    assert row is not None
    return Head(**row)


async def add_link(connection: Connection, attempt: AttemptStarted, evidence_id: UUID, link: Link) -> None:
    await connection.execute(
        "INSERT INTO evidence (evidence_id, attempt_id, tenant_id, enterprise_id, team_id, client_id, mailbox, position, "
        "statement, chain_hash, signature, certificate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        evidence_id,
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
    )
    await connection.execute(
        "UPDATE chain_heads SET position = $2, chain_hash = $3 WHERE mailbox = $1",
        attempt.route.mailbox,
        link.position,
        link.chain_hash,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A link, the bytes it is about and whose they are."""

    link: Link
    released: bytes | None
    enterprise_id: UUID
    team_id: UUID | None
    client_id: UUID | None


_KEPT = (
    "SELECT e.position, e.attempt_id, e.statement, e.chain_hash, e.signature, e.certificate, e.enterprise_id, "
    "e.team_id, e.client_id, m.released FROM evidence AS e LEFT JOIN messages AS m USING (attempt_id) "
)


async def kept_of(connection: Connection, attempt_id: UUID) -> Kept | None:
    row = await connection.fetchrow(_KEPT + "WHERE e.attempt_id = $1", attempt_id)
    return None if row is None else _kept(row)


async def kept_after(pool: Pool, mailbox: str, position: int, limit: int) -> Sequence[Kept]:
    """The next links of a chain, in order."""
    rows = await pool.fetch(
        _KEPT + "WHERE e.mailbox = $1 AND e.position > $2 ORDER BY e.position LIMIT $3",
        mailbox,
        position,
        limit,
    )
    return [_kept(row) for row in rows]


async def head_of(pool: Pool, mailbox: str) -> Head | None:
    row = await pool.fetchrow("SELECT position, chain_hash FROM chain_heads WHERE mailbox = $1", mailbox)
    return None if row is None else Head(**row)


def _kept(row: Record) -> Kept:
    return Kept(
        link=Link(
            position=row["position"],
            attempt_id=row["attempt_id"],
            statement=row["statement"],
            chain_hash=row["chain_hash"],
            signature=row["signature"],
            certificate=row["certificate"],
        ),
        released=None if row["released"] is None else compress.unpack(row["released"]),
        enterprise_id=row["enterprise_id"],
        team_id=row["team_id"],
        client_id=row["client_id"],
    )
