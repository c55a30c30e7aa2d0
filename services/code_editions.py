"""Editions of code tables that the operator put in place, in the services that hear of them.

Kept in the service's table `code_editions` as reference tells them, and laid over the tables of every process.
"""

from __future__ import annotations

from collections.abc import Sequence

from backbone import postgres
from backbone.cloudevents import Received
from backbone.periodic import Periodic
from backbone.postgres import Connection, Pool
from contracts.events.reference import CodesPlaced
from customs.codes import TABLES, placing
from services.newest import newest

_LOOK_SECONDS = 2


async def remember(connection: Connection, received: Received) -> None:
    """The highest revision of a table stays; a table that this release does not know is left out."""
    await remember_all(connection, [received])


async def remember_all(connection: Connection, events: Sequence[Received]) -> None:
    """The same for several editions at once."""
    told = newest(events, CodesPlaced, lambda e: e.table, lambda e: e.revision)
    known = [event for event in told if event.table in TABLES]
    if not known:
        return
    await connection.execute(
        "INSERT INTO code_editions AS e (table_name, revision, edition, valid_from, codes) "
        "SELECT g.name, g.revision, g.edition, g.since, g.kept -> 'codes' "
        "FROM unnest($1::text[], $2::bigint[], $3::text[], $4::date[], $5::jsonb[]) AS g (name, revision, edition, since, kept) "
        "ON CONFLICT (table_name) DO UPDATE SET revision = excluded.revision, edition = excluded.edition, "
        "valid_from = excluded.valid_from, codes = excluded.codes WHERE e.revision < excluded.revision",
        [event.table for event in known],
        [event.revision for event in known],
        [event.edition for event in known],
        [event.valid_from for event in known],
        # Lists within a list would be an array of more dimensions.
        [{"codes": placing.kept(event)} for event in known],
    )


def following(pool: Pool) -> Periodic:
    """Every process looks for itself: any of the group may have been the one that was told."""
    known: dict[str, int] = {}

    async def look() -> None:
        async with postgres.transaction(pool) as connection:
            rows = await connection.fetch(
                "SELECT * FROM code_editions WHERE revision > coalesce(($1::jsonb ->> table_name)::bigint, 0)",
                known,
            )
        placing.lay_over([dict(row) for row in rows], known)

    return Periodic("code_editions", look, _LOOK_SECONDS)
