"""Time-ordered identifiers: UUID version 7 (RFC 9562), so that index pages fill in order."""

from __future__ import annotations

import secrets
import time
from threading import Lock
from uuid import UUID

_RANDOM_BITS = 74
_STEP_BITS = 40
_lock = Lock()
_last = 0


def new_id() -> UUID:
    """48 bits of milliseconds, version and variant, 74 bits of chance; ids of one process only grow (method 2)."""
    global _last
    value = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    with _lock:
        if value >> _RANDOM_BITS <= _last >> _RANDOM_BITS:
            # The same millisecond, or a clock that went back: a random step further instead.
            value = _last + 1 + secrets.randbits(_STEP_BITS)
        _last = value
    milliseconds, chance = value >> _RANDOM_BITS, value & ((1 << _RANDOM_BITS) - 1)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)
