"""复核 cannot be got round: what is declared is what another person saw."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backbone.jobs import Job
from backbone.migrate import Database
from backbone.objects import intake_of, store_of
from services.entry.attachments.attachments_api import Files
from services.entry.batches.batch_store import QUEUE
from services.entry.batches.running import Doing
from tests.support.entry_service import URL, Entry, example, on, refused
from tests.support.files import object_settings, sample
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio


class Office:
    """A clerk and a reviewer of one firm in which a second person must look first."""

    def __init__(self, entry: Entry, issuer: Issuer) -> None:
        self.entry = entry
        self.clerk = entry.client
        self.reviewer = entry.client_of(issuer.token(entry.tenant_id, subject="reviewer"))

    async def act(
        self, who: httpx.AsyncClient, document_id: str, path: str, body: Any = None
    ) -> httpx.Response:
        self.entry.client = who
        try:
            return await self.entry.act(document_id, path, body)
        finally:
            self.entry.client = self.clerk

    async def approve(self, document_id: str) -> None:
        assert (await self.act(self.clerk, document_id, "review-requests")).status_code == 200
        answer = await self.act(self.reviewer, document_id, "review-approvals")
        assert answer.status_code == 200, answer.text

    async def approved(self, **head: Any) -> str:
        document_id = str((await self.entry.saved(**head)).json()["id"])
        await self.approve(document_id)
        return document_id


@pytest.fixture
async def office(database: Database, issuer: Issuer, tmp_path: Path) -> AsyncIterator[Office]:
    settings = object_settings(data_dir=tmp_path)
    async with on(database, issuer, Files(store_of(settings), intake_of(settings))) as entry:
        rule = f"/v1/review-rules/{entry.enterprise_id}/inventory"
        assert (await entry.client.put(rule, json={"required": True})).status_code == 200
        made = Office(entry, issuer)
        yield made
        await made.reviewer.aclose()


async def test_a_file_put_on_or_taken_off_voids_the_review(office: Office) -> None:
    document_id = await office.approved()
    seen = await office.entry.seen(document_id)
    attached = await office.clerk.post(
        f"{URL}/{document_id}/attachments",
        content=sample("pdf", 2_000),
        params={"type": "invoice", "file_name": "a.pdf"},
        headers={"idempotency-key": str(uuid4()), "if-match": seen["etag"]},
    )
    assert attached.status_code == 201, attached.text
    refused(await office.entry.act(document_id, "declare"), 409, "review_required")
    await office.approve(document_id)
    seen = await office.entry.seen(document_id)
    off = await office.clerk.delete(attached.headers["location"], headers={"if-match": seen["etag"]})
    assert off.status_code in (200, 204), off.text
    refused(await office.entry.act(document_id, "declare"), 409, "review_required")
    assert (await office.entry.events(document_id))[-1].get("review") is None


async def test_what_is_put_over_a_document_under_review_is_not_reviewed(office: Office) -> None:
    number = f"T-{uuid4().hex[:12]}"
    document_id = await office.approved(internal_no=number)
    other = await office.entry.post("?mode=upsert", example(internal_no=number, remark="另一份内容"))
    assert (other.status_code, other.json()["review"]) == (200, None)
    refused(await office.entry.act(document_id, "declare"), 409, "review_required")


async def test_many_at_once_need_their_reviews_too(office: Office) -> None:
    good, bad = await office.approved(), str((await office.entry.saved()).json()["id"])
    documents = [{"id": each, "version": (await office.entry.seen(each))["version"]} for each in (good, bad)]
    ordered = await office.entry.post("/batches", {"action": "declare", "documents": documents})
    assert ordered.status_code in (201, 202), ordered.text
    rows = await office.entry.worker_pool.fetch(
        "UPDATE jobs SET state = 'done' WHERE queue = $1 AND state = 'queued' RETURNING *", QUEUE
    )
    for row in rows:
        names = ("job_id", "queue", "lane", "dedupe_key", "tenant_id", "payload", "traceparent", "tries")
        await Doing(office.entry.pool, lambda: None).do(Job(**{name: row[name] for name in names}))
    states = [(await office.entry.seen(each))["state"] for each in (good, bad)]
    assert states == ["sending", "draft"]


async def test_who_edited_or_asked_does_not_approve(office: Office) -> None:
    document_id = str((await office.entry.saved()).json()["id"])
    seen = await office.entry.seen(document_id)
    edited = await office.reviewer.put(
        f"{URL}/{document_id}", json=seen["document"], headers={"if-match": seen["etag"]}
    )
    assert edited.status_code == 200
    await office.act(office.clerk, document_id, "review-requests")
    for who in (office.reviewer, office.clerk):
        refused(await office.act(who, document_id, "review-approvals"), 403, "own_review")


async def test_who_opened_the_round_does_not_approve_it(office: Office) -> None:
    document_id = await office.approved()
    await office.entry.act(document_id, "declare")
    await office.entry.told(document_id, "pre_deducted")
    opened = await office.act(office.reviewer, document_id, "cancellation-requests", {"reason": "不做了"})
    assert opened.json()["open_round"]["state"] == "draft"
    await office.act(office.clerk, document_id, "review-requests")
    refused(await office.act(office.reviewer, document_id, "review-approvals"), 403, "own_review")


async def test_a_review_of_a_withdrawn_round_is_gone(office: Office) -> None:
    document_id = await office.approved()
    await office.entry.act(document_id, "declare")
    await office.entry.told(document_id, "pre_deducted")
    await office.entry.act(document_id, "cancellation-requests", {"reason": "不做了"})
    await office.act(office.clerk, document_id, "review-requests")
    assert (await office.entry.act(document_id, "withdrawals")).json()["review"] is None
    refused(await office.act(office.reviewer, document_id, "review-approvals"), 409, "not_reviewable")
    # The same content in the next round was not looked at either.
    await office.entry.act(document_id, "cancellation-requests", {"reason": "还是不做了"})
    refused(await office.entry.act(document_id, "declare"), 409, "review_required")


async def test_a_review_asked_for_before_the_sending_is_not_granted_after_it(office: Office) -> None:
    document_id = str((await office.entry.saved()).json()["id"])
    await office.act(office.clerk, document_id, "review-requests")
    rule = f"/v1/review-rules/{office.entry.enterprise_id}/inventory"
    await office.clerk.put(rule, json={"required": False})
    assert (await office.entry.act(document_id, "declare")).status_code == 202
    await office.clerk.put(rule, json={"required": True})
    refused(await office.act(office.reviewer, document_id, "review-approvals"), 409, "not_reviewable")
