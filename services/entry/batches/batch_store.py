"""Rows of batches. Every function works in the caller's transaction, which sees one tenant."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from backbone import jobs, outbox
from backbone.auth import Grant, Principal
from backbone.postgres import Connection, Record
from contracts.events.work import BatchMoved

QUEUE = "batches"
Action = Literal["declare", "stage", "delete"]
State = Literal["running", "finished", "cancelled"]
Status = Literal["waiting", "done", "refused", "stale", "cancelled"]


@dataclass(frozen=True, slots=True)
class Batch:
    """A row of `batches`. `principal` is who ordered it, with the rights of that time."""

    batch_id: UUID
    tenant_id: UUID
    kind: str
    action: Action
    state: State
    run_no: int
    principal: Principal
    ordered_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Item:
    """A row of `batch_items` that waits."""

    batch_id: UUID
    position: int
    document_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item; `problem` is an RFC 9457 object where it was refused."""

    status: Status
    new_version: int | None = None
    attempt_id: UUID | None = None
    problem: Mapping[str, Any] | None = None


_SELECT = "SELECT batch_id, tenant_id, kind, action, state, run_no, principal, ordered_at, finished_at FROM batches "


def _kept(caller: Principal) -> dict[str, Any]:
    return {
        "id": caller.id,
        "name": caller.name,
        "generation": caller.generation,
        "tenant_generation": caller.tenant_generation,
        "grants": [grant.model_dump(mode="json", exclude_none=True) for grant in caller.grants],
    }


def _batch(row: Record) -> Batch:
    kept = row["principal"]
    grants = tuple(Grant.model_validate(grant) for grant in kept["grants"])
    # A token runs out and a session ends, an order does not; but it is refused when its giver's rights are taken back.
    principal = Principal(
        kept["id"],
        kept["name"],
        row["tenant_id"],
        grants,
        math.inf,
        generation=kept.get("generation"),
        tenant_generation=kept.get("tenant_generation"),
    )
    return Batch(**{**row, "principal": principal})


async def insert(
    connection: Connection,
    caller: Principal,
    *,
    batch_id: UUID,
    kind: str,
    action: Action,
    at: datetime,
    documents: Sequence[tuple[UUID, int]],
    readable: str,
    arguments: Sequence[object],
) -> None:
    """The batch and its items in the given order. `readable` is a condition of SQL with `arguments` from $5 on:
    which documents the caller may see, for their 企业内部编号."""
    await connection.execute(
        "INSERT INTO batches (batch_id, tenant_id, kind, action, state, caller_id, principal, ordered_at) "
        "VALUES ($1, $2, $3, $4, 'running', $5, $6, $7)",
        batch_id,
        caller.tenant_id,
        kind,
        action,
        caller.id,
        _kept(caller),
        at,
    )
    await connection.execute(
        "INSERT INTO batch_items (batch_id, position, tenant_id, document_id, version, internal_no, status) "  # noqa: S608
        "SELECT $1, given.position, $2, given.document_id, given.version, d.internal_no, 'waiting' "
        "FROM unnest($3::uuid[], $4::int[]) WITH ORDINALITY AS given (document_id, version, position) "
        f"LEFT JOIN documents AS d ON d.document_id = given.document_id AND {readable}",
        batch_id,
        caller.tenant_id,
        [document_id for document_id, _ in documents],
        [version for _, version in documents],
        *arguments,
    )


_STANDING = """
SELECT b.tenant_id, b.caller_id AS owner_id, b.state, count(*) AS total,
  count(*) FILTER (WHERE i.status <> 'waiting') AS done,
  2 * b.run_no + coalesce(sum(i.tries), 0) + (b.state <> 'running')::int AS version
FROM batches AS b JOIN batch_items AS i USING (batch_id) WHERE b.batch_id = $1 GROUP BY b.batch_id
"""


async def tell(connection: Connection, batch_id: UUID, at: datetime) -> None:
    """Where it stands now, to whoever watches it. Each run, each try and the end raise the version."""
    row = await connection.fetchrow(_STANDING, batch_id)
    assert row is not None
    moved = BatchMoved(work_id=batch_id, occurred_at=at, **row)
    await outbox.append(connection, [moved], tenant_id=moved.tenant_id)


async def enqueue(connection: Connection, batch_id: UUID, tenant_id: UUID, run_no: int) -> None:
    """A lane per tenant: its batches one after another, other tenants beside it."""
    await jobs.enqueue(
        connection,
        queue=QUEUE,
        lane=str(tenant_id),
        dedupe_key=f"{batch_id}/{run_no}",
        tenant_id=tenant_id,
        payload=str(batch_id).encode(),
    )


async def find(connection: Connection, batch_id: UUID, *, lock: bool = False) -> Batch | None:
    row = await connection.fetchrow(_SELECT + "WHERE batch_id = $1" + " FOR UPDATE" * lock, batch_id)
    return None if row is None else _batch(row)


async def of_caller(
    connection: Connection, caller: Principal, before: tuple[datetime, UUID] | None, limit: int
) -> list[Batch]:
    """The newest first."""
    at, batch_id = before or (None, None)
    rows = await connection.fetch(
        _SELECT + "WHERE tenant_id = $1 AND caller_id = $2 "
        "AND ($3::timestamptz IS NULL OR (ordered_at, batch_id) < ($3, $4::uuid)) "
        "ORDER BY ordered_at DESC, batch_id DESC LIMIT $5",
        caller.tenant_id,
        caller.id,
        at,
        batch_id,
        limit,
    )
    return [_batch(row) for row in rows]


async def counts(connection: Connection, batch_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """How many items of each batch have which status."""
    rows = await connection.fetch(
        "SELECT batch_id, status, count(*) AS number FROM batch_items WHERE batch_id = ANY($1) GROUP BY 1, 2",
        batch_ids,
    )
    found: dict[UUID, dict[str, int]] = {batch_id: {} for batch_id in batch_ids}
    for row in rows:
        found[row["batch_id"]][row["status"]] = row["number"]
    return found


async def items(
    connection: Connection, batch_id: UUID, *, status: Sequence[str] | None, after: int, limit: int
) -> list[Record]:
    """Those behind the position `after`, in the order they were given."""
    return await connection.fetch(
        "SELECT position, document_id, version, internal_no, status, tries, new_version, attempt_id, problem, "
        "finished_at FROM batch_items WHERE batch_id = $1 AND position > $2 "
        "AND ($3::text[] IS NULL OR status = ANY($3)) ORDER BY position LIMIT $4",
        batch_id,
        after,
        status,
        limit,
    )


async def next_waiting(connection: Connection, batch_id: UUID) -> Item | None:
    row = await connection.fetchrow(
        "SELECT batch_id, position, document_id, version FROM batch_items "
        "WHERE batch_id = $1 AND status = 'waiting' ORDER BY position LIMIT 1",
        batch_id,
    )
    return None if row is None else Item(**row)


async def keep_result(connection: Connection, item: Item, result: Result, at: datetime) -> None:
    await connection.execute(
        "UPDATE batch_items SET status = $3, tries = tries + 1, new_version = $4, attempt_id = $5, problem = $6, "
        "finished_at = $7 WHERE batch_id = $1 AND position = $2",
        item.batch_id,
        item.position,
        result.status,
        result.new_version,
        result.attempt_id,
        result.problem,
        at,
    )


async def end(connection: Connection, batch_id: UUID, state: State, at: datetime) -> int:
    """`finished` or `cancelled`; what still waits is cancelled. Answers how many that were."""
    await connection.execute(
        "UPDATE batches SET state = $2, finished_at = $3 WHERE batch_id = $1", batch_id, state, at
    )
    status = await connection.execute(
        "UPDATE batch_items SET status = 'cancelled', finished_at = $2 WHERE batch_id = $1 AND status = 'waiting'",
        batch_id,
        at,
    )
    return int(status.split()[-1])


async def refused(connection: Connection, batch_id: UUID) -> list[tuple[UUID, int]]:
    """Refused and stale items in their order, each with the version its document has now (its own where there is none)."""
    rows = await connection.fetch(
        "SELECT i.document_id, coalesce(d.version, i.version) AS version FROM batch_items AS i "
        "LEFT JOIN documents AS d USING (document_id) "
        "WHERE i.batch_id = $1 AND i.status IN ('refused', 'stale') ORDER BY i.position",
        batch_id,
    )
    return [(row["document_id"], row["version"]) for row in rows]


async def run_again(
    connection: Connection, batch: Batch, caller: Principal, documents: Sequence[tuple[UUID, int]]
) -> int:
    """These items wait again, on the orders and with the rights of `caller`. Answers the number of the run."""
    await connection.execute(
        "UPDATE batch_items AS i SET status = 'waiting', version = given.version, problem = NULL, finished_at = NULL "
        "FROM unnest($2::uuid[], $3::int[]) AS given (document_id, version) "
        "WHERE i.batch_id = $1 AND i.document_id = given.document_id",
        batch.batch_id,
        [document_id for document_id, _ in documents],
        [version for _, version in documents],
    )
    run_no: int = await connection.fetchval(
        "UPDATE batches SET state = 'running', finished_at = NULL, run_no = run_no + 1, principal = $2 "
        "WHERE batch_id = $1 RETURNING run_no",
        batch.batch_id,
        _kept(caller),
    )
    return run_no
