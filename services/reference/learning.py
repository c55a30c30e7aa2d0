"""Rows of `learnt_goods`: what was declared per 料号, offered and forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from backbone import log, postgres
from backbone.auth import Principal
from backbone.periodic import Periodic
from backbone.postgres import Connection, Pool, Record
from contracts.permissions import DOCUMENT_READ
from customs.master.filling import Known

NEWEST = 3
"""Sendings kept of each 料号, beside the newest that was approved."""
MOST_ROWS = 500_000
"""Rows kept of one tenant; the oldest go first."""
KEPT_YEARS = 5
_LOOK_SECONDS = 3600
NOBODY = UUID(int=0)
"""In place of a client firm, for documents that have none."""


async def offered(
    connection: Connection,
    caller: Principal,
    client_id: UUID | None,
    principal: str,
    materials: Sequence[str],
) -> Mapping[str, Sequence[Known]]:
    """By 料号 what to offer, the best first: what was returned comes last, else the newest first.

    Only from documents the caller may read. Without a principal only where one firm alone has the 料号.
    """
    rows = await connection.fetch(_OFFER, client_id or NOBODY, list(materials), principal)
    found: dict[str, list[Record]] = {}
    for row in rows:
        scope = {
            "enterprise_id": row["enterprise_id"],
            "team_id": row["team_id"],
            "client_id": row["client_id"],
        }
        if caller.may(DOCUMENT_READ, **scope):
            found.setdefault(row["material_no"], []).append(row)
    return {
        material: [_known(row) for row in held]
        for material, held in found.items()
        if principal or len({row["principal"] for row in held}) == 1
    }


def readable(caller: Principal, row: Record) -> bool:
    """Whether the caller may read the document that told it."""
    return caller.may(
        DOCUMENT_READ, enterprise_id=row["enterprise_id"], team_id=row["team_id"], client_id=client_of(row)
    )


def client_of(row: Record) -> UUID | None:
    """The client firm of the document that told it."""
    client_id: UUID = row["client_id"]
    return None if client_id == NOBODY else client_id


def _known(row: Record) -> Known:
    label = row["internal_no"] + ("（已退单，请核对）" if row["standing"] == "returned" else "")
    return Known(str(row["document_id"]), label, row["content"], row["declared_at"], row["times"])


async def listed(
    connection: Connection, client_id: UUID | None, material_no: str | None, after: str, limit: int
) -> list[Record]:
    """What is remembered for one client firm, by 料号 after `after`; all rows of at most `limit` of them."""
    return await connection.fetch(_LIST, client_id or NOBODY, material_no, after, limit)


async def forget(connection: Connection, client_id: UUID | None, material_no: str | None) -> int:
    """Forget one 料号 of a client firm, or all of them. Answers how many rows went."""
    status = await connection.execute(
        "DELETE FROM learnt_goods WHERE client_id = $1 AND material_no = coalesce($2, material_no)",
        client_id or NOBODY,
        material_no,
    )
    return int(status.removeprefix("DELETE "))


def forgetting(pool: Pool) -> Periodic:
    """Sweeps away what is too old or too much, once an hour."""
    return Periodic("forgetting", partial(sweep, pool), _LOOK_SECONDS)


async def sweep(pool: Pool, most_rows: int = MOST_ROWS) -> None:
    """Take away what is too old, and of every tenant what is too much."""
    async with postgres.transaction(pool) as connection:
        await connection.execute(
            "DELETE FROM learnt_goods WHERE declared_at < now() - make_interval(years => $1)", KEPT_YEARS
        )
        tenants = await connection.fetch(
            "SELECT tenant_id FROM learnt_goods GROUP BY tenant_id HAVING count(*) > $1", most_rows
        )
        for row in tenants:
            done = await connection.execute(_SHORTEN, row["tenant_id"], most_rows)
            log.get().info("learnt_goods_forgotten", tenant_id=row["tenant_id"], count=done.split()[-1])


_OFFER = """
SELECT r.* FROM unnest($2::text[]) AS g (material_no)
CROSS JOIN LATERAL (
  SELECT * FROM learnt_goods AS l
  WHERE l.client_id = $1 AND l.material_no = g.material_no AND ($3 = '' OR l.principal = $3)
) AS r
ORDER BY r.standing = 'returned', r.declared_at DESC, r.attempt_no DESC
"""

_LIST = """
SELECT * FROM learnt_goods WHERE client_id = $1 AND material_no IN (
  SELECT DISTINCT material_no FROM learnt_goods
  WHERE client_id = $1 AND material_no = coalesce($2, material_no) AND material_no > $3
  ORDER BY material_no LIMIT $4)
ORDER BY material_no, standing = 'returned', declared_at DESC, attempt_no DESC
"""

_SHORTEN = """
DELETE FROM learnt_goods WHERE tenant_id = $1 AND declared_at <= (
  SELECT declared_at FROM learnt_goods WHERE tenant_id = $1 ORDER BY declared_at DESC OFFSET $2 LIMIT 1)
"""
