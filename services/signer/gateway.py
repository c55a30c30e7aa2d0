"""The port behind which private keys live. A software key is one implementation; a card in a reader is another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from contracts.events.event import Route
from customs.singlewindow import Algorithm


class SigningKey(Protocol):
    """A private key that can be used but not read."""

    @property
    def key_id(self) -> str: ...

    @property
    def certificate(self) -> bytes:
        """DER, X.509."""

    @property
    def certificate_serial(self) -> str:
        """Hexadecimal, upper case, as certificates of this trade are named."""

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        """RSA PKCS#1 v1.5 over the hash of `data`; may block (called in a thread). Raises KeyUnavailable."""


class KeyUnavailable(Exception):
    """The key cannot be used just now, and nothing was signed: the card is out, the reader is busy."""


KeyOfRoute = Callable[[Route], SigningKey]
"""Which key signs the messages of a route."""
