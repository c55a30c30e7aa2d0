"""Events of several types in one batch: each type's own function takes all of its events at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from backbone.cloudevents import Received
from backbone.consume import BatchHandler, DeadLetter, Given, Handler
from backbone.postgres import Connection

Together = Mapping[frozenset[str], BatchHandler]
"""By the types that are taken together, in their order; whoever is named first goes first."""


async def take(together: Together, connection: Connection, events: Sequence[Received]) -> Given:
    """All of these events. Answers those that are given up."""
    given_up: dict[UUID, str] = {}
    for types, handler in together.items():
        if own := [received for received in events if received.type in types]:
            given_up |= await handler(connection, own) or {}
    return given_up


def handlers(together: Together) -> Mapping[str, Handler]:
    """By type, one event at a time. Each raises DeadLetter for an event that is given up."""
    return {type: partial(_alone, handler) for types, handler in together.items() for type in types}


async def _alone(handler: BatchHandler, connection: Connection, received: Received) -> None:
    for reason in (await handler(connection, [received]) or {}).values():
        raise DeadLetter(reason)
