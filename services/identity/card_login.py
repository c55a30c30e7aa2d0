"""Login by card: the server writes a challenge, the person's card signs it, and nobody answers the same one twice."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from cryptography import x509

from backbone.certified_key import key_of
from backbone.postgres import Connection, Record
from backbone.sm2 import CannotVerify, as_der
from services.identity.bodies import CardProofBody
from services.identity.sealing import Sealer

_FIRST_LINE = "Bondgate login by card, form 1"
_HOLDS = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Challenge:
    """`text` is what the card signs: readable, of this person, and with a mark that only the server can make."""

    text: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """A challenge that came back with a right signature; it still must not have been used."""

    nonce: UUID
    ends_at: datetime


def challenge_of(sealer: Sealer, tenant: str, login: str) -> Challenge:
    ends_at = datetime.now(UTC) + _HOLDS
    body = "\n".join((_FIRST_LINE, tenant, login, str(uuid4()), ends_at.isoformat()))
    return Challenge(f"{body}\n{_mark(sealer, body)}", ends_at)


def answered(
    sealer: Sealer, tenant: str, login: str, proof: CardProofBody, certificate: bytes
) -> Answered | None:
    """None for anything but a signature by this certificate's key of a challenge of ours, for this person, that still holds."""
    body, _, mark = proof.challenge.rpartition("\n")
    if not hmac.compare_digest(mark.encode(), _mark(sealer, body).encode()):
        return None
    # The mark says that it is as it was written.
    _, of_tenant, of_login, nonce, ends = body.split("\n")
    ends_at = datetime.fromisoformat(ends)
    if (of_tenant, of_login) != (tenant, login) or datetime.now(UTC) > ends_at:
        return None
    return Answered(UUID(nonce), ends_at) if _is_signed(proof, certificate) else None


async def use(connection: Connection, answer: Answered) -> bool:
    """False when the challenge was answered before."""
    await connection.execute("DELETE FROM used_challenges WHERE ends_at < now()")
    status = await connection.execute(
        "INSERT INTO used_challenges (nonce, ends_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        answer.nonce,
        answer.ends_at,
    )
    return status == "INSERT 0 1"


async def bind(
    connection: Connection, tenant_id: UUID, user_id: UUID, certificate: bytes, bound_by: str
) -> Record:
    """In place of one that was bound before."""
    loaded = x509.load_der_x509_certificate(certificate)
    names = loaded.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    row = await connection.fetchrow(
        "INSERT INTO user_cards (user_id, tenant_id, certificate, certificate_serial, holder, valid_until, bound_by) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id) DO UPDATE SET certificate = $3, "
        "certificate_serial = $4, holder = $5, valid_until = $6, bound_by = $7, bound_at = now() RETURNING *",
        user_id,
        tenant_id,
        certificate,
        f"{loaded.serial_number:X}",
        str(names[0].value) if names else None,
        loaded.not_valid_after_utc,
        bound_by,
    )
    assert row is not None
    return row


def _is_signed(proof: CardProofBody, certificate: bytes) -> bool:
    loaded = x509.load_der_x509_certificate(certificate)
    if not loaded.not_valid_before_utc <= datetime.now(UTC) <= loaded.not_valid_after_utc:
        return False
    try:
        key = key_of(loaded)
        signature = base64.b64decode(proof.signature, validate=True)
        if key.sm2_key is not None:
            signature = as_der(signature)
        # A card signs with the hash that its certificate names; which, the answer does not say.
        return any(key.verifies(proof.challenge.encode(), signature, each) for each in key.algorithms)
    except (CannotVerify, ValueError, binascii.Error):
        return False


def _mark(sealer: Sealer, body: str) -> str:
    return sealer.fingerprint(f"card-challenge\n{body}".encode()).hex()
