"""The card behind the e-port local signing service, which runs beside its control on the operator's machine.

It signs what the card's own algorithm says: SHA-1 with RSA, or SM3 with SM2. It tells no tries of a PIN.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.certificates import Certificate
from services.signer.media.eport_calls import EportCalls
from services.signer.media.port import (
    CardOut,
    CardRefused,
    CardSeen,
    Order,
    Signature,
    WrongPin,
    WrongSignature,
)

_SECONDS = 60.0


class EportClient:
    """Implements `port.Medium`."""

    def __init__(self, url: str, trusted: Path | None = None, *, seconds: float = _SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._calls = EportCalls(url, trusted)
        self._last: tuple[CardSeen, Certificate] | None = None

    def cards(self) -> Sequence[CardSeen]:
        try:
            card_no = self._first("SpcGetCardID")
        except CardOut:
            self._last = None
            return []
        if self._last is None or self._last[0].card_no != card_no:
            self._last = self._read(card_no)
        return [self._last[0]]

    def tries_left(self, card_no: str) -> int | None:
        return None

    def check_pin(self, card_no: str, pin: SecretStr) -> None:
        self._of(card_no)
        try:
            self._calls.call("SpcVerifyPIN", self._seconds, passwd=pin.get_secret_value())
        except CardRefused as refused:
            # Which code stands for a wrong PIN is not public; nothing else is asked of the card here.
            raise WrongPin(refused.detail) from refused

    def sign(self, card_no: str, pin: SecretStr, orders: Sequence[Order]) -> Iterator[Signature]:
        certificate = self._of(card_no)
        certificate.check_time()
        self.check_pin(card_no, pin)
        for order in orders:
            certificate.choose(order.algorithm)
            try:
                text = order.data.decode()
            except UnicodeDecodeError as error:
                raise CardRefused("the service signs text; these bytes are no UTF-8") from error
            data = self._calls.call(
                "SpcSignDataAsPEM", self._seconds, inData=text, passwd=pin.get_secret_value()
            )
            try:
                value = base64.b64decode(data[0])
            except (IndexError, binascii.Error) as error:
                raise WrongSignature("no base64") from error
            yield certificate.proved(order, value, card_no)

    def close(self) -> None:
        self._calls.close()

    def _of(self, card_no: str) -> Certificate:
        self.cards()
        if self._last is None or self._last[0].card_no != card_no:
            raise CardOut(card_no)
        return self._last[1]

    def _read(self, card_no: str) -> tuple[CardSeen, Certificate]:
        certificate = certificates.read(_bytes_of(self._first("SpcGetSignCertAsPEM")))
        if certificate.rsa_key is not None:
            certificate = replace(certificate, key=replace(certificate.key, algorithms=("rsa-sha1",)))
        card = certificate.seen(
            reader=self._url,
            card_no=card_no,
            holder=self._told("SpcGetUName"),
            firm_name=self._told("SpcGetEntName"),
            firm_codes=(self._told("SpcGetEntID"),),
        )
        return card, certificate

    def _first(self, method: str) -> str:
        data = self._calls.call(method, self._seconds)
        if not data:
            raise CardRefused(f"{method}: no data")
        return data[0]

    def _told(self, method: str) -> str | None:
        """What not every version of the service tells."""
        try:
            return self._first(method)
        except CardRefused:
            return None


def _bytes_of(text: str) -> bytes:
    """A certificate in PEM, or base64 of its DER."""
    if "-----BEGIN" in text:
        return text.encode()
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise CardRefused("the certificate is neither PEM nor base64") from error
