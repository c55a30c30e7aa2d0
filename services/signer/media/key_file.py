"""A key in a file, PEM or PKCS#12: for sandboxes and the demo. It is no card; whoever reads the file can sign."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pydantic import SecretStr

from backbone.certified_key import RSA_HASHES
from services.signer.media import certificates
from services.signer.media.certificates import Certificate
from services.signer.media.port import CardOut, CardRefused, CardSeen, NotAllowed, Order, Signature, WrongPin


class KeyFile:
    """Implements `port.Medium` for an RSA key. The passphrase of the file stands for the PIN; no tries are lost."""

    def __init__(
        self,
        path: Path,
        *,
        passphrase: SecretStr,
        production: bool,
        allowed: bool = False,
        card_no: str | None = None,
    ) -> None:
        """`card_no` None: one made from the certificate. Raises NotAllowed in production unless `allowed`."""
        if production and not allowed:
            raise NotAllowed(path.name)
        self._passphrase = passphrase
        self._key, self._certificate = _loaded(path, passphrase)
        card_no = card_no or f"file-{hashlib.sha256(self._certificate.der).hexdigest()[:12]}"
        self._card = self._certificate.seen(reader=path.name, card_no=card_no)

    def cards(self) -> Sequence[CardSeen]:
        return [self._card]

    def tries_left(self, card_no: str) -> int | None:
        return None

    def check_pin(self, card_no: str, pin: SecretStr) -> None:
        if card_no != self._card.card_no:
            raise CardOut(card_no)
        if not hmac.compare_digest(
            pin.get_secret_value().encode(), self._passphrase.get_secret_value().encode()
        ):
            raise WrongPin

    def sign(self, card_no: str, pin: SecretStr, orders: Sequence[Order]) -> Iterator[Signature]:
        self.check_pin(card_no, pin)
        self._certificate.check_time()
        for order in orders:
            yield self._certificate.proved(order, self._signed(order), card_no)

    def _signed(self, order: Order) -> bytes:
        algorithm = self._certificate.choose(order.algorithm)
        return self._key.sign(order.data, padding.PKCS1v15(), RSA_HASHES[algorithm]())

    def close(self) -> None:
        pass


def _loaded(path: Path, passphrase: SecretStr) -> tuple[rsa.RSAPrivateKey, Certificate]:
    """Raises WrongPin, CardRefused."""
    data, secret = path.read_bytes(), passphrase.get_secret_value().encode()
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            # A key that is not encrypted takes no passphrase.
            key = serialization.load_pem_private_key(data, secret if b"ENCRYPTED" in data else None)
            certificate = certificates.read(data[data.index(b"-----BEGIN CERTIFICATE") :])
        else:
            key, found, _ = pkcs12.load_key_and_certificates(data, secret or None)  # type: ignore[assignment]
            if found is None:
                raise CardRefused(f"{path.name} holds no certificate")
            certificate = certificates.read(found.public_bytes(serialization.Encoding.DER))
    except ValueError as error:
        raise WrongPin(f"{path.name} does not open: {error}") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise CardRefused(f"{path.name} holds no RSA key")
    return key, certificate
