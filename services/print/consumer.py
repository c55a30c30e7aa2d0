"""Kafka in: editions of code tables, so that a code which one of them brought is printed with its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backbone.consume import Consumer, Handler
from backbone.service import Runtime
from contracts.events.reference import CodesPlaced
from services import code_editions
from services.print.settings import PrintSettings

_HANDLERS: Mapping[str, Handler] = MappingProxyType({CodesPlaced.type: code_editions.remember})
HANDLES: frozenset[str] = frozenset(_HANDLERS)
TOPICS = ("reference-events",)


def handlers() -> Mapping[str, Handler]:
    """What print takes, and what each does."""
    return _HANDLERS


def consumer(settings: PrintSettings, runtime: Runtime) -> Consumer:
    """One member of print's group."""
    return Consumer(
        group="print",
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=TOPICS,
        handlers=handlers(),
    )
