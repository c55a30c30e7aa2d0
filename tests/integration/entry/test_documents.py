"""entry over HTTP on real PostgreSQL: saving, reading, and everything that must be refused."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import orjson
import pytest

from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from tests.support.entry_service import URL, Entry, example, refused

pytestmark = pytest.mark.anyio


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
