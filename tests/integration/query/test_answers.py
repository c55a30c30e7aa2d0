"""Every operation of query, walked once with a good answer: each is as OpenAPI says, and none is left out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backbone.migrate import Database
from customs.documents import KINDS
from services.query.kind_facts import makings
from tests.support.entry_service import example, on
from tests.support.feeding import Feeding, form
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.life import Life
from tests.support.publishing import publish
from tests.support.query_service import Running, running_query
from tests.support.told_events import told_by

pytestmark = pytest.mark.anyio
_SECONDS = 300


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("entry")


@pytest.fixture(scope="module")
def running(servers: Servers, issuer: Issuer) -> Iterator[Running]:
    with running_query(servers, issuer) as started:
        yield started


class Walk:
    """A clerk of a tenant whose documents are told by a real entry, and by hand where entry needs customs."""

    def __init__(self, running: Running, desk: Feeding) -> None:
        self.running, self.desk = running, desk
        self.tenant_id = desk.entry.tenant_id
        self.client = httpx.AsyncClient(
            base_url=running.url,
            headers={"authorization": f"Bearer {running.issuer.token(self.tenant_id)}"},
            trust_env=False,
            timeout=60,
            event_hooks={"response": [running.witness.hear]},
        )

    async def tell(self, service: str, *events: Any) -> None:
        await publish(self.running.servers.bootstrap, service, events, tenant_id=self.tenant_id)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        answer = await self.client.get(f"/v1/{path}", params=params)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer

    async def until(self, path: str, enough: Callable[[Any], object] = len, **params: Any) -> list[Any]:
        """The items, once there are enough of them."""
        async with asyncio.timeout(_SECONDS):
            while not enough(items := (await self.get(path, **params)).json()["items"]):
                await asyncio.sleep(0.1)
        found: list[Any] = items
        return found


@pytest.fixture
async def walk(running: Running, database: Database, issuer: Issuer) -> AsyncIterator[Walk]:
    async with on(database, issuer) as entry:
        await entry.client.put("/v1/authorisation-rule", json={"mode": "off"})
        made = Walk(running, Feeding(entry))
        async with made.client:
            yield made


async def test_every_operation_answers_as_described(walk: Walk) -> None:
    async with walk.client.stream("GET", "/v1/live") as live:
        assert live.status_code == 200
        async with asyncio.timeout(_SECONDS):
            async for line in live.aiter_lines():
                if line == "event: ready":
                    break
    await _what_entry_tells(walk)
    await _every_kind(walk)
    await _messages(walk)
    await _gatherings(walk)
    await _saved_views(walk)
    assert walk.running.witness.unheard("query") == []


async def _what_entry_tells(walk: Walk) -> None:
    """Documents made from one another, so that lists of what can be made and relations have rows."""
    desk = walk.desk
    form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "20")
    made = await desk.post(
        f"stock-bills/{bill_id}/gate-passes",
        {
            "head": {"vehicle_no": "浙B12345", "vehicle_weight": "7500"},
            "rows": [{"line_no": 1, "quantity": "7"}],
        },
    )
    assert made.status_code == 201, made.text
    await desk.approved("inventory", example())
    await walk.tell("entry", *await told_by(desk.entry))
    for pair in makings():
        path = f"makeable/{KINDS[pair.source].url}/{pair.target.url}"
        await walk.until(path)
        await walk.get(f"{path}/list.xlsx")
    await walk.until("goods-movements/business-forms", lambda items: items and items[0]["documents"])
    await walk.get("goods-movements/business-forms/list.xlsx")
    await walk.until(f"business-forms/{form_id}/relations")
    await walk.until(f"stock-bills/{bill_id}/relations", lambda items: len(items) > 1, levels=2)


async def _every_kind(walk: Walk) -> None:
    """Lives with rounds, reviews, attachments and every sort of fact."""
    for kind in KINDS.values():
        life = Life(walk.tenant_id, kind=kind.name, internal_no=f"W-{kind.name}")
        await walk.tell("entry", *life.with_rounds())
        one = f"{kind.url}/{life.document_id}"
        await walk.until(kind.url, internal_no=f"W-{kind.name}")
        await walk.until(f"{one}/timeline", lambda items: len(items) == 15)
        for path in (
            f"{kind.url}/counts",
            f"{kind.url}/list.xlsx",
            f"{one}/relations",
            f"{one}/messages",
            f"{one}/support-bundle",
        ):
            await walk.get(path)
        await walk.get(kind.url, columns="internal_no,state_label", limit=1)
        await walk.get(kind.url, q=f"W-{kind.name}")


async def _messages(walk: Walk) -> None:
    life = Life(walk.tenant_id, internal_no="W-MESSAGES")
    receipt = life.receipt("<CommonResponeMessage/>", "0" * 64)
    await walk.tell("entry", *life.whole())
    await walk.tell("signer", life.signed("<Signature>示例</Signature>"))
    await walk.tell("receipts", receipt)
    await walk.until(f"inventories/{life.document_id}/messages", lambda items: len(items) == 2)
    await walk.get(f"messages/{receipt.raw_id}")
    await walk.get(f"messages/{life.attempt_id}/file")


async def _gatherings(walk: Walk) -> None:
    life = Life(walk.tenant_id, kind="stock_bill", internal_no="W-GATHERED")
    head = {"business_form_no": "A3105W26000001", "business_type": "A", "direction": "I"}
    approved = life.progressed(2, "sending", "approved", numbers={"customs_no": "X3105I26011500001"})
    await walk.tell("entry", life.saved(1, head), approved)
    await walk.until("gatherings")


async def _saved_views(walk: Walk) -> None:
    body = {"name": "本周核扣", "kind": "inventory", "conditions": {"state": ["deducted"]}, "columns": []}
    made = await walk.client.post("/v1/views/saved", json=body, headers={"idempotency-key": str(uuid4())})
    assert made.status_code == 201, made.text
    one = f"views/saved/{made.json()['id']}"
    await walk.until("views/saved")
    await walk.get("inventories", view=made.json()["id"])
    for path in ("inventories", "inventories/counts", "inventories/list.xlsx"):
        refused = await walk.client.get(f"/v1/{path}", params={"view": str(uuid4())})
        assert refused.status_code == 404
    seen = (await walk.get(one)).headers["etag"]
    changed = await walk.client.put(f"/v1/{one}", json=body, headers={"if-match": seen})
    assert changed.status_code == 200, changed.text
    gone = await walk.client.delete(f"/v1/{one}", headers={"if-match": changed.headers["etag"]})
    assert gone.status_code == 204
