"""Which events are about the life of a document, for the views that take all of them, and what they say its content is."""

from __future__ import annotations

from contracts.events import EVENT_TYPES
from contracts.events.entry import (
    AttemptStarted,
    DocumentAdopted,
    DocumentProgressed,
    DocumentSaved,
    DocumentVersion,
    ReceiptsRequested,
    RoundWithdrawn,
)
from contracts.events.event import JsonObject
from customs.documents import KINDS
from customs.documents.life import Purpose
from customs.documents.upcasting import upcast

DOCUMENT_EVENTS = frozenset(name for name, event in EVENT_TYPES.items() if issubclass(event, DocumentVersion))


def working_copy(event: DocumentVersion) -> JsonObject | None:
    """The content from this event on; None where it says nothing about it."""
    if isinstance(event, DocumentSaved | DocumentAdopted | RoundWithdrawn | DocumentProgressed):
        return _of_today(event)
    # In a later round the approved version stays what it is; its snapshot carries the marks of the round.
    if (
        snapshot(event) is not None
        and isinstance(event, AttemptStarted)
        and event.purpose == Purpose.FILING.value
    ):
        return _of_today(event)
    return None


def snapshot(event: DocumentVersion) -> tuple[int, JsonObject] | None:
    """What was sent with an attempt: its number and the content. Asking for receipts again sends nothing."""
    if isinstance(event, AttemptStarted) and not isinstance(event, ReceiptsRequested):
        return event.attempt_no, upcast(KINDS[event.kind], event.document, event.catalogue_version)
    if isinstance(event, DocumentAdopted):
        return 1, upcast(KINDS[event.kind], event.document, event.catalogue_version)
    return None


def _of_today(
    event: DocumentSaved | DocumentAdopted | RoundWithdrawn | DocumentProgressed | AttemptStarted,
) -> JsonObject | None:
    """Its document as today's catalogue has it, where it says of which it is."""
    if isinstance(event, DocumentSaved | DocumentAdopted | AttemptStarted):
        return upcast(KINDS[event.kind], event.document, event.catalogue_version)
    return event.document
