"""Kafka in: which events entry takes, and what several of them do together.

No line of the inbox is kept: a fact has a key of its own in the set of its document, all else a version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from backbone.cloudevents import Received
from backbone.consume import Consumer, Given, Handler
from backbone.postgres import Connection
from backbone.service import Runtime
from contracts.events.identity import ClientRegistered, EnterpriseRegistered, TeamRegistered
from contracts.events.receipts import ReceiptReceived
from contracts.events.reference import AuthorisationChanged, CodesPlaced, GoodsCodesPlaced
from contracts.events.signer import DocumentSigned, SigningFailed
from contracts.events.submission import DeliveryUnknown, MessageDelivered, MessageRefused, MessageTaken
from services import code_editions, together
from services.entry.document import directory
from services.entry.editions import placed_tariff
from services.entry.life import absorbing
from services.entry.settings import EntrySettings
from services.together import Together

_FACTS = frozenset(
    event.type
    for event in (
        DocumentSigned,
        SigningFailed,
        MessageDelivered,
        MessageTaken,
        MessageRefused,
        DeliveryUnknown,
        ReceiptReceived,
    )
)
"""What is told of an attempt, which may move lines of books as well."""
_TOGETHER: Together = MappingProxyType(
    {
        frozenset({EnterpriseRegistered.type}): directory.remember_enterprises,
        frozenset({TeamRegistered.type}): directory.remember_teams,
        frozenset({ClientRegistered.type}): directory.remember_clients,
        frozenset({AuthorisationChanged.type}): directory.remember_authorisations,
        frozenset({CodesPlaced.type}): code_editions.remember_all,
        frozenset({GoodsCodesPlaced.type}): placed_tariff.remember,
        _FACTS: absorbing.absorb,
    }
)
HANDLES: frozenset[str] = frozenset().union(*_TOGETHER)
TOPICS = ("identity-events", "reference-events", "signer-events", "submission-events", "receipts-events")


async def take(connection: Connection, events: Sequence[Received]) -> Given:
    """Events of any of these types; of one document in their order. Locks are taken as `ledger.locking` has it."""
    return await together.take(_TOGETHER, connection, events)


def handlers() -> Mapping[str, Handler]:
    """By type, one event at a time."""
    return together.handlers(_TOGETHER)


def consumer(settings: EntrySettings, runtime: Runtime) -> Consumer:
    """One member of entry's group."""
    return Consumer(
        group="entry",
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=TOPICS,
        batch=take,
        handles=HANDLES,
        after_commit=[runtime.waker.wake],
    )
