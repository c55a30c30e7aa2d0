"""Secrets of API clients: 256 random bits, shown once, kept as a plain hash, which cannot be guessed back."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
from datetime import datetime

from backbone.postgres import Record


def new_secret() -> str:
    return random.token_urlsafe(32)


def new_client_id() -> str:
    return "bg-" + random.token_hex(8)


def hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def fits(secret: str, row: Record | None, now: datetime) -> bool:
    """Whether it is the client's secret, or the one before in its time of grace."""
    given = hash_of(secret)
    if row is None:
        return False
    current = hmac.compare_digest(given, row["secret_sha256"])
    before, until = row["previous_sha256"], row["previous_until"]
    graced = before is not None and until > now and hmac.compare_digest(given, before)
    return current or graced
