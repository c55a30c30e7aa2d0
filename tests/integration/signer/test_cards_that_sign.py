"""Cards in a reader and the messages that name them: registered, asked, refused, taken over, waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from backbone import metrics, postgres
from backbone.auth import Verifier
from backbone.backoff import AgainLater
from backbone.jobs import Job
from backbone.sealing import MasterKeys
from contracts.events.signer import DocumentSigned, SigningFailed
from customs import singlewindow
from services.signer import reads, sealing
from services.signer.api import application
from services.signer.cards.choosing import TAKEOVER_TRIES, CardKeys
from services.signer.cards.pins import KeptPins
from services.signer.cards.sightings import Sightings
from services.signer.media import certificates
from services.signer.media.port import CardRefused, PinBlocked, TimedOut, WrongPin
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.reader import Reader
from tests.support.signer_bench import EXAMPLE, KEY, TENANT, Bench

pytestmark = pytest.mark.anyio
_SEALER = sealing.sealer(MasterKeys.of(bytes(32)))
_FIRM: dict[str, Any] = {"firm_code": "3105980ABD", "firm_credit_code": "91310000MA1FL0000N"}
_OTHER_FIRM: dict[str, Any] = {
    "firm_code": "3105W60ABC",
    "firm_credit_code": "91330206MA2GR0001J",
    "firm_name": "他家",
}
_ONE, _TWO = "8930000012345", "8930000012346"
_PIN = "88888888"
_DOCUMENT = {
    **EXAMPLE["document"],
    "head": {
        **EXAMPLE["document"]["head"],
        "declaring_code": _FIRM["firm_code"],
        "declaring_uscc": _FIRM["firm_credit_code"],
    },
}


def _gauges() -> tuple[float, ...]:
    """Of the first card: ready, waiting, its PIN refused."""
    names = ("card_ready", "card_waiting", "card_pin_refused")
    return tuple(metrics.gauge(name).labels(_ONE)._value.get() for name in names)


class Office:
    """The registry with one reader, and a signer that asks it."""

    def __init__(self, bench: Bench, client: httpx.AsyncClient, reader: Reader) -> None:
        self.bench, self.client, self.reader = bench, client, reader
        self.keys = CardKeys(bench.pool, reader, software=KEY)
        self.sightings = Sightings(bench.pool, reader)

    async def register(self, number: str = _ONE, pin: str = _PIN) -> httpx.Response:
        return await self.client.post("/v1/cards/in-reader", json={"number": number, "pin": pin})

    async def card(self, number: str = _ONE) -> dict[str, Any]:
        items: list[dict[str, Any]] = (await self.client.get("/v1/cards")).json()["items"]
        return next(each for each in items if each["number"] == number)

    async def declare(self, signing: str = "xmldsig", **changes: Any) -> Job:
        route = {**EXAMPLE["route"], "card_no": _ONE, "mailbox": "box-1", "signing": signing}
        return await self.bench.declare(**{"document": _DOCUMENT, "route": route, **changes})

    async def sign(self, job: Job, tries: int = 1) -> None:
        """At its so-manieth try."""
        again = Job(**{**job.__dict__, "tries": tries})
        await self.bench.signing(choose=self.keys.choose).do(again)


@pytest.fixture
async def office(bench: Bench, issuer: Issuer) -> AsyncIterator[Office]:
    await bench.pool.execute("TRUNCATE cards, card_pins, card_consents, idempotency")
    pool = await postgres.create_pool(bench.database.app_dsn, name="test", max_size=2)
    app, reader = application(None), Reader()
    app.state.pool, app.state.worker_pool = pool, bench.pool
    app.state.sealer, app.state.holder = _SEALER, reader
    app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://signer",
        headers={"authorization": f"Bearer {issuer.token(UUID(TENANT))}"},
    ) as client:
        yield Office(bench, client, reader)
    await pool.close()


async def test_a_card_is_registered_as_it_tells_in_its_reader(office: Office) -> None:
    assert (await office.register()).json()["code"] == "card_not_in_reader"
    card = office.reader.insert(card_no=_ONE, **_FIRM)
    refused = await office.register(pin="00000000")
    assert refused.json()["code"] == "card_pin_refused"
    assert "还可试 2 次" in refused.json()["detail"]
    made = (await office.register()).json()
    person = card.issued.person
    assert (made["number"], made["holder"], made["firm_name"]) == (_ONE, person.holder, person.firm_name)
    assert (made["firm_code"], made["firm_uscc"]) == (_FIRM["firm_code"], _FIRM["firm_credit_code"])
    assert made["certificate_serial"] == certificates.read(card.issued.certificate).serial
    assert made["pin_set_at"] is not None
    # Nobody tries PINs at a card that is registered already.
    assert (await office.register(pin="00000000")).json()["code"] == "card_taken"
    assert card.tries == 3
    office.reader.insert(card_no=_TWO, **{**_FIRM, "firm_credit_code": "unknown"})
    assert (await office.register(_TWO)).json()["code"] == "card_tells_too_little"


@pytest.mark.parametrize("kind", ["rsa-sha1", "rsa-sha256", "sm2"])
async def test_a_message_is_signed_by_the_card_of_its_route_as_its_certificate_says(
    office: Office, kind: Any
) -> None:
    card = office.reader.insert(kind, card_no=_ONE, **_FIRM)
    await office.register()
    await office.sign(await office.declare())
    event = await office.bench.signed()
    verifies = certificates.read(card.issued.certificate).verifies
    proved = singlewindow.verify(event.message.encode(), verifies)
    assert proved.algorithm == {"sm2": "sm2-sm3"}.get(kind, kind)
    assert (await reads.chain_report(office.bench.pool, TENANT)).fault is None


async def test_a_route_that_asks_for_what_the_card_cannot_do_is_refused(office: Office) -> None:
    office.reader.insert(card_no=_ONE, **_FIRM)
    await office.register()
    await office.sign(await office.declare("xmldsig-sm2-sm3"))
    (event,) = await office.bench.events()
    assert isinstance(event, SigningFailed)
    assert event.reason_code == "algorithm_missing"


async def test_a_job_that_waits_for_its_card_says_so_until_it_is_signed(office: Office) -> None:
    office.reader.insert(card_no=_ONE, **_FIRM)
    await office.register()
    card = office.reader._cards.pop(_ONE)
    job = await office.declare()
    with pytest.raises(AgainLater, match="请插好卡"):
        await office.sign(job)
    await office.sightings.turn()
    waiting = await office.card()
    assert (waiting["state"], waiting["waiting"]) == ("out", 1)
    assert _gauges() == (0, 1, 0)
    assert "请插好卡" in waiting["waiting_why"]
    office.reader._cards[_ONE] = card
    office.reader.faults[_ONE] = [TimedOut("60 s")]
    with pytest.raises(AgainLater, match="没有应答"):
        await office.sign(job)
    assert (await office.card())["waiting_since"] == waiting["waiting_since"]
    await office.sign(job)
    await office.sightings.turn()
    done = await office.card()
    assert (done["state"], done["waiting"], done["waiting_why"]) == ("ready", 0, None)
    assert _gauges() == (1, 0, 0)
    assert await office.bench.count("SELECT signatures_discarded FROM messages") == 1


async def test_another_card_takes_over_with_consent_alone_and_the_message_names_it(office: Office) -> None:
    sick = office.reader.insert(card_no=_ONE, **_FIRM)
    well = office.reader.insert(card_no=_TWO, **_FIRM)
    first, second = (await office.register()).json(), (await office.register(_TWO)).json()
    job = await office.declare()
    office.reader.faults[_ONE] = [CardRefused("6F00") for _ in range(TAKEOVER_TRIES + 2)]
    for tries in range(1, TAKEOVER_TRIES + 3):
        with pytest.raises(AgainLater):
            await office.sign(job, tries)
    office.reader.faults[_ONE] = [CardRefused("6F00")]
    consent = {"successor_id": second["id"], "consented_by": "负责人", "mailbox": "box-2"}
    assert (await office.client.post(f"/v1/cards/{first['id']}/consents", json=consent)).status_code == 201
    # The card of the route has its tries first.
    with pytest.raises(AgainLater):
        await office.sign(job, TAKEOVER_TRIES)
    await office.sign(job, TAKEOVER_TRIES + 1)
    event = await office.bench.signed()
    assert (sick.signatures, well.signatures) == (0, 1)
    assert (event.route.card_no, event.route.mailbox) == (_TWO, "box-2")
    message = singlewindow.read(event.message.encode())
    assert isinstance(message, singlewindow.Upload)
    assert message.envelope.card_no == _TWO
    assert (await reads.chain_report(office.bench.pool, TENANT)).fault is None


async def test_a_takeover_that_was_cut_off_goes_on_and_the_first_card_may_be_back(office: Office) -> None:
    office.reader.insert(card_no=_ONE, **_FIRM)
    office.reader.insert(card_no=_TWO, **_FIRM)
    first, second = (await office.register()).json(), (await office.register(_TWO)).json()
    consent = {"successor_id": second["id"], "consented_by": "负责人"}
    await office.client.post(f"/v1/cards/{first['id']}/consents", json=consent)
    job = await office.declare()
    office.reader.faults[_TWO] = [TimedOut("60 s")]
    with pytest.raises(AgainLater):
        await office.sign(job, TAKEOVER_TRIES + 1)
    office.reader.pull(_TWO)
    await office.sign(job, TAKEOVER_TRIES + 2)
    event = await office.bench.signed()
    assert (event.route.card_no, event.route.mailbox) == (_ONE, "box-1")
    message = singlewindow.read(event.message.encode())
    assert isinstance(message, singlewindow.Upload)
    assert message.envelope.card_no == _ONE


async def test_a_card_whose_firm_is_not_the_registered_one_signs_nothing(office: Office) -> None:
    office.reader.insert(card_no=_ONE, **_FIRM)
    await office.register()
    stranger = office.reader.insert(card_no=_ONE, **_OTHER_FIRM)
    with pytest.raises(AgainLater, match="所属的企业"):
        await office.sign(await office.declare())
    assert stranger.signatures == 0
    await office.sightings.turn()
    assert (await office.card())["certificate_serial"] != certificates.read(
        stranger.issued.certificate
    ).serial


async def test_a_refused_pin_is_not_tried_again_also_after_a_restart(office: Office) -> None:
    card = office.reader.insert(card_no=_ONE, **_FIRM)
    await office.register()
    card.pin = "12345678"
    pool = office.bench.pool
    await KeptPins(pool, _SEALER).refused(_ONE, WrongPin(tries_left=2))
    shown = await office.card()
    assert (shown["pin_fault"], shown["pin_tries_left"]) == ("wrong_pin", 2)
    await office.sightings.turn()
    assert _gauges() == (1, 0, 1)
    # Another process, which was never told.
    with pytest.raises(WrongPin) as refused:
        await KeptPins(pool, _SEALER).of(_ONE)
    assert refused.value.tries_left == 2
    job = await office.declare()
    with pytest.raises(AgainLater, match="还可试 2 次"):
        await office.sign(job)
    pin = f"/v1/cards/{shown['id']}/pin"
    seen = {"if-match": f'"{shown["version"]}"'}
    wrong = await office.client.put(pin, json={"pin": "11111111"}, headers=seen)
    assert wrong.json()["code"] == "card_pin_refused"
    assert (await office.card())["pin_fault"] == "wrong_pin"
    right = await office.client.put(pin, json={"pin": "12345678"}, headers=seen)
    assert (right.json()["pin_fault"], right.json()["pin_tries_left"]) == (None, None)
    kept = await KeptPins(pool, _SEALER).of(_ONE)
    assert kept is not None
    assert kept.get_secret_value() == "12345678"
    await office.sign(job)
    await KeptPins(pool, _SEALER).refused(_ONE, PinBlocked(tries_left=0))
    assert (await office.card())["pin_fault"] == "pin_blocked"


async def test_a_renewed_certificate_is_taken_from_the_reader(office: Office) -> None:
    office.reader.insert(card_no=_ONE, days=10, **_FIRM)
    assert (await office.register()).json()["warning"] == "30"
    renewed = office.reader.insert(card_no=_ONE, days=700, **_FIRM)
    await office.sightings.turn()
    card = await office.card()
    assert card["certificate_serial"] == certificates.read(renewed.issued.certificate).serial
    assert (card["warning"], card["state"]) == (None, "ready")


async def test_without_a_registered_card_the_software_key_signs(office: Office) -> None:
    office.reader.insert(card_no=_ONE, **_FIRM)
    await office.sign(await office.declare())
    event = await office.bench.signed()
    assert isinstance(event, DocumentSigned)
    assert singlewindow.verify(event.message.encode(), certificates.read(KEY.certificate).verifies)
    assert office.reader.asked == []
