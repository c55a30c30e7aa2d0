"""query as it is run: events in by Kafka, lists and messages out by HTTP, and a rebuild under its feet."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from contracts.events.entry import DocumentProgressed
from contracts.permissions import DOCUMENT_READ, MESSAGE_READ
from customs.documents import KINDS
from services.query.rebuild import rebuild
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.life import Life
from tests.support.patience import SECONDS as PATIENCE
from tests.support.query_service import Running, listed, running_query, until, wait_for


@pytest.fixture(scope="module")
def running(servers: Servers, issuer: Issuer) -> Iterator[Running]:
    with running_query(servers, issuer) as started:
        yield started


def test_a_life_as_lists_and_timelines_show_it(running: Running) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    running.tell("entry", tenant_id, life.whole())
    with running.client(tenant_id) as client:
        [item] = listed(client, life, 7)
        assert (item["state"], item["state_label"], item["notes"]) == ("deducted", "已核扣", ["note 7"])
        path = f"/v1/inventories/{life.document_id}/timeline"
        entries = listed(client, life, 7, path)
        assert [entry["version"] for entry in entries] == list(range(1, 8))
        assert entries[0]["actor"]["name"]
        assert entries[2]["text"].startswith("下达申报")
        assert entries[-1]["state_label"] == "已核扣"


def test_messages_come_back_byte_for_byte(running: Running) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    upload = "<Signature>示例</Signature>"
    answer = '<?xml version="1.0" encoding="GBK"?><CommonResponeMessage>处理成功</CommonResponeMessage>'
    digest = hashlib.sha256(answer.encode("gbk")).hexdigest()
    receipt = life.receipt(answer, digest)
    running.tell("entry", tenant_id, life.whole())
    running.tell("signer", tenant_id, [life.signed(upload)])
    running.tell("receipts", tenant_id, [receipt, receipt])
    with running.client(tenant_id) as client:
        listed(client, life, 7)
        path = f"/v1/inventories/{life.document_id}/messages"
        deadline = time.monotonic() + PATIENCE
        while len(items := client.get(path).json()["items"]) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        by_direction = {item["direction"]: item for item in items}
        assert len(items) == len(by_direction) == 2
        assert by_direction["receipt"]["id"] == str(receipt.raw_id)
        shown = client.get(f"/v1/messages/{receipt.raw_id}").json()
        assert (shown["text"], shown["sha256"]) == (answer, digest)
        file = client.get(f"/v1/messages/{receipt.raw_id}/file")
        assert file.content == answer.encode("gbk")
        assert file.headers["content-disposition"].startswith("attachment")
        assert client.get(f"/v1/messages/{by_direction['upload']['id']}/file").text == upload
    only_documents: list[dict[str, object]] = [{"permissions": [DOCUMENT_READ]}]
    elsewhere: list[dict[str, object]] = [
        {"permissions": [DOCUMENT_READ, MESSAGE_READ], "enterprises": [str(uuid4())]}
    ]
    with running.client(tenant_id, only_documents) as client:
        assert [client.get(p).status_code for p in (path, f"/v1/messages/{receipt.raw_id}")] == [403, 403]
    for stranger in (running.client(uuid4()), running.client(tenant_id, elsewhere)):
        with stranger as client:
            assert [client.get(p).status_code for p in (path, f"/v1/messages/{receipt.raw_id}")] == [404, 404]


def test_a_support_bundle_names_goods_and_firms_only_when_told_to(running: Running) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id, internal_no="BUNDLE-1")
    words, secret = "<CommonResponeMessage>示例公司的货物</CommonResponeMessage>", "商品编码不存在"
    receipt = life.receipt(words, hashlib.sha256(words.encode()).hexdigest())
    *before, last = life.whole()
    assert isinstance(last, DocumentProgressed)
    told = last.model_copy(
        update={"fact": last.fact.model_copy(update={"text": secret, "reasons": [secret]})}
    )
    running.tell("entry", tenant_id, [*before, told])
    running.tell("receipts", tenant_id, [receipt])
    path = f"/v1/inventories/{life.document_id}/support-bundle"
    with running.client(tenant_id) as client:
        listed(client, life, 7, f"/v1/inventories/{life.document_id}/timeline")
        until(lambda: client.get(f"/v1/inventories/{life.document_id}/messages").json()["items"])
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
        files = _unzipped(answer)
        assert set(files) == {
            "单证.json",
            "经过.json",
            "版本.json",
            "发出的报文.json",
            "回执.json",
            "说明.txt",
        }
        assert json.loads(files["单证.json"])["internal_no"] == "BUNDLE-1"
        assert [step["version"] for step in json.loads(files["经过.json"])] == list(range(1, 8))
        assert [each["version"] for each in json.loads(files["版本.json"])] == [1, 2, 3]
        assert json.loads(files["回执.json"])[0]["id"] == str(receipt.raw_id)
        assert "029-95198" in files["说明.txt"]
        everything = "".join(files.values())
        assert secret not in everything
        assert "示例" not in everything
        files = _unzipped(client.get(path, params={"content": "true"}))
        [text] = [content for name, content in files.items() if name.startswith("原文/")]
        assert text == words
        assert secret in files["经过.json"]
    with running.client(tenant_id, [{"permissions": [DOCUMENT_READ]}]) as client:
        assert client.get(path).status_code == 403
    with running.client(uuid4()) as client:
        assert client.get(path).status_code == 404


def _unzipped(answer: httpx.Response) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def test_a_list_waits_for_ones_own_write_and_says_when_it_did_not_come(running: Running) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    with running.client(tenant_id) as client:
        started = time.monotonic()
        stale = client.get("/v1/inventories", headers=wait_for(life, 1)).json()
        assert stale == {"items": [], "next_cursor": None, "stale": True}
        assert time.monotonic() - started > 1.9, "it did not wait"
        # Asked before it is written: the answer comes with the row.
        writer = threading.Timer(0.3, running.tell, ("entry", tenant_id, [life.saved()]))
        writer.start()
        assert [item["id"] for item in listed(client, life, 1)] == [str(life.document_id)]
        writer.join()
        for header in ("x", str(life.document_id), f"{life.document_id}@", "x@1", f"{life.document_id}@-1"):
            answer = client.get("/v1/inventories", headers={"wait-for": header})
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "invalid_parameter")


def test_every_kind_has_its_list_counts_and_timeline(running: Running) -> None:
    tenant_id = uuid4()
    lives = {kind: Life(tenant_id, kind=kind.name, internal_no=kind.name) for kind in KINDS.values()}
    running.tell("entry", tenant_id, [life.saved() for life in lives.values()])
    with running.client(tenant_id) as client:
        for kind, life in lives.items():
            of = f"/v1/{kind.url}"
            [item] = listed(client, life, 1, of=of)
            assert (item["kind"], item["internal_no"]) == (kind.name, kind.name)
            counted = client.get(f"{of}/counts", params={"state": "draft"}).json()
            assert (counted["total"], counted["states"][0]["label"]) == (1, "草稿")
            assert client.get(f"{of}/counts", params={"limit": "1"}).status_code == 422
            assert client.get(f"{of}/{life.document_id}/timeline").json()["items"][0]["text"] == "保存"
            # Of another kind there is no such document.
            elsewhere = next(each.url for each in KINDS.values() if each is not kind)
            assert client.get(f"/v1/{elsewhere}/{life.document_id}/timeline").status_code == 404


def test_what_waits_to_be_gathered_is_told(running: Running) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id, kind="stock_bill")
    head = {"business_form_no": "A3105W26000001", "business_type": "A", "direction": "I"}
    approved = life.progressed(2, "sending", "approved", numbers={"customs_no": "X3105I26011500001"})
    running.tell("entry", tenant_id, [life.saved(1, head), approved])
    with running.client(tenant_id) as client:
        listed(client, life, 2, of="/v1/stock-bills")
        answer = client.get("/v1/gatherings", headers=wait_for(life, 2))
        [item] = answer.json()["items"]
        assert (item["bills"], item["earliest"], item["deadline"]) == (1, "2026-01-15", "2026-02-28")
        assert item["overdue"] is (answer.json()["today"] > item["deadline"])
        wrong = client.get("/v1/gatherings?overdue=perhaps&state=draft")
        assert {error["pointer"] for error in wrong.json()["errors"]} == {"/overdue", "/state"}
    with running.client(tenant_id, []) as client:
        assert client.get("/v1/gatherings").status_code == 403


def test_another_tenants_document_is_not_waited_for_and_not_shown(running: Running) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    running.tell("entry", tenant_id, life.whole())
    with running.client(tenant_id) as client:
        listed(client, life, 7)
    with running.client(uuid4()) as client:
        answer = client.get("/v1/inventories", headers=wait_for(life, 1)).json()
        assert answer == {"items": [], "next_cursor": None, "stale": True}
        assert client.get(f"/v1/inventories/{life.document_id}/timeline").status_code == 404


def test_every_bad_condition_is_told_at_once(running: Running) -> None:
    with running.client(uuid4()) as client:
        answer = client.get(
            "/v1/inventories?what=1&state=sold&direction=X&limit=201&cursor=!!&input_date_from=20260230"
            "&updated_since=2026-01-01&overdue=yes&enterprise_id=1&seq_no=&seq_no=1"
        )
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        errors = {error["pointer"]: error for error in answer.json()["errors"]}
        names = "what state direction limit cursor input_date_from updated_since overdue enterprise_id seq_no"
        assert set(errors) == {f"/{name}" for name in names.split()}
        assert errors["/what"]["code"] == "unknown_parameter"
        assert errors["/seq_no"]["code"] == "repeated_parameter"
        assert all(error["message"] and error["hint"] for error in errors.values())


def test_without_a_grant_nothing_is_listed(running: Running) -> None:
    with running.client(uuid4(), []) as client:
        assert client.get("/v1/inventories").status_code == 403
    assert httpx.get(f"{running.url}/v1/inventories", trust_env=False).status_code == 401


@pytest.mark.parametrize("view", ["documents", "timeline", "messages"])
def test_a_rebuild_ends_with_the_same_rows(running: Running, view: str) -> None:
    tenant_id = uuid4()
    lives = [Life(tenant_id, internal_no=f"S-{number}") for number in range(5)]
    changed = Life(tenant_id, internal_no="changed")
    running.tell("entry", tenant_id, changed.with_rounds())
    for life in lives:
        running.tell("entry", tenant_id, life.whole())
        running.tell("signer", tenant_id, [life.signed("<a/>")])
    with running.client(tenant_id) as client:
        for life in lives:
            listed(client, life, 7)
            until(lambda life=life: client.get(f"/v1/messages/{life.attempt_id}").status_code == 200)
        listed(client, changed, 15)
    before = [row for row in running.rows(view) if row["tenant_id"] == tenant_id]
    assert before
    asyncio.run(rebuild(running.database.worker_dsn, view))
    until(lambda: [row for row in running.rows(view) if row["tenant_id"] == tenant_id] == before)
    # What comes after the rebuild is taken as before.
    late = Life(tenant_id, internal_no="late")
    running.tell("entry", tenant_id, late.whole())
    with running.client(tenant_id) as client:
        listed(client, late, 7)
