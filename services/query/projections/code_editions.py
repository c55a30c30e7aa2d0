"""View `code_editions`: editions of code tables that were put in place, so that lists call new codes by their names."""

from __future__ import annotations

from collections.abc import Sequence

from backbone import postgres
from backbone.cloudevents import Received
from backbone.looking import Looking
from backbone.postgres import Connection, Pool
from contracts.codes import TABLES, placing
from contracts.events.reference import CodesPlaced
from services.query.projections.view import View

_LOOK_SECONDS = 2


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """The highest revision of a table stays; a table that this release does not know is left out."""
    for event in (received.event for received in events):
        if not isinstance(event, CodesPlaced) or event.table not in TABLES:
            continue
        await connection.execute(
            "INSERT INTO code_editions AS e (table_name, revision, edition, valid_from, codes) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (table_name) DO UPDATE SET revision = excluded.revision, edition = excluded.edition, "
            "valid_from = excluded.valid_from, codes = excluded.codes WHERE e.revision < excluded.revision",
            event.table,
            event.revision,
            event.edition,
            event.valid_from,
            placing.kept(event),
        )


def following(pool: Pool) -> Looking:
    """Lays over this process's tables what the view holds."""
    known: dict[str, int] = {}

    async def look() -> None:
        async with postgres.transaction(pool) as connection:
            rows = await connection.fetch(
                "SELECT * FROM code_editions WHERE revision > coalesce(($1::jsonb ->> table_name)::bigint, 0)",
                known,
            )
        placing.lay_over([dict(row) for row in rows], known)

    return Looking("code_editions", look, _LOOK_SECONDS)


VIEW = View(
    name="code_editions",
    topics=("reference-events",),
    handles=frozenset({CodesPlaced.type}),
    apply=apply,
)
