"""Workbooks over HTTP on real PostgreSQL, read and written by real processes of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import orjson
import pytest

from backbone.migrate import Database
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from customs.documents import KINDS, Profile, check
from customs.sheets.writing import write_document
from services.entry.drafts import imports_api
from services.entry.sheets import workbooks
from tests.support.entry_service import URL, Entry, example, on, refused
from tests.support.issuer import Issuer
from tests.support.workbooks import error, number, sheet_xml, table_of, text, workbook

pytestmark = pytest.mark.anyio
INVENTORY = KINDS["inventory"]
HEADINGS = ["料号", "商品编码", "品名", "申报数量"]


@pytest.fixture
async def entry(database: Database, issuer: Issuer) -> AsyncIterator[Entry]:
    async with on(database, issuer) as made:
        mounted = {getattr(route, "path", "") for route in made.app.routes}
        for kind in KINDS.values():
            if f"/v1/{kind.url}/imports" not in mounted:
                made.app.include_router(imports_api.routes(kind, made.pool, _no))
        yield made


def _no() -> None: ...


def _book(document: Mapping[str, Any], tmp: Any) -> bytes:
    target = tmp / f"{uuid4().hex}.xlsx"
    write_document(target, INVENTORY, document)
    content: bytes = target.read_bytes()
    return content


async def _send(
    entry: Entry, data: bytes, path: str = "", seen: str | None = None, **params: str
) -> httpx.Response:
    headers = {"idempotency-key": str(uuid4()), "content-type": imports_api.XLSX}
    if seen is not None:
        headers["if-match"] = seen
    return await entry.client.post(f"{URL}{path}/imports", content=data, params=params, headers=headers)


def _normal(document: Mapping[str, Any]) -> Any:
    return check(INVENTORY, document, Profile.SAVE).document


def _goods(*rows: list[str | None]) -> bytes:
    return table_of(HEADINGS, *rows)


def _good(material: str) -> list[str | None]:
    return [text(material), number("8471701000"), text("硬盘"), number("5")]


def _bad(material: str) -> list[str | None]:
    return [text(material), number("84717"), text("硬盘"), error("#N/A")]


async def test_out_and_in_again(entry: Entry) -> None:
    made = await entry.saved()
    out = await entry.client.get(f"{made.headers['location']}/export.xlsx")
    assert out.status_code == 200
    assert out.headers["content-type"] == imports_api.XLSX
    number_ = made.json()["document"]["head"]["internal_no"]
    assert (
        unquote(out.headers["content-disposition"].partition("UTF-8''")[2]) == f"保税核注清单{number_}.xlsx"
    )
    into = await _send(entry, out.content, f"/{made.json()['id']}", made.headers["etag"], mode="all")
    assert into.status_code == 200, into.text
    assert into.headers["etag"] == '"2"'
    seen = await entry.seen(made.json()["id"])
    assert seen["document"] == made.json()["document"]
    taken = await _send(entry, out.content, mode="all")
    refused(taken, 409, "internal_number_taken")


async def test_a_workbook_becomes_a_draft_once(entry: Entry, tmp_path: Any) -> None:
    document = example()
    data = _book(document, tmp_path)
    shown = await _send(entry, data)
    assert shown.status_code == 200, shown.text
    report = shown.json()
    assert (report["mode"], report["ok"], report["errors"]) == ("preview", True, [])
    assert [each["section"] for each in report["sheets"]][:2] == ["head", "goods"]
    key = {"idempotency-key": "once", "content-type": imports_api.XLSX}
    first = await entry.client.post(f"{URL}/imports", params={"mode": "all"}, content=data, headers=key)
    assert first.status_code == 201, first.text
    again = await entry.client.post(f"{URL}/imports", params={"mode": "all"}, content=data, headers=key)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert again.headers["idempotency-replayed"] == "true"
    saved = (await entry.client.get(first.headers["location"])).json()
    assert saved["document"]["goods"] == _normal(document)["goods"]
    assert [each["type"] for each in await entry.events(saved["id"])] == ["document.saved.v1"]


async def test_nothing_is_imported_unless_all_is_right(entry: Entry) -> None:
    made = await entry.saved()
    book = _goods(_good("A"), _bad("B"), _good("C"))
    one = f"/{made.json()['id']}"
    shown = (await _send(entry, book, one, made.headers["etag"])).json()
    places = [(each["sheet"], each["cell"], each["pointer"], each["code"]) for each in shown["errors"]]
    assert places == [
        ("Sheet1", "B3", "/goods/1/hs_code", "code_became_number"),
        ("Sheet1", "D3", "/goods/1/quantity", "cell_error"),
    ]
    assert all(each["message"] and each["hint"] for each in shown["errors"])
    whole = refused(await _send(entry, book, one, made.headers["etag"], mode="all"), 422, "invalid_request")
    assert [each["cell"] for each in whole["errors"]] == ["B3", "D3"]
    assert (await entry.seen(made.json()["id"]))["version"] == 1
    good = await _send(entry, book, one, made.headers["etag"], mode="good-rows")
    assert good.status_code == 200, good.text
    (sheet,) = good.json()["import"]["sheets"]
    assert (sheet["rows"], sheet["rows_left_out"]) == (3, [3])
    goods = (await entry.seen(made.json()["id"]))["document"]["goods"]
    assert [(row["line_no"], row["material_no"]) for row in goods] == [(1, "A"), (2, "C")]


async def test_what_only_the_check_finds_has_its_cell_too(entry: Entry) -> None:
    made = await entry.saved()
    long: list[str | None] = [text("A" * 33), number("8471701000"), text("硬盘"), number("5")]
    book = _goods(_good("A"), long)
    one = f"/{made.json()['id']}"
    errors = refused(await _send(entry, book, one, made.headers["etag"], mode="all"), 422, "invalid_request")
    assert [(each["cell"], each["code"]) for each in errors["errors"]] == [("A3", "too_long")]
    good = await _send(entry, book, one, made.headers["etag"], mode="good-rows", rows="append")
    assert good.status_code == 200, good.text
    goods = (await entry.seen(made.json()["id"]))["document"]["goods"]
    assert [row["material_no"] for row in goods][-1] == "A"
    assert len(goods) == len(made.json()["document"]["goods"]) + 1
    assert goods[-1]["line_no"] == goods[-2]["line_no"] + 1


async def test_good_rows_do_not_hide_a_bad_head(entry: Entry, tmp_path: Any) -> None:
    document = example(material_mark="Z")
    answer = await _send(entry, _book(document, tmp_path), mode="good-rows")
    errors = refused(answer, 422, "invalid_request")["errors"]
    assert [(each["sheet"], each["pointer"], each["code"]) for each in errors] == [
        ("表头", "/head/material_mark", "unknown_code")
    ]
    assert errors[0]["cell"].startswith("B")
    all_bad = await _send(entry, _goods(_bad("A")), mode="good-rows")
    refused(all_bad, 422, "invalid_request")


async def test_many_errors_and_good_rows(entry: Entry) -> None:
    made = await entry.saved()
    long: list[str | None] = [text("A" * 33), number("8471701000"), text("硬盘"), number("-5")]
    rows = [_good(str(n)) if n % 4 == 0 else long for n in range(2_000)]
    good = await _send(entry, _goods(*rows), f"/{made.json()['id']}", made.headers["etag"], mode="good-rows")
    assert good.status_code == 200, good.text
    goods = (await entry.seen(made.json()["id"]))["document"]["goods"]
    assert [row["line_no"] for row in goods] == list(range(1, 501))
    assert len(good.json()["import"]["errors"]) == 1_001


async def test_versions_states_and_keys(entry: Entry) -> None:
    made = await entry.saved()
    one, book = f"/{made.json()['id']}", _goods(_good("A"))
    refused(await _send(entry, book, one), 428, "if_match_missing")
    refused(await _send(entry, book, one, '"7"', mode="all"), 412, "stale_version")
    refused(await _send(entry, book, one, '"7"'), 412, "stale_version")
    await entry.worker_pool.execute(
        "UPDATE documents SET state = 'sending' WHERE document_id = $1", made.json()["id"]
    )
    refused(await _send(entry, book, one, made.headers["etag"]), 409, "not_editable")
    missing = await entry.client.post(f"{URL}/imports", params={"mode": "all"}, content=book)
    refused(missing, 400, "idempotency_key_missing")
    wrong = await entry.client.post(f"{URL}/imports", params={"mode": "some", "rows": "append"}, content=book)
    assert {each["pointer"] for each in refused(wrong, 422, "invalid_request")["errors"]} == {
        "/mode",
        "/rows",
    }


async def test_files_that_are_refused(entry: Entry) -> None:
    refused(await _send(entry, b"not a book"), 422, "unreadable_workbook")
    refused(await _send(entry, b""), 422, "invalid_request")
    json = await entry.client.post(
        f"{URL}/imports", content=b"{}", headers={"content-type": "application/json"}
    )
    refused(json, 415, "unsupported_media_type")
    refused(await _send(entry, b"PK\x03\x04" + b"\0" * 16 * 1024 * 1024), 422, "unreadable_workbook")


async def test_a_file_that_eats_memory_or_time_ends_its_own_process(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "_SECONDS", 0.05)
    refused(await _send(entry, _goods(_good("A"))), 422, "workbook_failed")
    monkeypatch.undo()
    rows = "".join(f'<row r="{n}"><c r="AZ{n}"><v>1</v></c></row>' for n in range(3, 200_000))
    xml = sheet_xml([[text("料号"), text("品名")], _good("A")[:2]]).replace(
        "</sheetData>", f"{rows}</sheetData>"
    )
    shown = await _send(entry, workbook({"表体": xml}))
    assert shown.status_code == 200, shown.text
    assert shown.json()["sheets"][0]["rows"] == 1


async def test_a_customers_headings_are_kept(entry: Entry, issuer: Issuer) -> None:
    client_id = str(uuid4())
    book = table_of(["甲列", "乙列", "备忘"], [text("M-1"), text("硬盘"), text("x")])
    made = await entry.client.post(
        URL,
        content=orjson.dumps(example()),
        params={"client_id": client_id},
        headers={"idempotency-key": str(uuid4())},
    )
    one, seen = f"/{made.json()['id']}", made.headers["etag"]
    nothing = (await _send(entry, book, one, seen)).json()
    assert (nothing["ok"], [each["code"] for each in nothing["errors"]]) == (False, ["nothing_to_import"])
    path = f"{URL}/imports/mappings/goods"
    mapping = {"sheet": None, "columns": {"甲列": "material_no", "乙列": "name", "备忘": None}}
    kept = await entry.client.put(path, json=mapping, params={"client_id": client_id})
    assert kept.status_code == 200, kept.text
    done = await _send(entry, book, one, seen, mode="all")
    assert done.status_code == 200, done.text
    (sheet,) = done.json()["import"]["sheets"]
    assert sheet["mapping"]["columns"] == mapping["columns"]
    assert {each["by"] for each in sheet["columns"]} == {"mapping"}
    assert (await entry.seen(made.json()["id"]))["document"]["goods"] == [
        {"line_no": 1, "material_no": "M-1", "name": "硬盘"}
    ]
    listed = (await entry.client.get(f"{URL}/imports/mappings", params={"client_id": client_id})).json()[
        "items"
    ]
    assert [(each["section"], each["columns"]) for each in listed] == [("goods", mapping["columns"])]
    assert (await entry.client.get(f"{URL}/imports/mappings")).json()["items"] == []
    wrong = await entry.client.put(path, json={"columns": {"甲列": "passed_quantity"}})
    assert [each["pointer"] for each in refused(wrong, 422, "invalid_request")["errors"]] == ["/columns/甲列"]
    refused(await entry.client.put(f"{URL}/imports/mappings/nothing", json=mapping), 404, "not_found")
    stranger = entry.client_of(issuer.token(uuid4()))
    assert (await stranger.get(f"{URL}/imports/mappings", params={"client_id": client_id})).json()[
        "items"
    ] == []
    assert (await entry.client.delete(path, params={"client_id": client_id})).status_code == 204
    refused(await entry.client.delete(path, params={"client_id": client_id}), 404, "not_found")


async def test_who_may(entry: Entry, issuer: Issuer) -> None:
    made = await entry.saved()
    book = _goods(_good("A"))
    reader = entry.client_of(issuer.token(entry.tenant_id, permissions=[DOCUMENT_READ]))
    assert (await reader.get(f"{made.headers['location']}/export.xlsx")).status_code == 200
    headers = {"idempotency-key": "k", "if-match": made.headers["etag"]}
    for path in (f"{URL}/imports", f"{made.headers['location']}/imports"):
        refused(
            await reader.post(path, content=book, params={"mode": "all"}, headers=headers), 403, "forbidden"
        )
    refused(await reader.put(f"{URL}/imports/mappings/goods", json={"columns": {}}), 403, "forbidden")
    stranger = entry.client_of(issuer.token(uuid4()))
    refused(await stranger.get(f"{made.headers['location']}/export.xlsx"), 404, "not_found")
    refused(
        await stranger.post(f"{made.headers['location']}/imports", content=book, headers=headers),
        404,
        "not_found",
    )


async def test_templates(entry: Entry, issuer: Issuer) -> None:
    for kind in KINDS.values():
        book = await entry.client.get(f"/v1/{kind.url}/imports/template.xlsx")
        assert book.status_code == 200
        assert book.content.startswith(b"PK")
    part = await entry.client.get(f"{URL}/imports/template.xlsx", params={"section": "goods"})
    whole = await entry.client.get(f"{URL}/imports/template.xlsx")
    assert len(part.content) < len(whole.content)
    wrong = await entry.client.get(f"{URL}/imports/template.xlsx", params={"section": "x"})
    refused(wrong, 422, "invalid_request")
    nobody = entry.client_of(issuer.token(entry.tenant_id, permissions=[]))
    refused(await nobody.get(f"{URL}/imports/template.xlsx"), 403, "forbidden")
    assert DOCUMENT_WRITE != DOCUMENT_READ


async def test_ten_thousand_lines_hold_nobody_up(entry: Entry, tmp_path: Any) -> None:
    document = example()
    first = document["goods"][0]
    document["goods"] = [{**first, "line_no": n} for n in range(1, 10_001)]
    data = await asyncio.to_thread(_book, document, tmp_path)
    small = await entry.saved()
    longest, answered = 0.0, 0
    stop = asyncio.Event()

    async def others() -> None:
        nonlocal longest, answered
        while not stop.is_set():
            started = time.monotonic()
            assert (await entry.client.get(small.headers["location"])).status_code == 200
            longest, answered = max(longest, time.monotonic() - started), answered + 1
            await asyncio.sleep(0.01)

    begun = time.monotonic()
    watching = asyncio.create_task(others())
    made = await _send(entry, data, mode="all")
    assert made.status_code == 201, made.text[:500]
    out = await entry.client.get(f"{made.headers['location']}/export.xlsx")
    took = time.monotonic() - begun
    stop.set()
    await watching
    assert out.status_code == 200
    saved = (await entry.client.get(made.headers["location"])).json()["document"]
    assert saved["goods"] == _normal(document)["goods"]
    # Of the seconds that the work takes no request may wait for more than a slice.
    assert answered > 20
    assert longest < took / 2


async def _undo(entry: Entry, path: str, seen: str) -> httpx.Response:
    headers = {"idempotency-key": str(uuid4()), "if-match": seen}
    return await entry.client.post(f"{URL}{path}/imports/undo", headers=headers)


async def test_an_import_into_a_draft_is_taken_back_by_who_did_it(entry: Entry, issuer: Issuer) -> None:
    made = await entry.post("", example())
    path = f"/{made.json()['id']}"
    before = (await entry.client.get(f"{URL}{path}")).json()["document"]
    refused(await _undo(entry, path, made.headers["etag"]), 409, "no_undoable_import")

    imported = await _send(entry, _goods(_good("NEW-1")), path, made.headers["etag"], mode="all")
    assert imported.status_code == 200
    changed = (await entry.client.get(f"{URL}{path}")).json()["document"]
    assert [row["material_no"] for row in changed["goods"]] == ["NEW-1"]

    other = entry.client_of(issuer.token(entry.tenant_id, subject="user-2", name="另一人"))
    seen = {"idempotency-key": str(uuid4()), "if-match": imported.headers["etag"]}
    refused(await other.post(f"{URL}{path}/imports/undo", headers=seen), 409, "no_undoable_import")

    refused(await _undo(entry, path, made.headers["etag"]), 412, "stale_version")
    undone = await _undo(entry, path, imported.headers["etag"])
    assert undone.status_code == 200
    again = await entry.client.get(f"{URL}{path}")
    assert again.json()["document"] == before
    assert again.headers["etag"] == undone.headers["etag"] != imported.headers["etag"]
    refused(await _undo(entry, path, undone.headers["etag"]), 409, "no_undoable_import")


async def test_what_was_changed_after_an_import_is_not_lost_by_taking_it_back(entry: Entry) -> None:
    made = await entry.post("", example())
    path = f"/{made.json()['id']}"
    imported = await _send(entry, _goods(_good("NEW-1")), path, made.headers["etag"], mode="all")
    draft = (await entry.client.get(f"{URL}{path}")).json()["document"]
    draft["head"]["remark"] = "改过"
    saved = await entry.client.put(f"{URL}{path}", json=draft, headers={"if-match": imported.headers["etag"]})
    assert saved.status_code == 200
    refused(await _undo(entry, path, saved.headers["etag"]), 409, "no_undoable_import")
