"""Settings of identity; see backbone.settings for the shared ones."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from backbone.sealing import MasterKeySettings
from contracts.events.identity import LONGEST_TOKEN

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class IdentitySettings(MasterKeySettings):
    """A wrong value is told by name, never shown."""

    port: int = 8101

    operator_secret: Annotated[SecretStr, Field(min_length=24)] | None = None
    """Secret of the API client `platform-operator`, which is made or changed at the start when this is set."""

    password_login: bool = True
    """False where an external OIDC issuer gives the tokens: identity then issues none."""
    token_seconds: Annotated[int, Field(ge=60, le=LONGEST_TOKEN.total_seconds())] = 900
    key_days: Annotated[int, Field(ge=1)] = 30
    """Age at which a signing key is followed by a new one."""
    key_lead_seconds: Annotated[int, Field(ge=15)] = 60
    """A new key is published this long before it signs, so that every verifier and replica has it by then."""

    session_idle_seconds: Annotated[int, Field(ge=60)] = 3600
    """How long a session of the page holds without a request of its person."""
    session_seconds: Annotated[int, Field(ge=60)] = 43_200
    """How long it holds at most."""
    page_over_tls: bool = False
    """True where TLS ends before the edge; else the edge says how the browser came."""

    agent_code_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """How long the code of a new site agent enrols."""
    agent_silent_seconds: Annotated[int, Field(ge=30)] = 180
    """After how long without a word an agent counts as silent; it speaks every sixth of that."""

    public_url: str | None = None
    """Address under which clients reach the edge, for the discovery document; else taken from the request."""
    trusted_proxies: str = "127.0.0.0/8,::1/128"
    """Networks, by comma, of the edge: only from there is X-Forwarded-For believed."""

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    def trusted_networks(self) -> tuple[Network, ...]:
        return _networks(self.trusted_proxies)


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
