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
from customs.documents.life import Purpose

DOCUMENT_EVENTS = frozenset(name for name, event in EVENT_TYPES.items() if issubclass(event, DocumentVersion))


def working_copy(event: DocumentVersion) -> JsonObject | None:
    """The content from this event on; None where it says nothing about it."""
    if isinstance(event, DocumentSaved | DocumentAdopted | RoundWithdrawn | DocumentProgressed):
        return event.document
    # In a later round the approved version stays what it is; its snapshot carries the marks of the round.
    if (
        snapshot(event) is not None
        and isinstance(event, AttemptStarted)
        and event.purpose == Purpose.FILING.value
    ):
        return event.document
    return None


def snapshot(event: DocumentVersion) -> tuple[int, JsonObject] | None:
    """What was sent with an attempt: its number and the content. Asking for receipts again sends nothing."""
    if isinstance(event, AttemptStarted) and not isinstance(event, ReceiptsRequested):
        return event.attempt_no, event.document
    if isinstance(event, DocumentAdopted):
        return 1, event.document
    return None
