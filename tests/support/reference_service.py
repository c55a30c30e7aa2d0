"""reference as an application on a database of its own, for tests over HTTP without a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from backbone import postgres
from backbone.auth import Verifier
from backbone.http import create_app
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events.event import Event
from contracts.events.identity import ClientRegistered, EnterpriseRegistered
from contracts.permissions import PLATFORM_OPERATE
from services.reference import consumer
from services.reference.api import Access, routers
from services.reference.code_book import CodeBook
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.told import tell
from tests.support.uploads import ROUTE
from tests.support.witness import Witness

CODE = "3105W60ABC"
USCC = "91310000MA1FL0000N"
COMPANY = {"name": "示例保税物流有限公司", "customs_code": CODE}
ARTICLE = {
    "material_no": "M-001",
    "hs_code": "8471701000",
    "name": "硬盘驱动器",
    "elements": "4|3|存储|示例牌|X100",
    "unit": "001",
    "currency": "502",
    "unit_price": "12.5",
    "origin_country": "116",
}
HS_CSV = (
    "code,name,unit,second_unit\n"
    "8471701000,硬盘驱动器,001,035\n"
    "8471702000,软盘驱动器,001,035\n"
    "3901100001,初级形状的聚乙烯,035,\n"
)


class Reference:
    """The application, and a client of one tenant."""

    def __init__(self, pool: Pool, worker_pool: Pool, issuer: Issuer) -> None:
        self.pool, self.worker_pool, self.issuer = pool, worker_pool, issuer
        self.book = CodeBook()
        self.witness = Witness()
        self.tenant_id = uuid4()
        app = create_app("reference", title="reference", max_body_bytes=24 * 1024 * 1024)
        for router in routers(Access(pool, worker_pool, self.book)):
            app.include_router(router)
        app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        self.app = app
        self.client = self.client_of(issuer.token(self.tenant_id))
        self.operator = self.client_of(issuer.token(uuid4(), permissions=[PLATFORM_OPERATE]))

    def client_of(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://reference",
            headers={"authorization": f"Bearer {token}"},
            event_hooks={"response": [self.witness.hear]},
        )

    def of_clients(self, *clients: UUID, tenant_id: UUID | None = None) -> httpx.AsyncClient:
        """A caller who may only do with these client firms what `client` may do with all."""
        grant: dict[str, object] = {
            "permissions": ["document.read", "document.write"],
            "clients": [str(each) for each in clients],
        }
        return self.client_of(self.issuer.token(tenant_id or self.tenant_id, grants=[grant]))

    async def client_firm(self, identity: UUID | None = None, **more: Any) -> UUID:
        """A client firm that identity has told of."""
        firm = identity or uuid4()
        facts = {"client_id": firm, "name": "示例客户", **self._stamps(), **more}
        await self._hears(ClientRegistered.model_validate(facts))
        return firm

    async def enterprise(self, **more: Any) -> UUID:
        """An enterprise of the tenant that identity has told of."""
        identity = uuid4()
        facts = {
            "enterprise_id": identity,
            "name": "示例报关行",
            "customs_code": CODE,
            "uscc": USCC,
            "route": ROUTE,
            **self._stamps(),
            **more,
        }
        await self._hears(EnterpriseRegistered.model_validate(facts))
        return identity

    def _stamps(self) -> dict[str, object]:
        return {"tenant_id": self.tenant_id, "version": 1, "recorded_at": datetime.now(UTC)}

    async def _hears(self, event: Event) -> None:
        tenant_id: UUID = event.model_dump()["tenant_id"]
        await tell(self.worker_pool, consumer.handlers(), tenant_id, event)

    async def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """With a new Idempotency-Key."""
        headers = {"idempotency-key": str(uuid4()), **more.pop("headers", {})}
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.client.post(path, content=content, headers=headers, **more)

    async def made(self, path: str, body: Any, **params: Any) -> dict[str, Any]:
        response = await self.post(path, body, params=params)
        assert response.status_code == 201, response.text
        content: dict[str, Any] = response.json()
        return content

    async def put_codes(
        self, text: str, edition: str, valid_from: str, table: str = "hs_codes", **params: str
    ) -> httpx.Response:
        return await self.operator.put(
            f"/v1/codes/{table}",
            params={"edition": edition, "valid_from": valid_from, **params},
            content=text.encode(),
            headers={"content-type": "text/csv"},
        )


@asynccontextmanager
async def on(database: Database, issuer: Issuer) -> AsyncIterator[Reference]:
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=8)
    worker_pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=4)
    made = Reference(pool, worker_pool, issuer)
    try:
        yield made
    finally:
        await made.client.aclose()
        await made.operator.aclose()
        await pool.close()
        await worker_pool.close()
