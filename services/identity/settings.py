"""Settings of identity; see backbone.settings for the shared ones."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from backbone.settings import ServiceSettings
from contracts.events.identity import LONGEST_TOKEN

MASTER_KEY_BYTES = 32
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class IdentitySettings(ServiceSettings):
    """A wrong value is told by name, never shown."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    port: int = 8101

    master_key: SecretStr
    """32 bytes as base64url; seals the private keys at rest. The same for every replica."""
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

    public_url: str | None = None
    """Address under which clients reach the edge, for the discovery document; else taken from the request."""
    trusted_proxies: str = "127.0.0.0/8,::1/128"
    """Networks, by comma, of the edge: only from there is X-Forwarded-For believed."""

    @field_validator("master_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        _key_bytes(value.get_secret_value())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    def master_key_bytes(self) -> bytes:
        return _key_bytes(self.master_key.get_secret_value())

    def trusted_networks(self) -> tuple[Network, ...]:
        return _networks(self.trusted_proxies)


def _key_bytes(text: str) -> bytes:
    stripped = text.strip().rstrip("=")
    try:
        key = base64.b64decode(stripped + "=" * (-len(stripped) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError(f"must be {MASTER_KEY_BYTES} bytes as base64url")
    return key


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
