"""View `code_editions`: editions of code tables that were put in place, so that lists call new codes by their names."""

from __future__ import annotations

from collections.abc import Sequence

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.reference import CodesPlaced
from services import code_editions
from services.query.projections.view import View


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    await code_editions.remember_all(
        connection, [received for received in events if isinstance(received.event, CodesPlaced)]
    )


VIEW = View(
    name="code_editions",
    topics=("reference-events",),
    handles=frozenset({CodesPlaced.type}),
    apply=apply,
)
