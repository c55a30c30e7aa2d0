"""Settings of the signer. Environment, prefix `BONDGATE_`."""

from __future__ import annotations

import base64
import binascii

from pydantic import SecretStr, field_validator

from backbone.settings import ServiceSettings

_KEY_BYTES = 32


class Settings(ServiceSettings):
    master_key: SecretStr
    """32 bytes, base64url; private keys at rest are encrypted under it."""

    @field_validator("master_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if len(_decoded(value)) != _KEY_BYTES:
            raise ValueError(f"must be {_KEY_BYTES} bytes in base64url")
        return value

    @property
    def master_key_bytes(self) -> bytes:
        return _decoded(self.master_key)


def _decoded(value: SecretStr) -> bytes:
    text = value.get_secret_value()
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
