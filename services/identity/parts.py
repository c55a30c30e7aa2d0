"""What the endpoints work with, put together once by main."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from backbone.postgres import Pool
from services.identity.authentication import Authentication
from services.identity.client_address import client_address
from services.identity.keyring import KeyKeeper, Keyring
from services.identity.passwords import Hasher
from services.identity.sealing import Sealer
from services.identity.sessions import Sessions
from services.identity.settings import IdentitySettings
from services.identity.tokens import Issuer


@dataclass(frozen=True)
class Parts:
    settings: IdentitySettings
    pool: Pool
    worker_pool: Pool
    wake: Callable[[], None]
    sealer: Sealer
    hasher: Hasher
    keyring: Keyring
    keeper: KeyKeeper
    issuer: Issuer
    authentication: Authentication
    sessions: Sessions


def of(request: Request) -> Parts:
    """FastAPI dependency; the application carries its parts, so that its routes can be described without any."""
    parts: Parts = request.app.state.parts
    return parts


def address_of(request: Request) -> str:
    """FastAPI dependency: the address failed logins are counted for."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getlist("x-forwarded-for")
    return client_address(peer, forwarded, of(request).settings.trusted_networks())


TheParts = Annotated[Parts, Depends(of)]
Address = Annotated[str, Depends(address_of)]
