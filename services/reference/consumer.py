"""Kafka in: whom identity registered, and what reference learns from the documents of entry, several events at once.

The inbox is kept: what a clerk let reference forget must not be learnt again when events are read once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from backbone.cloudevents import Received
from backbone.consume import Consumer, Given, Handler
from backbone.postgres import Connection
from backbone.service import Runtime
from contracts.events.entry import DocumentDeclared, DocumentProgressed
from contracts.events.identity import ClientRegistered, EnterpriseRegistered
from services import together
from services.reference import directory, lessons
from services.reference.settings import ReferenceSettings
from services.together import Together

_TOGETHER: Together = MappingProxyType(
    {
        frozenset({ClientRegistered.type}): directory.remember_clients,
        frozenset({EnterpriseRegistered.type}): directory.remember_enterprises,
        frozenset({DocumentDeclared.type, DocumentProgressed.type}): lessons.take,
    }
)
HANDLES: frozenset[str] = frozenset().union(*_TOGETHER)
TOPICS = ("identity-events", "entry-events")


async def take(connection: Connection, events: Sequence[Received]) -> Given:
    """Events of any of these types; of one document in their order."""
    return await together.take(_TOGETHER, connection, events)


def handlers() -> Mapping[str, Handler]:
    """By type, one event at a time."""
    return together.handlers(_TOGETHER)


def consumer(settings: ReferenceSettings, runtime: Runtime) -> Consumer:
    """One member of reference's group."""
    return Consumer(
        group="reference",
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=TOPICS,
        batch=take,
        handles=HANDLES,
        keeps_inbox=True,
    )
