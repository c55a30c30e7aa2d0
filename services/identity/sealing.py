"""What the master key protects: private keys at rest, and fingerprints of bodies that may hold a password."""

from __future__ import annotations

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealBroken(Exception):
    """The bytes were sealed under another master key, for another purpose, or were changed."""


class Sealer:
    """AES-256-GCM; each purpose has a key of its own, derived from the master key."""

    def __init__(self, master_key: bytes) -> None:
        self._seal = AESGCM(hmac.digest(master_key, b"bondgate/identity/seal", "sha256"))
        self._fingerprint_key = hmac.digest(master_key, b"bondgate/identity/fingerprint", "sha256")

    def seal(self, secret: bytes, purpose: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Raises SealBroken."""
        try:
            return self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(purpose) from error

    def fingerprint(self, body: bytes) -> bytes:
        """Equal for equal bodies, and of no use for guessing a password in one to who has only the database."""
        return hmac.digest(self._fingerprint_key, body, "sha256")
