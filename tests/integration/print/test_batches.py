"""Receipt sheets, and many documents printed at once."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import httpx

from contracts.events import Event
from contracts.permissions import DOCUMENT_READ
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS
from tests.support.print_service import (
    ENTERPRISE,
    TENANT,
    Office,
    refused,
)
from tests.support.publishing import publish
from tests.support.receipts_bench import example


def test_the_receipt_sheet_of_a_draft_says_that_there_are_none(office: Office) -> None:
    draft = office.draft()
    asked = office.ask(draft["id"], {"sheet": "receipts"})
    assert asked.status_code == 202, asked.text
    job = office.ended(asked.headers["location"])
    assert (job["state"], job["sheet"]) == ("done", "receipts")
    assert job["file_name"] == f"保税核注清单回执单_{draft['internal_no']}_v1.pdf"
    text = office.text(job)
    for said in ("保税核注清单回执单", draft["internal_no"], "尚未收到任何回执"):
        assert said in text
    assert "可能还有" not in text, "query was waited for"


def test_the_receipt_sheet_shows_what_the_authority_answered(office: Office, servers: Servers) -> None:
    draft, reason = office.draft(), "表体第3行商品编码有误"
    asyncio.run(publish(servers.bootstrap, "entry", [returned(draft, reason)], tenant_id=TENANT))
    deadline = time.monotonic() + SECONDS
    while reason not in (text := receipt_sheet(office, draft["id"])):
        assert time.monotonic() < deadline, text
        time.sleep(0.2)
    for said in ("INV201", "海关退单", "2026-01-0610:00:00"):
        assert said in text


def returned(draft: dict[str, Any], reason: str) -> Event:
    """entry's word that customs returned this document."""
    fact = {
        "fact_id": str(uuid4()),
        "type": "receipt",
        "attempt_no": 1,
        "occurred_at": "2026-01-06T02:00:05Z",
        "authority_at": "2026-01-06T02:00:00Z",
        "message_type": "INV201",
        "code": "3",
        "text": "海关退单",
        "reasons": [reason],
    }
    return example(
        "document.progressed.v1",
        tenant_id=TENANT,
        document_id=UUID(draft["id"]),
        enterprise_id=ENTERPRISE,
        internal_no=draft["internal_no"],
        version=2,
        state="returned",
        fact=fact,
    )


def receipt_sheet(office: Office, document_id: str) -> str:
    """What the sheet says at this moment."""
    asked = office.ask(document_id, {"sheet": "receipts"})
    return office.text(office.ended(asked.headers["location"]))


def test_a_batch_has_a_result_for_each(office: Office) -> None:
    drafts = [office.draft()["id"] for _ in range(3)]
    unknown = str(uuid4())
    asked = office.ask_many({"documents": [drafts[0], unknown, *drafts[1:], drafts[0]]})
    assert asked.status_code == 202, asked.text
    batch = asked.json()
    assert (batch["accepted"], batch["refused"]) == (3, 1)
    assert [item["document_id"] for item in batch["items"]] == [drafts[0], unknown, *drafts[1:]]
    refusal = batch["items"][1]["problem"]
    assert (refusal["status"], refusal["code"]) == (404, "not_found")
    jobs_asked = [item["job_id"] for item in batch["items"] if "job_id" in item]
    assert asked.headers["location"] == f"/v1/print-jobs?batch_id={batch['batch_id']}"
    for job_id in jobs_asked:
        assert office.ended(f"/v1/print-jobs/{job_id}")["state"] == "done"
    listed = office.get(asked.headers["location"]).json()
    assert [job["id"] for job in listed["items"]] == jobs_asked
    assert listed["counts"] == {"done": 3}
    assert {job["batch_id"] for job in listed["items"]} == {batch["batch_id"]}
    assert office.get(listed["items"][0]["file"]).status_code == 200
    for other in ({"tenant_id": uuid4()}, {"permissions": [DOCUMENT_READ]}):
        refused(office.get(asked.headers["location"], **other), 404, "not_found")


def test_a_batch_asked_for_again_with_its_key_is_the_same(office: Office) -> None:
    order = {"documents": [office.draft()["id"]], "sheet": "receipts"}
    url, headers = f"{office.print.url}/v1/inventories/print-jobs", office.headers()
    first = httpx.post(url, headers=headers, json=order, timeout=60)
    again = httpx.post(url, headers=headers, json=order, timeout=60)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    (job,) = office.get(first.headers["location"]).json()["items"]
    assert job["sheet"] == "receipts"


def test_bad_batches(office: Office) -> None:
    for order, pointer in (
        ({}, "/documents"),
        ({"documents": []}, "/documents"),
        ({"documents": [str(uuid4())] * 201}, "/documents"),
        ({"documents": ["no-uuid"]}, "/documents/0"),
        ({"documents": [str(uuid4())], "version": "approved"}, "/version"),
    ):
        (error,) = refused(office.ask_many(order), 422, "invalid_request")["errors"]
        assert error["pointer"] == pointer
    only_reads = office.ask_many({"documents": [str(uuid4())]}, permissions=[DOCUMENT_READ])
    refused(only_reads, 403, "forbidden")
    refused(office.get(f"/v1/print-jobs?batch_id={uuid4()}"), 404, "not_found")
