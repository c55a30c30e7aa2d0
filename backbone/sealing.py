"""What a master key protects at rest: sealed under the current one, opened under any that is accepted, sealed again when it turns.

A key is named by a digest (`name_of`), so that status, logs and rows can speak of it without telling it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from backbone import log, postgres
from backbone.postgres import Pool
from backbone.settings import ServiceSettings

KEY_BYTES = 32
REWRAP_SECONDS = 30.0
_NONCE_BYTES = 12


class SealBroken(Exception):
    """The bytes were sealed under a key that is not accepted, for another purpose, or were changed."""


class NoMasterKey(Exception):
    """The text says where one was looked for, and never shows it."""


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """`read` answers all accepted keys, the current one first. It is asked every time, so that a file may turn them."""

    read: Callable[[], Sequence[bytes]]

    @classmethod
    def of(cls, current: bytes, *others: bytes) -> MasterKeys:
        return cls(lambda: (current, *others))

    @classmethod
    def in_file(cls, path: Path) -> MasterKeys:
        """A key a line, the current one first. Reading raises NoMasterKey."""

        def read() -> Sequence[bytes]:
            try:
                return keys_in(path.read_text(encoding="ascii"))
            except (OSError, ValueError) as error:
                raise NoMasterKey(f"{path}: {type(error).__name__}") from None

        return cls(read)

    @property
    def current(self) -> bytes:
        return self.read()[0]


def keys_in(text: str) -> tuple[bytes, ...]:
    """Keys as base64url, separated by blanks, commas or lines. Raises ValueError, which does not show them."""
    found = tuple(_key(word) for word in text.replace(",", " ").split())
    if not found:
        raise ValueError("no key")
    return found


def _key(text: str) -> bytes:
    stripped = text.rstrip("=")
    try:
        key = base64.b64decode(stripped + "=" * (-len(stripped) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes as base64url")
    return key


def name_of(key: bytes) -> str:
    """What a key is called: it tells nothing of the key."""
    return hmac.digest(key, b"bondgate/name-of-key", "sha256").hex()[:16]


@dataclass(frozen=True, slots=True)
class Sealed:
    """Nonce and AES-256-GCM text, and the name of the key over it."""

    text: bytes
    by: str


class Sealer:
    """`derived_as` gives each service keys of its own, derived from the master key; None takes the master key as it is."""

    def __init__(self, keys: MasterKeys, *, derived_as: bytes | None) -> None:
        self.keys = keys
        self._derived_as = derived_as

    @property
    def name(self) -> str:
        """Of the key that seals now."""
        return name_of(self.keys.current)

    def seal(self, secret: bytes, purpose: str) -> Sealed:
        key, nonce = self.keys.current, secrets.token_bytes(_NONCE_BYTES)
        return Sealed(nonce + self._aead(key).encrypt(nonce, secret, purpose.encode()), name_of(key))

    def open(self, text: bytes, purpose: str) -> bytes:
        """Raises SealBroken."""
        for key in self.keys.read():
            try:
                return self._aead(key).decrypt(text[:_NONCE_BYTES], text[_NONCE_BYTES:], purpose.encode())
            except (InvalidTag, ValueError):
                continue
        raise SealBroken(purpose)

    def _aead(self, key: bytes) -> AESGCM:
        return AESGCM(key if self._derived_as is None else hmac.digest(key, self._derived_as, "sha256"))


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where sealed bytes lie: column `sealed`, the key's name beside it in `sealed_by`, NULL when it was not noted."""

    table: str
    key: str
    """The primary key, whose text `purpose` is made of."""
    purpose: Callable[[str], str]
    sealed: str = "sealed"
    sealed_by: str = "sealed_by"


async def rewrap(pool: Pool, sealer: Sealer, columns: Sequence[SealedColumn]) -> None:
    """Seal under the current key whatever is not; a row a transaction, so that a kill anywhere loses nothing.

    What no accepted key opens is left as it is and logged.
    """
    done = 0
    for column in columns:
        sql = _REWRAP.format(**_names(column))
        last = ""
        while True:
            async with postgres.transaction(pool) as connection:
                row = await connection.fetchrow(sql, sealer.name, last)
                if row is None:
                    break
                last = row["id"]
                try:
                    secret = sealer.open(row["text"], column.purpose(last))
                except SealBroken:
                    log.get().error("seal_broken", name=column.table, reason=row["by"] or "")
                    continue
                again = sealer.seal(secret, column.purpose(last))
                await connection.execute(_PUT.format(**_names(column)), last, again.text, again.by)
                done += 1
    if done:
        log.get().info("sealed_again", count=done, name=sealer.name)


async def sealed_by(pool: Pool, columns: Sequence[SealedColumn]) -> dict[str, int]:
    """How many rows lie under which key; under "" those of which it was not noted."""
    counted: dict[str, int] = {}
    for column in columns:
        for row in await pool.fetch(_COUNT.format(**_names(column))):
            counted[row["by"] or ""] = counted.get(row["by"] or "", 0) + row["count"]
    return counted


def _names(column: SealedColumn) -> dict[str, str]:
    return {
        "table": column.table,
        "key": column.key,
        "sealed": column.sealed,
        "sealed_by": column.sealed_by,
    }


# Empty text holds nothing: a secret that was taken away.
_REWRAP = """
SELECT {key}::text AS id, {sealed} AS text, {sealed_by} AS by FROM {table}
WHERE {sealed_by} IS DISTINCT FROM $1 AND length({sealed}) > 0 AND {key}::text > $2 ORDER BY {key}::text LIMIT 1 FOR UPDATE
"""
_PUT = "UPDATE {table} SET {sealed} = $2, {sealed_by} = $3 WHERE {key}::text = $1"
_COUNT = """
SELECT {sealed_by} AS by, count(*) AS count FROM {table} WHERE length({sealed}) > 0 GROUP BY {sealed_by}
"""


class MasterKeySettings(ServiceSettings):
    """A key from the environment, or a file of keys that is read anew whenever one is needed. A wrong one is never shown."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    master_key: SecretStr | None = None
    """32 bytes as base64url; private keys and PINs at rest are sealed under it. The same for every replica."""
    other_master_keys: SecretStr | None = None
    """Keys that open and never seal, by comma: the ones before, and the next one while replicas learn of it."""
    master_key_file: Path | None = None
    """A key a line, the current one first; in place of both."""

    @field_validator("master_key", "other_master_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and value.get_secret_value().strip():
            keys_in(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _is_given_once(self) -> Self:
        if (self.master_key is None) == (self.master_key_file is None):
            raise ValueError("give BONDGATE_MASTER_KEY or BONDGATE_MASTER_KEY_FILE")
        if self.master_key is not None and len(keys_in(self.master_key.get_secret_value())) != 1:
            raise ValueError("BONDGATE_MASTER_KEY is one key; BONDGATE_OTHER_MASTER_KEYS are the others")
        return self

    def master_keys(self) -> MasterKeys:
        if self.master_key_file is not None:
            return MasterKeys.in_file(self.master_key_file)
        assert self.master_key is not None
        others = self.other_master_keys.get_secret_value() if self.other_master_keys is not None else ""
        return MasterKeys.of(
            *keys_in(self.master_key.get_secret_value()), *(keys_in(others) if others.strip() else ())
        )
