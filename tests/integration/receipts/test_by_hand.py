"""A receipt that fits no document: what it says, which documents it could be for, and a person's word with its trace."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx

from contracts.permissions import RECEIPT_OPERATE, RECEIPT_READ
from tests.support import answers
from tests.support.receipts_service import (
    Running,
    Tenant,
    eventually,
    filed,
    listed,
    receipts_of,
)

STRANGE = "202600000000005555"


def told_document(running: Running, tenant: Tenant, internal_no: str, **changes: object) -> UUID:
    """A document that receipts knows, by default one that waits for an answer."""
    document_id = uuid4()
    given = {"state": "accepted", "numbers": {}, "version": 3, "internal_no": internal_no, **changes}
    running.tell("entry", tenant, tenant.event("document.saved.v1", document_id=document_id, **given))
    return document_id


def match(client: httpx.Client, item: dict[str, Any], key: str = "k", **body: object) -> httpx.Response:
    given = {"kind": "inventory", "reason": "与官方页面核对一致", **body}
    return client.post(f"/v1/receipts/{item['id']}/match", headers={"idempotency-key": key}, json=given)


def known(client: httpx.Client, item: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """The candidates once there are that many."""

    def look() -> list[dict[str, Any]] | None:
        answer = client.get(f"/v1/receipts/{item['id']}/candidates")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items if len(items) >= count else None

    found: list[dict[str, Any]] = eventually(look)
    return found


def test_a_person_says_which_document_it_is_for(running: Running) -> None:
    tenant = running.tenant()
    document_id = told_document(running, tenant, "BY-HAND-1")
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no=STRANGE))
    with running.client(tenant) as client:
        item = filed(client, "a.INV", "unmatched")
        assert (item["kind"], item["seq_no"], item["customs_no"]) == (
            "inventory",
            STRANGE,
            answers.CUSTOMS_NO,
        )
        [candidate] = known(client, item, 1)
        assert (candidate["document_id"], candidate["state_label"]) == (str(document_id), "已申报")
        first = match(client, item, document_id=candidate["document_id"])
        again = match(client, item, document_id=candidate["document_id"])
        assert (first.status_code, again.json()) == (202, first.json()), first.text
        assert first.headers["location"] == f"/v1/receipts/{item['id']}"
        [told] = asyncio.run(receipts_of(running.servers.bootstrap, tenant.tenant_id, 1))
        assert (told.document_id, told.internal_no, told.seq_no) == (document_id, "BY-HAND-1", STRANGE)
        assert told.declaration_type == "1"
        matched = filed(client, "a.INV", "matched")
        assert (matched["document_id"], matched["receipt_id"]) == (str(document_id), str(told.receipt_id))
        [trace] = client.get(f"/v1/receipts/{item['id']}").json()["matches"]
        assert trace["matched_by_name"] == "示例录入员"
        assert (trace["reason"], trace["document_id"]) == ("与官方页面核对一致", str(document_id))
        # What it taught serves the next answer, which needs nobody.
        (tenant.inbox / "b.INV").write_bytes(answers.approval(seq_no=STRANGE, time="2026-01-15 12:00:00"))
        assert filed(client, "b.INV", "matched")["document_id"] == str(document_id)
        refused = match(client, item, "k-2", document_id=str(document_id))
        assert (refused.status_code, refused.json()["code"]) == (409, "receipt_already_told")
        assert client.get(f"/v1/receipts/{item['id']}/candidates").json()["items"] == []
    text = httpx.get(f"{running.url}/metrics", trust_env=False).text
    assert 'receipts_matched_by_hand_total{message_type="INV201"} 1.0' in text.splitlines()


def test_what_cannot_be_matched_says_why(running: Running) -> None:
    tenant, stranger = running.tenant(), running.tenant()
    own = told_document(running, tenant, "OWN")
    form = told_document(running, tenant, "FORM", kind="business_form")
    foreign = told_document(running, stranger, "FOREIGN")
    gone = told_document(running, tenant, "GONE")
    gone_event = tenant.event("document.deleted.v1", document_id=gone, internal_no="GONE", version=9)
    running.tell("entry", tenant, gone_event)
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no=STRANGE))
    (tenant.inbox / "text.INV").write_bytes(b"no receipt")
    (tenant.inbox / "1.INV").write_bytes(answers.approval(seq_no=STRANGE, packet=("p", 1, 2)))
    with running.client(tenant) as client:
        item = filed(client, "a.INV", "unmatched")
        known(client, item, 1)
        for document in (foreign, uuid4(), form, gone):
            answer = match(client, item, document_id=str(document))
            assert answer.status_code == 404, answer.text
            [problem] = answer.json()["errors"]
            assert (problem["pointer"], problem["code"]) == ("/document_id", "unknown_reference")
        for kind, code in (("business_form", "must_be"), ("nothing", "not_one_of")):
            answer = match(client, item, kind=kind, document_id=str(form))
            assert answer.status_code == 422
            assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/kind", code)]
        answer = client.post(
            f"/v1/receipts/{item['id']}/match", headers={"idempotency-key": "x"}, json={"reason": "\x00\x00"}
        )
        assert {e["pointer"] for e in answer.json()["errors"]} == {"/kind", "/document_id", "/reason"}
        unreadable = filed(client, "text.INV", "unreadable")
        answer = match(client, unreadable, document_id=str(own))
        assert (answer.status_code, answer.json()["code"]) == (409, "receipt_not_matchable")
        assert "无法识别" in answer.json()["detail"]
        content = client.get(f"/v1/receipts/{unreadable['id']}/content")
        assert (content.status_code, content.json()["code"]) == (409, "receipt_unreadable")
        assert client.get(f"/v1/receipts/{unreadable['id']}").json()["receipt"] is None
        part = filed(client, "1.INV", "waiting")
        assert match(client, part, document_id=str(own)).status_code == 409
        no_key = client.post(f"/v1/receipts/{item['id']}/match", json={})
        assert no_key.json()["code"] == "idempotency_key_missing"
        assert client.get(f"/v1/receipts/{item['id']}").json()["matches"] == []
    with running.client(stranger) as client:
        for path in ("", "/content", "/candidates"):
            assert client.get(f"/v1/receipts/{item['id']}{path}").status_code == 404
        assert match(client, item, document_id=str(foreign)).status_code == 404


def test_a_grant_for_one_enterprise_reaches_no_document_of_another(running: Running) -> None:
    tenant = running.tenant()
    other = told_document(running, tenant, "ELSEWHERE", enterprise_id=uuid4())
    own = told_document(running, tenant, "HERE")
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no=STRANGE))
    enterprises = [str(tenant.enterprise_id)]
    with running.client(tenant) as everywhere:
        item = filed(everywhere, "a.INV", "unmatched")
        known(everywhere, item, 1)
    reads: list[dict[str, object]] = [{"permissions": [RECEIPT_READ], "enterprises": enterprises}]
    with running.client(tenant, reads) as client:
        assert [c["document_id"] for c in known(client, item, 1)] == [str(own)]
        assert match(client, item, document_id=str(own)).status_code == 403
    both: list[dict[str, object]] = [
        {"permissions": [RECEIPT_READ, RECEIPT_OPERATE], "enterprises": enterprises}
    ]
    with running.client(tenant, both) as client:
        assert match(client, item, document_id=str(other)).status_code == 404
        assert match(client, item, document_id=str(own)).status_code == 202
        assert filed(client, "a.INV", "matched")["document_id"] == str(own)


def test_candidates_are_those_that_wait_newest_first_and_bounded(running: Running) -> None:
    tenant = running.tenant()
    waiting = [
        told_document(running, tenant, f"W-{number:02d}", occurred_at=f"2026-01-15T02:{number:02d}:00Z")
        for number in range(22)
    ]
    for state in ("draft", "returned", "deducted"):
        told_document(running, tenant, state, state=state, occurred_at="2026-01-16T02:00:00Z")
    round_of = {"round_no": 2, "purpose": "change", "state": "accepted"}
    change = told_document(
        running, tenant, "CHANGE", state="deducted", open_round=round_of, occurred_at="2026-01-17T02:00:00Z"
    )
    (tenant.inbox / "a.INV").write_bytes(answers.approval(seq_no=STRANGE))
    (tenant.inbox / f"Successed_unknown_{answers.STAMP}.xml").write_bytes(answers.acknowledgement())
    with running.client(tenant) as client:
        item = filed(client, "a.INV", "unmatched")
        expected = [str(change), *(str(each) for each in reversed(waiting[3:]))]
        eventually(lambda: [c["document_id"] for c in known(client, item, 20)] == expected)
        # An acknowledgement tells no kind: every kind may be meant.
        form = told_document(
            running, tenant, "FORM", kind="business_form", occurred_at="2026-01-18T02:00:00Z"
        )
        name = f"Successed_unknown_{answers.STAMP}.xml"
        taken = filed(client, name, "unmatched")
        eventually(lambda: str(form) in [c["document_id"] for c in known(client, taken, 20)])


def test_a_receipt_is_shown_so_that_a_document_can_be_taken_over(running: Running) -> None:
    tenant = running.tenant()
    full = answers.approval(seq_no=STRANGE, internal_no="FROM-OUTSIDE", goods=(1, 2, 3))
    (tenant.inbox / "full.INV").write_bytes(full)
    packets = [
        answers.approval(
            seq_no="202600000000006666", internal_no="P" if n == 1 else "", goods=(n,), packet=("q", n, 2)
        )
        for n in (1, 2)
    ]
    for number, data in enumerate(packets, 1):
        (tenant.inbox / f"{number}.INV").write_bytes(data)
    with running.client(tenant) as client:
        item = filed(client, "full.INV", "unmatched")
        said = client.get(f"/v1/receipts/{item['id']}").json()["receipt"]
        assert (said["kind"], said["kind_label"], said["outcome"]) == (
            "inventory",
            "保税核注清单",
            "pre_deducted",
        )
        assert said["numbers"] == {
            "seq_no": STRANGE,
            "customs_no": answers.CUSTOMS_NO,
            "entry_seq_no": None,
            "internal_no": "FROM-OUTSIDE",
            "change_count": 0,
        }
        assert (said["head"]["internal_no"], said["rows"]) == ("FROM-OUTSIDE", {"goods": 3})
        content = client.get(f"/v1/receipts/{item['id']}/content").json()
        assert (content["direction"], content["body"]["document"]["head"]) == ("receipt", said["head"])
        assert [row["line_no"] for row in content["body"]["document"]["goods"]] == [1, 2, 3]
        part = filed(client, "2.INV", "unmatched")
        whole = client.get(f"/v1/receipts/{part['id']}").json()["receipt"]
        assert (whole["numbers"]["internal_no"], whole["rows"]) == ("P", {"goods": 2})
        assert {each["file_name"] for each in listed(client, state="unmatched")} == {
            "full.INV",
            "1.INV",
            "2.INV",
        }
