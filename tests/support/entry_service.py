"""entry as an application on a database of its own, for tests over HTTP without a process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from backbone import compress, postgres
from backbone.auth import Verifier
from backbone.cloudevents import Received
from backbone.http import create_app
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events.event import Route
from contracts.events.identity import EnterpriseRegistered
from contracts.events.receipts import Outcome, ReceiptReceived
from services.entry.api import routers
from services.entry.attachments.attachments_api import Files
from services.entry.document import directory
from services.entry.life import absorbing
from tests.support.issuer import AUDIENCE, ISSUER, Issuer
from tests.support.witness import Witness

EXAMPLE = Path(__file__).resolve().parents[2] / "contracts/examples/inventory/import.json"
URL = "/v1/inventories"
SEQ_NO = "202600000000000777"


class Entry:
    """The application on a database of its own, and a client of one tenant with one enterprise."""

    def __init__(self, pool: Pool, worker_pool: Pool, issuer: Issuer, files: Files | None = None) -> None:
        self.pool, self.worker_pool, self.issuer = pool, worker_pool, issuer
        self.tenant_id = uuid4()
        self.enterprise_id = new_id()
        self.witness = Witness()
        app = create_app("entry", title="entry", max_body_bytes=24 * 1024 * 1024)
        for router in routers(pool, lambda: None, lambda: None, files):
            app.include_router(router)
        app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        self.app = app
        self.client = self.client_of(issuer.token(self.tenant_id))

    def client_of(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://entry",
            headers={"authorization": f"Bearer {token}"},
            event_hooks={"response": [self.witness.hear]},
        )

    async def register(self, **changes: Any) -> None:
        head = example()["head"]
        event = EnterpriseRegistered(
            tenant_id=changes.get("tenant_id", self.tenant_id),
            enterprise_id=changes.get("enterprise_id", self.enterprise_id),
            version=changes.get("version", 1),
            name=changes.get("name", head["declaring_name"]),
            customs_code=changes.get("customs_code", head["declaring_code"]),
            uscc=head["declaring_uscc"],
            status=changes.get("status", "active"),
            route=Route(
                mailbox="m1",
                sender_id="DXPENT0000000001",
                receiver_id="DXPEDCSAS0000001",
                sys_id="Z8",
                operator_customs_code=head["declaring_code"],
            ),
            recorded_at=datetime.now(UTC),
        )
        received = Received(
            event=event,
            id=new_id(),
            source="/bondgate/identity",
            type=event.type,
            tenant_id=event.tenant_id,
            time=datetime.now(UTC),
            topic="identity-events",
            partition=0,
            offset=0,
            traceparent=None,
        )
        async with postgres.transaction(self.worker_pool) as connection:
            await directory.remember_enterprises(connection, [received])

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
        sent = {"idempotency-key": str(uuid4()), **{n.replace("_", "-"): v for n, v in headers.items()}}
        return await self.client.post(f"{URL}{path}", content=content, headers=sent)

    async def told(self, document_id: str, outcome: Outcome, **more: Any) -> None:
        """An answer of customs, as the receipts service tells it; `kind` inventory unless told otherwise."""
        now = datetime.now(UTC)
        facts: dict[str, Any] = {
            "kind": "inventory",
            "message_type": "INV201",
            "seq_no": SEQ_NO,
            "declaration_type": "1",
            "authority_at": now,
            **more,
        }
        event = ReceiptReceived(
            tenant_id=self.tenant_id,
            document_id=UUID(document_id),
            enterprise_id=self.enterprise_id,
            internal_no="T",
            receipt_id=new_id(),
            raw_id=new_id(),
            mailbox="m1",
            file_name="Receipt_1.INV",
            code="1",
            outcome=outcome,
            received_at=now,
            raw="<a/>",
            raw_sha256="0" * 64,
            **facts,
        )
        received = Received(
            event=event,
            id=new_id(),
            source="/bondgate/receipts",
            type=event.type,
            tenant_id=event.tenant_id,
            time=now,
            topic="receipts-events",
            partition=0,
            offset=0,
            traceparent=None,
        )
        async with postgres.transaction(self.worker_pool) as connection:
            await absorbing.absorb(connection, [received])

    async def approved(self, outcome: Outcome = "pre_deducted", **head: Any) -> str:
        """Id of a document that customs has approved."""
        made = await self.saved(**head)
        document_id = str(made.json()["id"])
        ordered = await self.post(f"/{document_id}/declare", if_match='"1"')
        assert ordered.status_code == 202, ordered.text
        await self.told(document_id, outcome, customs_no="QD310526I000000777", change_count=0)
        return document_id

    async def seen(self, document_id: str, **params: Any) -> dict[str, Any]:
        response = await self.client.get(f"{URL}/{document_id}", params=params)
        assert response.status_code == 200, response.text
        content: dict[str, Any] = response.json()
        return {**content, "etag": response.headers["etag"]}

    async def act(self, document_id: str, path: str, body: Any = None) -> httpx.Response:
        """A POST on the document as it stands now."""
        seen = await self.seen(document_id)
        return await self.post(f"/{document_id}/{path}", body, if_match=seen["etag"])

    async def saved(self, **head: Any) -> httpx.Response:
        response = await self.post("", example(**head))
        assert response.status_code == 201, response.text
        return response

    async def events(self, document_id: str) -> list[dict[str, Any]]:
        rows = await self.worker_pool.fetch(
            "SELECT type, compressed, body FROM events WHERE key = $1 ORDER BY seq", document_id
        )
        bodies = [compress.unpack(row["body"]) if row["compressed"] else row["body"] for row in rows]
        return [{"type": row["type"], **json.loads(body)} for row, body in zip(rows, bodies, strict=True)]


def example(**head: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    document["head"].update({"internal_no": f"T-{uuid4().hex[:12]}", **head})
    return document


@asynccontextmanager
async def on(database: Database, issuer: Issuer, files: Files | None = None) -> AsyncIterator[Entry]:
    """With one enterprise registered."""
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=8)
    worker_pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=4)
    made = Entry(pool, worker_pool, issuer, files)
    try:
        await made.register()
        yield made
    finally:
        await made.client.aclose()
        await pool.close()
        await worker_pool.close()


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    content: dict[str, Any] = response.json()
    assert content["code"] == code
    return content
