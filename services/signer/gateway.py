"""The port behind which private keys live. A software key is one implementation; a card in a reader is another."""

from __future__ import annotations

from typing import Protocol

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

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """What it can do; the first is meant where none is asked for."""

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        """The signature of `data`: RSA PKCS#1 v1.5, SM2 in DER; may block (called in a thread). Raises KeyUnavailable."""


class KeyUnavailable(Exception):
    """The key cannot be used just now: the card is out, the reader is busy. The text is a sentence for people."""

    def __init__(self, reason: str = "", *, may_have_signed: bool = False) -> None:
        """`may_have_signed`: the key may have been used though no signature came back."""
        super().__init__(reason)
        self.may_have_signed = may_have_signed
