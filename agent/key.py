"""The key by which the platform knows the agent: made here, kept in a file only its owner reads, never sent."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import ECKey

_ALGORITHM = "ES256"
_STATEMENT_SECONDS = 120


def make() -> ECKey:
    return ECKey.generate_key("P-256")


def public_half(key: ECKey) -> dict[str, str]:
    """As a JWK with nothing but the key in it."""
    return {name: str(key.as_dict(private=False)[name]) for name in ("kty", "crv", "x", "y")}


def keep(key: ECKey, path: Path) -> None:
    """Durably, in place of one that was there."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.as_pem(private=True))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def kept(path: Path) -> ECKey:
    """Raises OSError, ValueError."""
    return ECKey.import_key(path.read_bytes())


def statement(key: ECKey, agent_id: UUID, audience: str) -> str:
    """Who asks for a token, signed (RFC 7523): good for minutes, for this platform alone."""
    now = int(time.time())
    claims = {
        "iss": str(agent_id),
        "sub": str(agent_id),
        "aud": audience,
        "iat": now,
        "exp": now + _STATEMENT_SECONDS,
        "jti": str(uuid4()),
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, key, algorithms=[_ALGORITHM])
