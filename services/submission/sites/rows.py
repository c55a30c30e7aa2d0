"""Rows of files that agents have or may have, and of who serves a mailbox. In the caller's tenant transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from backbone.auth import Principal
from backbone.postgres import Connection, Pool, Record
from backbone.scope import within
from contracts.events.identity import EnterpriseRegistered
from contracts.permissions import SITE_SERVE

LEASE_SECONDS = 60
TOLD = {"OutBox": "held", "SentBox": "sent", "FailBox": "failed", "gone": "gone"}
"""Where an agent says that a file is → state of its row."""


async def know(connection: Connection, event: EnterpriseRegistered) -> None:
    """By the worker role."""
    await connection.execute(
        _KNOW, event.route.mailbox, event.tenant_id, event.enterprise_id, event.recorded_at
    )


# The lease ends with the owner for whom it was taken.
_KNOW = """
INSERT INTO mailboxes AS m (mailbox, tenant_id, enterprise_id, recorded_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (mailbox) DO UPDATE SET tenant_id = excluded.tenant_id, enterprise_id = excluded.enterprise_id,
  recorded_at = excluded.recorded_at,
  agent_id = CASE WHEN m.tenant_id = excluded.tenant_id THEN m.agent_id END
WHERE m.recorded_at < excluded.recorded_at
"""


async def lease(connection: Connection, caller: Principal, mailboxes: Collection[str]) -> set[str]:
    """Those of the mailboxes that this agent may serve, and that are its own to serve for the next while."""
    arguments: list[object] = [sorted(mailboxes), UUID(caller.id)]
    allowed = within(caller.grants_for(SITE_SERVE), arguments, team="NULL::uuid", client="NULL::uuid")
    await connection.execute(
        _LEASE.format(allowed=allowed, most=len(arguments) + 1), *arguments, LEASE_SECONDS
    )
    rows = await connection.fetch(_LEASED.format(allowed=allowed), *arguments)
    return {row["mailbox"] for row in rows}


# In order, so that two agents that ask for the same mailboxes never wait for one another; renewed at half time.
_LEASE = """
UPDATE mailboxes SET agent_id = $2, leased_until = now() + make_interval(secs => ${most}) WHERE mailbox IN (
  SELECT mailbox FROM mailboxes WHERE mailbox = ANY($1) AND {allowed} AND (
    agent_id IS NULL OR leased_until < now()
    OR agent_id = $2 AND leased_until < now() + make_interval(secs => ${most}) / 2)
  ORDER BY mailbox FOR UPDATE)
"""
_LEASED = "SELECT mailbox FROM mailboxes WHERE mailbox = ANY($1) AND agent_id = $2 AND leased_until > now() AND {allowed}"


async def offer(
    connection: Connection, caller: Principal, mailboxes: Collection[str], most_files: int, most_bytes: int
) -> None:
    """Bind files that stand in OutBox to this agent, the oldest first, as many as it has room for."""
    arguments: list[object] = [sorted(mailboxes), UUID(caller.id), most_files, most_bytes]
    allowed = within(
        caller.grants_for(SITE_SERVE),
        arguments,
        enterprise="d.enterprise_id",
        team="NULL::uuid",
        client="NULL::uuid",
    )
    await connection.execute(_OFFER.format(allowed=allowed), *arguments)


_OFFER = """
INSERT INTO site_files (mailbox, file_name, tenant_id, attempt_id, try_no, agent_id)
SELECT mailbox, file_name, tenant_id, attempt_id, try_no, $2 FROM (
  SELECT d.mailbox, d.stem || '.zip' AS file_name, d.tenant_id, d.attempt_id, d.try_no,
    sum(length(d.parcel)) OVER (ORDER BY d.created_at, d.stem) AS bytes_so_far
  FROM deliveries AS d WHERE d.mailbox = ANY($1) AND d.state = 'delivered' AND d.parcel IS NOT NULL AND {allowed}
    AND NOT EXISTS (SELECT FROM site_files AS f WHERE f.mailbox = d.mailbox AND f.file_name = d.stem || '.zip')
  ORDER BY d.created_at, d.stem LIMIT $3
) AS waiting WHERE bytes_so_far <= $4
ON CONFLICT DO NOTHING
"""


async def with_agent(
    connection: Connection, caller: Principal, mailboxes: Collection[str], states: Sequence[str], limit: int
) -> Sequence[Record]:
    """Files that this agent has or may have, the oldest first."""
    return await connection.fetch(
        "SELECT f.mailbox, f.file_name, f.state, d.sha256, length(d.parcel) AS bytes FROM site_files AS f "
        "JOIN deliveries AS d USING (attempt_id, try_no) WHERE f.agent_id = $1 AND f.mailbox = ANY($2) "
        "AND f.state = ANY($3) ORDER BY f.offered_at, f.file_name LIMIT $4",
        UUID(caller.id),
        sorted(mailboxes),
        list(states),
        limit,
    )


async def bound(
    connection: Connection, caller: Principal, mailbox: str, file_name: str, *, lock: bool = False
) -> Record | None:
    """The file, when it is bound to this agent; with the bytes while they are kept."""
    return await connection.fetchrow(_BOUND_LOCKED if lock else _BOUND, mailbox, file_name, UUID(caller.id))


_BOUND = """
SELECT f.*, d.sha256, d.parcel FROM site_files AS f JOIN deliveries AS d USING (attempt_id, try_no)
WHERE f.mailbox = $1 AND f.file_name = $2 AND f.agent_id = $3
"""
_BOUND_LOCKED = _BOUND + "FOR UPDATE OF f"


async def told(connection: Connection, mailbox: str, file_name: str, state: str) -> None:
    await connection.execute(
        "UPDATE site_files SET state = $3, told_at = now() WHERE mailbox = $1 AND file_name = $2",
        mailbox,
        file_name,
        state,
    )


async def lose(connection: Connection, agent_id: UUID) -> None:
    """What a revoked agent has is nowhere that anybody could say. By the worker role."""
    await connection.execute(
        "UPDATE site_files SET state = 'lost', settled = false, told_at = now() "
        "WHERE agent_id = $1 AND state IN ('offered', 'held')",
        agent_id,
    )
    await connection.execute("UPDATE mailboxes SET agent_id = NULL WHERE agent_id = $1", agent_id)


async def unsettled(pool: Pool) -> Sequence[Record]:
    """By the worker role."""
    return await pool.fetch(
        "SELECT mailbox, file_name FROM site_files WHERE NOT settled ORDER BY mailbox, file_name LIMIT 500"
    )


async def settle(pool: Pool, mailbox: str, file_name: str) -> None:
    await pool.execute(
        "UPDATE site_files SET settled = true WHERE mailbox = $1 AND file_name = $2", mailbox, file_name
    )


async def waiting(pool: Pool) -> Record:
    """How many files are with agents, and since when the oldest of them. By the worker role."""
    row = await pool.fetchrow(
        "SELECT count(*) FILTER (WHERE state = 'offered') AS offered, count(*) FILTER (WHERE state = 'held') AS held, "
        "coalesce(extract(epoch FROM now() - min(offered_at)), 0)::float AS oldest FROM site_files "
        "WHERE state IN ('offered', 'held')"
    )
    assert row is not None
    return row
