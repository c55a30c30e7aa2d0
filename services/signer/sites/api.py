"""HTTP for agents of sites: what their cards shall sign, and the signatures."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backbone import bodies, log, metrics, postgres
from backbone.auth import Caller
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Pool
from contracts.answers.sites import SiteOrder, SiteOrderAnswered, SiteOrders
from services.signer.media import certificates
from services.signer.media.port import MediumFault
from services.signer.sites import rows
from services.signer.sites.rows import CardThere
from services.site_agents import require_agent, require_unrevoked

_LONGEST_SECONDS = 25.0
_LOOK_SECONDS = 0.25


def _is_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    return text


Base64 = Annotated[str, AfterValidator(_is_base64)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CardTold(_Body):
    """A card in a reader at the site."""

    card_no: str = Field(title="卡号", max_length=64)
    reader: str = Field(title="读卡器", max_length=256)
    certificate: Base64 = Field(title="证书", max_length=16_384, description="DER in base64")


class OrdersAsked(_Body):
    """The cards that are there, and how many orders the agent takes at once."""

    cards: list[CardTold] = Field(title="卡", max_length=100)
    most: int = Field(16, title="最多条数", ge=0, le=100)
    wait_seconds: float = Field(0.0, title="等待秒数", ge=0)
    in_hand: list[UUID] | None = Field(
        None, title="手中的签名", max_length=100, description="Its other orders are given again at once"
    )


class OrderAnswer(_Body):
    """A signature, or the code of the fault that prevented it."""

    lease: int = Field(title="租约号")
    signature: Base64 | None = Field(None, title="签名", max_length=16_384)
    fault: str | None = Field(None, title="故障代码", max_length=64)
    detail: str = Field("", title="说明", max_length=500)
    tries_left: int | None = Field(None, title="密码剩余次数")
    may_have_signed: bool = Field(False, title="可能已签名")


def routes() -> APIRouter:
    """The application's state holds `pool` of the app role."""
    router = APIRouter(prefix="/v1/site/signings", tags=["sites"])

    @router.post("/requests", **operation("askForSiteOrders", SiteOrders, body=OrdersAsked))
    async def ask(request: Request, caller: Caller) -> Response:
        """By an agent: what its cards shall sign; waits for an order when there is none. An order is its own for 30 seconds."""
        require_agent(caller)
        asked = bodies.parse(OrdersAsked, await read_json(request))
        until = time.monotonic() + min(asked.wait_seconds, _LONGEST_SECONDS)
        there = [CardThere(c.card_no, c.reader, base64.b64decode(c.certificate)) for c in asked.cards]
        there = [card for card in there if _is_readable(card.certificate)]
        in_hand = asked.in_hand
        while True:
            async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
                held = await rows.lease(connection, caller, there)
                taken = await rows.take(connection, caller, held, asked.most, in_hand) if held else []
            if taken or time.monotonic() >= until:
                break
            # What was in hand when the agent asked; a question that outlives its agent must take nothing from the next life.
            in_hand = None
            await asyncio.sleep(_LOOK_SECONDS)
            require_unrevoked(request, caller)
        orders = [
            SiteOrder(
                order_id=row["order_id"],
                lease=row["lease"],
                card_no=row["card_no"],
                algorithm=row["algorithm"],
                content=base64.b64encode(row["content"]).decode(),
                urgent=row["urgent"],
            )
            for row in taken
        ]
        return answer(200, SiteOrders(held=sorted(held), orders=orders)).response()

    @router.post("/{order_id}/answer", **operation("answerSiteOrder", SiteOrderAnswered, body=OrderAnswer))
    async def take_answer(order_id: UUID, request: Request, caller: Caller) -> Response:
        """By an agent: the signature of an order, or why there is none. One that comes too late is dropped."""
        require_agent(caller)
        given = bodies.parse(OrderAnswer, await read_json(request))
        async with postgres.tenant_transaction(_pool(request), caller.tenant_id) as connection:
            row = await rows.held_order(connection, caller, order_id, given.lease)
            if row is not None and given.signature is not None:
                value = base64.b64decode(given.signature)
                if await asyncio.to_thread(
                    _verifies, row["certificate"], row["content"], value, row["algorithm"]
                ):
                    await rows.signed(connection, order_id, value)
                else:
                    await rows.failed(connection, order_id, "wrong_signature", "", None, may_have_signed=True)
            elif row is not None:
                await rows.failed(
                    connection,
                    order_id,
                    given.fault or MediumFault.code,
                    given.detail,
                    given.tries_left,
                    may_have_signed=given.may_have_signed,
                )
        if row is None and given.signature is not None:
            metrics.counter("site_signatures_dropped_total").inc()
            log.get().warning("site_signature_dropped", job_id=str(order_id), tenant_id=caller.tenant_id)
        return answer(200, SiteOrderAnswered(accepted=row is not None)).response()

    return router


def _pool(request: Request) -> Pool:
    pool: Pool = request.app.state.pool
    return pool


def _is_readable(certificate: bytes) -> bool:
    try:
        certificates.read(certificate)
    except (MediumFault, ValueError):
        return False
    return True


def _verifies(certificate: bytes, content: bytes, signature: bytes, algorithm: str) -> bool:
    try:
        return certificates.read(certificate).verifies(content, signature, algorithm)  # type: ignore[arg-type]
    except MediumFault:
        return False
