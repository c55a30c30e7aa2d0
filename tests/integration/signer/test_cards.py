"""The registry of cards: who may see and change them, what is never answered, and what a card may stand for."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from backbone import metrics, postgres
from backbone.auth import Verifier
from backbone.postgres import Pool
from backbone.sealing import MasterKeys
from contracts.events.signer import DocumentSigned, SigningFailed
from contracts.permissions import PLATFORM_OPERATE, SITE_SERVE
from services.signer import sealing
from services.signer.api import application
from services.signer.cards import rows
from services.signer.cards.expiring import gauge_expiry
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.reader import Reader
from tests.support.signer_bench import EXAMPLE, TENANT, Bench
from tests.support.witness import Witness

pytestmark = pytest.mark.anyio
_SEALER = sealing.sealer(MasterKeys.of(bytes(32)))
_CODE, _USCC = "3105980ABD", "91310000MA1FL0000N"
_OTHER_USCC = "91330206MA2GR0001J"
_DOCUMENT = {
    **EXAMPLE["document"],
    "head": {**EXAMPLE["document"]["head"], "declaring_code": _CODE, "declaring_uscc": _USCC},
}
_NUMBER = "8930000012345"
_PIN = "s3cret-88"


def _certificate(days: float) -> bytes:
    """Ends in so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例操作员")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(0xABCDEF).not_valid_before(now - timedelta(days=900))
    return (
        made.not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    )


def _card(**changes: Any) -> dict[str, Any]:
    return {
        "number": _NUMBER,
        "holder": "示例操作员",
        "firm_name": "示例报关有限公司",
        "firm_code": _CODE,
        "firm_uscc": _USCC,
        **changes,
    }


class Desk:
    """The application, and clients of tenants."""

    def __init__(self, pool: Pool, bench: Bench, issuer: Issuer) -> None:
        self.app = application(None)
        self.app.state.pool, self.app.state.worker_pool = pool, bench.pool
        self.app.state.sealer = _SEALER
        self.app.state.holder = self.reader = Reader()
        self.app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        self.issuer = issuer
        self.witness = Witness()
        self.client = self.of(UUID(TENANT))

    def of(self, tenant_id: UUID, *permissions: str) -> httpx.AsyncClient:
        token = (
            self.issuer.token(tenant_id, permissions=permissions)
            if permissions
            else self.issuer.token(tenant_id)
        )
        return self._client(token)

    def _client(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://signer",
            headers={"authorization": f"Bearer {token}"},
            event_hooks={"response": [self.witness.hear]},
        )

    def agent(self, tenant_id: UUID, enterprises: list[str] | None = None) -> httpx.AsyncClient:
        """The agent of a site."""
        served = {} if enterprises is None else {"enterprises": enterprises}
        grants: list[dict[str, object]] = [{"permissions": [SITE_SERVE], **served}]
        token = self.issuer.token(tenant_id, subject=str(uuid4()), grants=grants)
        return self._client(token)

    async def register(self, client: httpx.AsyncClient | None = None, **changes: Any) -> httpx.Response:
        headers = {"idempotency-key": str(uuid4())}
        return await (client or self.client).post("/v1/cards", json=_card(**changes), headers=headers)


@pytest.fixture
async def desk(bench: Bench, issuer: Issuer) -> AsyncIterator[Desk]:
    await bench.pool.execute("TRUNCATE cards, card_pins, card_consents, site_cards, site_orders, idempotency")
    pool = await postgres.create_pool(bench.database.app_dsn, name="test", max_size=2)
    yield Desk(pool, bench, issuer)
    await pool.close()


def _seen(card: httpx.Response) -> dict[str, str]:
    return {"if-match": card.headers["etag"]}


async def test_a_card_is_registered_from_its_certificate_changed_and_listed(desk: Desk) -> None:
    der = _certificate(400)
    made = await desk.register(certificate=base64.b64encode(der).decode(), users=[str(uuid4())])
    assert made.status_code == 201, made.text
    card = made.json()
    assert (card["certificate_serial"], card["warning"], card["state"]) == ("ABCDEF", None, "unseen")
    assert x509.load_pem_x509_certificate(card["certificate_pem"].encode()).public_bytes(Encoding.DER) == der
    one = f"/v1/cards/{card['id']}"
    assert (await desk.client.get(one)).json() == card
    body = _card(certificate=card["certificate_pem"], holder="另一人", status="suspended")
    changed = await desk.client.put(one, json=body, headers=_seen(made))
    assert (changed.json()["holder"], changed.json()["version"]) == ("另一人", 2)
    stale = await desk.client.put(one, json=body, headers=_seen(made))
    assert stale.status_code == 412
    other = await desk.client.put(one, json=_card(number="8930000012346"), headers=_seen(changed))
    assert other.json()["code"] == "card_taken"
    assert [each["id"] for each in (await desk.client.get("/v1/cards")).json()["items"]] == [card["id"]]
    assert (await desk.client.get(f"/v1/cards/{uuid4()}")).status_code == 404


async def test_every_fault_of_a_card_is_told_at_once(desk: Desk) -> None:
    refused = await desk.register(
        number="12", firm_code="1", firm_uscc="1", certificate="no", status="gone", pin="x"
    )
    assert refused.status_code == 422
    assert {each["pointer"] for each in refused.json()["errors"]} == {
        "/number", "/firm_code", "/firm_uscc", "/certificate", "/status", "/pin",
    }  # fmt: skip


async def test_a_number_is_registered_once_and_tenants_see_their_own(desk: Desk, bench: Bench) -> None:
    made = await desk.register()
    elsewhere = desk.of(uuid4())
    assert (await desk.register(elsewhere)).json()["code"] == "card_taken"
    one = f"/v1/cards/{made.json()['id']}"
    for method, path, body in (
        ("GET", one, None),
        ("PUT", one, _card()),
        ("PUT", f"{one}/pin", {"pin": _PIN}),
        ("DELETE", f"{one}/pin", None),
        ("POST", f"{one}/consents", {"successor_id": str(uuid4()), "consented_by": "某人"}),
        ("DELETE", f"{one}/consents/{uuid4()}", None),
    ):
        answer = await elsewhere.request(method, path, json=body, headers={"if-match": '"1"'})
        assert answer.status_code == 404, (method, path)
    assert (await elsewhere.get("/v1/cards")).json()["items"] == []
    for table in ("cards", "card_consents"):
        async with postgres.tenant_transaction(desk.app.state.pool, uuid4()) as connection:
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_who_may_read_and_who_may_change(desk: Desk) -> None:
    card = await desk.register()
    one = f"/v1/cards/{card.json()['id']}"
    reader, clerk = desk.of(UUID(TENANT), "card.read"), desk.of(UUID(TENANT), "document.declare")
    assert (await reader.get(one)).status_code == 200
    assert (await clerk.get(one)).status_code == 403
    assert (await clerk.get("/v1/cards")).status_code == 403
    assert (await desk.register(reader, number="8930000012346")).status_code == 403
    assert (await reader.put(f"{one}/pin", json={"pin": _PIN}, headers=_seen(card))).status_code == 403


async def test_a_pin_is_kept_sealed_and_never_answered(
    desk: Desk, bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    card = await desk.register()
    one = f"/v1/cards/{card.json()['id']}"
    kept = await desk.client.put(f"{one}/pin", json={"pin": _PIN}, headers=_seen(card))
    assert kept.json()["pin_set_at"] is not None
    assert _PIN not in kept.text
    pin = await rows.pin_of(bench.pool, _SEALER, _NUMBER)
    assert pin is not None
    assert pin.get_secret_value() == _PIN
    assert _PIN.encode() not in await bench.pool.fetchval("SELECT sealed FROM card_pins")
    # The role behind the API may write a PIN, not read one.
    async with postgres.tenant_transaction(desk.app.state.pool, UUID(TENANT)) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT sealed FROM card_pins")
    wrong = await desk.client.put(f"{one}/pin", json={"pin": "错误的密码"}, headers=_seen(kept))
    assert wrong.status_code == 422
    assert "错误的密码" not in wrong.text
    gone = await desk.client.request("DELETE", f"{one}/pin", headers=_seen(kept))
    assert gone.json()["pin_set_at"] is None
    assert await rows.pin_of(bench.pool, _SEALER, _NUMBER) is None
    assert _PIN not in "".join(capfd.readouterr())


async def test_another_card_takes_over_only_with_the_recorded_consent_of_the_same_firm(
    desk: Desk, bench: Bench
) -> None:
    tenant = UUID(TENANT)
    first = (await desk.register()).json()
    second = (await desk.register(number="8930000012346")).json()
    foreign = (
        await desk.register(number="8930000012347", firm_code="3105W60ABC", firm_uscc=_OTHER_USCC)
    ).json()
    consents = f"/v1/cards/{first['id']}/consents"
    assert await rows.successors(bench.pool, tenant, _NUMBER) == []
    for successor in (foreign, first):
        body = {"successor_id": successor["id"], "consented_by": "示例负责人"}
        assert (await desk.client.post(consents, json=body)).json()["code"] == "card_of_other_firm"
    body = {
        "successor_id": second["id"],
        "consented_by": "示例负责人",
        "remark": "夜班",
        "mailbox": "second-box",
    }
    recorded = await desk.client.post(consents, json=body)
    assert recorded.status_code == 201
    assert (await desk.client.post(consents, json=body)).json()["code"] == "consent_recorded"
    (successor,) = await rows.successors(bench.pool, tenant, _NUMBER)
    assert (successor.card.number, successor.mailbox) == ("8930000012346", "second-box")
    assert await rows.successors(bench.pool, uuid4(), _NUMBER) == []
    (consent,) = recorded.json()["consents"]
    assert consent["recorded_by"]["name"] == "示例录入员"
    withdrawn = await desk.client.request("DELETE", f"{consents}/{consent['id']}")
    assert withdrawn.json()["consents"][0]["withdrawn_by"]["name"] == "示例录入员"
    assert await rows.successors(bench.pool, tenant, _NUMBER) == []
    assert (await desk.client.request("DELETE", f"{consents}/{consent['id']}")).status_code == 404


async def test_cards_that_end_soon_are_listed_and_counted(desk: Desk, bench: Bench) -> None:
    for number, days in enumerate((-1, 3, 20, 50, 100)):
        certificate = base64.b64encode(_certificate(days + 0.5)).decode()
        await desk.register(number=f"893000001234{number}", certificate=certificate)
    warnings = {}
    for within in ("7", "30", "60"):
        items = (await desk.client.get("/v1/cards", params={"expiring": within})).json()["items"]
        warnings[within] = [each["warning"] for each in reversed(items)]
    assert warnings == {
        "7": ["expired", "7"],
        "30": ["expired", "7", "30"],
        "60": ["expired", "7", "30", "60"],
    }
    await gauge_expiry(bench.pool)
    for within in ("expired", "7", "30", "60"):
        assert metrics.gauge("cards_expiring").labels(within)._value.get() == 1


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({}, None, ""),
        ({"firm_code": "3105W60ABC"}, "card_of_other_firm", "申报单位"),
        ({"firm_uscc": _OTHER_USCC}, "card_of_other_firm", "申报单位"),
        ({"status": "suspended"}, "card_suspended", "已停用"),
        ({"certificate": base64.b64encode(_certificate(-1)).decode()}, "card_expired", "到期"),
    ],
)
async def test_a_card_stands_for_its_own_firm_alone(
    desk: Desk, bench: Bench, changes: dict[str, Any], code: str | None, sentence: str
) -> None:
    assert (await desk.register(**changes)).status_code == 201
    route = {**EXAMPLE["route"], "card_no": _NUMBER, "mailbox": "card-1"}
    await bench.signing().do(await bench.declare(route=route, document=_DOCUMENT))
    (event,) = await bench.events()
    if code is None:
        assert isinstance(event, DocumentSigned)
        return
    assert isinstance(event, SigningFailed)
    assert event.reason_code == code
    assert sentence in event.reason
    assert await bench.count("SELECT count(*) FROM messages") == 0


async def test_every_operation_of_the_signer_answers_what_openapi_says(desk: Desk, bench: Bench) -> None:
    job = await bench.declare()
    await bench.signing().do(job)
    assert (await desk.client.get(f"/v1/evidence/{job.dedupe_key}")).json()["holds"] is True
    operator = desk.of(UUID(TENANT), PLATFORM_OPERATE)
    chain = (await operator.get(f"/v1/evidence/chains/{TENANT}")).json()
    assert (chain["links"], chain["fault"]) == (1, None)
    card, second = await desk.register(), await desk.register(number="8930000012346")
    one = f"/v1/cards/{card.json()['id']}"
    assert len((await desk.client.get("/v1/cards", params={"limit": 1})).json()["items"]) == 1
    changed = await desk.client.put(one, json=_card(), headers=_seen(card))
    kept = await desk.client.put(f"{one}/pin", json={"pin": _PIN}, headers=_seen(changed))
    await desk.client.request("DELETE", f"{one}/pin", headers=_seen(kept))
    body = {"successor_id": second.json()["id"], "consented_by": "示例负责人"}
    consented = (await desk.client.post(f"{one}/consents", json=body)).json()
    await desk.client.request("DELETE", f"{one}/consents/{consented['consents'][0]['id']}")
    await desk.client.get(one)
    desk.reader.insert(card_no="8930000012348", firm_code=_CODE, firm_credit_code=_USCC)
    lying = {"number": "8930000012348", "pin": "88888888"}
    assert (await desk.client.post("/v1/cards/in-reader", json=lying)).status_code == 201
    agent = desk.agent(UUID(TENANT))
    assert (await agent.post("/v1/site/signings/requests", json={"cards": []})).json() == {
        "held": [],
        "orders": [],
    }
    late = await agent.post(f"/v1/site/signings/{uuid4()}/answer", json={"lease": 1, "fault": "card_out"})
    assert late.json() == {"accepted": False}
    assert (await desk.client.post("/v1/site/signings/requests", json={"cards": []})).status_code == 403
    assert desk.witness.unheard("signer") == []
