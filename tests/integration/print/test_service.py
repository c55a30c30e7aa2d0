"""print as a process beside a real entry: asking for a PDF, fetching it, and everything that goes wrong on the way."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import time
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx
import pytest
from pypdf import PdfReader

from backbone import compress, jobs, postgres
from backbone.ids import new_id
from contracts.events.work import PrintJobMoved
from contracts.permissions import DOCUMENT_PRINT, DOCUMENT_READ
from customs.documents import KINDS, Kind
from services.print import store
from services.print.worker import QUEUE, sweep
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS
from tests.support.print_service import (
    ENTERPRISE,
    EXAMPLES,
    TENANT,
    Office,
    document,
    refused,
)
from tests.support.service_process import running_service

MANY_LINES = 10_000


def test_a_draft_becomes_a_pdf(office: Office) -> None:
    draft = office.draft()
    asked = office.ask(draft["id"])
    assert asked.status_code == 202, asked.text
    path = asked.headers["location"]
    assert path == f"/v1/print-jobs/{asked.json()['id']}"
    job = office.ended(path)
    assert (job["state"], job["state_label"], job["progress"], job["error"]) == ("done", "已完成", 100, None)
    file = office.get(job["file"])
    assert file.status_code == 200
    assert file.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(file.content).hexdigest() == job["sha256"]
    assert len(file.content) == job["bytes"]
    name = unquote(file.headers["content-disposition"].split("filename*=UTF-8''")[1])
    assert name == job["file_name"] == f"保税核注清单_{draft['internal_no']}_v1.pdf"
    pages = PdfReader(io.BytesIO(file.content)).pages
    assert len(pages) == job["pages"]
    text = "".join(pages[0].extract_text().split())
    for said in ("保税核注清单（进口）", "状态：草稿", draft["internal_no"], "MAT-000002"):
        assert said in text
    metrics = httpx.get(f"{office.print.url}/metrics").text
    assert "print_pages_total" in metrics
    assert 'jobs_finished_total{queue="print",result="done"}' in metrics


def test_its_steps_are_told_to_who_asked(office: Office) -> None:
    asked = office.ask(office.draft()["id"])
    job_id = asked.json()["id"]
    office.ended(asked.headers["location"])

    async def told() -> list[PrintJobMoved]:
        pool = await postgres.create_pool(office.print_database.worker_dsn, name="test")
        try:
            rows = await pool.fetch("SELECT body FROM events WHERE key = $1 ORDER BY seq", job_id)
            return [PrintJobMoved.model_validate_json(row["body"]) for row in rows]
        finally:
            await pool.close()

    moves = asyncio.run(told())
    assert [moves[0].state, moves[1].state, moves[-1].state] == ["queued", "rendering", "done"]
    assert (moves[-1].done, moves[-1].total, moves[-1].owner_id) == (1, 1, "user-1")
    assert sorted({move.version for move in moves}) == [move.version for move in moves]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_kind_prints(office: Office, kind: Kind) -> None:
    body = json.loads((EXAMPLES / kind.name / "minimal-draft.json").read_text(encoding="utf-8"))
    body["head"]["internal_no"] = f"P-{uuid4().hex[:12]}"
    saved = httpx.post(
        f"{office.entry.url}/v1/{kind.url}",
        params={"enterprise_id": str(ENTERPRISE)},
        json=body,
        headers=office.headers(),
        timeout=60,
    )
    assert saved.status_code == 201, saved.text
    url = f"{office.print.url}/v1/{kind.url}/{saved.json()['id']}/print-jobs"
    asked = httpx.post(url, headers=office.headers(), timeout=60)
    assert asked.status_code == 202, asked.text
    job = office.ended(asked.headers["location"])
    assert (job["state"], job["kind"]) == ("done", kind.name)
    text = office.text(job)
    assert kind.label in text
    assert body["head"]["internal_no"] in text


def test_a_repeated_request_is_one_job(office: Office) -> None:
    draft, key = office.draft(), str(uuid4())
    first = office.ask(draft["id"], **{"idempotency-key": key})
    again = office.ask(draft["id"], **{"idempotency-key": key})
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert office.ask(draft["id"]).json()["id"] != first.json()["id"]


def test_bad_requests(office: Office) -> None:
    draft = office.draft()
    url = f"{office.print.url}/v1/inventories/{draft['id']}/print-jobs"
    headers = office.headers()
    del headers["idempotency-key"]
    refused(httpx.post(url, headers=headers), 400, "idempotency_key_missing")
    answer = httpx.post(url, headers=office.headers(), json={"copies": 2})
    (error,) = refused(answer, 422, "invalid_request")["errors"]
    assert (error["pointer"], error["code"]) == ("/copies", "unknown_field")
    refused(httpx.post(url, headers=office.headers(), content=b"{"), 422, "invalid_request")
    for order, pointer in (({"sheet": "envelope"}, "/sheet"), ({"version": "last"}, "/version")):
        (error,) = refused(office.ask(draft["id"], order), 422, "invalid_request")["errors"]
        assert error["pointer"] == pointer
    refused(office.ask(draft["id"], {"version": "approved"}), 404, "not_found")
    refused(office.ask(str(uuid4())), 404, "not_found")
    refused(office.ask("no-uuid"), 422, "invalid_request")
    unknown_kind = httpx.post(f"{office.print.url}/v1/parcels/{uuid4()}/print-jobs", headers=office.headers())
    refused(unknown_kind, 404, "not_found")


def test_who_may_not(office: Office) -> None:
    draft = office.draft()
    url = f"{office.print.url}/v1/inventories/{draft['id']}/print-jobs"
    refused(httpx.post(url), 401, "unauthenticated")
    refused(httpx.post(url, headers=office.headers(seconds=-60)), 401, "unauthenticated")
    refused(httpx.post(url, headers=office.headers(permissions=[DOCUMENT_READ])), 403, "forbidden")
    # Whoever may print but not read is told by entry what it tells everyone: no such document.
    refused(httpx.post(url, headers=office.headers(permissions=[DOCUMENT_PRINT])), 404, "not_found")
    refused(httpx.post(url, headers=office.headers(tenant_id=uuid4())), 404, "not_found")
    elsewhere = [
        {"permissions": [DOCUMENT_READ]},
        {"permissions": [DOCUMENT_PRINT], "enterprises": [str(uuid4())]},
    ]
    refused(httpx.post(url, headers=office.headers(grants=elsewhere)), 403, "forbidden")
    path = office.ask(draft["id"]).headers["location"]
    office.ended(path)
    for other in ({"tenant_id": uuid4()}, {"grants": elsewhere}):
        refused(office.get(path, **other), 404, "not_found")
        refused(office.get(f"{path}/file", **other), 404, "not_found")
        refused(office.delete(path, **other), 404, "not_found")
    assert office.get(f"{path}/file").status_code == 200


def test_ten_thousand_lines(office: Office) -> None:
    draft = office.draft(MANY_LINES)
    path = office.ask(draft["id"]).headers["location"]
    waiting = refused(office.get(f"{path}/file"), 409, "print_not_ready")
    assert waiting["hint"]
    job = office.ended(path)
    assert job["state"] == "done"
    reader = PdfReader(io.BytesIO(office.get(job["file"]).content))
    assert len(reader.pages) == job["pages"] > 200
    last = reader.pages[-1].extract_text() + reader.pages[-2].extract_text()
    assert f"MAT-{MANY_LINES:06d}" in last
    assert f"共 {job['pages']} 页" in last


def test_a_job_that_is_taken_back_leaves_nothing(office: Office) -> None:
    path = office.ask(office.draft(MANY_LINES)["id"]).headers["location"]
    while office.get(path).json()["state"] == "queued":
        time.sleep(0.02)
    assert office.delete(path).status_code == 204
    refused(office.get(path), 404, "not_found")
    refused(office.delete(path), 404, "not_found")
    # The lanes are free again, and of the job nothing is left on the disk.
    for _ in range(2):
        assert office.ended(office.ask(office.draft()["id"]).headers["location"])["state"] == "done"
    job_id = UUID(path.rpartition("/")[2])
    deadline = time.monotonic() + SECONDS
    while list(office.files.folder.glob(f"*/{job_id}.*")) or not _job_closed(office, job_id):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _job_closed(office: Office, job_id: UUID) -> bool:
    async def look() -> bool:
        pool = await postgres.create_pool(office.print_database.worker_dsn, name="test")
        state = await pool.fetchval("SELECT state FROM jobs WHERE dedupe_key = $1", str(job_id))
        await pool.close()
        return bool(state == "done")

    return asyncio.run(look())


def test_a_finished_job_that_is_removed_takes_its_file_along(office: Office) -> None:
    path = office.ask(office.draft()["id"]).headers["location"]
    office.ended(path)
    assert office.delete(path).status_code == 204
    refused(office.get(f"{path}/file"), 404, "not_found")
    assert not list(office.files.folder.glob(f"*/{path.rpartition('/')[2]}.*"))


def test_what_has_expired_is_swept(office: Office) -> None:
    path = office.ask(office.draft()["id"]).headers["location"]
    office.ended(path)
    job_id = UUID(path.rpartition("/")[2])
    stays = office.ask(office.draft()["id"]).headers["location"]
    office.ended(stays)

    async def swept() -> int:
        pool = await postgres.create_pool(office.print_database.worker_dsn, name="test")
        await pool.execute(
            "UPDATE print_jobs SET expires_at = now() - interval '1 second' WHERE print_job_id = $1", job_id
        )
        assert office.get(path).json()["state"] == "expired", "also before anybody swept"
        refused(office.get(f"{path}/file"), 410, "print_expired")
        assert office.files.path(job_id).exists()
        swept = await sweep(pool, office.files, 168)
        await pool.close()
        return swept

    async def forget() -> None:
        pool = await postgres.create_pool(office.print_database.worker_dsn, name="test")
        await pool.execute(
            "UPDATE print_jobs SET expires_at = now() - interval '31 days' WHERE print_job_id = $1", job_id
        )
        await sweep(pool, office.files, 168)
        assert not await pool.fetchval("SELECT true FROM print_jobs WHERE print_job_id = $1", job_id)
        await pool.close()

    assert asyncio.run(swept()) == 1
    assert not office.files.path(job_id).exists()
    told = office.get(path).json()
    assert (told["state"], told["state_label"], told["file"]) == ("expired", "已过期", None)
    refused(office.get(f"{path}/file"), 410, "print_expired")
    asyncio.run(forget())
    refused(office.get(path), 404, "not_found")
    assert office.get(f"{stays}/file").status_code == 200


def test_a_document_that_cannot_be_rendered_fails_with_words(office: Office) -> None:
    print_job_id = new_id()

    async def put() -> None:
        pool = await postgres.create_pool(office.print_database.worker_dsn, name="test")
        async with postgres.transaction(pool) as connection:
            job = store.NewPrintJob(
                print_job_id=print_job_id,
                tenant_id=TENANT,
                enterprise_id=ENTERPRISE,
                team_id=None,
                client_id=None,
                kind="inventory",
                document_id=new_id(),
                document_version=1,
                document_state="draft",
                file_name="坏.pdf",
                requested_by="test",
                payload=compress.pack(b"no json"),
            )
            await store.add(connection, job, keep_hours=1)
            await jobs.enqueue(
                connection, queue=QUEUE, lane="renderer-0", dedupe_key=str(print_job_id), tenant_id=TENANT
            )
        await pool.close()

    asyncio.run(put())
    job = office.ended(f"/v1/print-jobs/{print_job_id}")
    assert (job["state"], job["file"]) == ("failed", None)
    assert "重新打印" in job["error"]
    failed = refused(office.get(f"/v1/print-jobs/{print_job_id}/file"), 409, "print_failed")
    assert failed["detail"] == job["error"]


def test_a_kill_in_the_middle_costs_nothing(office: Office, servers: Servers, issuer: Issuer) -> None:
    database = servers.database("print")
    environment = {
        "JWKS_URL": issuer.jwks_url,
        "DATA_DIR": str(office.data),
        "ENTRY_URL": office.entry.url,
        "QUERY_URL": office.query.url,
    }
    draft = office.draft(MANY_LINES)
    with running_service("print", database, servers, environment) as first:
        there = Office(office.entry, office.query, first, database, office.data, issuer)
        path = there.ask(draft["id"]).headers["location"]
        while there.get(path).json()["state"] == "queued":
            time.sleep(0.02)
        first.process.kill()
        first.process.wait(10)
    with running_service("print", database, servers, environment) as second:
        there = Office(office.entry, office.query, second, database, office.data, issuer)
        job = there.ended(path)
        assert job["state"] == "done"
        content = there.get(job["file"]).content
        assert hashlib.sha256(content).hexdigest() == job["sha256"]


def test_entry_that_does_not_answer_is_said(office: Office, servers: Servers, issuer: Issuer) -> None:
    environment = {
        "JWKS_URL": issuer.jwks_url,
        "DATA_DIR": str(office.data),
        "ENTRY_URL": "http://127.0.0.1:9",
        "QUERY_URL": "http://127.0.0.1:9",
    }
    with running_service("print", servers.database("print"), servers, environment) as alone:
        there = Office(office.entry, office.query, alone, office.print_database, office.data, issuer)
        answer = there.ask(str(uuid4()))
        refused(answer, 503, "unavailable")
        assert answer.headers["retry-after"]
        ids = [str(uuid4()) for _ in range(9)]
        began = time.monotonic()
        batch = there.ask_many({"documents": ids}).json()
        assert time.monotonic() - began < SECONDS
        assert [item["problem"]["code"] for item in batch["items"]] == ["unavailable"] * 9


def test_no_content_of_documents_in_the_log(office: Office) -> None:
    draft = office.draft()
    office.ended(office.ask(draft["id"]).headers["location"])
    log = office.print.output()
    assert '"event":"printed"' in log
    for secret in (draft["internal_no"], "MAT-0000", document(1)["head"]["operating_name"], "Bearer"):
        assert secret not in log
