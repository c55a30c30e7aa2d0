"""Changes as they are read again: from a position on, with the certainty that nothing was skipped; and the old ones swept away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from backbone import postgres
from backbone.auth import Principal
from backbone.postgres import Pool, Record
from contracts.permissions import DOCUMENT_READ, RECEIPT_READ
from services.query.projections.changes import KEPT, NUMBERING_LOCK
from services.query.wording import state_label

MOST_KEPT = 20_000
"""Changes of a tenant that are kept at most."""
_PAGE = 500
_NEWEST = "SELECT greatest((SELECT max(seq) FROM changes), (SELECT max(seq) FROM changes_swept), 0)"
_AFTER = "SELECT * FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2"
_SWEPT = "SELECT COALESCE(max(seq), 0) FROM changes_swept"
_SWEEP = """
WITH ranked AS (
  SELECT tenant_id, occurred_at, row_number() OVER (PARTITION BY tenant_id ORDER BY seq DESC) AS place FROM changes
), cut AS (
  SELECT tenant_id, max(occurred_at) AS at FROM ranked WHERE place > $2 OR occurred_at <= now() - $1::interval
  GROUP BY tenant_id
), gone AS (
  DELETE FROM changes USING cut WHERE changes.tenant_id = cut.tenant_id AND changes.occurred_at <= cut.at
  RETURNING changes.tenant_id, changes.seq, cut.at
)
INSERT INTO changes_swept AS swept (tenant_id, seq, occurred_at)
SELECT tenant_id, max(seq), max(at) FROM gone GROUP BY tenant_id
ON CONFLICT (tenant_id) DO UPDATE SET seq = greatest(swept.seq, excluded.seq),
  occurred_at = greatest(swept.occurred_at, excluded.occurred_at)
"""


@dataclass(frozen=True)
class Change:
    """One version of a document, or of a piece of work, as the stream tells it."""

    seq: int
    kind: str
    scope: dict[str, UUID | None]
    told: dict[str, Any]
    event: str = "change"
    owner_id: str | None = None

    @classmethod
    def of(cls, row: Record) -> Change:
        scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
        if row["work"]:
            told = {
                "id": row["document_id"],
                "kind": row["kind"],
                **{name: row[name] for name in ("version", "state", "done", "total")},
                "at": row["occurred_at"],
            }
            return cls(row["seq"], row["kind"], scope, told, "work", row["owner_id"])
        told = {
            "id": row["document_id"],
            "kind": row["kind"],
            "version": row["version"],
            "state": row["state"],
            "state_label": state_label(row["kind"], row["state"]),
            "moved": row["moved"],
            "internal_no": row["internal_no"],
            "customs_no": row["customs_no"],
            "at": row["occurred_at"],
        }
        return cls(row["seq"], row["kind"], scope, told)

    @cached_property
    def block(self) -> bytes:
        """As text/event-stream has it; made once for all who read it."""
        data = orjson.dumps(self.told, default=str)
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.seq, self.event.encode(), data)

    def concerns(self, caller: Principal, kinds: frozenset[str] | None) -> bool:
        """Whether the caller may read the document and asked for its kind; `kinds` None: every kind, and work.

        Work is its owner's; a file of an InBox is for whoever reads the receipts of the enterprise.
        """
        if self.event == "work":
            if kinds is not None:
                return False
            mine = self.owner_id == caller.id
            return mine if self.owner_id is not None else caller.may(RECEIPT_READ, **self.scope)
        return (kinds is None or self.kind in kinds) and caller.may(DOCUMENT_READ, **self.scope)


@dataclass(frozen=True)
class Page:
    """Changes after a position, the oldest first. `lost`: something after the position is no longer kept."""

    changes: Sequence[Change]
    lost: bool

    @property
    def full(self) -> bool:
        return len(self.changes) == _PAGE


async def newest(pool: Pool, tenant_id: UUID) -> int:
    """The position behind everything there is, 0 before the first change."""
    async with postgres.tenant_transaction(pool, tenant_id) as connection:
        found: int = await connection.fetchval(_NEWEST)
        return found


async def after(pool: Pool, tenant_id: UUID, position: int) -> Page:
    """What follows a position, at most a page of it."""
    async with postgres.tenant_transaction(pool, tenant_id) as connection:
        rows = await connection.fetch(_AFTER, position, _PAGE)
        # Looked at after the rows: what is swept away in between is told as lost.
        swept = await connection.fetchval(_SWEPT)
    return Page([Change.of(row) for row in rows], swept > position)


async def sweep(worker_pool: Pool, *, kept: timedelta = KEPT, most: int = MOST_KEPT) -> None:
    """Take away what is older than `kept`, and of every tenant what is more than `most`."""
    async with postgres.transaction(worker_pool) as connection:
        # Not beside a batch that is about to write what is being swept.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", NUMBERING_LOCK)
        await connection.execute(_SWEEP, kept, most)
