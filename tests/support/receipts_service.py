"""receipts as it is run, with a tenant that has a mailbox, its files and its events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from backbone import cloudevents, kafka
from contracts.events import Event
from contracts.events.receipts import ReceiptReceived
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.publishing import publish
from tests.support.receipts_bench import example
from tests.support.service_process import ServiceProcess, running_service


@dataclass(frozen=True)
class Tenant:
    tenant_id: UUID
    enterprise_id: UUID
    mailbox: str
    inbox: Path

    def event(self, event_type: str, **changes: object) -> Event:
        given = {"tenant_id": self.tenant_id, "enterprise_id": self.enterprise_id, **changes}
        return example(event_type, **given)


class Running:
    def __init__(self, process: ServiceProcess, exchange: Path, servers: Servers, issuer: Issuer) -> None:
        self.url, self.witness = process.url, process.witness
        self.exchange = exchange
        self.servers = servers
        self.issuer = issuer

    def tenant(self) -> Tenant:
        mailbox = f"box-{uuid4().hex[:8]}"
        inbox = self.exchange / mailbox / "Sas" / "InBox"
        inbox.mkdir(parents=True)
        made = Tenant(uuid4(), uuid4(), mailbox, inbox)
        registered = example("enterprise.registered.v1").model_dump()
        self.tell(
            "identity",
            made,
            made.event("enterprise.registered.v1", route={**registered["route"], "mailbox": mailbox}),
        )
        return made

    def tell(self, service: str, tenant: Tenant, *events: Event) -> None:
        asyncio.run(publish(self.servers.bootstrap, service, events, tenant_id=tenant.tenant_id))

    def client(self, tenant: Tenant, grants: list[dict[str, object]] | None = None) -> httpx.Client:
        token = self.issuer.token(tenant.tenant_id, grants=grants)
        return httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=20,
            event_hooks={"response": [self.witness.hear_at_once]},
        )


def eventually(look: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "did not come"
        time.sleep(0.05)
    return found


def listed(client: httpx.Client, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/receipts", params=parameters)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def filed(client: httpx.Client, name: str, state: str) -> dict[str, Any]:
    """The file of that name once it has come to that state."""

    def look() -> dict[str, Any] | None:
        return next((item for item in listed(client, state=state) if item["file_name"] == name), None)

    found: dict[str, Any] = eventually(look)
    return found


async def receipts_of(bootstrap: str, tenant_id: UUID, count: int) -> list[ReceiptReceived]:
    consumer = await kafka.start_consumer(bootstrap, group=f"test-{uuid4()}", names=["receipts-events"])
    found: list[ReceiptReceived] = []
    try:
        async with asyncio.timeout(120):
            while len(found) < count:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        event = cloudevents.decode(record).event
                        if isinstance(event, ReceiptReceived) and event.tenant_id == tenant_id:
                            found.append(event)
    finally:
        await consumer.stop()
    return found


@contextmanager
def running_receipts(servers: Servers, issuer: Issuer, exchange: Path) -> Iterator[Running]:
    """The service on a database of its own."""
    environment = {
        "JWKS_URL": issuer.jwks_url,
        "EXCHANGE_DIR": str(exchange),
        "INBOX_POLL_SECONDS": "0.05",
        "INBOX_PATIENCE_SECONDS": "0.5",
    }
    with running_service("receipts", servers.database("receipts"), servers, environment) as process:
        yield Running(process, exchange, servers, issuer)
