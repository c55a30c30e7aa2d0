"""Opaque cursors over (time, id), newest first: a page goes on where the last one ended, whatever came in between."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BYTES = 24


def encode(at: datetime, identity: UUID) -> str:
    """The cursor that stands behind the row of this time and id."""
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
