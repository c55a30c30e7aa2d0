"""entry over HTTP on real PostgreSQL: saving, checking, declaring, and everything that must be refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest

from backbone import compress, postgres
from backbone.auth import Verifier
from backbone.cloudevents import Received
from backbone.http import create_app
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.documents.inventory import INVENTORY
from contracts.events.event import Route
from contracts.events.identity import EnterpriseRegistered
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from services.entry import progress
from services.entry.api import routes
from tests.support.infrastructure import Servers
from tests.support.issuer import AUDIENCE, ISSUER, Issuer

pytestmark = pytest.mark.anyio
EXAMPLE = Path(__file__).resolve().parents[2] / "contracts/examples/inventory/import.json"
URL = "/v1/inventories"


class Entry:
    """The application on a database of its own, and a client of one tenant with one enterprise."""

    def __init__(self, pool: Pool, worker_pool: Pool, issuer: Issuer) -> None:
        self.pool, self.worker_pool, self.issuer = pool, worker_pool, issuer
        self.tenant_id = uuid4()
        self.enterprise_id = new_id()
        app = create_app("entry", title="entry", max_body_bytes=24 * 1024 * 1024)
        app.include_router(routes(INVENTORY, pool, lambda: None))
        app.state.verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        self.app = app
        self.client = self.client_of(issuer.token(self.tenant_id))

    def client_of(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://entry",
            headers={"authorization": f"Bearer {token}"},
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
            await progress.remember_enterprise(connection, received)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else orjson.dumps({} if body is None else body)
        sent = {"idempotency-key": str(uuid4()), **{n.replace("_", "-"): v for n, v in headers.items()}}
        return await self.client.post(f"{URL}{path}", content=content, headers=sent)

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


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("entry")


@pytest.fixture
async def entry(database: Database, issuer: Issuer) -> AsyncIterator[Entry]:
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=8)
    worker_pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=4)
    made = Entry(pool, worker_pool, issuer)
    await made.register()
    yield made
    await made.client.aclose()
    await pool.close()
    await worker_pool.close()


def refused(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    content: dict[str, Any] = response.json()
    assert content["code"] == code
    return content


async def test_saved_and_read_back(entry: Entry) -> None:
    sent = example()
    made = await entry.post("", sent)
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    read = await entry.client.get(made.headers["location"])
    content = read.json()
    assert (content["state"], content["state_label"]) == ("draft", "草稿")
    for name, value in sent["head"].items():
        assert content["document"]["head"][name] == value
    assert [event["type"] for event in await entry.events(content["id"])] == ["document.saved.v1"]


async def test_what_the_page_fills_in_is_filled_in(entry: Entry) -> None:
    sent = example()
    for name in ("declaring_name", "declaring_uscc", "input_code", "input_name", "declaration_type"):
        sent["head"].pop(name, None)
    for row in sent["goods"]:
        row.pop("line_no", None)
        row.pop("change_mark", None)
    document = (await entry.post("", sent)).json()["document"]
    assert document["head"]["declaring_name"] == example()["head"]["declaring_name"]
    assert document["head"]["declaration_type"] == "1"
    assert [row["line_no"] for row in document["goods"]] == list(range(1, len(sent["goods"]) + 1))
    assert {row["change_mark"] for row in document["goods"]} == {"3"}


async def test_all_errors_at_once_with_places(entry: Entry) -> None:
    sent = example(declaring_uscc="91310000MA1K00000A", book_no="SHORT", colour="red")
    sent["goods"][0]["quantity"] = 1.5
    errors = refused(await entry.post("", sent), 422, "invalid_request")["errors"]
    found = {error["pointer"]: error["code"] for error in errors}
    assert found["/head/declaring_uscc"] == "wrong_checksum"
    assert found["/head/book_no"] == "wrong_length"
    assert found["/head/colour"] == "unknown_field"
    assert found["/goods/0/quantity"] == "decimal_as_string"
    assert all(error["message"] and error["hint"] for error in errors)


@pytest.mark.parametrize("body", [b'{"head":', b"[]", b"", b"\xff\xfe", b'{"head": 5}'])
async def test_bad_json_has_a_clear_answer(entry: Entry, body: bytes) -> None:
    assert refused(await entry.post("", body), 422, "invalid_request")["errors"]


async def test_ten_thousand_lines_pass_and_one_more_does_not(entry: Entry) -> None:
    sent = example()
    row = {**sent["goods"][0], "line_no": None}
    sent["goods"] = [row] * 10_000
    made = await entry.post("", sent)
    assert made.status_code == 201, made.text[:500]
    assert len(made.json()["document"]["goods"]) == 10_000
    sent["goods"] = [row] * 10_001
    sent["head"]["internal_no"] = "T-too-many"
    errors = refused(await entry.post("", sent), 422, "invalid_request")["errors"]
    assert [(e["pointer"], e["code"]) for e in errors] == [("/goods", "too_many_rows")]


async def test_fifty_megabytes_are_refused(entry: Entry) -> None:
    refused(await entry.post("", b'{"head": "' + b"x" * 50_000_000 + b'"}'), 413, "body_too_large")


async def test_who_may_not(entry: Entry) -> None:
    made = await entry.saved()
    path = made.headers["location"]
    stranger = entry.client_of(entry.issuer.token(uuid4()))
    refused(await stranger.get(path), 404, "not_found")
    nobody = httpx.AsyncClient(transport=httpx.ASGITransport(app=entry.app), base_url="http://entry")
    refused(await nobody.get(path), 401, "unauthenticated")
    expired = entry.client_of(entry.issuer.token(entry.tenant_id, seconds=-100))
    refused(await expired.get(path), 401, "unauthenticated")
    reader = entry.client_of(entry.issuer.token(entry.tenant_id, permissions=[DOCUMENT_READ]))
    assert (await reader.get(path)).status_code == 200
    refused(await reader.delete(path, headers={"if-match": '"1"'}), 403, "forbidden")
    elsewhere = entry.client_of(
        entry.issuer.token(
            entry.tenant_id,
            grants=[{"permissions": [DOCUMENT_READ, DOCUMENT_WRITE], "enterprises": [str(uuid4())]}],
        )
    )
    refused(await elsewhere.get(path), 404, "not_found")
    denied = await elsewhere.post(URL, json=example(), headers={"idempotency-key": "k"})
    refused(denied, 403, "forbidden")


async def test_the_same_key_is_the_same_operation(entry: Entry) -> None:
    body = orjson.dumps(example())
    first = await entry.post("", body, idempotency_key="once")
    again = await entry.post("", body, idempotency_key="once")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = await entry.post("", example(), idempotency_key="once")
    refused(other, 422, "idempotency_key_reused")
    missing = await entry.client.post(URL, content=body)
    refused(missing, 400, "idempotency_key_missing")


async def test_the_same_key_at_the_same_time_makes_one_document(entry: Entry) -> None:
    body = orjson.dumps(example())
    answers = await asyncio.gather(*(entry.post("", body, idempotency_key="race") for _ in range(8)))
    made = {a.json()["id"] for a in answers if a.status_code == 201}
    assert len(made) == 1
    assert {a.status_code for a in answers} <= {201, 409}
    assert (await entry.post("", body, idempotency_key="race")).json()["id"] in made


async def test_a_refusal_is_not_kept_under_the_key(entry: Entry) -> None:
    refused(await entry.post("", example(book_no="X"), idempotency_key="mend"), 422, "invalid_request")
    assert (await entry.post("", example(), idempotency_key="mend")).status_code == 201


async def test_the_internal_number_is_unique_until_the_draft_is_deleted(entry: Entry) -> None:
    made = await entry.saved(internal_no="T-unique")
    taken = refused(await entry.post("", example(internal_no="T-unique")), 409, "internal_number_taken")
    assert taken["document_id"] == made.json()["id"]
    assert taken["errors"][0]["pointer"] == "/head/internal_no"
    assert (
        await entry.client.delete(made.headers["location"], headers={"if-match": '"1"'})
    ).status_code == 204
    refused(await entry.client.get(made.headers["location"]), 404, "not_found")
    await entry.saved(internal_no="T-unique")


async def test_upsert_replaces_by_the_internal_number(entry: Entry) -> None:
    first = await entry.post("?mode=upsert", example(internal_no="T-upsert", remark="一"))
    second = await entry.post("?mode=upsert", example(internal_no="T-upsert", remark="二"))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["document"]["head"]["remark"] == "二"


async def test_two_clerks_on_one_draft(entry: Entry) -> None:
    made = await entry.saved()
    path, document = made.headers["location"], made.json()["document"]
    document["head"]["remark"] = "甲"
    assert (await entry.client.put(path, json=document)).status_code == 428
    first = await entry.client.put(path, json=document, headers={"if-match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    stale = await entry.client.put(path, json=document, headers={"if-match": '"1"'})
    assert refused(stale, 412, "stale_version")["version"] == 2


async def test_declared_once_whatever_is_pressed(entry: Entry) -> None:
    made = await entry.saved()
    path = f"/{made.json()['id']}/declare"
    ordered = await entry.post(path, if_match='"1"')
    assert ordered.status_code == 202
    assert ordered.headers["location"] == made.headers["location"]
    assert ordered.json()["state"] == "sending"
    refused(await entry.post(path, if_match='"1"'), 412, "stale_version")
    refused(await entry.post(path, if_match='"2"'), 409, "already_under_way")
    events = await entry.events(made.json()["id"])
    assert [event["type"] for event in events] == ["document.saved.v1", "document.declared.v1"]
    assert events[1]["document"] == events[0]["document"]
    assert events[1]["route"]["mailbox"] == "m1"
    change = await entry.client.put(
        made.headers["location"], json=made.json()["document"], headers={"if-match": '"2"'}
    )
    refused(change, 409, "not_editable")
    snapshot = await entry.client.get(made.headers["location"], params={"attempt": 1})
    assert snapshot.json()["document"] == events[1]["document"]


async def test_many_at_once_declare_once(entry: Entry) -> None:
    made = await entry.saved()
    path = f"/{made.json()['id']}/declare"
    answers = await asyncio.gather(*(entry.post(path, if_match='"1"') for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [202, 412, 412, 412, 412, 412]


async def test_declaring_asks_for_more_than_saving(entry: Entry) -> None:
    sent = example()
    sent["goods"] = []
    del sent["head"]["transport_mode"]
    made = await entry.post("", sent)
    assert made.status_code == 201
    failed = refused(
        await entry.post(f"/{made.json()['id']}/declare", if_match='"1"'), 422, "invalid_request"
    )
    assert {"/goods", "/head/transport_mode"} <= {error["pointer"] for error in failed["errors"]}
    verdict = (await entry.post(f"/{made.json()['id']}/validate")).json()
    assert not verdict["ok"]
    assert {e["pointer"] for e in verdict["errors"]} == {e["pointer"] for e in failed["errors"]}
    assert (await entry.post("/validate?profile=save", sent)).json()["ok"]


async def test_the_wrong_card_is_found_before_customs_finds_it(entry: Entry) -> None:
    made = await entry.post(f"?enterprise_id={entry.enterprise_id}", example(declaring_code="3105W60XYZ"))
    assert made.status_code == 201
    failed = refused(
        await entry.post(f"/{made.json()['id']}/declare", if_match='"1"'), 422, "invalid_request"
    )
    assert "/head/declaring_code" in {error["pointer"] for error in failed["errors"]}


async def test_whose_document(entry: Entry) -> None:
    second = new_id()
    await entry.register(enterprise_id=second, customs_code="3105W60XYZ", name="另一示例公司")
    by_code = await entry.post("", example(declaring_code="3105W60XYZ"))
    assert by_code.json()["enterprise_id"] == str(second)
    sent = example()
    del sent["head"]["declaring_code"]
    refused(await entry.post("", sent), 422, "enterprise_unclear")
    refused(await entry.post("", example(declaring_code="9999999999")), 422, "enterprise_unclear")
    refused(await entry.post(f"?enterprise_id={uuid4()}", sent), 422, "enterprise_unclear")
    await entry.register(version=2, status="suspended")
    made = await entry.saved()
    stopped = await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    refused(stopped, 409, "enterprise_suspended")


async def test_a_copy_is_a_new_draft(entry: Entry) -> None:
    made = await entry.saved()
    await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    copy = await entry.post(f"/{made.json()['id']}/copy", {"internal_no": f"C-{uuid4().hex[:8]}"})
    assert copy.status_code == 201
    assert copy.json()["state"] == "draft"
    assert copy.json()["copied_from"] == made.json()["id"]
    made_up = await entry.post(f"/{made.json()['id']}/copy")
    assert made_up.json()["document"]["head"]["internal_no"].startswith("BG")


async def test_actions_say_what_and_why_not(entry: Entry) -> None:
    made = await entry.saved()
    path = f"{made.headers['location']}/actions"
    listed = {a["action"]: a for a in (await entry.client.get(path)).json()["actions"]}
    assert listed["declare"]["allowed"] and not listed["resolve"]["allowed"]
    await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    listed = {a["action"]: a for a in (await entry.client.get(path)).json()["actions"]}
    assert not listed["declare"]["allowed"] and "发送中" in listed["declare"]["reason"]
    assert listed["copy"]["allowed"]


async def test_nothing_to_resolve(entry: Entry) -> None:
    made = await entry.saved()
    body = {"outcome": "not_received", "reason": "已在单一窗口核对"}
    refused(
        await entry.post(f"/{made.json()['id']}/resolutions", body, if_match='"1"'), 409, "nothing_to_resolve"
    )
    bad = await entry.post(
        f"/{made.json()['id']}/resolutions", {"outcome": "received", "reason": "核对"}, if_match='"1"'
    )
    assert refused(bad, 422, "invalid_request")["errors"][0]["pointer"] == "/seq_no"


async def test_a_sending_long_overdue_can_be_resolved_and_declared_again(entry: Entry) -> None:
    made = await entry.saved()
    document_id = made.json()["id"]
    await entry.post(f"/{document_id}/declare", if_match='"1"')
    await entry.worker_pool.execute(
        "UPDATE documents SET deadline_at = now() - interval '1 minute' WHERE document_id = $1",
        UUID(document_id),
    )
    body = {"outcome": "not_received", "reason": "已在单一窗口核对"}
    resolved = await entry.post(f"/{document_id}/resolutions", body, if_match='"2"')
    assert (resolved.status_code, resolved.json()["state"]) == (200, "failed")
    again = await entry.post(f"/{document_id}/declare", if_match=resolved.headers["etag"])
    assert (again.status_code, again.json()["attempt_no"]) == (202, 2)


async def test_rows_of_another_tenant_do_not_exist(database: Database, entry: Entry) -> None:
    """One connection, tenants interleaved, after errors, and without a tenant."""
    made = await entry.saved()
    mine, other = entry.tenant_id, uuid4()
    pool = await postgres.create_pool(database.app_dsn, name="hostile", max_size=1)

    async def seen(tenant_id: UUID) -> bool:
        async with postgres.tenant_transaction(pool, tenant_id) as connection:
            found = await connection.fetchval(
                "SELECT count(*) FROM documents WHERE document_id = $1", UUID(made.json()["id"])
            )
            return bool(found)

    try:
        for _ in range(3):
            assert await seen(mine)
            assert not await seen(other)
        with pytest.raises(asyncpg.PostgresError):
            async with postgres.tenant_transaction(pool, mine) as connection:
                await connection.execute("SELECT 1/0")
        assert await pool.fetchval("SELECT count(*) FROM documents") == 0, "no tenant, no rows"
        assert not await seen(other)
        async with postgres.tenant_transaction(pool, other) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(
                        "INSERT INTO facts (document_id, key, tenant_id, outcome, occurred_at, told) "
                        "VALUES ($1, 'k', $2, 'x', now(), '{}')",
                        UUID(made.json()["id"]),
                        mine,
                    )
            changed = await connection.execute("UPDATE documents SET state = 'deleted'")
            assert changed == "UPDATE 0"
        for table in ("enterprises", "attempts", "facts", "events", "idempotency"):
            assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("ALTER TABLE documents DISABLE ROW LEVEL SECURITY")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("SET ROLE " + database.name + "_worker")
    finally:
        await pool.close()


@pytest.fixture(scope="module")
def other(servers: Servers) -> Database:
    return servers.database()


async def test_no_service_reaches_another_s_database(other: Database, database: Database) -> None:
    foreign = f"{other.app_dsn.rpartition('/')[0]}/{database.name}"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(foreign)
