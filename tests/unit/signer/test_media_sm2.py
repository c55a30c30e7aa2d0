"""SM2 with SM3: the known answers of GB/T 32918.5, and two implementations that share nothing checking each other."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from backbone import sm2
from services.signer.media import certificates
from services.signer.media.port import Order, WrongSignature
from simulators.card import curve, issuing

_KEY = curve.Key(0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8)
_PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
_DIGEST = bytes.fromhex("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640")
_SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)


def test_the_known_answers_of_the_standard() -> None:
    assert _KEY.public_bytes == _PUBLIC
    assert curve.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert curve.digest(_KEY.public, b"message digest") == _DIGEST
    assert sm2.digest_of(_PUBLIC, b"message digest") == _DIGEST
    assert _KEY.sign(_DIGEST, _NONCE) == _SIGNATURE
    assert curve.verify(_KEY.public, _DIGEST, _SIGNATURE)
    assert sm2.verifies(_PUBLIC, _DIGEST, sm2.as_der(_SIGNATURE))


def test_each_implementation_takes_what_the_other_signed_and_nothing_else() -> None:
    for number in range(8):
        key = curve.make()
        digest = sm2.digest_of(key.public_bytes, bytes([number]) * number)
        theirs = sm2.sign(key.secret.to_bytes(32), digest)
        ours = key.sign(digest)
        assert curve.verify(key.public, digest, _raw(theirs))
        assert sm2.verifies(key.public_bytes, digest, sm2.as_der(ours))
        wrong = bytes([digest[0] ^ 1]) + digest[1:]
        assert not curve.verify(key.public, wrong, _raw(theirs))
        assert not sm2.verifies(key.public_bytes, wrong, sm2.as_der(ours))
        assert not sm2.verifies(key.public_bytes, digest, sm2.as_der(ours[32:] + ours[:32]))


def test_a_certificate_with_an_sm2_key_is_read_and_proves() -> None:
    issued = issuing.issue(issuing.Person(holder="李四"), "sm2")
    assert isinstance(issued.key, curve.Key)
    certificate = certificates.read(issued.certificate)
    assert (certificate.holder, certificate.algorithms) == ("李四", ("sm2-sm3",))
    order = Order(b"bytes")
    _, digest = certificate.digest(order)
    made = certificate.proved(order, issued.key.sign(digest), "1")
    assert (made.algorithm, made.value[0]) == ("sm2-sm3", 0x30)
    for wrong in (b"", b"\x30\x00", issued.key.sign(bytes(32))):
        with pytest.raises(WrongSignature):
            certificate.proved(order, wrong, "1")


@pytest.mark.parametrize("kind", ["rsa-sha1", "rsa-sha256"])
def test_the_certificate_chooses_the_algorithm(kind: issuing.KeyKind) -> None:
    certificate = certificates.read(issuing.issue(issuing.Person(), kind).certificate)
    assert certificate.choose(None) == kind


def test_openssl_takes_our_signature(tmp_path: Path) -> None:
    """A third opinion, where the machine has OpenSSL 3."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here; as root: apt-get install -y openssl")
    key = curve.make()
    info = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D03420004") + key.public_bytes
    lines = f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(info).decode()}-----END PUBLIC KEY-----\n"
    (tmp_path / "key.pem").write_text(lines, encoding="ascii")
    (tmp_path / "text").write_bytes(b"bytes of a message")
    signature = key.sign(curve.digest(key.public, b"bytes of a message"))
    (tmp_path / "signature").write_bytes(sm2.as_der(signature))
    how = ["-verify", "-pubin", "-inkey", "key.pem", "-sigfile", "signature", "-in", "text"]
    more = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
    done = subprocess.run(
        [openssl, "pkeyutl", *how, *more], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Verified Successfully" in done.stdout, done.stderr


def _raw(der: bytes) -> bytes:
    return b"".join(number.to_bytes(32) for number in decode_dss_signature(der))
