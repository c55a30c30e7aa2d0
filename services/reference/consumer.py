"""Kafka in: whom identity registered, and what reference learns from the documents of entry."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backbone.consume import Consumer, Handler
from backbone.service import Runtime
from contracts.events.entry import DocumentDeclared, DocumentProgressed
from contracts.events.identity import ClientRegistered, EnterpriseRegistered
from services.reference import directory, learning
from services.reference.settings import ReferenceSettings

_HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        ClientRegistered.type: directory.remember_client,
        EnterpriseRegistered.type: directory.remember_enterprise,
        DocumentDeclared.type: learning.learn,
        DocumentProgressed.type: learning.judge,
    }
)
HANDLES: frozenset[str] = frozenset(_HANDLERS)
TOPICS = ("identity-events", "entry-events")


def handlers() -> Mapping[str, Handler]:
    return _HANDLERS


def consumer(settings: ReferenceSettings, runtime: Runtime) -> Consumer:
    """One member of reference's group."""
    return Consumer(
        group="reference",
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=TOPICS,
        handlers=handlers(),
    )
