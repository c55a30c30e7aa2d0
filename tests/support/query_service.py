"""query as it is run: events in by Kafka, lists and messages out by HTTP."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx

from backbone import postgres
from backbone.migrate import Database
from contracts.events import Event
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.life import Life
from tests.support.publishing import publish
from tests.support.service_process import ServiceProcess, running_service


class Running:
    def __init__(self, process: ServiceProcess, database: Database, servers: Servers, issuer: Issuer) -> None:
        self.url, self.witness = process.url, process.witness
        self.database = database
        self.servers = servers
        self.issuer = issuer

    def tell(self, service: str, tenant_id: UUID, events: Sequence[Event]) -> None:
        asyncio.run(publish(self.servers.bootstrap, service, events, tenant_id=tenant_id))

    def client(self, tenant_id: UUID, grants: list[dict[str, object]] | None = None) -> httpx.Client:
        token = self.issuer.token(tenant_id, grants=grants)
        return httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=20,
            event_hooks={"response": [self.witness.hear_at_once]},
        )

    def rows(self, view: str) -> list[dict[str, Any]]:
        async def read() -> list[dict[str, Any]]:
            connection = await postgres.connect(self.database.worker_dsn, name="test")
            try:
                return [dict(row) for row in await connection.fetch(f"SELECT * FROM {view} ORDER BY 1, 2")]
            finally:
                await connection.close()

        return asyncio.run(read())


async def _unused_generation(database: Database) -> None:
    # Kafka outlives the databases of a test run, and with it the offsets of groups other tests have used.
    connection = await postgres.connect(database.worker_dsn, name="test")
    await connection.execute("UPDATE views SET generation = $1", random.randrange(1_000, 1_000_000))
    await connection.close()


@contextmanager
def running_query(servers: Servers, issuer: Issuer) -> Iterator[Running]:
    """The service on a database of its own."""
    database = servers.database("query")
    asyncio.run(_unused_generation(database))
    with running_service("query", database, servers, {"JWKS_URL": issuer.jwks_url}) as process:
        yield Running(process, database, servers, issuer)


def wait_for(life: Life, version: int) -> dict[str, str]:
    return {"wait-for": f"{life.document_id}@{version}"}


def listed(
    client: httpx.Client, life: Life, version: int, of: str = "/v1/inventories", **parameters: Any
) -> list[dict[str, Any]]:
    """The list, once it has this version; several waits, since the machine may be slow."""
    for _ in range(10):
        answer = client.get(of, params=parameters, headers=wait_for(life, version))
        assert answer.status_code == 200, answer.text
        if not answer.json()["stale"]:
            items: list[dict[str, Any]] = answer.json()["items"]
            return items
    raise AssertionError("stays stale")


def until(holds: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not come"
        time.sleep(0.1)
