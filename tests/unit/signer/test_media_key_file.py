"""The key file: a medium like any other, refused in production."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.key_file import KeyFile
from services.signer.media.port import (
    AlgorithmMissing,
    CertificateExpired,
    NotAllowed,
    Order,
    WrongPin,
)
from tests.support.certificates import certificate

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PIN = SecretStr("secret-1")


def _pem(folder: Path, found: x509.Certificate) -> Path:
    path = folder / "key.pem"
    encryption = serialization.BestAvailableEncryption(_PIN.get_secret_value().encode())
    private = _KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    path.write_bytes(private + found.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_pem_file_shows_its_card_and_signs(tmp_path: Path) -> None:
    medium = KeyFile(_pem(tmp_path, certificate(_KEY)), passphrase=_PIN, production=False)
    (card,) = medium.cards()
    assert (card.holder, card.firm_name) == ("张三", "测试报关行")
    assert (card.firm_code, card.firm_credit_code) == ("4403161234", "91440300MA5FABCD1X")
    (signature,) = list(medium.sign(card.card_no, _PIN, [Order(b"bytes")]))
    assert signature.algorithm == "rsa-sha256"
    assert certificates.read(card.certificate).verifies(b"bytes", signature.value, "rsa-sha256")


def test_a_pkcs12_file_signs_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "key.p12"
    encryption = serialization.BestAvailableEncryption(_PIN.get_secret_value().encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", _KEY, certificate(_KEY), None, encryption))
    medium = KeyFile(path, passphrase=_PIN, production=False, card_no="9999999999999")
    (signature,) = list(medium.sign("9999999999999", _PIN, [Order(b"bytes", "rsa-sha1")]))
    assert certificates.read(signature.certificate).verifies(b"bytes", signature.value, "rsa-sha1")
    with pytest.raises(AlgorithmMissing):
        list(medium.sign("9999999999999", _PIN, [Order(b"bytes", "sm2-sm3")]))


def test_a_wrong_passphrase_and_an_old_certificate_are_named(tmp_path: Path) -> None:
    path = _pem(tmp_path, certificate(_KEY, days=-1))
    with pytest.raises(WrongPin):
        KeyFile(path, passphrase=SecretStr("other"), production=False)
    medium = KeyFile(path, passphrase=_PIN, production=False)
    (card,) = medium.cards()
    with pytest.raises(WrongPin):
        medium.check_pin(card.card_no, SecretStr("other"))
    with pytest.raises(CertificateExpired):
        list(medium.sign(card.card_no, _PIN, [Order(b"bytes")]))


def test_production_refuses_it_unless_allowed(tmp_path: Path) -> None:
    path = _pem(tmp_path, certificate(_KEY))
    with pytest.raises(NotAllowed):
        KeyFile(path, passphrase=_PIN, production=True)
    assert KeyFile(path, passphrase=_PIN, production=True, allowed=True).cards()
