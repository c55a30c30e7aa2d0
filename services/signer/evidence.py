"""Evidence: one signed statement a released message, each naming the hash of the one before it in its mailbox."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict
from uuid import UUID

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from contracts.events.entry import AttemptStarted
from customs.singlewindow import Algorithm

ALGORITHM: Algorithm = "rsa-sha256"
"""Of the signature over a statement, whatever the route's messages are signed with."""
GENESIS = "0" * 64
"""What the first link of a chain names as its predecessor."""
_FORM = 1


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain."""

    position: int
    chain_hash: str


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class Link:
    """One link as it is kept. `statement` is JSON with sorted keys; hash and signature are over these bytes."""

    position: int
    attempt_id: UUID
    statement: bytes
    chain_hash: str
    signature: bytes
    certificate: bytes

    @property
    def stated(self) -> Statement:
        """Raises ValueError."""
        stated: Statement = orjson.loads(self.statement)
        return stated


class Statement(TypedDict):
    """What a link says. Times are ISO 8601 in UTC, hashes SHA-256 in hexadecimal."""

    form: int
    evidence_id: str
    mailbox: str
    position: int
    previous: str
    tenant_id: str
    document_id: str
    kind: str
    enterprise_id: str
    internal_no: str
    attempt_id: str
    attempt_no: int
    declare_flag: str
    declared_by: dict[str, str]
    declared_at: str
    message_id: str
    unsigned_sha256: str
    released_sha256: str
    message_signing: str
    message_key_id: str | None
    message_certificate_serial: str | None
    algorithm: str
    key_id: str
    certificate_serial: str
    composed_at: str
    signed_at: str


def statement_of(
    attempt: AttemptStarted,
    *,
    evidence_id: UUID,
    previous: Head,
    message_id: str,
    unsigned: bytes,
    released: bytes,
    message_key: tuple[str, str] | None,
    key_id: str,
    certificate_serial: str,
    composed_at: datetime,
    signed_at: datetime,
) -> Statement:
    """`message_key`: id and certificate serial of the key that signed the message itself, if one did."""
    return Statement(
        form=_FORM,
        evidence_id=str(evidence_id),
        mailbox=attempt.route.mailbox,
        position=previous.position + 1,
        previous=previous.chain_hash,
        tenant_id=str(attempt.tenant_id),
        document_id=str(attempt.document_id),
        kind=attempt.kind,
        enterprise_id=str(attempt.enterprise_id),
        internal_no=attempt.internal_no,
        attempt_id=str(attempt.attempt_id),
        attempt_no=attempt.attempt_no,
        declare_flag=attempt.declare_flag,
        declared_by={"id": attempt.ordered_by.id, "name": attempt.ordered_by.name},
        declared_at=_utc(attempt.occurred_at),
        message_id=message_id,
        unsigned_sha256=hashlib.sha256(unsigned).hexdigest(),
        released_sha256=hashlib.sha256(released).hexdigest(),
        message_signing=attempt.route.signing,
        message_key_id=message_key[0] if message_key else None,
        message_certificate_serial=message_key[1] if message_key else None,
        algorithm=ALGORITHM,
        key_id=key_id,
        certificate_serial=certificate_serial,
        composed_at=_utc(composed_at),
        signed_at=_utc(signed_at),
    )


def canonical(statement: Statement) -> bytes:
    return orjson.dumps(statement, option=orjson.OPT_SORT_KEYS)


def hash_of(statement: bytes) -> str:
    return hashlib.sha256(statement).hexdigest()


def fault_of(link: Link, previous: Head, released: bytes | None) -> str | None:
    """What is wrong with a link after `previous`, or None. `released` are the bytes kept of its attempt."""
    if hash_of(link.statement) != link.chain_hash:
        return "statement_changed"
    if (broken := _signature_fault(link)) is not None:
        return broken
    stated = link.stated
    if stated["position"] != link.position or link.position != previous.position + 1:
        return "position_broken"
    if stated["previous"] != previous.chain_hash:
        return "chain_broken"
    if stated["attempt_id"] != str(link.attempt_id):
        return "attempt_changed"
    if released is None:
        return "message_missing"
    if hashlib.sha256(released).hexdigest() != stated["released_sha256"]:
        return "message_changed"
    return None


def _signature_fault(link: Link) -> str | None:
    certificate = x509.load_der_x509_certificate(link.certificate)
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        return "certificate_changed"
    try:
        public_key.verify(link.signature, link.statement, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return "signature_wrong"
    if link.stated["certificate_serial"] != f"{certificate.serial_number:X}":
        return "certificate_changed"
    return None


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
