"""What a certificate says: whose it is, how long it holds, which algorithms its key can do, whether a signature is of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from services.signer.media import sm2
from services.signer.media.port import (
    AlgorithmMissing,
    CardRefused,
    CardSeen,
    CertificateExpired,
    Order,
    Signature,
    SignatureAlgorithm,
    WrongSignature,
    firm_codes_in,
)

RSA_HASHES: Mapping[str, Callable[[], hashes.HashAlgorithm]] = MappingProxyType(
    {"rsa-sha1": hashes.SHA1, "rsa-sha256": hashes.SHA256}
)
# SubjectPublicKeyInfo of a point on the curve of SM2 up to its 64 bytes: id-ecPublicKey, sm2p256v1, uncompressed.
_SM2_KEY = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D03420004")
_VERSION = 0xA0


@dataclass(frozen=True, slots=True)
class Certificate:
    """Read from DER by `read`."""

    der: bytes
    serial: str
    holder: str | None
    firm_name: str | None
    texts: tuple[str, ...]
    """Every value of the subject, in order; codes of the firm may be among them."""
    valid_from: datetime
    valid_until: datetime
    algorithms: tuple[SignatureAlgorithm, ...]
    rsa_key: rsa.RSAPublicKey | None
    sm2_key: bytes | None

    def choose(self, wanted: SignatureAlgorithm | None) -> SignatureAlgorithm:
        """Raises AlgorithmMissing."""
        if wanted is not None and wanted not in self.algorithms:
            raise AlgorithmMissing(f"{wanted} is asked for, the certificate has {', '.join(self.algorithms)}")
        return wanted or self.algorithms[0]

    def check_time(self, now: datetime | None = None) -> None:
        """Raises CertificateExpired."""
        if not self.valid_from <= (now or datetime.now(UTC)) <= self.valid_until:
            raise CertificateExpired(f"holds from {self.valid_from:%Y-%m-%d} to {self.valid_until:%Y-%m-%d}")

    def digest(self, order: Order) -> tuple[SignatureAlgorithm, bytes]:
        """The algorithm for an order and the hash a card is asked to sign. Raises AlgorithmMissing."""
        algorithm = self.choose(order.algorithm)
        if self.sm2_key is not None:
            return algorithm, sm2.digest_of(self.sm2_key, order.data)
        digest = hashes.Hash(RSA_HASHES[algorithm]())
        digest.update(order.data)
        return algorithm, digest.finalize()

    def verifies(self, data: bytes, signature: bytes, algorithm: SignatureAlgorithm) -> bool:
        """Raises AlgorithmMissing when this machine or this certificate cannot tell."""
        if algorithm not in self.algorithms:
            raise AlgorithmMissing(algorithm)
        if self.sm2_key is not None:
            return sm2.verifies(self.sm2_key, sm2.digest_of(self.sm2_key, data), signature)
        assert self.rsa_key is not None
        try:
            self.rsa_key.verify(signature, data, padding.PKCS1v15(), RSA_HASHES[algorithm]())
        except InvalidSignature:
            return False
        return True

    def proved(self, order: Order, value: bytes, card_no: str) -> Signature:
        """What the medium answered, when it is a signature of this certificate. Raises WrongSignature."""
        algorithm = self.choose(order.algorithm)
        if self.sm2_key is not None:
            try:
                value = sm2.as_der(value)
            except ValueError as error:
                raise WrongSignature("neither r and s nor DER") from error
        if not self.verifies(order.data, value, algorithm):
            raise WrongSignature(f"{algorithm} of {len(order.data)} bytes")
        return Signature(value, algorithm, card_no, self.der, self.serial)

    def seen(
        self,
        *,
        reader: str,
        card_no: str,
        holder: str | None = None,
        firm_name: str | None = None,
        firm_codes: tuple[str | None, ...] = (),
    ) -> CardSeen:
        """The card that carries it; what the medium does not say is taken from the subject."""
        code, credit_code = firm_codes_in(*firm_codes, *self.texts)
        return CardSeen(
            reader=reader,
            card_no=card_no,
            holder=holder or self.holder,
            firm_name=firm_name or self.firm_name,
            firm_code=code,
            firm_credit_code=credit_code,
            certificate=self.der,
            serial=self.serial,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            algorithms=self.algorithms,
        )


def read(data: bytes) -> Certificate:
    """From DER or PEM. Raises CardRefused for what is none, AlgorithmMissing for a key nobody signs with here."""
    try:
        pem = data.lstrip().startswith(b"-----BEGIN")
        loaded = x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
        subject = list(loaded.subject)
    except ValueError as error:
        raise CardRefused(f"no certificate: {error}") from error
    rsa_key, sm2_key = _keys(loaded)
    return Certificate(
        der=loaded.public_bytes(serialization.Encoding.DER),
        serial=f"{loaded.serial_number:X}",
        holder=_first(loaded, NameOID.COMMON_NAME),
        firm_name=_first(loaded, NameOID.ORGANIZATION_NAME),
        texts=tuple(str(attribute.value) for attribute in subject),
        valid_from=loaded.not_valid_before_utc,
        valid_until=loaded.not_valid_after_utc,
        algorithms=("sm2-sm3",) if sm2_key else _rsa_algorithms(loaded),
        rsa_key=rsa_key,
        sm2_key=sm2_key,
    )


def _keys(loaded: x509.Certificate) -> tuple[rsa.RSAPublicKey | None, bytes | None]:
    try:
        key = loaded.public_key()
    except (UnsupportedAlgorithm, ValueError):
        info = _key_info(loaded.tbs_certificate_bytes)
        if info.startswith(_SM2_KEY) and len(info) == len(_SM2_KEY) + 64:
            return None, info[len(_SM2_KEY) :]
        raise AlgorithmMissing(f"key of {loaded.public_key_algorithm_oid.dotted_string}") from None
    if isinstance(key, rsa.RSAPublicKey):
        return key, None
    raise AlgorithmMissing(type(key).__name__)


def _rsa_algorithms(loaded: x509.Certificate) -> tuple[SignatureAlgorithm, ...]:
    """Older cards, whose certificate itself is signed with SHA-1, sign with SHA-1."""
    try:
        old = isinstance(loaded.signature_hash_algorithm, hashes.SHA1)
    except UnsupportedAlgorithm:
        old = False
    return ("rsa-sha1", "rsa-sha256") if old else ("rsa-sha256", "rsa-sha1")


def _first(loaded: x509.Certificate, name: x509.ObjectIdentifier) -> str | None:
    found = loaded.subject.get_attributes_for_oid(name)
    return str(found[0].value) if found else None


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
