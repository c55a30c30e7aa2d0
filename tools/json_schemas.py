"""JSON Schemas of event types and documents, as files under contracts/schemas."""

from __future__ import annotations

from typing import Any

from contracts.events import EVENT_TYPES, Event
from customs.documents import KINDS
from customs.documents.schema import document_schema
from tools.canonical import text_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schema(event: type[Event]) -> dict[str, Any]:
    """Schema of an event's JSON body. Nothing forbids further members: readers ignore what they do not know."""
    schema = event.model_json_schema()
    schema["$schema"] = DIALECT
    schema["x-type"] = event.type
    return schema


def schema_files() -> dict[str, str]:
    """Text by path below contracts/schemas."""
    files = {
        f"events/{name}.schema.json": text_of(event_schema(event)) for name, event in EVENT_TYPES.items()
    }
    files |= {f"documents/{name}.schema.json": text_of(document_schema(kind)) for name, kind in KINDS.items()}
    return files
