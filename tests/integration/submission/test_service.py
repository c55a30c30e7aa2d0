"""Signer and submission as they run: declared on Kafka, signed, delivered into a folder, taken; evidence over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import contracts
from backbone import cloudevents, kafka, outbox, postgres
from backbone.cloudevents import Received
from backbone.migrate import Database
from contracts.events import Event
from contracts.events.entry import DocumentDeclared
from contracts.events.signer import DocumentSigned
from contracts.permissions import PLATFORM_OPERATE
from customs import singlewindow
from customs.documents import JsonObject
from services.signer.domain import message_id_of
from tests.support.infrastructure import TREE, Servers
from tests.support.issuer import Issuer
from tests.support.service_process import ServiceProcess, free_port, running_service

_EXAMPLES = Path(contracts.__file__).parent / "examples" / DocumentDeclared.type
_EXAMPLE: JsonObject = json.loads((_EXAMPLES / "first.json").read_text(encoding="utf-8"))
_MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
_TENANT = UUID(str(_EXAMPLE["tenant_id"]))


@dataclass(frozen=True)
class Chain:
    """Both services on fresh databases, and a mailbox nobody else uses."""

    servers: Servers
    entry: Database
    signer: ServiceProcess
    submission: ServiceProcess
    exchange: Path
    mailbox: str

    def box(self, name: str) -> Path:
        return self.exchange / self.mailbox / "Sas" / name

    def declare(self, *, signing: str = "none", times: int = 1, prefix: str = "OK") -> UUID:
        """An attempt of a new document is told on entry's topic; the simulator reads an outcome out of `prefix`."""
        attempt_id, document_id = uuid4(), uuid4()
        route, document = _EXAMPLE["route"], _EXAMPLE["document"]
        assert isinstance(route, dict)
        assert isinstance(document, dict)
        head = document["head"]
        assert isinstance(head, dict)
        internal_no = f"{prefix}-{attempt_id.hex[:20]}"
        changes = {
            "internal_no": internal_no,
            "document": {**document, "head": {**head, "internal_no": internal_no}},
            "attempt_id": str(attempt_id),
            "document_id": str(document_id),
            "route": {**route, "mailbox": self.mailbox, "signing": signing},
        }
        event = DocumentDeclared.model_validate({**_EXAMPLE, **changes})
        asyncio.run(self._tell(event, times))
        return attempt_id

    async def _tell(self, event: Event, times: int) -> None:
        connection = await postgres.connect(self.entry.worker_dsn, name="test")
        (event_id,) = await outbox.append(connection, [event], tenant_id=_TENANT)
        rows = await connection.fetch("SELECT * FROM events WHERE event_id = $1", event_id)
        producer = await kafka.start_producer(self.servers.bootstrap, name="test")
        await outbox.publish(producer, "entry-events", "entry", rows * times)
        await producer.stop()
        await connection.close()

    def told(self, attempt_id: UUID, *types: str, seconds: float = 120) -> list[Received]:
        """Everything that was told of an attempt once `types` are among it."""
        return asyncio.run(self._told(attempt_id, types, seconds))

    async def _told(self, attempt_id: UUID, types: tuple[str, ...], seconds: float) -> list[Received]:
        consumer = await kafka.start_consumer(
            self.servers.bootstrap,
            group=f"test-{uuid4()}",
            names=["signer-events", "submission-events"],
        )
        found: list[Received] = []
        try:
            async with asyncio.timeout(seconds):
                while not set(types) <= {event.type for event in found}:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        events = [cloudevents.decode(record) for record in records]
                        found += [e for e in events if e.event.model_dump()["attempt_id"] == attempt_id]
        finally:
            await consumer.stop()
        return found

    def take(self, stem: str, seconds: float = 120) -> bytes:
        """The import client takes a file as soon as it is there."""
        source = self.box("OutBox") / f"{stem}.zip"
        deadline = time.monotonic() + seconds
        while not source.exists():
            assert time.monotonic() < deadline, self.submission.output()
            time.sleep(0.02)
        content = source.read_bytes()
        source.rename(self.box("SentBox") / source.name)
        return content


@contextmanager
def _running(servers: Servers, issuer: Issuer, exchange: Path) -> Iterator[Chain]:
    environment = {
        "JWKS_URL": issuer.jwks_url,
        "MASTER_KEY": _MASTER_KEY,
        "EXCHANGE_DIR": str(exchange),
        "CREATE_MAILBOXES": "true",
        "BOX_POLL_SECONDS": "0.1",
    }
    with ExitStack() as stack:
        signer = stack.enter_context(
            running_service("signer", servers.database("signer"), servers, environment)
        )
        submission = stack.enter_context(
            running_service("submission", servers.database("submission"), servers, environment)
        )
        yield Chain(servers, servers.database(), signer, submission, exchange, f"card-{uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def chain(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with _running(servers, issuer, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture
def control(chain: Chain) -> Iterator[str]:
    """The Single Window simulator on the same exchange folder; answers the address of its control port."""
    port = free_port()
    arguments = [f"--exchange={chain.exchange}", f"--control-port={port}", "--speed=0", "--seed=1"]
    process = subprocess.Popen([sys.executable, "-m", "simulators.single_window", *arguments], cwd=TREE)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    assert process.wait(20) == 0


def _stem(attempt_id: UUID) -> str:
    return f"INV101_{attempt_id.hex.upper()}_1"


def test_from_declared_to_taken(chain: Chain) -> None:
    attempt_id = chain.declare(times=3)
    content = chain.take(_stem(attempt_id))
    told = chain.told(attempt_id, "message.taken.v1")
    assert [event.type for event in told if event.topic == "signer-events"] == ["document.signed.v1"]
    assert [event.type for event in told if event.topic == "submission-events"] == [
        "message.delivered.v1",
        "message.taken.v1",
    ]
    signed = next(event.event for event in told if isinstance(event.event, DocumentSigned))
    xml = singlewindow.unpack(content, _stem(attempt_id)).xml
    assert xml == signed.message.encode()
    assert signed.message_id == message_id_of("INV101", attempt_id)
    facts = [event.event.model_dump() for event in told if event.topic == "submission-events"]
    assert {fact["sha256"] for fact in facts} == {hashlib.sha256(content).hexdigest()}
    assert {fact["message_sha256"] for fact in facts} == {hashlib.sha256(xml).hexdigest()}


def test_evidence_is_shown_to_whom_may_read_messages(chain: Chain, issuer: Issuer) -> None:
    attempt_id = chain.declare(signing="xmldsig-rsa-sha256")
    content = chain.take(_stem(attempt_id))
    path = f"/v1/evidence/{attempt_id}"

    def get(token: str | None, path: str = path) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = httpx.get(chain.signer.url + path, headers=headers, trust_env=False)
        chain.signer.witness.hear_at_once(answer)
        return answer

    answer = get(issuer.token(_TENANT))
    assert answer.status_code == 200
    body = answer.json()
    assert body["holds"] is True
    xml = singlewindow.unpack(content, _stem(attempt_id)).xml
    assert body["statement"]["released_sha256"] == hashlib.sha256(xml).hexdigest()
    assert body["statement"]["declared_by"] == _EXAMPLE["ordered_by"]
    assert get(None).status_code == 401
    assert get(issuer.token(uuid4())).status_code == 404
    assert get(issuer.token(_TENANT), f"/v1/evidence/{uuid4()}").status_code == 404
    assert get(issuer.token(_TENANT, permissions=["document.read"])).status_code == 403
    elsewhere: list[dict[str, object]] = [{"permissions": ["message.read"], "enterprises": [str(uuid4())]}]
    assert get(issuer.token(_TENANT, grants=elsewhere)).status_code == 403
    assert get(issuer.token(_TENANT), "/v1/evidence/nothing").status_code == 422

    whole = f"/v1/evidence/chains/{_TENANT}"
    assert get(issuer.token(_TENANT), whole).status_code == 403
    operator = issuer.token(_TENANT, permissions=[PLATFORM_OPERATE])
    checked = get(operator, whole).json()
    assert checked["fault"] is None
    assert checked["links"] >= 1
    assert get(operator, "/v1/evidence/chains/nobody").status_code == 404


def test_a_service_says_how_it_is(chain: Chain) -> None:
    for service, component in ((chain.signer, "jobs:sign"), (chain.submission, "box-watcher")):
        ready = httpx.get(f"{service.url}/readyz", trust_env=False).json()
        assert ready["checks"][component] is True
        assert httpx.get(f"{service.url}/healthz", trust_env=False).status_code == 200
    metrics = httpx.get(f"{chain.submission.url}/metrics", trust_env=False).text
    assert f'mailbox_ready{{mailbox="{chain.mailbox}"}} 1.0' in metrics


def test_no_payload_is_in_a_log(chain: Chain) -> None:
    for service in (chain.signer, chain.submission):
        text = service.output()
        assert "service_started" in text
        assert "示例" not in text
        assert "<Signature" not in text
        assert _MASTER_KEY not in text


def test_a_wrong_master_key_stops_the_start_with_one_clear_line(servers: Servers, issuer: Issuer) -> None:
    database = servers.database("signer")
    environment = {"JWKS_URL": issuer.jwks_url, "MASTER_KEY": _MASTER_KEY}
    with running_service("signer", database, servers, environment):
        pass
    wrong = {**environment, "MASTER_KEY": "A" * 43}
    with running_service("signer", database, servers, wrong, waits=False) as signer:
        assert signer.process.wait(30) == 1
        assert "BONDGATE_MASTER_KEY does not open the stored key" in signer.output()
        assert "Traceback" not in signer.output()


@pytest.mark.parametrize(
    ("prefix", "files", "last"),
    [("OK", 1, "message.taken.v1"), ("FAIL1", 2, "message.taken.v1"), ("FAIL", 3, "message.refused.v1")],
)
def test_the_single_window_takes_each_message_once(
    chain: Chain, control: str, prefix: str, files: int, last: str
) -> None:
    attempt_id = chain.declare(prefix=prefix)
    told = [event for event in chain.told(attempt_id, last) if event.topic == "submission-events"]
    assert [event.type for event in told] == ["message.delivered.v1"] * files + [last]
    internal_no = f"{prefix}-{attempt_id.hex[:20]}"
    arrived = _arrivals(control, internal_no)
    assert [file["file_name"] for file in arrived["files"]] == [
        event.event.model_dump()["file_name"] for event in told[:-1]
    ]
    assert {file["sha256"] for file in arrived["files"]} == {
        event.event.model_dump()["sha256"] for event in told[:-1]
    }
    accepted = last == "message.taken.v1"
    assert arrived["sent_box"] == int(accepted)
    if accepted:
        answer = f"Successed_{told[-1].event.model_dump()['stem']}_*"
        _until(lambda: list(chain.box("InBox").glob(answer)))
    assert not list(chain.box("InBox").glob(f"Failed_*{attempt_id.hex.upper()}*"))


def _arrivals(control: str, internal_no: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(f"{control}/taken/{internal_no}", trust_env=False).json()
    return answer


def _until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_a_stop_finishes_what_is_in_hand(chain: Chain) -> None:
    attempts = [chain.declare() for _ in range(5)]
    for attempt_id in attempts:
        chain.take(_stem(attempt_id))
    os.kill(chain.submission.process.pid, signal.SIGTERM)
    assert chain.submission.process.wait(30) == 0
    assert "service_stopped" in chain.submission.output()
