"""A software RSA key with a self-signed certificate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from customs.singlewindow import Algorithm

_BITS = 2048
_VALID_DAYS = 3650
_HASHES: Mapping[Algorithm, Callable[[], hashes.HashAlgorithm]] = MappingProxyType(
    {"rsa-sha1": hashes.SHA1, "rsa-sha256": hashes.SHA256}
)


class SoftwareKey:
    """Implements `gateway.SigningKey`."""

    def __init__(self, key_id: str, private_key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        self._private_key = private_key
        self._key_id = key_id
        self._certificate = certificate.public_bytes(serialization.Encoding.DER)
        self._serial = f"{certificate.serial_number:X}"

    @property
    def key_id(self) -> str:
        return self._key_id

    @property
    def certificate(self) -> bytes:
        return self._certificate

    @property
    def certificate_serial(self) -> str:
        return self._serial

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        return ("rsa-sha256", "rsa-sha1")

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        return self._private_key.sign(data, padding.PKCS1v15(), _HASHES[algorithm]())

    def private_bytes(self) -> bytes:
        """PKCS#8; to be sealed before it is kept anywhere."""
        return self._private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make(key_id: str) -> SoftwareKey:
    """A new key; the certificate says in its name that no authority stands behind it."""
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Bondgate software key"),
            x509.NameAttribute(NameOID.COMMON_NAME, key_id),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
        .sign(private_key, hashes.SHA256())
    )
    return SoftwareKey(key_id, private_key, certificate)
