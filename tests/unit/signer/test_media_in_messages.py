"""A card's signature in a message: XMLDSig with SM2, checked with the card's certificate; one set of algorithm names."""

from __future__ import annotations

from typing import get_args

import pytest

from customs.singlewindow import Algorithm, SignatureInvalidError, sign, verify
from services.signer.media import certificates
from services.signer.media.port import Order, SignatureAlgorithm
from simulators.card import curve
from simulators.card.issuing import Person, issue
from tests.support.documents import inventory
from tests.unit.customs.test_message_round_trip import composed

_ISSUED = issue(Person(), "sm2")
_CERTIFICATE = certificates.read(_ISSUED.certificate)


def _by_card(data: bytes) -> bytes:
    assert isinstance(_ISSUED.key, curve.Key)
    order = Order(data)
    _, digest = _CERTIFICATE.digest(order)
    return _CERTIFICATE.proved(order, _ISSUED.key.sign(digest), "1").value


def test_messages_and_media_name_algorithms_alike() -> None:
    assert get_args(Algorithm) == get_args(SignatureAlgorithm)


def test_a_message_signed_with_sm2_proves_itself() -> None:
    signed = sign(
        composed(inventory("SAMPLE-1", 1)),
        algorithm="sm2-sm3",
        key_name=_CERTIFICATE.serial,
        signer=_by_card,
        certificate=_CERTIFICATE.der,
    )
    assert b"xmldsig#sm2-sm3" in signed
    assert verify(signed, _CERTIFICATE.verifies).algorithm == "sm2-sm3"
    with pytest.raises(SignatureInvalidError):
        verify(signed, certificates.read(issue(Person(), "sm2").certificate).verifies)
