"""Orders for cards at sites: leased to one agent, answered once, verified, and never given to another firm's."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.signer.media.port import CardOut, MediumFault, PinBlocked, Signature, TimedOut, WrongSignature
from services.signer.media.supervisor import ReaderState
from services.signer.sites.holder import SiteCards
from tests.integration.signer.test_cards import Desk, desk
from tests.support.certificates import certificate
from tests.support.signer_bench import TENANT, Bench

__all__ = ["desk"]
pytestmark = pytest.mark.anyio
_NUMBER = "8930000012345"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_DER = certificate(_KEY).public_bytes(serialization.Encoding.DER)
_DATA = b"<SignedInfo/>"
_ENTERPRISE = str(uuid4())


def _told(der: bytes = _DER) -> list[dict[str, str]]:
    return [{"card_no": _NUMBER, "reader": "Example 00", "certificate": base64.b64encode(der).decode()}]


async def _register(desk: Desk, der: bytes | None = _DER) -> None:
    told = None if der is None else base64.b64encode(der).decode()
    answer = await desk.register(number=_NUMBER, certificate=told, enterprises=[_ENTERPRISE])
    assert answer.status_code == 201, answer.text


async def _asked(agent: httpx.AsyncClient, der: bytes = _DER, **more: Any) -> dict[str, Any]:
    answer = await agent.post("/v1/site/signings/requests", json={"cards": _told(der), **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _one_order(agent: httpx.AsyncClient) -> dict[str, Any]:
    (order,) = (await _asked(agent, wait_seconds=20))["orders"]
    found: dict[str, Any] = order
    return found


async def _answered(agent: httpx.AsyncClient, order: dict[str, Any], **said: object) -> bool:
    body = {"lease": order["lease"], **said}
    answer = await agent.post(f"/v1/site/signings/{order['order_id']}/answer", json=body)
    accepted: bool = answer.json()["accepted"]
    return accepted


def _signature(key: rsa.RSAPrivateKey = _KEY) -> str:
    return base64.b64encode(key.sign(_DATA, padding.PKCS1v15(), hashes.SHA256())).decode()


@asynccontextmanager
async def _signing(bench: Bench, *, patience: float = 60.0) -> AsyncIterator[asyncio.Task[Signature]]:
    """The signer has the card sign."""
    cards = SiteCards(bench.pool, patience_seconds=patience)
    await cards.refresh()
    signing = asyncio.create_task(cards.sign(_NUMBER, _DATA, "rsa-sha256"))
    try:
        yield signing
    finally:
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)


async def test_an_order_is_answered_once_and_verified(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    agent = desk.agent(UUID(TENANT), [_ENTERPRISE])
    assert (await _asked(agent))["held"] == [_NUMBER]
    async with _signing(bench) as signing:
        order = await _one_order(agent)
        assert base64.b64decode(order["content"]) == _DATA
        assert (await _asked(agent))["orders"] == []
        assert await _answered(agent, order, signature=_signature())
        assert not await _answered(agent, order, signature=_signature())
        made = await signing
    assert (base64.b64encode(made.value).decode(), made.certificate) == (_signature(), _DER)


async def test_what_the_card_did_not_sign_is_refused(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    agent = desk.agent(UUID(TENANT), [_ENTERPRISE])
    await _asked(agent)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    async with _signing(bench) as signing:
        await _answered(agent, await _one_order(agent), signature=_signature(other))
        with pytest.raises(WrongSignature):
            await signing


async def test_a_fault_is_told_as_the_card_told_it(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    agent = desk.agent(UUID(TENANT), [_ENTERPRISE])
    await _asked(agent)
    async with _signing(bench) as signing:
        await _answered(agent, await _one_order(agent), fault="pin_blocked", tries_left=0)
        with pytest.raises(PinBlocked) as told:
            await signing
    assert told.value.tries_left == 0
    assert not told.value.may_have_signed


async def test_two_agents_with_the_same_card_do_not_both_work(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    first, second = (desk.agent(UUID(TENANT), [_ENTERPRISE]) for _ in range(2))
    assert (await _asked(first))["held"] == [_NUMBER]
    async with _signing(bench) as signing:
        assert await _asked(second) == {"held": [], "orders": []}
        order = await _one_order(first)
        # The first is cut off; when its time is over, the second has the card and the order.
        await bench.pool.execute("UPDATE site_cards SET leased_until = now() - interval '1 second'")
        assert await _asked(second) == {"held": [_NUMBER], "orders": []}
        await bench.pool.execute("UPDATE site_orders SET leased_until = now() - interval '1 second'")
        again = await _one_order(second)
        assert (again["order_id"], again["lease"]) == (order["order_id"], 2)
        assert not await _answered(first, order, signature=_signature())
        assert await _answered(second, again, signature=_signature())
        await signing


async def test_an_order_that_did_not_reach_its_agent_is_given_again(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    agent = desk.agent(UUID(TENANT), [_ENTERPRISE])
    await _asked(agent)
    async with _signing(bench) as signing:
        lost = await _one_order(agent)
        assert (await _asked(agent, in_hand=[lost["order_id"]]))["orders"] == []
        (again,) = (await _asked(agent, in_hand=[]))["orders"]
        assert (again["order_id"], again["lease"]) == (lost["order_id"], lost["lease"] + 1)
        assert not await _answered(agent, lost, signature=_signature())
        assert await _answered(agent, again, signature=_signature())
        await signing


async def test_a_card_that_is_pulled_out_is_given_up(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    first, second = (desk.agent(UUID(TENANT), [_ENTERPRISE]) for _ in range(2))
    await _asked(first)
    await first.post("/v1/site/signings/requests", json={"cards": []})
    cards = SiteCards(bench.pool)
    await cards.refresh()
    with pytest.raises(CardOut):
        await cards.sign(_NUMBER, _DATA)
    assert (await _asked(second))["held"] == [_NUMBER]


async def test_an_order_that_nobody_answers_is_given_up(desk: Desk, bench: Bench) -> None:
    await _register(desk)
    agent = desk.agent(UUID(TENANT), [_ENTERPRISE])
    await _asked(agent)
    async with _signing(bench, patience=0.0) as signing:
        with pytest.raises(TimedOut) as untaken:
            await signing
    assert not untaken.value.may_have_signed
    assert (await _asked(agent))["orders"] == []
    async with _signing(bench, patience=3.0) as signing:
        order = await _one_order(agent)
        with pytest.raises(MediumFault) as taken:
            await signing
    assert taken.value.may_have_signed
    assert not await _answered(agent, order, signature=_signature())


@pytest.mark.parametrize("registered", ["other tenant", "other enterprise", "not at all"])
async def test_a_card_is_its_own_firms(desk: Desk, bench: Bench, registered: str) -> None:
    if registered != "not at all":
        await _register(desk)
    stranger = {
        "other tenant": desk.agent(uuid4()),
        "other enterprise": desk.agent(UUID(TENANT), [str(uuid4())]),
        "not at all": desk.agent(UUID(TENANT)),
    }[registered]
    assert await _asked(stranger) == {"held": [], "orders": []}
    cards = SiteCards(bench.pool)
    await cards.refresh()
    assert cards.reader_of(_NUMBER) is None


@pytest.mark.parametrize("known", [True, False])
async def test_the_certificate_must_be_the_registered_one(desk: Desk, bench: Bench, known: bool) -> None:
    other = certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    await _register(desk, _DER if known else None)
    await _asked(desk.agent(UUID(TENANT)), other.public_bytes(serialization.Encoding.DER))
    cards = SiteCards(bench.pool)
    await cards.refresh()
    report = cards.reader_of(_NUMBER)
    assert report is not None
    assert (report.state, report.cards) == (ReaderState.FAILING, ())
    assert "证书与登记的不同" in (report.last_error_told or "")
