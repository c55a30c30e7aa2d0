"""Batches on real PostgreSQL: a result per document, in order, nothing twice wherever the worker is killed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backbone import metrics
from backbone.jobs import Job
from backbone.migrate import Database
from backbone.revocations import Revoked
from contracts.events.identity import AccessRevoked
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from services.entry.batches.batch_store import QUEUE
from services.entry.batches.running import MOST_DOCUMENTS, Doing
from services.entry.document import opening
from services.entry.drafts import drafting
from tests.integration.entry import batch_process
from tests.integration.entry.batch_process import KILLED, Order
from tests.support.entry_service import Entry, example, on, refused
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def entry(database: Database, issuer: Issuer) -> AsyncIterator[Entry]:
    async with on(database, issuer) as made:
        # A test that failed leaves no job to the next one.
        await made.worker_pool.execute("UPDATE jobs SET state = 'done'")
        yield made


async def _order(entry: Entry, action: str, *documents: httpx.Response, **headers: str) -> httpx.Response:
    body = {"action": action, "documents": [_seen(each) for each in documents]}
    return await entry.post("/batches", body, **headers)


def _seen(made: httpx.Response) -> dict[str, object]:
    return {"id": made.json()["id"], "version": made.json()["version"]}


async def _saved(entry: Entry, count: int, **head: Any) -> list[httpx.Response]:
    return [await entry.saved(**head) for _ in range(count)]


async def _broken(entry: Entry) -> httpx.Response:
    """A draft that may be saved and not declared."""
    body = example()
    body["goods"] = []
    made = await entry.post("", body)
    assert made.status_code == 201, made.text
    return made


async def _work(entry: Entry) -> None:
    """What the worker does with every job that is queued."""
    rows = await entry.worker_pool.fetch(
        "UPDATE jobs SET state = 'done' WHERE queue = $1 AND state = 'queued' RETURNING *", QUEUE
    )
    for row in sorted(rows, key=lambda row: row["job_id"]):
        names = ("job_id", "queue", "lane", "dedupe_key", "tenant_id", "payload", "traceparent", "tries")
        await Doing(entry.pool, lambda: None).do(Job(**{name: row[name] for name in names}))


async def _read(entry: Entry, ordered: httpx.Response, **parameters: Any) -> dict[str, Any]:
    answer = await entry.client.get(ordered.headers["location"], params=parameters)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def _statuses(batch: dict[str, Any]) -> list[str]:
    return [item["status"] for item in batch["items"]]


async def _post(entry: Entry, ordered: httpx.Response, what: str, body: Any = None) -> httpx.Response:
    return await entry.client.post(
        f"{ordered.headers['location']}/{what}", json=body or {}, headers={"idempotency-key": str(uuid4())}
    )


async def test_each_document_has_its_result_and_order_is_kept(entry: Entry) -> None:
    good, stale, last = await _saved(entry, 3)
    bad = await _broken(entry)
    before = metrics.counter("batch_items_total").labels("declare", "done")._value.get()
    await entry.client.put(
        stale.headers["location"], json=stale.json()["document"], headers={"if-match": '"1"'}
    )
    ordered = await _order(entry, "declare", good, bad, stale, last)
    assert ordered.status_code == 202
    assert ordered.headers["location"] == f"/v1/batches/{ordered.json()['id']}"
    assert ordered.json()["counts"]["waiting"] == 4
    await _work(entry)
    batch = await _read(entry, ordered)
    assert _statuses(batch) == ["done", "refused", "stale", "done"]
    assert (batch["state"], batch["counts"]["total"], batch["counts"]["done"]) == ("finished", 4, 2)
    items = batch["items"]
    assert [item["id"] for item in items] == [each.json()["id"] for each in (good, bad, stale, last)]
    assert items[0]["internal_no"] == good.json()["internal_no"]
    assert (items[0]["new_version"], items[0]["problem"]) == (2, None)
    assert items[1]["problem"]["status"] == 422
    assert items[1]["problem"]["errors"][0]["pointer"].startswith("/goods")
    assert items[2]["problem"]["code"] == "stale_version"
    for made, state in ((good, "sending"), (bad, "draft"), (stale, "draft"), (last, "sending")):
        assert (await entry.client.get(made.headers["location"])).json()["state"] == state
    assert (await entry.events(good.json()["id"]))[-1]["attempt_id"] == items[0]["attempt_id"]
    assert metrics.counter("batch_items_total").labels("declare", "done")._value.get() == before + 2


async def test_stage_and_delete(entry: Entry) -> None:
    staged, gone = await _saved(entry, 2)
    first = await _order(entry, "stage", staged)
    second = await _order(entry, "delete", gone, staged)
    await _work(entry)
    assert _statuses(await _read(entry, first)) == ["done"]
    assert (await entry.events(staged.json()["id"]))[-1]["type"] == "document.staged.v1"
    batch = await _read(entry, second)
    assert _statuses(batch) == ["done", "stale"]
    assert (await entry.client.get(gone.headers["location"])).status_code == 404


async def test_the_same_key_is_the_same_batch(entry: Entry) -> None:
    (made,) = await _saved(entry, 1)
    first = await _order(entry, "declare", made, idempotency_key="b1")
    again = await _order(entry, "declare", made, idempotency_key="b1")
    assert again.json() == first.json()
    await _work(entry)
    assert len((await entry.client.get("/v1/batches")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "burn", "documents": [{"id": str(uuid4()), "version": 1}]}, "/action"),
        ({"action": "declare", "documents": []}, "/documents"),
        ({"action": "declare"}, "/documents"),
        ({"action": "declare", "documents": [{"id": "x", "version": 1}]}, "/documents/0/id"),
        ({"action": "declare", "documents": [{"id": str(uuid4()), "version": "1"}]}, "/documents/0/version"),
        (
            {
                "action": "declare",
                "documents": [{"id": str(uuid4()), "version": 1} for _ in range(MOST_DOCUMENTS + 1)],
            },
            "/documents",
        ),
        (
            {"action": "declare", "documents": [{"id": str(UUID(int=7)), "version": n} for n in (1, 2)]},
            "/documents/1/id",
        ),
    ],
)
async def test_orders_that_make_no_sense(entry: Entry, body: dict[str, Any], pointer: str) -> None:
    errors = refused(await entry.post("/batches", body), 422, "invalid_request")["errors"]
    assert errors[0]["pointer"] == pointer


async def test_the_rights_are_those_of_the_order(entry: Entry) -> None:
    mine, other = await _saved(entry, 2)
    reader = entry.client_of(entry.issuer.token(entry.tenant_id, permissions=[DOCUMENT_READ]))
    body = {"action": "declare", "documents": [_seen(mine)]}
    denied = await reader.post("/v1/inventories/batches", json=body, headers={"idempotency-key": "r"})
    refused(denied, 403, "forbidden")
    elsewhere = entry.client_of(
        entry.issuer.token(
            entry.tenant_id,
            grants=[{"permissions": [DOCUMENT_READ, DOCUMENT_WRITE], "enterprises": [str(uuid4())]}],
        )
    )
    body = {"action": "delete", "documents": [_seen(mine), _seen(other)]}
    ordered = await elsewhere.post("/v1/inventories/batches", json=body, headers={"idempotency-key": "e"})
    await _work(entry)
    batch = (await elsewhere.get(ordered.headers["location"])).json()
    assert _statuses(batch) == ["refused", "refused"]
    assert {item["problem"]["code"] for item in batch["items"]} == {"not_found"}
    assert {item["internal_no"] for item in batch["items"]} == {None}


async def test_a_batch_is_seen_by_who_ordered_it(entry: Entry) -> None:
    (made,) = await _saved(entry, 1)
    ordered = await _order(entry, "declare", made)
    for token in (
        entry.issuer.token(entry.tenant_id, subject="user-2"),
        entry.issuer.token(uuid4()),
    ):
        somebody = entry.client_of(token)
        refused(await somebody.get(ordered.headers["location"]), 404, "not_found")
        assert (await somebody.get("/v1/batches")).json()["items"] == []
        for what, body in (("retry", {"only": "refused"}), ("cancel", {})):
            answer = await somebody.post(
                f"{ordered.headers['location']}/{what}", json=body, headers={"idempotency-key": what}
            )
            refused(answer, 404, "not_found")


async def test_documents_of_another_tenant_do_not_exist_for_a_batch(
    entry: Entry, database: Database, issuer: Issuer
) -> None:
    async with on(database, issuer) as other:
        (foreign,) = await _saved(other, 1)
        ordered = await _order(entry, "delete", foreign)
        await _work(entry)
        item = (await _read(entry, ordered))["items"][0]
        assert (item["status"], item["problem"]["code"], item["internal_no"]) == (
            "refused",
            "not_found",
            None,
        )
        assert (await other.client.get(foreign.headers["location"])).status_code == 200


async def test_refused_ones_again(entry: Entry) -> None:
    (good,) = await _saved(entry, 1)
    bad = await _broken(entry)
    ordered = await _order(entry, "declare", good, bad)
    refused(await _post(entry, ordered, "retry", {"only": "refused"}), 409, "batch_running")
    await _work(entry)
    again = await _post(entry, ordered, "retry", {"only": "refused"})
    assert (again.status_code, again.json()["state"]) == (202, "running")
    await _work(entry)
    assert _statuses(await _read(entry, ordered)) == ["done", "refused"]
    mended = {**bad.json()["document"], "goods": example()["goods"]}
    saved = await entry.client.put(bad.headers["location"], json=mended, headers={"if-match": '"1"'})
    assert saved.status_code == 200, saved.text
    wrong = {"only": "refused", "documents": [_seen(good)]}
    errors = refused(await _post(entry, ordered, "retry", wrong), 422, "invalid_request")["errors"]
    assert errors[0]["pointer"] == "/documents/0/id"
    old = {"only": "refused", "documents": [_seen(bad)]}
    await _post(entry, ordered, "retry", old)
    await _work(entry)
    assert _statuses(await _read(entry, ordered)) == ["done", "stale"]
    await _post(entry, ordered, "retry", {"only": "refused"})
    await _work(entry)
    batch = await _read(entry, ordered)
    assert _statuses(batch) == ["done", "done"]
    assert [item["tries"] for item in batch["items"]] == [1, 4]
    assert batch["items"][1]["problem"] is None
    refused(await _post(entry, ordered, "retry", {"only": "refused"}), 409, "nothing_refused")


async def test_cancelled_in_the_middle(entry: Entry) -> None:
    documents = await _saved(entry, 3)
    ordered = await _order(entry, "declare", *documents)
    doing = Doing(entry.pool, lambda: None)
    assert await doing._next(entry.tenant_id, UUID(ordered.json()["id"]))
    done = await _post(entry, ordered, "cancel")
    assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    await _work(entry)
    assert _statuses(await _read(entry, ordered)) == ["done", "cancelled", "cancelled"]
    moves = await entry.events(ordered.json()["id"])
    assert [(each["state"], each["done"], each["total"]) for each in moves] == [
        ("running", 0, 3),
        ("running", 1, 3),
        ("cancelled", 3, 3),
    ]
    assert [each["version"] for each in moves] == [2, 3, 4]
    refused(await _post(entry, ordered, "cancel"), 409, "batch_ended")


async def test_what_waits_is_refused_when_the_rights_it_was_ordered_with_were_taken(entry: Entry) -> None:
    documents = await _saved(entry, 2)
    user = uuid4()
    token = entry.issuer.token(entry.tenant_id, subject=str(user), gen=1, tgen=0)
    entry.client.headers["authorization"] = f"Bearer {token}"
    ordered = await _order(entry, "declare", *documents)
    revoked = Revoked()
    doing = Doing(entry.pool, lambda: None, revoked=revoked)
    batch_id = UUID(ordered.json()["id"])
    assert await doing._next(entry.tenant_id, batch_id)
    now = datetime.now(UTC)
    facts = {
        "tenant_id": entry.tenant_id,
        "scope": "holder",
        "id": user,
        "generation": 2,
        "reason": "suspended",
    }
    revoked.add(
        AccessRevoked.model_validate({**facts, "recorded_at": now, "until": now + timedelta(hours=1)}), now
    )
    assert await doing._next(entry.tenant_id, batch_id)
    batch = await _read(entry, ordered)
    assert _statuses(batch) == ["done", "refused"]
    assert batch["items"][1]["problem"]["code"] == "forbidden"


async def test_an_unforeseen_error_stops_no_other_document(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await _saved(entry, 2)
    ordered = await _order(entry, "delete", first, second)
    real = opening.why_not_deleted

    def failing(document: Any) -> Any:
        if str(document.document_id) == first.json()["id"]:
            raise RuntimeError("unforeseen")
        return real(document)

    monkeypatch.setattr(drafting, "why_not_deleted", failing)
    await _work(entry)
    batch = await _read(entry, ordered)
    assert _statuses(batch) == ["refused", "done"]
    assert batch["items"][0]["problem"]["code"] == "internal_error"


async def test_pages(entry: Entry) -> None:
    documents = await _saved(entry, 5)
    ordered = [await _order(entry, "delete", each) for each in documents[:3]]
    batch = await _order(entry, "declare", *documents)
    first = await _read(entry, batch, limit=2)
    second = await _read(entry, batch, limit=2, cursor=first["next_cursor"])
    third = await _read(entry, batch, limit=2, cursor=second["next_cursor"])
    ids = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert ids == [each.json()["id"] for each in documents]
    assert third["next_cursor"] is None
    await _work(entry)
    stale = await _read(entry, batch, status="refused")
    assert len(stale["items"]) == 3
    page = (await entry.client.get("/v1/batches", params={"limit": 3})).json()
    rest = (await entry.client.get("/v1/batches", params={"cursor": page["next_cursor"]})).json()
    newest = [each["id"] for each in (*page["items"], *rest["items"])]
    assert newest == [each.json()["id"] for each in reversed([*ordered, batch])]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("step", ["done", "kept", "committed"])
async def test_killed_in_the_middle_goes_on_and_declares_nothing_twice(
    entry: Entry, database: Database, step: str
) -> None:
    documents = await _saved(entry, 4)
    ordered = await _order(entry, "declare", *documents)
    dsns = (database.app_dsn, database.worker_dsn)
    for passed in (1, 0):
        assert batch_process.run(Order(*dsns, die_at=step, after=passed)) == KILLED
    assert batch_process.run(Order(*dsns)) == 0
    batch = await _read(entry, ordered)
    assert _statuses(batch) == ["done"] * 4
    assert [item["tries"] for item in batch["items"]] == [1] * 4
    for made in documents:
        told = [event["type"] for event in await entry.events(made.json()["id"])]
        assert told == ["document.saved.v1", "document.declared.v1"]
