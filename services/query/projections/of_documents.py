"""Which events are about the life of a document, for the views that take all of them."""

from __future__ import annotations

from contracts.events import EVENT_TYPES
from contracts.events.entry import DocumentVersion

DOCUMENT_EVENTS = frozenset(name for name, event in EVENT_TYPES.items() if issubclass(event, DocumentVersion))
