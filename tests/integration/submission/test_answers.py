"""Every operation of submission, walked once with a good answer; and who is given nothing of another's mailbox."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from backbone import postgres
from backbone.migrate import Database
from customs import singlewindow
from services.submission import store
from services.submission.domain import Delivery, State, stem_of
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.service_process import ServiceProcess, running_service


@dataclass(frozen=True)
class Running:
    service: ServiceProcess
    database: Database
    exchange: Path
    issuer: Issuer

    def client(
        self, tenant: UUID, enterprise: UUID, agent: UUID, permission: str = "site.serve"
    ) -> httpx.Client:
        grants: list[dict[str, object]] = [{"permissions": [permission], "enterprises": [str(enterprise)]}]
        token = self.issuer.token(tenant, subject=str(agent), grants=grants)
        return httpx.Client(
            base_url=self.service.url,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=60,
            event_hooks={"response": [self.service.witness.hear_at_once]},
        )

    def delivered(self, tenant: UUID, enterprise: UUID, mailbox: str) -> tuple[str, bytes]:
        """A file that stands in the platform's OutBox; its name and bytes."""
        attempt = uuid4()
        stem = stem_of("INV101", attempt, 1)
        parcel = singlewindow.pack(stem, b"<Signature/>")
        delivery = Delivery(
            attempt_id=attempt,
            try_no=1,
            tenant_id=tenant,
            document_id=uuid4(),
            kind="inventory",
            enterprise_id=enterprise,
            internal_no="WALK-1",
            attempt_no=1,
            mailbox=mailbox,
            message_type="INV101",
            message_id=f"INV101{attempt.hex.upper()}",
            stem=stem,
            sha256=hashlib.sha256(parcel).hexdigest(),
            message_sha256=hashlib.sha256(b"<Signature/>").hexdigest(),
            state=State.INTENDED,
            acknowledged_at=None,
            missing_since=None,
            traceparent=None,
        )

        async def put() -> None:
            pool = await postgres.create_pool(self.database.worker_dsn, name="test", max_size=1)
            async with postgres.transaction(pool) as connection:
                await connection.execute(
                    "INSERT INTO mailboxes (mailbox, tenant_id, enterprise_id, recorded_at) "
                    "VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING",
                    mailbox,
                    tenant,
                    enterprise,
                )
                await store.intend(connection, delivery, parcel)
                await store.move(connection, delivery, State.DELIVERED, after=[State.INTENDED])
            await pool.close()

        outbox = self.exchange / mailbox / "Sas" / "OutBox"
        outbox.mkdir(parents=True, exist_ok=True)
        (outbox / delivery.file_name).write_bytes(parcel)
        asyncio.run(put())
        return delivery.file_name, parcel


@pytest.fixture(scope="module")
def running(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    exchange, database = tmp_path_factory.mktemp("exchange"), servers.database("submission")
    settings = {
        "JWKS_URL": issuer.jwks_url,
        "EXCHANGE_DIR": str(exchange),
        "CREATE_MAILBOXES": "true",
        "MISSING_GRACE_SECONDS": "600",
    }
    with running_service("submission", database, servers, settings) as service:
        yield Running(service, database, exchange, issuer)


def asked(mailbox: str, **more: object) -> dict[str, object]:
    return {"mailboxes": [mailbox], "most_files": 10, "most_bytes": 1_000_000, **more}


def test_every_operation_answers_as_described(running: Running) -> None:
    tenant, enterprise, mailbox = uuid4(), uuid4(), f"site-{uuid4().hex[:8]}"
    name, parcel = running.delivered(tenant, enterprise, mailbox)
    sha256 = hashlib.sha256(parcel).hexdigest()
    with running.client(tenant, enterprise, uuid4()) as agent:
        work = agent.post("/v1/site/outbox/requests", json=asked(mailbox)).json()
        assert work["served"] == [mailbox]
        assert [(each["file_name"], each["state"]) for each in work["files"]] == [(name, "offered")]
        path = f"/v1/site/outbox/{mailbox}/{name}"
        assert agent.get(path).content == parcel
        wrong = agent.put(f"{path}/place", json={"place": "OutBox", "sha256": "0" * 64})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "other_file")
        for place, state in (("OutBox", "held"), ("SentBox", "sent"), ("gone", "sent"), ("SentBox", "sent")):
            told = agent.put(f"{path}/place", json={"place": place, "sha256": sha256})
            assert told.json() == {"state": state}
        assert (running.exchange / mailbox / "Sas" / "SentBox" / name).read_bytes() == parcel
    assert running.service.witness.unheard("submission") == []


def test_a_file_is_given_to_one_agent_of_its_own_firm(running: Running) -> None:
    tenant, enterprise, mailbox = uuid4(), uuid4(), f"site-{uuid4().hex[:8]}"
    name, _ = running.delivered(tenant, enterprise, mailbox)
    path = f"/v1/site/outbox/{mailbox}/{name}"
    strangers = ((uuid4(), enterprise), (tenant, uuid4()))
    for who in strangers:
        with running.client(*who, uuid4()) as stranger:
            work = stranger.post("/v1/site/outbox/requests", json=asked(mailbox)).json()
            assert (work["served"], work["files"]) == ([], [])
            assert stranger.get(path).status_code == 404
    with running.client(tenant, enterprise, uuid4(), "document.read") as clerk:
        assert clerk.post("/v1/site/outbox/requests", json=asked(mailbox)).status_code == 403
    with (
        running.client(tenant, enterprise, uuid4()) as one,
        running.client(tenant, enterprise, uuid4()) as two,
    ):
        assert len(one.post("/v1/site/outbox/requests", json=asked(mailbox)).json()["files"]) == 1
        late = two.post("/v1/site/outbox/requests", json=asked(mailbox)).json()
        assert (late["served"], late["files"]) == ([], [])


def test_no_more_is_bound_than_there_is_room_for(running: Running) -> None:
    tenant, enterprise, mailbox = uuid4(), uuid4(), f"site-{uuid4().hex[:8]}"
    names = {running.delivered(tenant, enterprise, mailbox)[0] for _ in range(3)}
    with running.client(tenant, enterprise, uuid4()) as agent:
        for room in ({"most_files": 0}, {"most_bytes": 0}, {"most_bytes": 10}):
            body = asked(mailbox) | room
            assert agent.post("/v1/site/outbox/requests", json=body).json()["files"] == []
        two = agent.post("/v1/site/outbox/requests", json=asked(mailbox) | {"most_files": 2}).json()["files"]
        assert len(two) == 2
        assert {each["file_name"] for each in two} < names
        all_held = agent.post("/v1/site/outbox/requests", json=asked(mailbox)).json()["files"]
        assert {each["file_name"] for each in all_held} == names
