"""Many documents in one file: what is inside, what is skipped, attachments, ranges, cancelling, and who waits for whom."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
import zipfile
from typing import Any
from uuid import UUID, uuid4

import httpx
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from backbone import postgres
from contracts.permissions import DOCUMENT_READ
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS as PATIENCE
from tests.support.print_service import Office, refused
from tests.support.prints import bookmarks, names_in
from tests.support.service_process import running_service

MANY_LINES = 10_000


def bundle(office: Office, order: dict[str, Any], **token: Any) -> httpx.Response:
    return office.order("/v1/print-jobs", order, headers=office.headers(**token))


def of(*ids: str) -> list[dict[str, str]]:
    return [{"kind": "inventory", "id": each} for each in ids]


def attach(office: Office, draft: dict[str, Any], name: str, content: bytes) -> None:
    url = f"{office.entry.url}/v1/inventories/{draft['id']}"
    version = httpx.get(url, headers=office.headers()).headers["etag"]
    answer = httpx.post(
        f"{url}/attachments",
        params={"type": "invoice", "file_name": name},
        content=content,
        headers={**office.headers(), "if-match": version},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text


def acting_pdf() -> bytes:
    writer = PdfWriter()
    for _ in range(2):
        writer.add_blank_page(300, 200)
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    )
    writer.add_attachment("hidden.exe", b"MZ")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (400, 300), "red").save(data, "PNG")
    return data.getvalue()


def read(office: Office, job: dict[str, Any]) -> PdfReader:
    file = office.get(job["file"])
    assert file.status_code == 200
    assert hashlib.sha256(file.content).hexdigest() == job["sha256"]
    return PdfReader(io.BytesIO(file.content))


def text(reader: PdfReader, page: int) -> str:
    return "".join(reader.pages[page].extract_text().split())


def test_documents_become_one_file_with_bookmarks(office: Office) -> None:
    drafts = [office.draft(), office.draft(120), office.draft()]
    unknown = str(uuid4())
    asked = bundle(office, {"documents": of(drafts[0]["id"], unknown, drafts[1]["id"], drafts[2]["id"])})
    assert asked.status_code == 202, asked.text
    assert asked.headers["retry-after"] == "1"
    job = office.ended(asked.headers["location"])
    assert (job["state"], job["subject"], job["documents"], job["documents_done"]) == ("done", "bundle", 3, 3)
    assert job["rows"] >= 124
    (skipped,) = job["skipped"]
    assert (skipped["kind"], skipped["document_id"]) == ("inventory", unknown)
    assert skipped["reason"]
    reader = read(office, job)
    assert len(reader.pages) == job["pages"]
    marks = bookmarks(reader)
    numbers = [draft["internal_no"] for draft in drafts]
    titles = [title for title, _, _ in marks]
    assert titles == ["打印目录", *(f"保税核注清单 {number}" for number in numbers)]
    cover = text(reader, 0)
    for said in (*numbers, "单证3份", "未打印1份", skipped["reason"][:6]):
        assert said in cover
    for (_, _, page), number in zip(marks[1:], numbers, strict=True):
        assert number in text(reader, page)
        assert "第1页共" in text(reader, page), "every document counts its own pages"
    assert office.print_parts(UUID(job["id"])) == 0, "parts are not kept once the file is there"
    assert not list(office.files.folder.glob(f"*/{job['id']}.parts"))


def test_everything_in_a_list(office: Office) -> None:
    prefix = f"L{uuid4().hex[:6]}"
    ids = {office.named(f"{prefix}-{number}")["id"] for number in range(3)}
    order = {"query": {"kind": "inventory", "conditions": {"internal_no": prefix}}, "cover": False}
    deadline = time.monotonic() + PATIENCE
    while (asked := bundle(office, order)).status_code != 202 or asked.json()["documents"] != len(ids):
        assert time.monotonic() < deadline, asked.text
        time.sleep(0.3)
    job = office.ended(asked.headers["location"])
    reader = read(office, job)
    titles = {title for title, _, _ in bookmarks(reader)}
    assert titles == {f"保税核注清单 {prefix}-{number}" for number in range(3)}
    wrong = bundle(office, {"query": {"kind": "inventory", "conditions": {"colour": "red"}}})
    (error,) = refused(wrong, 422, "invalid_request")["errors"]
    assert (error["code"], error["pointer"]) == ("unknown_parameter", "/query/conditions/colour")
    nothing = bundle(office, {"query": {"kind": "inventory", "conditions": {"internal_no": "NOT-THERE"}}})
    refused(nothing, 422, "nothing_to_print")


def test_bad_bundles(office: Office) -> None:
    one = str(uuid4())
    bad: tuple[dict[str, Any], ...] = (
        {},
        {"documents": []},
        {"documents": of(one), "query": {"kind": "inventory"}},
        {"documents": [{"kind": "parcel", "id": one}]},
        {"documents": of(*(str(uuid4()) for _ in range(501)))},
        {"documents": of(one), "format": "docx"},
    )
    for order in bad:
        refused(bundle(office, order), 422, "invalid_request")
    strange = bundle(office, {"documents": of(one), "left_out": ["goods", "parcels"]})
    (error,) = refused(strange, 422, "invalid_request")["errors"]
    assert (error["code"], error["pointer"]) == ("not_one_of", "/left_out/1")
    refused(bundle(office, {"documents": of(one)}), 422, "nothing_to_print")
    refused(bundle(office, {"documents": of(one)}, permissions=[DOCUMENT_READ]), 403, "forbidden")


def test_attachments_follow_their_document_and_act_no_more(office: Office) -> None:
    draft, other = office.draft(), office.draft()
    attach(office, draft, "商业发票.pdf", acting_pdf())
    attach(office, draft, "照片.png", picture())
    encrypted = PdfWriter()
    encrypted.add_blank_page(100, 100)
    encrypted.encrypt("secret", algorithm="RC4-128")
    data = io.BytesIO()
    encrypted.write(data)
    attach(office, draft, "加密.pdf", data.getvalue())
    asked = bundle(office, {"documents": of(draft["id"], other["id"]), "attachments": True})
    job = office.ended(asked.headers["location"])
    assert job["state"] == "done", job
    reader = read(office, job)
    inner = [(title, page) for title, level, page in bookmarks(reader) if level]
    assert [title.split()[1] for title, _ in inner] == ["商业发票.pdf", "照片.png", "加密.pdf"]
    digest = hashlib.sha256(data.getvalue()).hexdigest()
    (_, first), (_, second), (title, third) = inner
    assert digest[:12] in title
    assert "文件已加密" in text(reader, third)
    assert digest in text(reader, third)
    assert second == first + 3, "facts and two pages"
    assert not names_in(reader) & {"/JavaScript", "/JS", "/OpenAction", "/EmbeddedFiles", "/Launch"}
    alone = office.ask(draft["id"], {"attachments": True})
    one = office.ended(alone.headers["location"])
    assert (one["document_id"], one["documents"], one["state"]) == (draft["id"], 1, "done")
    assert "附于本件之后" in "".join(text(read(office, one), number) for number in range(2))


def test_a_range_and_sections_left_out_are_said_on_the_page(office: Office) -> None:
    draft = office.draft(50)
    job = office.ended(
        office.ask(
            draft["id"], {"rows": {"first": 11, "last": 20}, "left_out": ["declaration_head"]}
        ).headers["location"]
    )
    reader = read(office, job)
    said = "".join(text(reader, number) for number in range(len(reader.pages)))
    assert "第11–20项，共50项" in said
    assert "MAT-000011" in said
    assert "MAT-000020" in said
    assert "MAT-000010" not in said
    assert "MAT-000021" not in said
    assert "本件未打印：" in said
    for order, pointer in (
        ({"rows": {"first": 51, "last": 60}}, "/rows/first"),
        ({"rows": {"first": 5, "last": 4}}, "/rows/last"),
        ({"rows": {"first": 1, "last": 2, "section": "head"}}, "/rows/section"),
        ({"left_out": ["head"]}, "/left_out/0"),
    ):
        (error,) = refused(office.ask(draft["id"], order), 422, "invalid_request")["errors"]
        assert error["pointer"] == pointer


def test_a_zip_has_a_pdf_for_each(office: Office) -> None:
    drafts = [office.draft(), office.draft()]
    attach(office, drafts[0], "照片.png", picture())
    asked = bundle(
        office, {"documents": of(*(draft["id"] for draft in drafts)), "attachments": True, "format": "zip"}
    )
    job = office.ended(asked.headers["location"])
    file = office.get(job["file"])
    assert file.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(file.content))
    cover, first, second = archive.namelist()
    assert cover == "000_打印目录.pdf"
    assert first == f"001_保税核注清单_{drafts[0]['internal_no']}_v2.pdf"
    assert second == f"002_保税核注清单_{drafts[1]['internal_no']}_v1.pdf"
    lengths = [len(PdfReader(io.BytesIO(archive.read(name))).pages) for name in archive.namelist()]
    assert sum(lengths) == job["pages"]
    assert lengths[1] == lengths[2] + 2


def test_only_who_asked_sees_a_bundle(office: Office) -> None:
    asked = bundle(office, {"documents": of(office.draft()["id"])})
    path = asked.headers["location"]
    job = office.ended(path)
    for other in ({"subject": "someone-else"}, {"tenant_id": uuid4()}):
        refused(office.get(path, **other), 404, "not_found")
        refused(office.get(f"{path}/file", **other), 404, "not_found")
        refused(office.delete(path, **other), 404, "not_found")
    mine = office.get("/v1/print-jobs?limit=1").json()
    assert [each["id"] for each in mine["items"]] == [job["id"]]
    before = office.get(f"/v1/print-jobs?limit=1&cursor={mine['next_cursor']}").json()
    assert before["items"][0]["id"] < job["id"]
    refused(
        office.get(f"/v1/print-jobs?batch_id={uuid4()}&cursor={mine['next_cursor']}"), 422, "invalid_request"
    )
    assert office.get("/v1/print-jobs", subject="someone-else").json()["items"] == []


def test_no_news_is_304(office: Office) -> None:
    path = office.ask(office.draft()["id"]).headers["location"]
    office.ended(path)
    known = office.get(path).headers["etag"]
    again = httpx.get(
        f"{office.print.url}{path}", headers={**office.headers(), "if-none-match": known}, timeout=60
    )
    assert (again.status_code, again.content) == (304, b"")
    other = {**office.headers(), "if-none-match": '"other"'}
    assert httpx.get(f"{office.print.url}{path}", headers=other, timeout=60).status_code == 200


def test_one_page_does_not_wait_for_ten_thousand_lines(office: Office) -> None:
    large = office.ask(office.draft(MANY_LINES)["id"]).headers["location"]
    small = [office.draft()["id"] for _ in range(4)]
    office.started(large)
    for each in small:
        assert office.ended(office.ask(each).headers["location"])["state"] == "done"
    assert office.get(large).json()["state"] == "rendering", "it was still at it"
    assert office.ended(large)["state"] == "done"


def test_cancelling_stops_a_job_and_tells_so(office: Office) -> None:
    draft = office.draft(MANY_LINES)
    asked = bundle(office, {"documents": of(office.draft()["id"], draft["id"])})
    path = asked.headers["location"]
    office.started(path)
    cancelled = office.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled"), cancelled.text
    assert cancelled.json()["state_label"] == "已取消"
    refused(office.get(f"{path}/file"), 409, "print_ended")
    assert office.post(f"{path}/cancel").status_code == 200, "again is the same"
    job_id = path.rpartition("/")[2]
    deadline = time.monotonic() + PATIENCE
    while list(office.files.folder.glob(f"*/{job_id}.*")) or office.print_parts(UUID(job_id)):
        assert time.monotonic() < deadline, "the renderer leaves something"
        time.sleep(0.1)
    assert office.get(path).json()["state"] == "cancelled"
    queued = office.ended(bundle(office, {"documents": of(office.draft()["id"])}).headers["location"])
    assert queued["state"] == "done", "the lane is free again"
    refused(office.post(f"/v1/print-jobs/{queued['id']}/cancel"), 409, "print_ended")


def test_a_kill_in_the_middle_of_a_bundle_costs_nothing(
    office: Office, servers: Servers, issuer: Issuer
) -> None:
    database = servers.database("print")
    environment = {
        "JWKS_URL": issuer.jwks_url,
        "DATA_DIR": str(office.data),
        "ENTRY_URL": office.entry.url,
        "QUERY_URL": office.query.url,
    }
    drafts = [office.draft(), office.draft(MANY_LINES), office.draft()]
    attach(office, drafts[0], "照片.png", picture())
    with running_service("print", database, servers, environment) as first:
        there = Office(office.entry, office.query, first, database, office.data, issuer)
        order = {"documents": of(*(draft["id"] for draft in drafts)), "attachments": True}
        path = bundle(there, order).headers["location"]
        while there.get(path).json()["documents_done"] == 0:
            time.sleep(0.02)
        first.process.kill()
        first.process.wait(10)
    finished = {
        each.name: each.stat().st_mtime_ns for each in office.files.folder.glob("*/*.parts/0000*-*.pdf")
    }
    assert finished, "what was finished before the kill is still there"
    with running_service("print", database, servers, environment) as second:
        there = Office(office.entry, office.query, second, database, office.data, issuer)
        job = there.ended(path)
        assert (job["state"], job["documents_done"]) == ("done", 3)
        reader = read(there, job)
        assert len(reader.pages) == job["pages"] > 200
        assert [level for _, level, _ in bookmarks(reader)] == [0, 0, 1, 0, 0]

    async def jobs_of() -> int:
        pool = await postgres.create_pool(database.worker_dsn, name="test")
        count = await pool.fetchval("SELECT count(*) FROM print_jobs")
        await pool.close()
        return int(count)

    assert asyncio.run(jobs_of()) == 1


def test_too_many_rows_are_refused(office: Office) -> None:
    drafts = [office.draft(MANY_LINES)["id"] for _ in range(11)]
    answer = bundle(office, {"documents": of(*drafts)})
    problem = refused(answer, 422, "too_much_to_print")
    assert "100000" in problem["hint"]
    assert not list(office.files.folder.glob("*/*.parts")), "nothing stays of what was refused"


def test_a_repeated_bundle_is_one_job(office: Office) -> None:
    order = {"documents": of(office.draft()["id"])}
    url, headers = f"{office.print.url}/v1/print-jobs", office.headers()
    first = httpx.post(url, headers=headers, json=order, timeout=60)
    again = httpx.post(url, headers=headers, json=order, timeout=60)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
