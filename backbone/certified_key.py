"""The public key in a person's certificate, RSA or SM2, and whether a signature is of it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from backbone import sm2
from backbone.sm2 import CannotVerify

Algorithm = Literal["rsa-sha1", "rsa-sha256", "sm2-sm3"]
RSA_HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = MappingProxyType(
    {"rsa-sha1": hashes.SHA1, "rsa-sha256": hashes.SHA256}
)
# SubjectPublicKeyInfo of a point on the curve of SM2 up to its 64 bytes: id-ecPublicKey, sm2p256v1, uncompressed.
_SM2_KEY = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D03420004")
_VERSION = 0xA0


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """`algorithms`: what the key can do; the first follows the certificate. One of `rsa_key` and `sm2_key` is there."""

    algorithms: tuple[Algorithm, ...]
    rsa_key: rsa.RSAPublicKey | None
    sm2_key: bytes | None

    def verifies(self, data: bytes, signature: bytes, algorithm: Algorithm) -> bool:
        """SM2: in DER. Raises CannotVerify."""
        if algorithm not in self.algorithms:
            raise CannotVerify(algorithm)
        if self.sm2_key is not None:
            return sm2.verifies(self.sm2_key, sm2.digest_of(self.sm2_key, data), signature)
        assert self.rsa_key is not None
        try:
            self.rsa_key.verify(signature, data, padding.PKCS1v15(), RSA_HASHES[algorithm]())
        except InvalidSignature:
            return False
        return True


def key_of(certificate: x509.Certificate) -> CertifiedKey:
    """Raises CannotVerify for a key nobody signs with here."""
    rsa_key, sm2_key = _keys(certificate)
    return CertifiedKey(("sm2-sm3",) if sm2_key else _rsa_algorithms(certificate), rsa_key, sm2_key)


def der_of(text: str) -> bytes:
    """A certificate as PEM, or DER in base64. Raises ValueError."""
    try:
        if "-----BEGIN" in text:
            certificate = x509.load_pem_x509_certificate(text.encode())
        else:
            certificate = x509.load_der_x509_certificate(
                base64.b64decode("".join(text.split()), validate=True)
            )
    except (ValueError, binascii.Error) as error:
        raise ValueError("not a certificate") from error
    der: bytes = certificate.public_bytes(Encoding.DER)
    return der


def _keys(loaded: x509.Certificate) -> tuple[rsa.RSAPublicKey | None, bytes | None]:
    try:
        key = loaded.public_key()
    except (UnsupportedAlgorithm, ValueError):
        info = _key_info(loaded.tbs_certificate_bytes)
        if info.startswith(_SM2_KEY) and len(info) == len(_SM2_KEY) + 64:
            return None, info[len(_SM2_KEY) :]
        raise CannotVerify(f"key of {loaded.public_key_algorithm_oid.dotted_string}") from None
    if isinstance(key, rsa.RSAPublicKey):
        return key, None
    raise CannotVerify(type(key).__name__)


def _rsa_algorithms(loaded: x509.Certificate) -> tuple[Algorithm, ...]:
    """Older cards, whose certificate itself is signed with SHA-1, sign with SHA-1."""
    try:
        old = isinstance(loaded.signature_hash_algorithm, hashes.SHA1)
    except UnsupportedAlgorithm:
        old = False
    return ("rsa-sha1", "rsa-sha256") if old else ("rsa-sha256", "rsa-sha1")


def _key_info(tbs: bytes) -> bytes:
    """SubjectPublicKeyInfo: the seventh element of a TBSCertificate, the sixth where no version is written."""
    start, _ = _element(tbs, 0)
    for _ in range(6 if tbs[start] == _VERSION else 5):
        _, start = _element(tbs, start)
    return tbs[start : _element(tbs, start)[1]]


def _element(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the DER element at `at` starts, and where the element ends."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[start : start + size]), start + size
    return start, start + length
