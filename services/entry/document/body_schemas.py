"""What every request of entry tells OpenAPI: its small bodies, and the two headers that make it safe."""

from __future__ import annotations


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
