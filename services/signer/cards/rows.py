"""Rows of cards, their PINs and consents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from cryptography import x509
from pydantic import SecretStr

from backbone.auth import Principal
from backbone.certified_key import der_of
from backbone.ids import new_id
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import NotFound, StaleVersion
from backbone.sealing import Sealed, Sealer
from services.signer.cards.bodies import CardBody, ConsentBody
from services.signer.cards.refusals import CardTaken, ConsentThere, OtherFirmsCard
from services.signer.evidence import serial_of
from services.signer.media.port import FAULTS, CardSeen, MediumFault, WrongPin
from services.signer.sealing import pin_purpose


@dataclass(frozen=True, slots=True)
class CardOfFirm:
    """What is checked before a card signs."""

    number: str
    firm_name: str
    firm_code: str
    firm_uscc: str
    valid_until: datetime | None
    is_active: bool
    pin_fault: str | None = None
    """The code of the fault with which its PIN was refused; it is not tried again before another is set."""
    pin_tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class Successor:
    """A card that may sign in place of another; `mailbox` None: of the same base directory."""

    card: CardOfFirm
    mailbox: str | None


async def register(connection: Connection, caller: Principal, body: CardBody) -> Record:
    """Raises CardTaken."""
    try:
        # A savepoint, since a refusal is answered within the transaction.
        async with connection.transaction():
            await connection.execute(
                _REGISTER, new_id(), caller.tenant_id, body.number, *_facts(body), caller.name
            )
    except asyncpg.UniqueViolationError as error:
        raise CardTaken(f"卡号 {body.number} 已登记") from error
    row = await connection.fetchrow(_SHOWN + "WHERE number = $1", body.number)
    assert row is not None
    return row


async def require_free(connection: Connection, number: str) -> None:
    """Of the tenant's own cards; another tenant's is found when it is registered. Raises CardTaken."""
    if await connection.fetchval("SELECT true FROM cards WHERE number = $1", number):
        raise CardTaken(f"卡号 {number} 已登记")


async def change(connection: Connection, card_id: UUID, version: int, body: CardBody) -> Record:
    """The number stays with the plastic. Raises NotFound, StaleVersion."""
    found = await one(connection, card_id)
    if found["version"] != version:
        raise StaleVersion("该卡的登记已被他人修改")
    if body.number != found["number"]:
        raise CardTaken("卡号不能修改：换了卡请登记新卡并停用旧卡")
    await connection.execute(_CHANGE, card_id, *_facts(body))
    return await one(connection, card_id)


def _facts(body: CardBody) -> tuple[object, ...]:
    certificate = None if body.certificate is None else der_of(body.certificate)
    parsed = None if certificate is None else x509.load_der_x509_certificate(certificate)
    return (
        body.holder,
        body.firm_name,
        body.firm_code,
        body.firm_uscc,
        certificate,
        None if certificate is None else serial_of(certificate),
        None if parsed is None else parsed.not_valid_before_utc,
        None if parsed is None else parsed.not_valid_after_utc,
        sorted(body.enterprises),
        sorted(body.users),
        body.status,
    )


_REGISTER = """
INSERT INTO cards (card_id, tenant_id, number, holder, firm_name, firm_code, firm_uscc, certificate, certificate_serial,
  valid_from, valid_until, enterprises, users, status, registered_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_CHANGE = """
UPDATE cards SET holder = $2, firm_name = $3, firm_code = $4, firm_uscc = $5, certificate = $6, certificate_serial = $7,
  valid_from = $8, valid_until = $9, enterprises = $10, users = $11, status = $12, version = version + 1, updated_at = now()
WHERE card_id = $1
"""
_SHOWN = """
SELECT c.*, p.set_at AS pin_set_at, now() AS now, w.* FROM cards AS c LEFT JOIN card_pins AS p USING (tenant_id, card_id)
CROSS JOIN LATERAL (
  SELECT count(*) AS waiting, min(waits_since) AS waiting_since, (array_agg(waits_why ORDER BY waits_since))[1] AS waiting_why
  FROM messages AS m WHERE m.waits_for = c.number AND m.tenant_id = c.tenant_id AND m.released_at IS NULL
) AS w
"""


async def one(connection: Connection, card_id: UUID) -> Record:
    """Raises NotFound."""
    row = await connection.fetchrow(_SHOWN + "WHERE card_id = $1", card_id)
    if row is None:
        raise NotFound("没有这张卡")
    return row


async def page(
    connection: Connection, *, expiring: int | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Record]:
    """Newest first. `expiring`: those whose certificate ends within so many days, or has ended."""
    return await connection.fetch(
        _SHOWN + "WHERE ($1::int IS NULL OR (valid_until < now() + make_interval(days => $1) "
        "AND status = 'active')) AND ($2::timestamptz IS NULL OR (created_at, card_id) < ($2, $3)) "
        "ORDER BY created_at DESC, card_id DESC LIMIT $4",
        expiring,
        *(after or (None, None)),
        limit + 1,
    )


async def set_pin(connection: Connection, tenant_id: UUID, card_id: UUID, sealed: Sealed) -> None:
    await connection.execute(
        "INSERT INTO card_pins (card_id, tenant_id, sealed, sealed_by) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (card_id) DO UPDATE SET sealed = $3, sealed_by = $4, set_at = now()",
        card_id,
        tenant_id,
        sealed.text,
        sealed.by,
    )
    await connection.execute(
        "UPDATE cards SET pin_fault = NULL, pin_tries_left = NULL, version = version + 1, updated_at = now() "
        "WHERE card_id = $1",
        card_id,
    )


async def forget_pin(connection: Connection, card_id: UUID) -> None:
    await connection.execute("DELETE FROM card_pins WHERE card_id = $1", card_id)
    await connection.execute(
        "UPDATE cards SET version = version + 1, updated_at = now() WHERE card_id = $1", card_id
    )


async def pin_of(worker_pool: Pool, sealer: Sealer, number: str) -> SecretStr | None:
    """For who signs with the card. None: it is not kept here. Raises SealBroken, and MediumFault where it was refused before."""
    row = await worker_pool.fetchrow(
        "SELECT card_id::text, sealed, pin_fault, pin_tries_left "
        "FROM card_pins JOIN cards USING (tenant_id, card_id) WHERE number = $1",
        number,
    )
    if row is None:
        return None
    if row["pin_fault"] is not None:
        raise FAULTS.get(row["pin_fault"], WrongPin)(tries_left=row["pin_tries_left"])
    return SecretStr(sealer.open(row["sealed"], pin_purpose(row["card_id"])).decode())


async def pin_refused(worker_pool: Pool, number: str, fault: MediumFault) -> None:
    """Kept with the card: the PIN is not tried again before a person set another."""
    await worker_pool.execute(
        "UPDATE cards SET pin_fault = $2, pin_tries_left = $3, version = version + 1, updated_at = now() "
        "WHERE number = $1 AND (pin_fault, pin_tries_left) IS DISTINCT FROM ($2, $3)",
        number,
        fault.code,
        fault.tries_left,
    )


async def card_of(pool: Pool, tenant_id: UUID, number: str) -> CardOfFirm | None:
    """By the worker role. None: the tenant registered no such card."""
    row = await pool.fetchrow(
        "SELECT number, firm_name, firm_code, firm_uscc, valid_until, status = 'active' AS is_active, pin_fault, "
        "pin_tries_left FROM cards WHERE tenant_id = $1 AND number = $2",
        tenant_id,
        number,
    )
    return None if row is None else CardOfFirm(**row)


async def consent(connection: Connection, caller: Principal, card_id: UUID, body: ConsentBody) -> None:
    """Raises NotFound, OtherFirmsCard, ConsentThere."""
    card, successor = await one(connection, card_id), await one(connection, body.successor_id)
    if card["firm_uscc"] != successor["firm_uscc"] or card_id == body.successor_id:
        raise OtherFirmsCard()
    try:
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO card_consents (consent_id, tenant_id, card_id, successor_id, consented_by, remark, recorded_by, "
                "mailbox) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                new_id(),
                caller.tenant_id,
                card_id,
                body.successor_id,
                body.consented_by,
                body.remark,
                {"id": caller.id, "name": caller.name},
                body.mailbox,
            )
    except asyncpg.UniqueViolationError as error:
        raise ConsentThere() from error


async def withdraw(connection: Connection, caller: Principal, card_id: UUID, consent_id: UUID) -> None:
    """Raises NotFound."""
    status = await connection.execute(
        "UPDATE card_consents SET withdrawn_by = $3, withdrawn_at = now() "
        "WHERE card_id = $1 AND consent_id = $2 AND withdrawn_at IS NULL",
        card_id,
        consent_id,
        {"id": caller.id, "name": caller.name},
    )
    if status == "UPDATE 0":
        raise NotFound("没有这项同意，或已撤销")


async def consents(connection: Connection, cards: Sequence[UUID]) -> Sequence[Record]:
    return await connection.fetch(
        "SELECT * FROM card_consents WHERE card_id = ANY($1) ORDER BY recorded_at, consent_id", list(cards)
    )


async def successors(pool: Pool, tenant_id: UUID, number: str) -> Sequence[Successor]:
    """The active cards that may sign in place of this one: of the same firm, with its consent. By the worker role."""
    rows = await pool.fetch(_SUCCESSORS, tenant_id, number)
    return [
        Successor(
            CardOfFirm(**{name: value for name, value in row.items() if name != "mailbox"}), row["mailbox"]
        )
        for row in rows
    ]


_SUCCESSORS = """
SELECT next.number, next.firm_name, next.firm_code, next.firm_uscc, next.valid_until, true AS is_active, next.pin_fault,
  next.pin_tries_left, k.mailbox
FROM cards AS c JOIN card_consents AS k USING (tenant_id, card_id)
JOIN cards AS next ON next.tenant_id = c.tenant_id AND next.card_id = k.successor_id
WHERE c.tenant_id = $1 AND c.number = $2 AND k.withdrawn_at IS NULL AND next.status = 'active'
  AND next.firm_uscc = c.firm_uscc AND (next.valid_until IS NULL OR next.valid_until > now())
ORDER BY k.recorded_at, k.consent_id
"""


async def standing(worker_pool: Pool) -> Sequence[Record]:
    """Of every registered card: `number`, how many messages are `waiting` for it, whether its `pin_is_refused`."""
    return await worker_pool.fetch(
        "SELECT c.number, c.pin_fault IS NOT NULL AS pin_is_refused, count(m.attempt_id) AS waiting FROM cards AS c "
        "LEFT JOIN messages AS m ON m.waits_for = c.number AND m.tenant_id = c.tenant_id AND m.released_at IS NULL "
        "GROUP BY c.card_id"
    )


async def sighted(
    worker_pool: Pool,
    card_no: str,
    *,
    state: str,
    reader: str,
    last_error: str | None,
    latency_milliseconds: int | None,
    at: datetime | None,
    card: CardSeen | None,
) -> None:
    """What a reader has of a card; a new certificate of the same firm takes the place of the registered one."""
    await worker_pool.execute(
        "UPDATE cards SET state = $2, reader = $3, last_error = $4, latency_milliseconds = coalesce($5, latency_milliseconds), "
        "last_seen_at = coalesce($6, last_seen_at) WHERE number = $1",
        card_no,
        state,
        reader,
        last_error,
        latency_milliseconds,
        at,
    )
    if card is not None:
        await worker_pool.execute(
            "UPDATE cards SET certificate = $2, certificate_serial = $3, valid_from = $4, valid_until = $5, "
            "version = version + 1, updated_at = now() WHERE number = $1 AND certificate IS DISTINCT FROM $2 "
            "AND firm_uscc = coalesce($6, firm_uscc)",
            card_no,
            card.certificate,
            card.serial,
            card.valid_from,
            card.valid_until,
            card.firm_credit_code,
        )


async def ending(pool: Pool) -> Sequence[int]:
    """Days until the certificate of each active card ends; below 0 for one that has ended."""
    rows = await pool.fetch(
        "SELECT floor(extract(epoch FROM valid_until - now()) / 86400)::int AS days FROM cards "
        "WHERE status = 'active' AND valid_until < now() + interval '60 days'"
    )
    return [row["days"] for row in rows]
