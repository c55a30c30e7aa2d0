"""Opaque cursors: a page goes on where the last one ended, whatever came in between.

A place is most often (time, id), newest first. What a caller gets is the place under the seal of its list and conditions, so that
it opens nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES = 24
_SEAL_BYTES = 9


class ForeignCursor(ValueError):
    """A cursor of another list, or of other conditions."""


def seal_of(name: str, conditions: Iterable[tuple[str, str]]) -> bytes:
    """What tells one list under one set of conditions from another. The order of the conditions does not matter."""
    told = repr((name, sorted(conditions)))
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=_SEAL_BYTES).digest()


def sealed(place: str, seal: bytes) -> str:
    """The place as the caller gets it."""
    return base64.urlsafe_b64encode(seal + place.encode()).decode().rstrip("=")


def opened(cursor: str, seal: bytes) -> str:
    """The place. Raises ForeignCursor, or ValueError for what `sealed` did not write."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        data = base64.b64decode(padded, altchars=b"-_", validate=True)
        place = data[_SEAL_BYTES:].decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not a cursor") from error
    if len(data) <= _SEAL_BYTES:
        raise ValueError("not a cursor")
    if data[:_SEAL_BYTES] != seal:
        raise ForeignCursor
    return place


def encode(at: datetime, identity: UUID) -> str:
    """The place behind the row of this time and id."""
    microseconds = (at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(microseconds.to_bytes(8, "big", signed=True) + identity.bytes).decode()


def decode(text: str) -> tuple[datetime, UUID]:
    """Raises ValueError for what `encode` did not write."""
    try:
        data = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        if len(data) != _BYTES:
            raise ValueError("not a cursor")
        at = _EPOCH + timedelta(microseconds=int.from_bytes(data[:8], "big", signed=True))
    except (binascii.Error, UnicodeEncodeError, OverflowError) as error:
        raise ValueError("not a cursor") from error
    return at, UUID(bytes=data[8:])
