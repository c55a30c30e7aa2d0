"""Emptying a view, so that the running service builds it again from the events (`rebuilding`)."""

from __future__ import annotations

from backbone import postgres
from services.query.projections import VIEWS


class NoSuchView(Exception):
    """The text lists those there are."""


async def rebuild(worker_dsn: str, name: str) -> int:
    """Empty the view and raise its generation in one transaction; answers the new generation. Raises NoSuchView.

    Events older than the topics' retention must be published again first: see `backbone.outbox.refill`.
    """
    if name not in VIEWS:
        raise NoSuchView(f"no view {name}; there are: {', '.join(VIEWS)}")
    connection = await postgres.connect(worker_dsn, name="rebuild")
    try:
        async with connection.transaction():
            generation: int = await connection.fetchval(
                "UPDATE views SET generation = generation + 1 WHERE name = $1 RETURNING generation", name
            )
            await connection.execute(f"TRUNCATE {name}")
    finally:
        await connection.close()
    return generation
