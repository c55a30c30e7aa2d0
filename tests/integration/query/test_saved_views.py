"""Saved views as they are used: kept, shared, one default, over the list, its counts and its workbook; a rebuild leaves them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backbone import postgres
from backbone.auth import Verifier
from backbone.http import create_app
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.permissions import DOCUMENT_READ, TENANT_MANAGE
from customs.sheets.reading import Book
from services.query.api import routers
from services.query.projections import VIEWS
from services.query.rebuild import rebuild
from services.query.saved_views import MOST_OF_A_USER
from services.query.waiting import Applied
from tests.support.issuer import Issuer
from tests.support.life import BEGIN, Life
from tests.support.receipts_bench import received

pytestmark = pytest.mark.anyio
READER: list[dict[str, object]] = [{"permissions": [DOCUMENT_READ]}]
VIEWS_PATH = "/v1/views/saved"


class Query:
    """The application on a real database, with a client for every user."""

    def __init__(self, app: Any, worker: Pool, issuer: Issuer, database: Database) -> None:
        self.app, self.worker, self.issuer, self.database = app, worker, issuer, database
        self.tenant_id = uuid4()

    def user(
        self, name: str = "user-1", *, tenant_id: UUID | None = None, reads_only: bool = False
    ) -> httpx.AsyncClient:
        grants = READER if reads_only else None
        token = self.issuer.token(tenant_id or self.tenant_id, subject=name, grants=grants)
        transport = httpx.ASGITransport(app=self.app)
        headers = {"authorization": f"Bearer {token}"}
        return httpx.AsyncClient(transport=transport, base_url="http://query", headers=headers)

    async def fill(self, *lives: Life) -> None:
        async with postgres.transaction(self.worker) as connection:
            batch = [received(event, tenant_id=self.tenant_id) for life in lives for event in life.whole()]
            await VIEWS["documents"].apply(connection, batch)


@pytest.fixture
async def query(database: Database, issuer: Issuer) -> AsyncIterator[Query]:
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=4)
    worker = await postgres.create_pool(database.worker_dsn, name="test", max_size=2)
    app = create_app("query", title="query")
    app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer="bondgate", audience="bondgate")
    for router in routers(pool, Applied()):
        app.include_router(router)
    yield Query(app, worker, issuer, database)
    await pool.close()
    await worker.close()


def view(name: str = "本周核扣", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "inventory", "conditions": {"state": ["deducted"]}, "columns": [], **more}


async def keep(client: httpx.AsyncClient, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    return await client.post(VIEWS_PATH, json=body, headers={"idempotency-key": key or str(uuid4())})


async def test_a_view_is_kept_changed_and_deleted(query: Query) -> None:
    async with query.user() as client:
        key = str(uuid4())
        made = await keep(client, view(columns=["internal_no", "state_label"]), key)
        assert made.status_code == 201, made.text
        kept = made.json()
        assert (await keep(client, view(columns=["internal_no", "state_label"]), key)).json() == kept
        assert made.headers["etag"] == '"1"'
        assert (kept["own"], kept["default"], kept["shared"]) == (True, False, False)
        path = f"{VIEWS_PATH}/{kept['id']}"
        assert (await client.get(VIEWS_PATH)).json()["items"] == [kept] == [(await client.get(path)).json()]
        assert (await client.put(path, json=view("改名"))).status_code == 428
        changed = await client.put(path, json=view("改名"), headers={"if-match": '"1"'})
        assert (changed.json()["name"], changed.json()["version"], changed.headers["etag"]) == (
            "改名",
            2,
            '"2"',
        )
        stale = await client.put(path, json=view("又改"), headers={"if-match": '"1"'})
        assert stale.json()["code"] == "stale_version"
        assert (await client.delete(path, headers={"if-match": '"1"'})).status_code == 412
        assert (await client.delete(path, headers={"if-match": '"2"'})).status_code == 204
        assert (await client.get(path)).status_code == 404


async def test_everything_wrong_is_told_with_its_place(query: Query) -> None:
    async with query.user() as client:
        conditions = {"state": ["nothing"], "colour": "red", "overdue": "maybe", "cursor": "x", "limit": "5"}
        wrong = view(" ", conditions=conditions, columns=["state", "price", "state"])
        answer = await keep(client, wrong)
        assert answer.status_code == 422
        assert {error["pointer"]: error["code"] for error in answer.json()["errors"]} == {
            "/name": "required",
            "/conditions/state": "invalid_parameter",
            "/conditions/colour": "unknown_parameter",
            "/conditions/overdue": "invalid_parameter",
            "/conditions/cursor": "unknown_parameter",
            "/conditions/limit": "unknown_parameter",
            "/columns/1": "not_one_of",
            "/columns/2": "unfit_value",
        }
        for body, pointer in (
            (view(kind="letter"), "/kind"),
            (view(conditions={"state": 5}), "/conditions/state"),
            (view(conditions={"state": []}), "/conditions/state"),
            (view("长" * 65), "/name"),
            (view(more=1), "/more"),
        ):
            assert [error["pointer"] for error in (await keep(client, body)).json()["errors"]] == [pointer]
        assert (await client.post(VIEWS_PATH, json=view())).json()["code"] == "idempotency_key_missing"
        assert (await client.get(VIEWS_PATH, params={"kind": "inventory"})).json()["items"] == []


async def test_the_list_under_a_view(query: Query) -> None:
    early, late = Life(query.tenant_id, internal_no="V-1"), Life(query.tenant_id, internal_no="W-2")
    draft = Life(query.tenant_id, internal_no="V-3", begin=BEGIN + timedelta(days=1))
    await query.fill(early, late)
    async with postgres.transaction(query.worker) as connection:
        await VIEWS["documents"].apply(connection, [received(draft.saved(1), tenant_id=query.tenant_id)])
    async with query.user() as client:
        made = await keep(client, view(columns=["internal_no", "direction"]))
        chosen = {"view": made.json()["id"]}
        items = (await client.get("/v1/inventories", params=chosen)).json()["items"]
        assert {item["internal_no"] for item in items} == {"V-1", "W-2"}
        assert list(items[0]) == ["id", "version", "state", "internal_no", "direction", "labels"]
        assert set(items[0]["labels"]) <= {"direction"}
        more = {**chosen, "internal_no": "V"}
        items = (await client.get("/v1/inventories", params=more)).json()["items"]
        assert [item["internal_no"] for item in items] == ["V-1"]
        other = {**chosen, "state": "draft", "columns": "state_label"}
        items = (await client.get("/v1/inventories", params=other)).json()["items"]
        assert [item["id"] for item in items] == [str(draft.document_id)]
        assert list(items[0]) == ["id", "version", "state", "state_label", "labels"]
        assert (await client.get("/v1/inventories/counts", params=chosen)).json()["total"] == 2
        book = await client.get("/v1/inventories/list.xlsx", params=chosen)
        read = Book(book.content)
        rows = [[cell.text for cell in row.values()] for _, row in read.rows(read.sheets[0])]
        assert [len(row) for row in rows] == [2, 2, 2]
        assert {row[0] for row in rows[1:]} == {"V-1", "W-2"}
        plain = await client.get("/v1/inventories", params={"columns": "seq_no,updated_at"})
        assert list(plain.json()["items"][0]) == ["id", "version", "state", "seq_no", "updated_at", "labels"]
        unknown = await client.get("/v1/inventories", params={"columns": "seq_no,nothing"})
        assert unknown.json()["errors"][0]["pointer"] == "/columns"
        assert (await client.get("/v1/stock-bills", params=chosen)).status_code == 404
        assert (await client.get("/v1/inventories", params={"view": str(uuid4())})).status_code == 404


async def test_a_condition_the_list_no_longer_has_is_told(query: Query) -> None:
    async with query.user() as client:
        made = (await keep(client, view())).json()
        await query.worker.execute(
            "UPDATE saved_views SET conditions = $2, columns = $3 WHERE view_id = $1",
            UUID(made["id"]),
            {"gone": "1"},
            ["gone", "state"],
        )
        answer = await client.get("/v1/inventories", params={"view": made["id"]})
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/view/conditions/gone"]


async def test_views_are_ones_own_unless_shared(query: Query) -> None:
    async with (
        query.user("manager") as manager,
        query.user("clerk", reads_only=True) as clerk,
        query.user("clerk", tenant_id=uuid4()) as stranger,
    ):
        own = (await keep(manager, view("自用"))).json()
        shared = (await keep(manager, view("共用", shared=True, default=True))).json()
        refused = await keep(clerk, view("共用", shared=True))
        assert (refused.status_code, TENANT_MANAGE in refused.json()["detail"]) == (403, True)
        mine = (await keep(clerk, view("共用"))).json()
        seen = (await clerk.get(VIEWS_PATH)).json()["items"]
        assert [(item["id"], item["own"], item["default"]) for item in seen] == [
            (mine["id"], True, False),
            (shared["id"], False, False),
        ]
        assert (await stranger.get(VIEWS_PATH)).json()["items"] == []
        for client, path in ((clerk, own["id"]), (stranger, shared["id"])):
            assert (await client.get(f"{VIEWS_PATH}/{path}")).status_code == 404
            assert (await client.get("/v1/inventories", params={"view": path})).status_code == 404
        assert (await clerk.get("/v1/inventories", params={"view": shared["id"]})).status_code == 200
        first = {"if-match": '"1"'}
        path = f"{VIEWS_PATH}/{shared['id']}"
        assert (await clerk.put(path, json=view("我的"), headers=first)).status_code == 403
        assert (await clerk.delete(path, headers=first)).status_code == 403
        async with query.user("other manager") as other:
            changed = await other.put(path, json=view("公用", shared=True), headers=first)
            assert (changed.status_code, changed.json()["own"]) == (200, False)
        assert (await manager.get(path)).json()["default"] is True


async def test_names_defaults_and_how_many(query: Query) -> None:
    async with query.user() as client:
        first = (await keep(client, view("甲", default=True))).json()
        assert (await keep(client, view("甲"))).json()["code"] == "view_name_taken"
        await keep(client, view("甲", kind="stock_bill", conditions={}, default=True))
        second = await asyncio.gather(*(keep(client, view(f"乙{n}", default=True)) for n in range(5)))
        assert {answer.status_code for answer in second} == {201}
        items = (await client.get(VIEWS_PATH)).json()["items"]
        assert sorted(item["kind"] for item in items if item["default"]) == ["inventory", "stock_bill"]
        again = await client.put(
            f"{VIEWS_PATH}/{first['id']}", json=view("甲", default=True), headers={"if-match": '"2"'}
        )
        assert again.status_code == 200, again.text
        items = (await client.get(VIEWS_PATH, params={"kind": "inventory"})).json()["items"]
        assert [item["name"] for item in items if item["default"]] == ["甲"]
        room = MOST_OF_A_USER - 7
        answers = await asyncio.gather(*(keep(client, view(f"丙{n}")) for n in range(room + 5)))
        assert sorted(answer.status_code for answer in answers) == [201] * room + [409] * 5
        assert {each.json()["code"] for each in answers if each.status_code == 409} == {"too_many_views"}


async def test_a_rebuild_leaves_what_users_keep(query: Query) -> None:
    async with query.user() as client:
        kept = (await keep(client, view())).json()
        for name in VIEWS:
            await rebuild(query.database.worker_dsn, name)
        assert (await client.get(VIEWS_PATH)).json()["items"] == [kept]
