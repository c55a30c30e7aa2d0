"""Every event type that travels between services, by name."""

from __future__ import annotations

from contracts.events import entry, identity, receipts, reference, signer, submission, work
from contracts.events.event import Event, type_registry

EVENT_TYPES: dict[str, type[Event]] = dict(type_registry)

__all__ = [
    "EVENT_TYPES",
    "Event",
    "entry",
    "identity",
    "receipts",
    "reference",
    "signer",
    "submission",
    "work",
]
