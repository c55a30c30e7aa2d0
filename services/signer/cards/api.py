"""HTTP of the card registry: `/v1/cards`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import APIRouter, Request, Response

from backbone import bodies, idempotency, paging, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import KEY, SEEN, operation
from backbone.postgres import Connection, Pool, Record
from backbone.refusals import StaleVersion
from backbone.sealing import Sealer
from contracts.answers.cards import Card, CardConsent, Cards
from contracts.permissions import CARD_MANAGE, CARD_READ
from services.signer.cards import rows
from services.signer.cards.bodies import CardBody, CardInReaderBody, ConsentBody, PinBody
from services.signer.cards.checking import warning_of
from services.signer.cards.holding import Holder, card_in
from services.signer.cards.in_reader import facts_in_reader, pin_accepted
from services.signer.cards.refusals import (
    CardNotInReader,
    CardPinRefused,
    CardTaken,
    CardTellsTooLittle,
    ConsentThere,
    OtherFirmsCard,
)
from services.signer.sealing import pin_purpose

_LIST = (
    parameters.choice("expiring", "到期天数", ("60", "30", "7")),
    parameters.limit(200),
    parameters.cursor(),
)
_ONE = "/{card_id}"


def routes() -> APIRouter:
    """The application's state holds `pool` of the app role, `sealer`, and `holder` of the cards in readers."""
    router = APIRouter(prefix="/v1/cards", tags=["cards"])
    made = operation("registerCard", Card, status=201, body=CardBody, headers=[KEY], refuses=[CardTaken])

    @router.post("", **made)
    async def register(request: Request, caller: Caller) -> Response:
        """Register a card, with its certificate where there is one. Needs Idempotency-Key and card.manage."""
        caller.require(CARD_MANAGE)
        raw = await read_json(request)
        body = bodies.parse(CardBody, raw)
        key = idempotency.key_of(request)

        async def work(connection: Connection) -> Reply:
            row = await rows.register(connection, caller, body)
            return _answer(201, row, (), location=f"/v1/cards/{row['card_id']}")

        done = await idempotency.once(
            _pool(request), caller, route="POST /v1/cards", key=key, body=raw, work=work
        )
        return done.response()

    from_reader = operation(
        "registerCardInReader",
        Card,
        status=201,
        body=CardInReaderBody,
        refuses=[CardTaken, CardNotInReader, CardTellsTooLittle, CardPinRefused],
    )

    @router.post("/in-reader", **from_reader)
    async def register_in_reader(request: Request, caller: Caller) -> Response:
        """Register a card that is in a reader now, by what it says of itself; the card checks the PIN. Needs card.manage."""
        caller.require(CARD_MANAGE)
        body = bodies.parse(CardInReaderBody, await read_json(request))
        holder: Holder = request.app.state.holder
        told = facts_in_reader(holder, body)
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await rows.require_free(connection, body.number)
        await pin_accepted(holder, body.number, body.pin)
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            row = await rows.register(connection, caller, told)
            await _keep_pin(request, connection, caller, row["card_id"], body.pin)
            return (await _whole(connection, row["card_id"], status=201)).response()

    @router.get("", **operation("listCards", Cards, query=_LIST))
    async def listing(request: Request, caller: Caller) -> Response:
        """Cards, newest first; `expiring` leaves those that end within so many days or have ended. Needs card.read."""
        _require_read(caller)
        given: dict[str, Any] = parameters.read(request, _LIST)
        limit: int = given.get("limit", 50)
        within = int(given["expiring"]) if "expiring" in given else None
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            found = await rows.page(connection, expiring=within, after=given.get("cursor"), limit=limit)
            consents = await rows.consents(connection, [row["card_id"] for row in found[:limit]])
        last = found[limit - 1] if len(found) > limit else None
        place = None if last is None else paging.encode(last["created_at"], last["card_id"])
        page = Cards(
            items=[_shown(row, consents) for row in found[:limit]],
            next_cursor=parameters.following(request, _LIST, place),
        )
        return answer(200, page).response()

    @router.get(_ONE, **operation("readCard", Card))
    async def read(card_id: UUID, request: Request, caller: Caller) -> Response:
        """A card with the consents recorded for it. Needs card.read."""
        _require_read(caller)
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            return (await _whole(connection, card_id)).response()

    @router.put(_ONE, **operation("changeCard", Card, body=CardBody, headers=[SEEN], refuses=[CardTaken]))
    async def change(card_id: UUID, request: Request, caller: Caller) -> Response:
        """What is told of a card, all of it; its number stays. Needs card.manage."""
        caller.require(CARD_MANAGE)
        version = if_match(request)
        body = bodies.parse(CardBody, await read_json(request))
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await rows.change(connection, card_id, version, body)
            return (await _whole(connection, card_id)).response()

    set_pin_of = operation("setCardPin", Card, body=PinBody, headers=[SEEN], refuses=[CardPinRefused])

    @router.put(f"{_ONE}/pin", **set_pin_of)
    async def set_pin(card_id: UUID, request: Request, caller: Caller) -> Response:
        """Keep the PIN, sealed; a card that is in a reader now checks it first. Nothing answers it. Needs card.manage."""
        caller.require(CARD_MANAGE)
        version = if_match(request)
        pin = bodies.parse(PinBody, await read_json(request)).pin
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await _require_seen(connection, card_id, version)
            number = (await rows.one(connection, card_id))["number"]
        holder: Holder = request.app.state.holder
        if card_in(holder.reader_of(number), number) is not None:
            await pin_accepted(holder, number, pin)
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await _require_seen(connection, card_id, version)
            await _keep_pin(request, connection, caller, card_id, pin)
            return (await _whole(connection, card_id)).response()

    @router.delete(f"{_ONE}/pin", **operation("forgetCardPin", Card, headers=[SEEN]))
    async def forget_pin(card_id: UUID, request: Request, caller: Caller) -> Response:
        """Keep the PIN no longer. Needs card.manage."""
        caller.require(CARD_MANAGE)
        version = if_match(request)
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await _require_seen(connection, card_id, version)
            await rows.forget_pin(connection, card_id)
            return (await _whole(connection, card_id)).response()

    consented = operation(
        "recordCardConsent", Card, status=201, body=ConsentBody, refuses=[OtherFirmsCard, ConsentThere]
    )

    @router.post(f"{_ONE}/consents", **consented)
    async def consent(card_id: UUID, request: Request, caller: Caller) -> Response:
        """Record that the firm lets another of its cards sign in place of this one. Needs card.manage."""
        caller.require(CARD_MANAGE)
        body = bodies.parse(ConsentBody, await read_json(request))
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await rows.consent(connection, caller, card_id, body)
            return (await _whole(connection, card_id, status=201)).response()

    @router.delete(_ONE + "/consents/{consent_id}", **operation("withdrawCardConsent", Card))
    async def withdraw(card_id: UUID, consent_id: UUID, request: Request, caller: Caller) -> Response:
        """Withdraw a consent; that it was there stays recorded. Needs card.manage."""
        caller.require(CARD_MANAGE)
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            await rows.withdraw(connection, caller, card_id, consent_id)
            return (await _whole(connection, card_id)).response()

    return router


async def _keep_pin(
    request: Request, connection: Connection, caller: Principal, card_id: UUID, pin: str
) -> None:
    sealer: Sealer = request.app.state.sealer
    await rows.set_pin(
        connection, caller.tenant_id, card_id, sealer.seal(pin.encode(), pin_purpose(str(card_id)))
    )


def _pool(request: Request) -> Pool:
    pool: Pool = request.app.state.pool
    return pool


def _require_read(caller: Principal) -> None:
    if not caller.may(CARD_MANAGE):
        caller.require(CARD_READ)


async def _require_seen(connection: Connection, card_id: UUID, version: int) -> None:
    """Raises NotFound, StaleVersion."""
    if (await rows.one(connection, card_id))["version"] != version:
        raise StaleVersion("该卡的登记已被他人修改")


async def _whole(connection: Connection, card_id: UUID, *, status: int = 200) -> Reply:
    return _answer(status, await rows.one(connection, card_id), await rows.consents(connection, [card_id]))


def _answer(status: int, row: Record, consents: Sequence[Record], **headers: str) -> Reply:
    return answer(status, _shown(row, consents), etag=etag(row["version"]), **headers)


_AS_THEY_ARE = (
    "version", "number", "holder", "firm_name", "firm_code", "firm_uscc", "certificate_serial", "valid_from", "valid_until",
    "enterprises", "users", "status", "state", "reader", "latency_milliseconds", "last_error", "last_seen_at", "pin_set_at",
    "pin_fault", "pin_tries_left", "waiting", "waiting_since", "waiting_why", "registered_by", "created_at",
    "updated_at",
)  # fmt: skip


def _shown(row: Record, consents: Sequence[Record]) -> Card:
    days = None if row["valid_until"] is None else (row["valid_until"] - row["now"]).days
    certificate = row["certificate"]
    return Card(
        id=row["card_id"],
        certificate_pem=(
            x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()
            if certificate is not None
            else None
        ),
        days_left=days,
        warning=warning_of(days),
        consents=[_consent(each) for each in consents if each["card_id"] == row["card_id"]],
        **{name: row[name] for name in _AS_THEY_ARE},
    )


def _consent(row: Record) -> CardConsent:
    names = (
        "successor_id", "mailbox", "consented_by", "remark", "recorded_by", "recorded_at", "withdrawn_by", "withdrawn_at",
    )  # fmt: skip
    return CardConsent(id=row["consent_id"], **{name: row[name] for name in names})
