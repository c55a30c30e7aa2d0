"""Who calls and what they may do: signed tokens, verified against the issuer's published keys."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import httpx
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from backbone import log
from backbone.refusals import Forbidden, Unauthenticated
from backbone.revocations import Revoked

_ALGORITHMS = ["RS256", "ES256"]
_LEEWAY_SECONDS = 5
_REFETCH_SECONDS = 5.0
_KEEP_SECONDS = 300.0
_CACHED_TOKENS = 10_000


class Grant(BaseModel):
    """Permissions within a scope. A scope that is None is not limited."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    permissions: frozenset[str]
    enterprises: frozenset[UUID] | None = None
    teams: frozenset[UUID] | None = None
    clients: frozenset[UUID] | None = None

    def covers(self, enterprise_id: UUID | None, team_id: UUID | None, client_id: UUID | None) -> bool:
        """Whether something of this enterprise, team and client lies within."""
        return (
            (self.enterprises is None or enterprise_id in self.enterprises)
            and (self.teams is None or team_id in self.teams)
            and (self.clients is None or client_id in self.clients)
        )


class Claims(BaseModel):
    """What a token must say. `tid` is the tenant, `sid` the session it belongs to, `gen` and `tgen` how often the tokens
    of the holder and of the tenant were taken back before it."""

    model_config = ConfigDict(extra="ignore")

    sub: str
    exp: int
    tid: UUID
    name: str = ""
    grants: tuple[Grant, ...] = ()
    sid: str | None = None
    gen: int | None = None
    tgen: int | None = None


@dataclass(frozen=True)
class Principal:
    """The caller: a user or an API client of one tenant."""

    id: str
    name: str
    tenant_id: UUID
    grants: tuple[Grant, ...]
    expires_at: float
    session: str | None = None
    generation: int | None = None
    tenant_generation: int | None = None

    def grants_for(self, permission: str) -> Sequence[Grant]:
        """Every grant that holds the permission; a list shows what lies within any of them."""
        return [grant for grant in self.grants if permission in grant.permissions]

    def may(
        self,
        permission: str,
        *,
        enterprise_id: UUID | None = None,
        team_id: UUID | None = None,
        client_id: UUID | None = None,
    ) -> bool:
        """Whether the permission is held for something of this enterprise, team and client."""
        return any(g.covers(enterprise_id, team_id, client_id) for g in self.grants_for(permission))

    def require(self, permission: str, **scope: UUID | None) -> None:
        """Raises Forbidden unless `may`."""
        if not self.may(permission, **scope):
            raise Forbidden(f"需要权限 {permission}")

    def require_anywhere(self, permission: str) -> None:
        """Raises Forbidden unless the permission is held in some scope."""
        if not self.grants_for(permission):
            raise Forbidden(f"需要权限 {permission}")


class Verifier:
    """Checks tokens of one issuer. Keys are fetched when first needed and again when a token names an unknown one."""

    def __init__(self, *, jwks_url: str, issuer: str, audience: str, revoked: Revoked | None = None) -> None:
        self._url = jwks_url
        self.revoked = Revoked() if revoked is None else revoked
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
        )
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._verified: OrderedDict[str, Principal] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Raises Unauthenticated."""
        caller = await self._read(token)
        if self.revoked.covers(caller):
            raise Unauthenticated("登录已结束，或账号、权限已变更，请重新登录")
        return caller

    async def _read(self, token: str) -> Principal:
        known = self._verified.get(token)
        if known is not None:
            if known.expires_at > time.time():
                return known
            del self._verified[token]
            raise Unauthenticated("令牌已过期")
        keys = await self._current_keys()
        try:
            decoded = self._decode(token, keys)
        except (JoseError, ValueError):
            keys = await self._current_keys(refetch=True)
            try:
                decoded = self._decode(token, keys)
            except (JoseError, ValueError) as error:
                raise Unauthenticated("令牌无效或不是由本系统签发") from error
        try:
            self._claims.validate(decoded.claims)
            claims = Claims.model_validate(decoded.claims)
        except JoseError as error:
            raise Unauthenticated("令牌已过期或不适用于本系统") from error
        except ValidationError as error:
            raise Unauthenticated("令牌缺少必要的内容") from error
        expires_at = claims.exp + _LEEWAY_SECONDS
        caller = Principal(
            claims.sub,
            claims.name,
            claims.tid,
            claims.grants,
            expires_at,
            claims.sid,
            claims.gen,
            claims.tgen,
        )
        self._verified[token] = caller
        if len(self._verified) > _CACHED_TOKENS:
            self._verified.popitem(last=False)
        return caller

    @staticmethod
    def _decode(token: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(token, keys, algorithms=_ALGORITHMS)

    async def _current_keys(self, *, refetch: bool = False) -> KeySet:
        async with self._fetching:
            age = time.monotonic() - self._fetched_at
            if self._keys is None or age > (_REFETCH_SECONDS if refetch else _KEEP_SECONDS):
                try:
                    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                        answer = await client.get(self._url)
                        answer.raise_for_status()
                        self._keys = KeySet.import_key_set(answer.json())
                        self._fetched_at = time.monotonic()
                        # A key that is no longer published must not live on in the cache.
                        self._verified.clear()
                except (httpx.HTTPError, ValueError, JoseError) as error:
                    log.get().warning("jwks_fetch_failed", error_type=type(error).__name__)
                    if self._keys is None:
                        raise Unauthenticated("暂时无法验证令牌，请稍后重试") from error
            return self._keys


async def principal(request: Request) -> Principal:
    """FastAPI dependency: the caller, out of `Authorization: Bearer`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("缺少请求头 Authorization: Bearer")
    verifier: Verifier = request.app.state.verifier
    return await verifier.verify(token.strip())


Caller = Annotated[Principal, Depends(principal)]
"""The parameter of an endpoint that asks who calls."""
