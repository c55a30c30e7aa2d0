"""What every request of entry tells OpenAPI: its small bodies, and the two headers that make it safe."""

from __future__ import annotations

from typing import Any


def _header(name: str, description: str) -> dict[str, object]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


KEY = _header("Idempotency-Key", "A new key for a new operation, the same key for a retry")
SEEN = _header("If-Match", "The ETag of the version the caller saw")
SEEN_DOCUMENT = {**SEEN, "description": "The ETag of the document's version the caller saw"}
"""For a part of a document, which has no version of its own."""


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Without `$defs`, which mean nothing within an OpenAPI document."""
    definitions = schema.pop("$defs", {})

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return resolved(definitions[value["$ref"].rpartition("/")[2]])
            return {name: resolved(each) for name, each in value.items()}
        return [resolved(each) for each in value] if isinstance(value, list) else value

    found: dict[str, Any] = resolved(schema)
    return found
