"""A software RSA key with a self-signed certificate, kept in the signer's database encrypted under the master key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from backbone import postgres
from backbone.ids import new_id
from backbone.postgres import Pool
from customs.singlewindow import Algorithm

_BITS = 2048
_VALID_DAYS = 3650
_NONCE_BYTES = 12
_MAKING = 7_206_201
_HASHES: Mapping[Algorithm, Callable[[], hashes.HashAlgorithm]] = MappingProxyType(
    {"rsa-sha1": hashes.SHA1, "rsa-sha256": hashes.SHA256}
)


class MasterKeyWrong(Exception):
    """The stored key was encrypted under another master key."""


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

    def sign(self, data: bytes, algorithm: Algorithm) -> bytes:
        return self._private_key.sign(data, padding.PKCS1v15(), _HASHES[algorithm]())

    def sealed(self, master_key: bytes) -> bytes:
        """Nonce and AES-256-GCM text of the private key (PKCS#8), bound to the key's id."""
        plain = self._private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(master_key).encrypt(nonce, plain, self._key_id.encode())


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


def opened(key_id: str, text: bytes, certificate: bytes, master_key: bytes) -> SoftwareKey:
    """Raises MasterKeyWrong."""
    try:
        plain = AESGCM(master_key).decrypt(text[:_NONCE_BYTES], text[_NONCE_BYTES:], key_id.encode())
    except InvalidTag as error:
        raise MasterKeyWrong(key_id) from error
    private_key = serialization.load_der_private_key(plain, password=None)
    assert isinstance(private_key, rsa.RSAPrivateKey)
    return SoftwareKey(key_id, private_key, x509.load_der_x509_certificate(certificate))


async def load_or_make(pool: Pool, master_key: bytes) -> SoftwareKey:
    """The installation's key; made once, whoever starts first. `pool` is of the worker role. Raises MasterKeyWrong."""
    async with postgres.transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _MAKING)
        row = await connection.fetchrow(
            "SELECT key_id, sealed, certificate FROM software_keys ORDER BY made_at DESC LIMIT 1"
        )
        if row is not None:
            return opened(row["key_id"], row["sealed"], row["certificate"], master_key)
        key = make(f"software-{new_id()}")
        await connection.execute(
            "INSERT INTO software_keys (key_id, sealed, certificate, certificate_serial) VALUES ($1, $2, $3, $4)",
            key.key_id,
            key.sealed(master_key),
            key.certificate,
            key.certificate_serial,
        )
        return key
