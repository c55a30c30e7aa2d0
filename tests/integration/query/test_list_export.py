"""A list as a workbook on real PostgreSQL: what the list shows, all of it or nothing, and nobody waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from backbone import postgres
from backbone.auth import Verifier
from backbone.http import create_app
from backbone.migrate import Database
from backbone.postgres import Pool
from customs.documents import KINDS
from customs.sheets.reading import Book
from services.query import list_export, workbook
from services.query.api import routers
from services.query.waiting import Applied
from tests.support.entry_service import refused
from tests.support.issuer import AUDIENCE, ISSUER, Issuer

pytestmark = pytest.mark.anyio
KIND = KINDS["inventory"]
URL = f"/v1/{KIND.url}"
_INSERT = """
INSERT INTO documents (document_id, tenant_id, kind, enterprise_id, internal_no, version, state, change_count, updated_at,
  content_version, listed, lines, created_version, created_at, declared_version, attempt_no, standing_version,
  needs_operator, notes, authority)
SELECT gen_random_uuid(), $1, 'inventory', $2, '=N-' || lpad(n::text, 6, '0'), 1,
  CASE WHEN n % 10 = 0 THEN 'returned' ELSE 'draft' END, 0, now() - n * interval '1 second', 1,
  '{"operating_code": "3105W60ABC", "operating_name": "示例保税物流有限公司", "inventory_type": "0", "direction": "I",
    "supervision_mode": "5000", "declaring_name": "示例报关有限公司", "border_customs": "2225"}',
  3, 1, now(), 1, 0, 1, false, '{}', '{}'
FROM generate_series(1, $3) AS n
"""


class Query:
    def __init__(self, pool: Pool, worker_pool: Pool, issuer: Issuer) -> None:
        self.worker_pool, self.issuer = worker_pool, issuer
        self.tenant_id, self.enterprise_id = uuid4(), uuid4()
        app = create_app("query", title="query")
        for kind in KINDS.values():
            app.include_router(list_export.routes(kind, pool))
        for router in routers(pool, Applied()):
            app.include_router(router)
        app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        self.app = app
        self.client = self.client_of(self.tenant_id)

    def client_of(self, tenant_id: UUID, **more: object) -> httpx.AsyncClient:
        token = self.issuer.token(tenant_id, **more)  # type: ignore[arg-type]
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://query",
            headers={"authorization": f"Bearer {token}"},
            timeout=120,
        )

    async def fill(self, count: int) -> None:
        await self.worker_pool.execute(_INSERT, self.tenant_id, self.enterprise_id, count)


@pytest.fixture
async def query(database: Database, issuer: Issuer) -> AsyncIterator[Query]:
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=4)
    worker_pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=2)
    made = Query(pool, worker_pool, issuer)
    yield made
    await made.client.aclose()
    await pool.close()
    await worker_pool.close()


def _table(data: bytes) -> list[dict[str, str]]:
    book = Book(data)
    rows = [cells for _, cells in book.rows(book.sheets[0])]
    headings = {column: cell.text for column, cell in rows[0].items()}
    return [{headings[column]: cell.text for column, cell in row.items()} for row in rows[1:]]


async def test_the_workbook_is_the_list(query: Query) -> None:
    await query.fill(25)
    book = await query.client.get(f"{URL}/list.xlsx")
    assert book.status_code == 200, book.text
    assert book.headers["content-type"] == workbook.XLSX
    rows = _table(book.content)
    listed = (await query.client.get(URL, params={"limit": 100})).json()["items"]
    label = KIND.section("head").fields["internal_no"].label
    assert [row[label] for row in rows] == [f"'{each['internal_no']}" for each in listed]
    assert rows[0]["状态"] == listed[0]["state_label"]
    assert rows[0]["进出口标记"] == "I 进口"
    assert rows[0]["经营企业名称"] == "示例保税物流有限公司"
    assert list(rows[0])[:1] == [label]
    some = _table((await query.client.get(f"{URL}/list.xlsx", params={"state": "returned"})).content)
    assert len(some) == 2
    stranger = query.client_of(uuid4())
    assert _table((await stranger.get(f"{URL}/list.xlsx")).content) == []
    refused(await query.client.get(f"{URL}/list.xlsx", params={"x": "1"}), 422, "invalid_request")
    nobody = query.client_of(query.tenant_id, permissions=[])
    refused(await nobody.get(f"{URL}/list.xlsx"), 403, "forbidden")


async def test_too_long_a_list_is_refused_whole(query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    await query.fill(12)
    monkeypatch.setattr(list_export, "MOST_ROWS", 11)
    refused(await query.client.get(f"{URL}/list.xlsx"), 422, "list_too_long")
    monkeypatch.setattr(list_export, "MOST_ROWS", 12)
    assert len(_table((await query.client.get(f"{URL}/list.xlsx")).content)) == 12


async def test_a_writer_that_dies_leaves_no_half_file(query: Query, monkeypatch: pytest.MonkeyPatch) -> None:
    await query.fill(400)

    async def tell(process: asyncio.subprocess.Process, *_: object) -> None:
        assert process.stdin is not None
        process.stdin.write(b'{"title": "x", "headings": ["a"]}\n["1"]\n')
        process.stdin.close()

    monkeypatch.setattr(workbook, "_tell", tell)
    refused(await query.client.get(f"{URL}/list.xlsx"), 503, "unavailable")


async def test_fifty_thousand_rows_hold_nobody_up(query: Query) -> None:
    await query.fill(workbook.MOST_ROWS)
    longest, answered = 0.0, 0
    stop = asyncio.Event()

    async def others() -> None:
        nonlocal longest, answered
        while not stop.is_set():
            started = time.monotonic()
            assert (await query.client.get(URL, params={"limit": 5})).status_code == 200
            longest, answered = max(longest, time.monotonic() - started), answered + 1
            await asyncio.sleep(0.01)

    begun = time.monotonic()
    watching = asyncio.create_task(others())
    book = await query.client.get(f"{URL}/list.xlsx")
    took = time.monotonic() - begun
    stop.set()
    await watching
    assert book.status_code == 200
    read = Book(book.content)
    assert sum(1 for _ in read.rows(read.sheets[0])) == workbook.MOST_ROWS + 1
    # Of the seconds that the work takes no request may wait for more than a slice.
    assert answered > 20
    assert longest < took / 2
