"""Attachments over HTTP on real PostgreSQL and a real folder: what goes on, what is refused, and what is never left behind."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.requests import ClientDisconnect

from backbone.migrate import Database
from backbone.objects import intake_of, store_of
from contracts.permissions import DOCUMENT_READ
from services.entry.attachments import keeping
from services.entry.attachments.attachments_api import Files
from tests.support.entry_service import Entry, on, refused
from tests.support.files import object_settings, sample
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def entry(database: Database, issuer: Issuer, tmp_path: Path) -> AsyncIterator[Entry]:
    settings = object_settings(data_dir=tmp_path)
    async with on(database, issuer, Files(store_of(settings), intake_of(settings))) as made:
        yield made


class Scene:
    """A saved document, and uploads to it at its newest version."""

    def __init__(self, entry: Entry, made: httpx.Response) -> None:
        self.entry = entry
        self.id: str = made.json()["id"]
        self.path = made.headers["location"]
        self.seen = made.headers["etag"]

    async def send(self, content: Any, name: str, code: str = "invoice", **headers: str) -> httpx.Response:
        sent = {
            "idempotency-key": str(uuid4()),
            "if-match": self.seen,
            "content-type": "text/html",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        answer = await self.entry.client.post(
            f"{self.path}/attachments",
            content=content,
            params={"type": code, "file_name": name},
            headers=sent,
        )
        self.seen = answer.headers.get("etag", self.seen)
        return answer

    async def off(self, attachment: httpx.Response, **headers: str) -> httpx.Response:
        answer = await self.entry.client.delete(
            attachment.headers["location"], headers={"if-match": self.seen, **headers}
        )
        self.seen = answer.headers.get("etag", self.seen)
        return answer

    async def state(self, state: str, **columns: object) -> None:
        """Stand in a state that customs would lead to."""
        names = {"state": state, **columns}
        assignments = ", ".join(f"{name} = ${n}" for n, name in enumerate(names, 2))
        await self.entry.worker_pool.execute(
            f"UPDATE documents SET {assignments} WHERE document_id = $1", self.id, *names.values()
        )

    async def listed(self) -> dict[str, Any]:
        answer = await self.entry.client.get(f"{self.path}/attachments")
        content: dict[str, Any] = answer.json()
        return content


@pytest.fixture
async def scene(entry: Entry) -> Scene:
    return Scene(entry, await entry.saved())


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_put_on_listed_read_back_and_told(scene: Scene) -> None:
    content = sample("pdf", 700_000)
    made = await scene.send(content, "发票 2026-01.pdf")
    assert (made.status_code, made.headers["etag"]) == (201, '"2"')
    told = made.json()
    assert (told["type"], told["type_label"], told["media_type"]) == ("invoice", "发票", "application/pdf")
    assert (told["size"], told["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    listed = await scene.listed()
    assert [each["id"] for each in listed["items"]] == [told["id"]]
    assert listed["bytes"] == len(content)
    assert listed["limits"]["bytes"] == keeping.MOST_BYTES
    read = await scene.entry.client.get(made.headers["location"])
    assert read.content == content
    assert read.headers["content-disposition"].startswith('attachment; filename="___2026-01.pdf"')
    assert "filename*=UTF-8''%E5%8F%91" in read.headers["content-disposition"]
    assert (read.headers["x-content-type-options"], read.headers["content-security-policy"]) == (
        "nosniff",
        "sandbox",
    )
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert read.headers["repr-digest"] == f"sha-256=:{digest}:"
    event = (await scene.entry.events(scene.id))[-1]
    assert (event["type"], event["version"], event["attachments"]) == ("document.attached.v1", 2, 1)
    assert event["attachment"]["sha256"] == told["sha256"]
    row = (await scene.entry.client.get(scene.path)).json()
    assert row["version"] == 2


async def test_the_same_bytes_are_one_attachment(scene: Scene, tmp_path: Path) -> None:
    content = sample("png")
    first = await scene.send(content, "箱单.png", "packing_list")
    again = await scene.send(content, "别名.png", "other")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]
    assert len(_files(tmp_path)) == 1
    assert (await scene.off(first)).status_code == 204
    back = await scene.send(content, "箱单.png", "packing_list")
    assert back.status_code == 201
    assert back.json()["id"] != first.json()["id"]


async def test_the_same_key_is_the_same_upload(scene: Scene) -> None:
    content, seen = sample("jpg"), scene.seen
    first = await scene.send(content, "a.jpg", idempotency_key="once", if_match=seen)
    again = await scene.send(content, "a.jpg", idempotency_key="once", if_match=seen)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    refused(
        await scene.send(sample("jpg"), "a.jpg", idempotency_key="once", if_match=seen),
        422,
        "idempotency_key_reused",
    )


async def test_taken_off_but_kept(scene: Scene) -> None:
    content = sample("docx")
    made = await scene.send(content, "合同.docx", "contract")
    gone = await scene.off(made)
    assert (gone.status_code, gone.headers["etag"]) == (204, '"3"')
    assert (await scene.listed())["items"] == []
    assert (await scene.entry.client.get(made.headers["location"])).content == content
    event = (await scene.entry.events(scene.id))[-1]
    assert (event["type"], event["version"], event["attachments"]) == ("document.detached.v1", 3, 0)
    refused(await scene.off(made), 404, "not_found")


async def test_a_name_that_lies_and_a_type_nobody_takes(scene: Scene, tmp_path: Path) -> None:
    lie = refused(await scene.send(sample("png"), "发票.pdf"), 422, "attachment_type_differs")
    assert "PDF" in lie["detail"]
    assert "PNG" in lie["detail"]
    refused(await scene.send(b"MZ\x90\x00 program", "发票.pdf"), 415, "attachment_type_unknown")
    refused(await scene.send(b"", "发票.pdf"), 422, "attachment_empty")
    assert _files(tmp_path) == []


@pytest.mark.parametrize(
    ("parameters", "pointers"),
    [
        ({}, {"/type", "/file_name"}),
        ({"type": "recipe", "file_name": "../a.pdf"}, {"/type", "/file_name"}),
        ({"type": "invoice", "file_name": "a\u202efdp.exe"}, {"/file_name"}),
        ({"type": "invoice", "file_name": "a.pdf", "more": "1"}, {"/more"}),
    ],
)
async def test_wrong_parameters_are_told_at_once(
    scene: Scene, parameters: dict[str, str], pointers: set[str]
) -> None:
    answer = await scene.entry.client.post(
        f"{scene.path}/attachments",
        params=parameters,
        content=sample("pdf"),
        headers={"idempotency-key": "p", "if-match": scene.seen},
    )
    assert {error["pointer"] for error in refused(answer, 422, "invalid_request")["errors"]} == pointers


async def test_a_file_beyond_the_bound_is_refused_and_never_fills_the_disk(
    scene: Scene, tmp_path: Path
) -> None:
    most = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal most
        yield b"%PDF-1.7\n"
        for _ in range(20):
            yield b"x" * 1_000_000
            await asyncio.sleep(0)
            most = max(most, *(path.stat().st_size for path in _files(tmp_path)))

    refused(await scene.send(endless(), "a.pdf"), 413, "attachment_too_large")
    assert 0 < most <= keeping.MOST_BYTES
    assert _files(tmp_path) == []
    whole = await scene.send(sample("pdf", keeping.MOST_BYTES), "a.pdf")
    assert whole.status_code == 201


async def test_an_upload_that_breaks_leaves_nothing(scene: Scene, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7\n" + b"x" * 1_000_000
        assert _files(tmp_path)
        raise ClientDisconnect

    refused(await scene.send(broken(), "a.pdf"), 400, "upload_broken")
    assert _files(tmp_path) == []
    assert (await scene.listed())["items"] == []


async def test_a_document_holds_so_much(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FILES", 2)
    first = await scene.send(sample("pdf", 3000), "1.pdf")
    await scene.send(sample("pdf", 3000), "2.pdf")
    refused(await scene.send(sample("pdf"), "3.pdf"), 409, "attachments_full")
    await scene.off(first)
    monkeypatch.setattr(keeping, "MOST_BYTES_OF_DOCUMENT", 5000)
    refused(await scene.send(sample("pdf", 3000), "3.pdf"), 409, "attachments_full")
    assert (await scene.send(sample("pdf", 2000), "3.pdf")).status_code == 201


async def test_of_two_clerks_at_once_one_looks_again(scene: Scene) -> None:
    seen = scene.seen
    answers = await asyncio.gather(*(scene.send(sample("pdf"), f"{n}.pdf", if_match=seen) for n in range(2)))
    assert sorted(each.status_code for each in answers) == [201, 412]
    assert len((await scene.listed())["items"]) == 1
    missing = await scene.entry.client.post(
        f"{scene.path}/attachments",
        params={"type": "other", "file_name": "a.pdf"},
        content=sample("pdf"),
        headers={"idempotency-key": "k"},
    )
    refused(missing, 428, "if_match_missing")


async def test_a_refused_upload_keeps_no_bytes(scene: Scene, tmp_path: Path) -> None:
    refused(await scene.send(sample("pdf"), "a.pdf", if_match='"7"'), 412, "stale_version")
    await scene.state("deducted")
    refused(await scene.send(sample("pdf"), "a.pdf"), 409, "not_attachable")
    assert _files(tmp_path) == []


async def test_when_files_may_come_and_go(scene: Scene) -> None:
    made = await scene.send(sample("tif"), "a.tif")
    await scene.state("sending")
    why = refused(await scene.off(made), 409, "not_detachable")
    assert "发送中" in why["detail"]
    late = await scene.send(sample("tif"), "b.tif")
    assert late.status_code == 201
    await scene.state("pre_deducted")
    refused(await scene.off(made), 409, "not_detachable")
    await scene.state("pre_deducted", round_no=2, round_purpose="change", round_state="sending")
    refused(await scene.off(made), 409, "not_detachable")
    await scene.state("pre_deducted", round_state="returned")
    assert (await scene.off(made)).status_code == 204
    await scene.state("pre_deducted", round_purpose="cancellation", round_state="returned")
    refused(await scene.off(late), 409, "not_detachable")


async def test_who_may_not(scene: Scene) -> None:
    made = await scene.send(sample("ofd"), "a.ofd")
    issuer, entry = scene.entry.issuer, scene.entry
    stranger = entry.client_of(issuer.token(uuid4()))
    refused(await stranger.get(made.headers["location"]), 404, "not_found")
    refused(await stranger.get(f"{scene.path}/attachments"), 404, "not_found")
    reader = entry.client_of(issuer.token(entry.tenant_id, permissions=[DOCUMENT_READ]))
    assert (await reader.get(made.headers["location"])).status_code == 200
    refused(
        await reader.post(
            f"{scene.path}/attachments",
            params={"type": "other", "file_name": "a.pdf"},
            content=sample("pdf"),
            headers={"idempotency-key": "k", "if-match": scene.seen},
        ),
        403,
        "forbidden",
    )
    refused(await reader.delete(made.headers["location"], headers={"if-match": scene.seen}), 403, "forbidden")
    other = Scene(entry, await entry.saved())
    elsewhere = made.headers["location"].replace(scene.id, other.id)
    refused(await entry.client.get(elsewhere), 404, "not_found")


async def test_bytes_that_were_lost_are_told(scene: Scene, tmp_path: Path) -> None:
    made = await scene.send(sample("xlsx"), "a.xlsx")
    for path in _files(tmp_path):
        path.unlink()
    refused(await scene.entry.client.get(made.headers["location"]), 404, "not_found")
