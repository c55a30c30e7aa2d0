"""Drafts of the page: one's own text comes back, bounded and expiring, and nobody else's does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backbone import postgres
from backbone.migrate import Database
from contracts.permissions import DOCUMENT_READ
from services.entry.page_drafts import keeping
from tests.support.entry_service import Entry, on
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
PATH = "/v1/page-drafts"


async def test_what_was_typed_comes_back_as_it_was(entry: Entry) -> None:
    typed = {"doc": {"head": {"book_no": "不是账册"}, "goods": [{"quantity": "1e"}]}, "version": None}
    assert (await entry.client.get(f"{PATH}/inventory.new")).status_code == 404
    assert (await entry.client.put(f"{PATH}/inventory.new", json={"content": typed})).status_code == 204
    kept = (await entry.client.get(f"{PATH}/inventory.new")).json()
    assert kept["content"] == typed and kept["key"] == "inventory.new"
    assert [one["key"] for one in (await entry.client.get(PATH)).json()["items"]] == ["inventory.new"]
    for _ in range(2):
        assert (await entry.client.delete(f"{PATH}/inventory.new")).status_code == 204
    assert (await entry.client.get(PATH)).json()["items"] == []


async def test_nobody_else_reads_it(entry: Entry, issuer: Issuer, database: Database) -> None:
    await entry.client.put(f"{PATH}/secret", json={"content": 1})
    colleague = entry.client_of(issuer.token(entry.tenant_id, subject="user-2", name="示例审核员"))
    assert (await colleague.get(f"{PATH}/secret")).status_code == 404
    await colleague.delete(f"{PATH}/secret")
    assert (await entry.client.get(f"{PATH}/secret")).status_code == 200
    await colleague.aclose()
    async with on(database, issuer) as other:
        assert (await other.client.get(f"{PATH}/secret")).status_code == 404


async def test_who_only_reads_keeps_nothing(entry: Entry, issuer: Issuer) -> None:
    reader = entry.client_of(issuer.token(entry.tenant_id, subject="user-3", permissions=[DOCUMENT_READ]))
    assert (await reader.put(f"{PATH}/x", json={"content": 1})).status_code == 403
    await reader.aclose()


async def test_drafts_are_bounded(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_BYTES", 100)
    monkeypatch.setattr(keeping, "MOST_OF_A_USER", 3)
    refused = await entry.client.put(f"{PATH}/large", json={"content": "x" * 200})
    assert (refused.status_code, refused.json()["code"]) == (413, "page_draft_too_large")
    for number in range(5):
        await entry.client.put(f"{PATH}/n{number}", json={"content": number})
    assert [one["key"] for one in (await entry.client.get(PATH)).json()["items"]] == ["n4", "n3", "n2"]
    assert (await entry.client.put(f"{PATH}/bad key", json={"content": 1})).status_code in (400, 422)


async def test_drafts_expire(entry: Entry) -> None:
    await entry.client.put(f"{PATH}/old", json={"content": 1})
    async with postgres.tenant_transaction(entry.pool, entry.tenant_id) as connection:
        await connection.execute(
            "UPDATE page_drafts SET kept_at = now() - $1::interval", keeping.KEPT + timedelta(minutes=1)
        )
    assert (await entry.client.get(f"{PATH}/old")).status_code == 404
    await entry.client.put(f"{PATH}/new", json={"content": 1})
    async with postgres.tenant_transaction(entry.pool, entry.tenant_id) as connection:
        assert await connection.fetchval("SELECT count(*) FROM page_drafts") == 1
