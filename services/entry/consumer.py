"""Kafka in: which events entry takes, and what each does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backbone.consume import Consumer, Handler
from backbone.service import Runtime
from contracts.events.identity import EnterpriseRegistered
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned, SigningFailed
from contracts.events.submission import DeliveryUnknown, MessageDelivered, MessageRefused, MessageTaken
from services.entry import progress
from services.entry.settings import EntrySettings

_HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        EnterpriseRegistered.type: progress.remember_enterprise,
        **{
            event.type: progress.absorb
            for event in (
                DocumentSigned,
                SigningFailed,
                MessageDelivered,
                MessageTaken,
                MessageRefused,
                DeliveryUnknown,
                ReceiptReceived,
            )
        },
    }
)
HANDLES: frozenset[str] = frozenset(_HANDLERS)
TOPICS = ("identity-events", "signer-events", "submission-events", "receipts-events")


def handlers() -> Mapping[str, Handler]:
    return _HANDLERS


def consumer(settings: EntrySettings, runtime: Runtime) -> Consumer:
    """One member of entry's group."""
    return Consumer(
        group="entry",
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=TOPICS,
        handlers=handlers(),
        after_commit=[runtime.waker.wake],
    )
