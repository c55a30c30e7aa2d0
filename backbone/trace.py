"""W3C trace context: one trace from the click to the receipt. Spans are log lines; only the ids travel."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_PATTERN = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")

current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def parse(header: str | None) -> str | None:
    """The header when it is a valid version-00 `traceparent`, else None (a broken one starts a new trace)."""
    if header is None:
        return None
    match = _PATTERN.match(header.strip())
    if match is None or match[1] == "0" * 32 or match[2] == "0" * 16:
        return None
    return match[0]


def child(parent: str | None) -> str:
    """A new span in the parent's trace, or in a new trace."""
    trace_id = parent.split("-")[1] if parent else secrets.token_hex(16)
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def trace_id(traceparent: str | None) -> str | None:
    return traceparent.split("-")[1] if traceparent else None
