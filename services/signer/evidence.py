"""Evidence: one signed statement a released message, each naming the hash of the one before it in the chain of its tenant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NotRequired, TypedDict
from uuid import UUID

import orjson
from cryptography import x509

from contracts.events.entry import AttemptStarted
from customs.singlewindow import Algorithm

ALGORITHM: Algorithm = "rsa-sha256"
"""Of the signature over a statement, whatever the route's messages are signed with."""
GENESIS = "0" * 64
"""What the first link of a chain names as its predecessor."""
MAILBOX_FORM, FORM = 1, 2
"""Links of form 1 stand in the chain of their mailbox, those of form 2 in the chain of their tenant."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain."""

    position: int
    chain_hash: str


EMPTY = Head(0, GENESIS)


@dataclass(frozen=True, slots=True)
class MessageKey:
    """What signed the message itself, where the route asks for it: a card, or the software key."""

    key_id: str
    certificate: bytes
    algorithm: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link as it is kept. `statement` is JSON with sorted keys; the signature is over these bytes."""

    position: int
    attempt_id: UUID
    statement: bytes
    chain_hash: str
    signature: bytes
    certificate: bytes
    message_certificate: bytes | None = None

    @property
    def stated(self) -> Statement:
        """Raises ValueError."""
        stated: Statement = orjson.loads(self.statement)
        return stated


class Closed(TypedDict):
    """The end of a chain that another one continues."""

    chain: str
    position: int
    chain_hash: str


class Statement(TypedDict):
    """What a link says. Times are ISO 8601 in UTC, hashes SHA-256 in hexadecimal. What may be missing came with form 2."""

    form: int
    evidence_id: str
    chain: NotRequired[str]
    continues: NotRequired[list[Closed]]
    mailbox: str
    position: int
    previous: str
    tenant_id: str
    document_id: str
    kind: str
    enterprise_id: str
    team_id: NotRequired[str | None]
    client_id: NotRequired[str | None]
    internal_no: str
    attempt_id: str
    attempt_no: int
    declare_flag: str
    declared_by: dict[str, str]
    declared_at: str
    message_id: str
    message_type: NotRequired[str]
    unsigned_sha256: str
    released_sha256: str
    message_signing: str
    message_algorithm: NotRequired[str | None]
    message_key_id: str | None
    message_certificate_serial: str | None
    message_certificate_sha256: NotRequired[str | None]
    algorithm: str
    key_id: str
    certificate_serial: str
    certificate_sha256: NotRequired[str]
    composed_at: str
    signed_at: str


def statement_of(
    attempt: AttemptStarted,
    *,
    evidence_id: UUID,
    previous: Head,
    continues: Sequence[Closed] = (),
    message_id: str,
    message_type: str,
    unsigned: bytes,
    released: bytes,
    message_key: MessageKey | None,
    key_id: str,
    certificate: bytes,
    composed_at: datetime,
    signed_at: datetime,
) -> Statement:
    """`certificate` is of the key that signs the statement, `continues` are the chains that end in its first link."""
    return Statement(
        form=FORM,
        evidence_id=str(evidence_id),
        chain=str(attempt.tenant_id),
        continues=list(continues),
        mailbox=attempt.route.mailbox,
        position=previous.position + 1,
        previous=previous.chain_hash,
        tenant_id=str(attempt.tenant_id),
        document_id=str(attempt.document_id),
        kind=attempt.kind,
        enterprise_id=str(attempt.enterprise_id),
        team_id=_text(attempt.team_id),
        client_id=_text(attempt.client_id),
        internal_no=attempt.internal_no,
        attempt_id=str(attempt.attempt_id),
        attempt_no=attempt.attempt_no,
        declare_flag=attempt.declare_flag,
        declared_by={"id": attempt.ordered_by.id, "name": attempt.ordered_by.name},
        declared_at=utc(attempt.occurred_at),
        message_id=message_id,
        message_type=message_type,
        unsigned_sha256=sha256(unsigned),
        released_sha256=sha256(released),
        message_signing=attempt.route.signing,
        message_algorithm=message_key.algorithm if message_key else None,
        message_key_id=message_key.key_id if message_key else None,
        message_certificate_serial=serial_of(message_key.certificate) if message_key else None,
        message_certificate_sha256=sha256(message_key.certificate) if message_key else None,
        algorithm=ALGORITHM,
        key_id=key_id,
        certificate_serial=serial_of(certificate),
        certificate_sha256=sha256(certificate),
        composed_at=utc(composed_at),
        signed_at=utc(signed_at),
    )


def canonical(statement: Statement) -> bytes:
    return orjson.dumps(statement, option=orjson.OPT_SORT_KEYS)


def chain_hash_of(form: int, previous: str, statement_sha256: str) -> str:
    """From form 2 on a statement enters as its hash, so that whoever may not read it can still follow the chain."""
    if form == MAILBOX_FORM:
        return statement_sha256
    return sha256((previous + statement_sha256).encode())


def link_hash(statement: Statement, written: bytes) -> str:
    """`written`: the statement as it is signed."""
    return chain_hash_of(statement["form"], statement["previous"], sha256(written))


def serial_of(certificate: bytes) -> str:
    """Hexadecimal, upper case. Raises ValueError."""
    return f"{x509.load_der_x509_certificate(certificate).serial_number:X}"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
