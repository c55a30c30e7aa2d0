"""query's views and its application on a database of its own, fed with events as they are told."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx

from backbone import postgres
from backbone.auth import Verifier
from backbone.http import create_app
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events import Event
from customs.documents import KINDS
from services.query import list_export
from services.query.api import routers
from services.query.projections import VIEWS
from services.query.waiting import Applied
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.receipts_bench import received
from tests.support.witness import Witness


class Views:
    """`worker` writes every view, `app` reads under row-level security over one connection."""

    def __init__(self, app: Pool, worker: Pool, issuer: Issuer) -> None:
        self.app, self.worker, self.issuer = app, worker, issuer
        self.tenant_id = uuid4()
        self.witness = Witness()
        service = create_app("query", title="query")
        for kind in KINDS.values():
            service.include_router(list_export.routes(kind, app))
        for router in routers(app, Applied()):
            service.include_router(router)
        service.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        self.service = service
        self.client = self.client_of()

    def client_of(self, tenant_id: UUID | None = None, **more: Any) -> httpx.AsyncClient:
        token = self.issuer.token(tenant_id or self.tenant_id, **more)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.service),
            base_url="http://query",
            headers={"authorization": f"Bearer {token}"},
            timeout=60,
            event_hooks={"response": [self.witness.hear]},
        )

    async def tell(self, events: Iterable[Event], *names: str) -> None:
        """One batch into the named views, of old all that entry's events make."""
        batch = [received(event, tenant_id=event.model_dump()["tenant_id"]) for event in events]
        for name in names or ("documents", "searchable", "relations", "contents"):
            async with postgres.transaction(self.worker) as connection:
                await VIEWS[name].apply(connection, batch)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answered = await self.client.get(f"/v1/{path}", params=params)
        assert answered.status_code == 200, answered.text
        content: dict[str, Any] = answered.json()
        return content

    async def rows(self, name: str) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.worker.fetch(f"SELECT * FROM {name} ORDER BY 1, 2")]

    async def again(self, name: str, events: Sequence[Event], seed: int) -> list[dict[str, Any]]:
        """The rows of a view built from the same events in another order, some of them twice."""
        await self.worker.execute(f"TRUNCATE {name}")
        chance = random.Random(seed)
        shuffled = [*events, *chance.choices(events, k=len(events) // 2)]
        chance.shuffle(shuffled)
        while shuffled:
            size = chance.randint(1, 6)
            await self.tell(shuffled[:size], name)
            shuffled = shuffled[size:]
        return await self.rows(name)


@asynccontextmanager
async def views(database: Database, issuer: Issuer) -> AsyncIterator[Views]:
    app = await postgres.create_pool(database.app_dsn, name="test", max_size=1)
    worker = await postgres.create_pool(database.worker_dsn, name="test", max_size=2)
    await worker.execute("TRUNCATE documents, searchable, relations, contents")
    made = Views(app, worker, issuer)
    try:
        yield made
    finally:
        await made.client.aclose()
        await app.close()
        await worker.close()
