"""print as a process beside a real entry: asking for a PDF, fetching it, and everything that goes wrong on the way."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import httpx
import pytest
from pypdf import PdfReader

from backbone import compress, jobs, postgres
from backbone.ids import new_id
from backbone.migrate import Database
from contracts.events import Event
from contracts.events.event import Route
from contracts.permissions import DOCUMENT_PRINT, DOCUMENT_READ
from services.entry.store import Enterprise, remember_enterprise
from services.print import store
from services.print.files import Files
from services.print.worker import QUEUE, Sweeper
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.publishing import publish
from tests.support.receipts_bench import example
from tests.support.service_process import ServiceProcess, running_service

EXAMPLE = Path(__file__).resolve().parents[2] / "contracts/examples/inventory/import.json"
MANY_LINES = 10_000
SECONDS = 60.0
TENANT, ENTERPRISE = uuid4(), new_id()


@dataclass(frozen=True)
class Office:
    """Both services, and where print keeps its files."""

    entry: ServiceProcess
    query: ServiceProcess
    print: ServiceProcess
    print_database: Database
    data: Path
    issuer: Issuer

    @property
    def files(self) -> Files:
        return Files(self.data / "print" / "files")

    def headers(self, **token: Any) -> dict[str, str]:
        given = self.issuer.token(token.pop("tenant_id", TENANT), **token)
        return {"authorization": f"Bearer {given}", "idempotency-key": str(uuid4())}

    def draft(self, lines: int = 2) -> dict[str, Any]:
        body = document(lines)
        answer = httpx.post(
            f"{self.entry.url}/v1/inventories",
            params={"enterprise_id": str(ENTERPRISE)},
            content=json.dumps(body),
            headers=self.headers(),
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def ask(self, document_id: str, order: dict[str, Any] | None = None, /, **headers: str) -> httpx.Response:
        url = f"{self.print.url}/v1/inventories/{document_id}/print-jobs"
        return httpx.post(url, headers={**self.headers(), **headers}, json=order or {}, timeout=60)

    def ask_many(self, order: dict[str, Any], **token: Any) -> httpx.Response:
        url = f"{self.print.url}/v1/inventories/print-jobs"
        return httpx.post(url, headers=self.headers(**token), json=order, timeout=60)

    def text(self, job: dict[str, Any]) -> str:
        """What the first page says, without blanks."""
        pages = PdfReader(io.BytesIO(self.get(job["file"]).content)).pages
        return "".join(pages[0].extract_text().split())

    def get(self, path: str, **token: Any) -> httpx.Response:
        return httpx.get(f"{self.print.url}{path}", headers=self.headers(**token), timeout=60)

    def delete(self, path: str, **token: Any) -> httpx.Response:
        return httpx.delete(f"{self.print.url}{path}", headers=self.headers(**token))

    def ended(self, path: str) -> dict[str, Any]:
        """The job once it is done or failed."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.get(path).json()
            if job["state"] in ("done", "failed"):
                return job
            time.sleep(0.1)
        raise AssertionError(f"still {job['state']}\n{self.print.output()[-2000:]}")


def document(lines: int) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    body["head"]["internal_no"] = f"P-{uuid4().hex[:12]}"
    row = body["goods"][0]
    row.pop("entry_line_no", None)
    body["goods"] = [{**row, "line_no": n, "material_no": f"MAT-{n:06d}"} for n in range(1, lines + 1)]
    return body


async def register(database: Database) -> None:
    head = document(1)["head"]
    route = Route(
        mailbox="m1",
        sender_id="DXPENT0000000001",
        receiver_id="DXPEDCSAS0000001",
        sys_id="Z8",
        operator_customs_code=head["declaring_code"],
    )
    enterprise = Enterprise(
        ENTERPRISE, head["declaring_name"], head["declaring_code"], head["declaring_uscc"], "active", route
    )
    pool = await postgres.create_pool(database.worker_dsn, name="test")
    async with postgres.transaction(pool) as connection:
        await remember_enterprise(connection, TENANT, 1, enterprise)
    await pool.close()


async def read_afresh(database: Database) -> None:
    # Kafka outlives the databases of a test run, and with it the offsets of groups other tests have used.
    connection = await postgres.connect(database.worker_dsn, name="test")
    await connection.execute("UPDATE views SET generation = $1", random.randrange(1_000, 1_000_000))
    await connection.close()


@pytest.fixture(scope="module")
def office(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("print-data")
    entry_database, print_database = servers.database("entry"), servers.database("print")
    asyncio.run(register(entry_database))
    with ExitStack() as stack:
        environment = {"JWKS_URL": issuer.jwks_url, "DATA_DIR": str(data)}
        entry = stack.enter_context(running_service("entry", entry_database, servers, environment))
        query_database = servers.database("query")
        asyncio.run(read_afresh(query_database))
        query = stack.enter_context(running_service("query", query_database, servers, environment))
        upstreams = {"ENTRY_URL": entry.url, "QUERY_URL": query.url}
        printing = stack.enter_context(
            running_service("print", print_database, servers, {**environment, **upstreams})
        )
        yield Office(entry, query, printing, print_database, data, issuer)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    content: dict[str, Any] = answer.json()
    assert content["code"] == code
    assert content["title"]
    return content


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
    refused(office.get("/v1/print-jobs"), 422, "invalid_request")
    refused(office.get(f"/v1/print-jobs?batch_id={uuid4()}"), 404, "not_found")


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

    async def sweep() -> int:
        pool = await postgres.create_pool(office.print_database.worker_dsn, name="test")
        await pool.execute(
            "UPDATE print_jobs SET expires_at = now() - interval '1 second' WHERE print_job_id = $1", job_id
        )
        refused(office.get(path), 404, "not_found")
        swept = await Sweeper(pool, office.files, 168).sweep()
        assert not await pool.fetchval("SELECT true FROM print_jobs WHERE print_job_id = $1", job_id)
        await pool.close()
        return swept

    assert asyncio.run(sweep()) == 1
    assert not office.files.path(job_id).exists()
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
