"""What a certificate says: whose it is, how long it holds, which algorithms its key can do, whether a signature is of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from backbone import sm2
from backbone.certified_key import RSA_HASHES, CertifiedKey, key_of
from backbone.sm2 import CannotVerify
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
    key: CertifiedKey

    @property
    def algorithms(self) -> tuple[SignatureAlgorithm, ...]:
        return self.key.algorithms

    @property
    def sm2_key(self) -> bytes | None:
        return self.key.sm2_key

    @property
    def rsa_key(self) -> rsa.RSAPublicKey | None:
        return self.key.rsa_key

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
        try:
            return self.key.verifies(data, signature, algorithm)
        except CannotVerify as error:
            raise AlgorithmMissing(str(error)) from error

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
    try:
        key = key_of(loaded)
    except CannotVerify as error:
        raise AlgorithmMissing(str(error)) from error
    return Certificate(
        der=loaded.public_bytes(serialization.Encoding.DER),
        serial=f"{loaded.serial_number:X}",
        holder=_first(loaded, NameOID.COMMON_NAME),
        firm_name=_first(loaded, NameOID.ORGANIZATION_NAME),
        texts=tuple(str(attribute.value) for attribute in subject),
        valid_from=loaded.not_valid_before_utc,
        valid_until=loaded.not_valid_after_utc,
        key=key,
    )


def _first(loaded: x509.Certificate, name: x509.ObjectIdentifier) -> str | None:
    found = loaded.subject.get_attributes_for_oid(name)
    return str(found[0].value) if found else None
