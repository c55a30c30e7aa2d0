"""Access tokens: RS256 JWTs that say who calls and what they may do where, in the form of backbone.auth.Claims."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from joserfc import jwt

from backbone.ids import new_id
from contracts.permissions import PLATFORM_OPERATE
from services.identity.keyring import ALGORITHM, Keyring

PLATFORM_TENANT = UUID(int=0)
"""The operator's own tenant; platform.operate means nothing in any other."""


@dataclass(frozen=True)
class Grant:
    """Permissions within a scope, as a role assignment gives them."""

    permissions: frozenset[str]
    enterprises: Sequence[UUID] | None = None
    teams: Sequence[UUID] | None = None
    clients: Sequence[UUID] | None = None

    def claim(self) -> dict[str, list[str]]:
        scopes = {"enterprises": self.enterprises, "teams": self.teams, "clients": self.clients}
        limited = {name: [str(i) for i in ids] for name, ids in scopes.items() if ids is not None}
        return {"permissions": sorted(self.permissions), **limited}


@dataclass(frozen=True)
class Holder:
    """Whom a token is for."""

    id: UUID
    name: str
    tenant_id: UUID
    grants: Sequence[Grant]
    generation: int = 0
    tenant_generation: int = 0


@dataclass(frozen=True)
class Issuer:
    keyring: Keyring
    name: str
    audience: str
    seconds: int

    def issue(self, holder: Holder, *, session: UUID | None = None) -> str:
        """A token of its own, or one of a session of the page. Raises Unavailable while no signing key is known."""
        signing = self.keyring.signer()
        now = int(time.time())
        token_id = new_id()
        claims: dict[str, Any] = {
            "iss": self.name,
            "aud": self.audience,
            "sub": str(holder.id),
            "iat": now,
            "exp": now + self.seconds,
            "jti": str(token_id),
            "sid": str(session or token_id),
            "tid": str(holder.tenant_id),
            "name": holder.name,
            "gen": holder.generation,
            "tgen": holder.tenant_generation,
            "grants": [grant.claim() for grant in _allowed(holder)],
        }
        header = {"alg": ALGORITHM, "kid": signing.key_id, "typ": "JWT"}
        return jwt.encode(header, claims, signing.key, algorithms=[ALGORITHM])


def _allowed(holder: Holder) -> list[Grant]:
    if holder.tenant_id == PLATFORM_TENANT:
        return list(holder.grants)
    return [
        Grant(grant.permissions - {PLATFORM_OPERATE}, grant.enterprises, grant.teams, grant.clients)
        for grant in holder.grants
    ]
