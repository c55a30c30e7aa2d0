"""The service as it is run: events in by Kafka, files in by folders, answers out by Kafka, and its API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import httpx

from contracts.permissions import RECEIPT_OPERATE, RECEIPT_READ
from tests.support import answers
from tests.support.receipts_service import (
    Running,
    eventually,
    filed,
    listed,
    receipts_of,
)


def test_from_a_file_to_an_event(running: Running) -> None:
    tenant = running.tenant()
    document_id, attempt_id = uuid4(), uuid4()
    saved = tenant.event(
        "document.saved.v1", document_id=document_id, internal_no=answers.INTERNAL_NO, version=1
    )
    running.tell("entry", tenant, saved)
    about = {"document_id": document_id, "internal_no": answers.INTERNAL_NO, "attempt_id": attempt_id}
    stem = f"INV101_{uuid4().hex}"
    running.tell("submission", tenant, tenant.event("message.delivered.v1", stem=stem, **about))
    (tenant.inbox / "Receipt_1.INV").write_bytes(answers.approval())
    (tenant.inbox / f"Successed_{stem}_{answers.STAMP}.xml").write_bytes(answers.acknowledgement())
    told = asyncio.run(receipts_of(running.servers.bootstrap, tenant.tenant_id, 2))
    assert {(event.outcome, event.document_id) for event in told} == {
        ("acknowledged", document_id),
        ("pre_deducted", document_id),
    }
    with running.client(tenant) as client:
        eventually(lambda: len(listed(client, state="matched")) == 2)
        assert list(tenant.inbox.iterdir()) == []


def test_a_kept_file_is_shown_and_its_bytes_are_given_back(running: Running) -> None:
    tenant = running.tenant()
    name = '奇怪"的;名字.INV'
    content = "这不是回执".encode("gbk")
    (tenant.inbox / name).write_bytes(content)
    with running.client(tenant) as client:
        item = filed(client, name, "unreadable")
        assert (item["reason_code"], item["state_label"]) == ("not_xml", "无法识别")
        detail = client.get(f"/v1/receipts/{item['id']}").json()
        assert (detail["parts"], detail["retries"]) == ([], [])
        file = client.get(f"/v1/receipts/{item['id']}/file")
        assert file.content == content
        disposition = file.headers["content-disposition"]
        assert disposition.startswith('attachment; filename="')
        assert disposition.count('"') == 2
        assert disposition.endswith("%E5%90%8D%E5%AD%97.INV")
        assert file.headers["x-content-type-options"] == "nosniff"


def test_a_retry_is_noted_and_done_once_for_a_key(running: Running) -> None:
    tenant = running.tenant()
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no="202600000000000888"))
    with running.client(tenant) as client:
        item = filed(client, "a.INV", "unmatched")
        path = f"/v1/receipts/{item['id']}/retry"
        assert client.post(path).json()["code"] == "idempotency_key_missing"
        headers = {"idempotency-key": "k-1"}
        first, again = client.post(path, headers=headers), client.post(path, headers=headers)
        assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
        detail = eventually(
            lambda: (d := client.get(f"/v1/receipts/{item['id']}").json())["tries"] > item["tries"] and d
        )
        assert [retry["asked_by_name"] for retry in detail["retries"]] == ["示例录入员"]


def test_what_was_told_is_not_tried_again(running: Running) -> None:
    tenant = running.tenant()
    number = f"N-{uuid4().hex[:12]}"
    saved = tenant.event("document.saved.v1", document_id=uuid4(), internal_no=number, numbers={})
    running.tell("entry", tenant, saved)
    (tenant.inbox / "a.INV").write_bytes(answers.approval(internal_no=number))
    with running.client(tenant) as client:
        item = filed(client, "a.INV", "matched")
        refused = client.post(f"/v1/receipts/{item['id']}/retry", headers={"idempotency-key": "k"})
        assert (refused.status_code, refused.json()["code"]) == (409, "receipt_already_told")


def test_pages_follow_one_another_without_gap_or_repetition(running: Running) -> None:
    tenant = running.tenant()
    for number in range(7):
        (tenant.inbox / f"{number}.INV").write_bytes(f"text {number}".encode())
    with running.client(tenant) as client:
        eventually(lambda: len(listed(client, state="unreadable")) == 7)
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = client.get("/v1/receipts", params={"limit": 3, **cursor}).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
            (tenant.inbox / f"late-{len(seen)}.INV").write_bytes(b"late")
            eventually(lambda: not list(tenant.inbox.iterdir()))
        assert len(seen) == len(set(seen)) == 7


def test_every_bad_parameter_is_told_at_once(running: Running) -> None:
    tenant = running.tenant()
    with running.client(tenant) as client:
        answer = client.get(
            "/v1/receipts?state=nope&limit=0&cursor=x&enterprise_id=1&what=1&mailbox=a&mailbox=b"
        )
        assert answer.status_code == 422
        assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
            ("/state", "invalid_parameter"),
            ("/limit", "invalid_parameter"),
            ("/cursor", "invalid_parameter"),
            ("/enterprise_id", "invalid_parameter"),
            ("/what", "unknown_parameter"),
            ("/mailbox", "repeated_parameter"),
        }


def test_others_see_nothing(running: Running) -> None:
    tenant, stranger = running.tenant(), running.tenant()
    (tenant.inbox / "a.INV").write_bytes(b"secret")
    with running.client(tenant) as client:
        item = filed(client, "a.INV", "unreadable")
    paths = (f"/v1/receipts/{item['id']}", f"/v1/receipts/{item['id']}/file")
    elsewhere: Mapping[str, object] = {"enterprises": [str(uuid4())]}
    outside: list[dict[str, object]] = [{"permissions": [RECEIPT_READ, RECEIPT_OPERATE], **elsewhere}]
    team: list[dict[str, object]] = [{"permissions": [RECEIPT_READ], "teams": [str(uuid4())]}]
    inside: list[dict[str, object]] = [
        {"permissions": [RECEIPT_READ], "enterprises": [str(tenant.enterprise_id)]}
    ]
    callers = (
        running.client(stranger),
        running.client(tenant, outside),
        running.client(tenant, team),
    )
    for client in callers:
        with client:
            assert listed(client) == []
            assert [client.get(path).status_code for path in paths] == [404, 404]
    with running.client(tenant, outside) as client:
        headers = {"idempotency-key": "k"}
        assert client.post(f"/v1/receipts/{item['id']}/retry", headers=headers).status_code == 404
    with running.client(tenant, inside) as client:
        assert [client.get(path).status_code for path in paths] == [200, 200]
        headers = {"idempotency-key": "k"}
        assert client.post(f"/v1/receipts/{item['id']}/retry", headers=headers).status_code == 403
    with running.client(tenant, []) as client:
        assert client.get("/v1/receipts").status_code == 403
    assert httpx.get(f"{running.url}/v1/receipts", trust_env=False).status_code == 401


def test_kept_files_are_counted(running: Running) -> None:
    tenant = running.tenant()
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no="202600000000000999"))
    with running.client(tenant) as client:
        filed(client, "a.INV", "unmatched")

    def gauge() -> bool:
        text = httpx.get(f"{running.url}/metrics", trust_env=False).text
        lines = [
            line
            for line in text.splitlines()
            if line.startswith('receipts_kept{message_type="INV201",state="unmatched"}')
        ]
        return bool(lines) and float(lines[0].split()[-1]) >= 1

    eventually(gauge)
