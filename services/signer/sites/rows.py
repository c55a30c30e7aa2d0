"""Rows of cards at sites and of what they shall sign."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection, Pool, Record
from contracts.permissions import SITE_SERVE

CARD_SECONDS = 45
"""How long a card stays with an agent that says nothing; an agent that asks for work renews it."""
ORDER_SECONDS = 30
"""How long an agent has for an order before another life of it, or another agent, may take it."""
KEEP_DAYS = 7


@dataclass(frozen=True, slots=True)
class CardThere:
    card_no: str
    reader: str
    certificate: bytes


async def lease(connection: Connection, caller: Principal, cards: Sequence[CardThere]) -> set[str]:
    """Those of the cards that this agent holds now: registered by its tenant, for enterprises that it serves. In the tenant's
    transaction. What it does not name any more, it gives up."""
    agent_id = UUID(caller.id)
    mine = {card.card_no: card for card in cards}
    scopes = [grant.enterprises for grant in caller.grants_for(SITE_SERVE)]
    unlimited = any(scope is None for scope in scopes)
    served = sorted(frozenset().union(*(scope for scope in scopes if scope is not None)))
    known = await connection.fetch(_REGISTERED, sorted(mine), unlimited, served)
    held: set[str] = set()
    for row in sorted(known, key=lambda row: str(row["number"])):
        card = mine[row["number"]]
        got = await connection.fetchval(
            _LEASE, caller.tenant_id, card.card_no, agent_id, card.reader, card.certificate, CARD_SECONDS
        )
        if got:
            held.add(card.card_no)
    await connection.execute(
        "DELETE FROM site_cards WHERE agent_id = $1 AND card_no <> ALL($2)", agent_id, sorted(held)
    )
    return held


# A card without enterprises of its own stands for the whole tenant.
_REGISTERED = """
SELECT number FROM cards WHERE number = ANY($1) AND status = 'active'
AND ($2 OR enterprises = '{}' OR enterprises && $3::uuid[])
"""
_LEASE = """
INSERT INTO site_cards AS c (tenant_id, card_no, agent_id, reader, certificate, leased_until)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
ON CONFLICT (tenant_id, card_no) DO UPDATE SET agent_id = excluded.agent_id, reader = excluded.reader,
  certificate = excluded.certificate, leased_until = excluded.leased_until,
  since = CASE WHEN c.agent_id = excluded.agent_id THEN c.since ELSE now() END
WHERE c.agent_id = excluded.agent_id OR c.leased_until < now()
RETURNING true
"""


async def take(
    connection: Connection,
    caller: Principal,
    cards: Collection[str],
    most: int,
    in_hand: Sequence[UUID] | None,
) -> Sequence[Record]:
    """Orders for these cards, urgent ones first, each under a new number. In the tenant's transaction. An order of this agent
    that is not among those `in_hand` never reached it, or an earlier life of it; None says nothing about that."""
    return await connection.fetch(_TAKE, sorted(cards), UUID(caller.id), most, ORDER_SECONDS, in_hand)


_TAKE = """
UPDATE site_orders SET state = 'taken', lease = lease + 1, agent_id = $2, leased_until = now() + make_interval(secs => $4)
WHERE order_id IN (
  SELECT order_id FROM site_orders WHERE card_no = ANY($1)
    AND (state = 'waiting' OR (state = 'taken' AND (leased_until < now() OR (agent_id = $2 AND order_id <> ALL($5::uuid[])))))
  ORDER BY urgent DESC, asked_at, order_id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING order_id, lease, card_no, algorithm, content, urgent
"""


async def ask(
    pool: Pool, tenant_id: UUID, card_no: str, content: bytes, algorithm: str, *, urgent: bool
) -> UUID:
    """A new order. By the worker role."""
    order_id = new_id()
    await pool.execute(
        "INSERT INTO site_orders (order_id, tenant_id, card_no, content, algorithm, urgent) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        order_id,
        tenant_id,
        card_no,
        content,
        algorithm,
        urgent,
    )
    return order_id


async def look(pool: Pool, order_id: UUID) -> Record:
    """By the worker role."""
    row = await pool.fetchrow("SELECT * FROM site_orders WHERE order_id = $1", order_id)
    assert row is not None
    return row


async def drop(pool: Pool, order_id: UUID) -> Record | None:
    """Nobody waits for it any more; the row when it was not answered meanwhile. By the worker role."""
    return await pool.fetchrow(
        "UPDATE site_orders SET state = 'dropped', content = '' WHERE order_id = $1 AND state IN ('waiting', 'taken') "
        "RETURNING *",
        order_id,
    )


async def held_order(connection: Connection, caller: Principal, order_id: UUID, number: int) -> Record | None:
    """The order while this agent has it under this number, locked. In the tenant's transaction."""
    return await connection.fetchrow(
        "SELECT o.*, c.certificate FROM site_orders AS o JOIN site_cards AS c USING (tenant_id, card_no) "
        "WHERE o.order_id = $1 AND o.lease = $2 AND o.agent_id = $3 AND c.agent_id = $3 AND o.state = 'taken' "
        "FOR UPDATE OF o",
        order_id,
        number,
        UUID(caller.id),
    )


async def signed(connection: Connection, order_id: UUID, signature: bytes) -> None:
    await connection.execute(
        "UPDATE site_orders SET state = 'signed', signature = $2, content = '', answered_at = now() WHERE order_id = $1",
        order_id,
        signature,
    )


async def failed(
    connection: Connection,
    order_id: UUID,
    fault: str,
    detail: str,
    tries_left: int | None,
    *,
    may_have_signed: bool,
) -> None:
    await connection.execute(
        "UPDATE site_orders SET state = 'failed', fault = $2, detail = $3, tries_left = $4, may_have_signed = $5, "
        "content = '', answered_at = now() WHERE order_id = $1",
        order_id,
        fault,
        detail,
        tries_left,
        may_have_signed,
    )


async def cards(pool: Pool) -> Sequence[Record]:
    """Cards at sites beside what is registered of them. By the worker role."""
    return await pool.fetch(
        "SELECT s.tenant_id, s.card_no, s.reader, s.certificate, s.since, s.leased_until > now() AS is_heard, "
        "c.certificate IS NOT DISTINCT FROM s.certificate AS fits, "
        "(SELECT count(*) FROM site_orders AS o WHERE o.tenant_id = s.tenant_id AND o.card_no = s.card_no "
        "AND o.state IN ('waiting', 'taken')) AS waiting "
        "FROM site_cards AS s JOIN cards AS c ON c.tenant_id = s.tenant_id AND c.number = s.card_no"
    )


async def sweep(pool: Pool) -> None:
    """Old orders are of no use: what was released stands in the evidence. By the worker role."""
    await pool.execute(
        "DELETE FROM site_orders WHERE asked_at < now() - make_interval(days => $1)", KEEP_DAYS
    )
