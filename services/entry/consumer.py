"""Kafka in: which events entry takes, and what each does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backbone.cloudevents import Received
from backbone.consume import Consumer, Handler
from backbone.postgres import Connection
from backbone.service import Runtime
from contracts.events.identity import ClientRegistered, EnterpriseRegistered, TeamRegistered
from contracts.events.receipts import ReceiptReceived
from contracts.events.reference import AuthorisationChanged, CodesPlaced, GoodsCodesPlaced
from contracts.events.signer import DocumentSigned, SigningFailed
from contracts.events.submission import DeliveryUnknown, MessageDelivered, MessageRefused, MessageTaken
from services import code_editions
from services.entry.document import directory
from services.entry.editions import placed_tariff
from services.entry.ledger import locking, posting
from services.entry.ledger.posting import Due
from services.entry.life import progress
from services.entry.settings import EntrySettings

_ALONE: Mapping[str, Handler] = MappingProxyType(
    {
        EnterpriseRegistered.type: progress.remember_enterprise,
        TeamRegistered.type: directory.remember_team,
        ClientRegistered.type: directory.remember_client,
        AuthorisationChanged.type: directory.remember_authorisation,
        CodesPlaced.type: code_editions.remember,
        GoodsCodesPlaced.type: placed_tariff.remember,
    }
)
_FACTS = tuple(
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
HANDLES: frozenset[str] = frozenset({*_ALONE, *_FACTS})
TOPICS = ("identity-events", "reference-events", "signer-events", "submission-events", "receipts-events")


def handlers() -> Mapping[str, Handler]:
    """Each complete in itself."""
    return {**_ALONE, **dict.fromkeys(_FACTS, progress.absorb)}


class _Books:
    """What a batch of events moves in the books, settled at its end: lines are locked once and in their order."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._due = Due()

    async def take_in(self, connection: Connection, received: Received) -> None:
        if connection is not self._connection:
            # Whatever a batch that failed had left went with its transaction.
            self._connection, self._due = connection, Due()
        await progress.take_in(connection, received, self._due)

    async def settle(self, connection: Connection) -> None:
        due, own = self._due, connection is self._connection
        self._connection, self._due = None, Due()
        if own:
            await posting.settle(connection, due)


def consumer(settings: EntrySettings, runtime: Runtime) -> Consumer:
    """One member of entry's group."""
    books = _Books()
    return Consumer(
        group="entry",
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=TOPICS,
        handlers={**_ALONE, **dict.fromkeys(_FACTS, books.take_in)},
        before_batch=locking.before,
        before_commit=books.settle,
        after_commit=[runtime.waker.wake],
    )
