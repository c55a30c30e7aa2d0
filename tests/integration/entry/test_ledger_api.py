"""The ledger as people use it: books, lines, movements, differences, 平衡表, alerts and guarantees over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backbone import metrics, postgres
from contracts.permissions import DOCUMENT_READ, LEDGER_MANAGE, LEDGER_READ
from customs import clock
from services.entry.ledger import alerts
from tests.support.books import BOOK, Books, Goods, book_row
from tests.support.feeding import sample
from tests.support.ledgers import LEDGER, got, lines, opened, row, table_of

pytestmark = pytest.mark.anyio
TODAY = clock.today()


async def test_settings_of_a_book_are_kept_against_others(books: Books) -> None:
    client = books.entry.client
    assert (await client.get(LEDGER)).status_code == 404
    made = await client.put(
        LEDGER, json={"name": "示例账册", "check_mode": "refuse", "valid_until": "20301231"}
    )
    assert made.status_code == 201, made.text
    assert made.json()["check_mode_label"] == "余量不足时不能申报"
    assert (await client.put(LEDGER, json={"name": "x"})).status_code == 428
    stale = await client.put(LEDGER, json={"name": "x"}, headers={"if-none-match": "*"})
    assert stale.status_code == 412
    changed = await client.put(
        LEDGER, json={"name": "新名", "check_mode": "off"}, headers={"if-match": made.headers["etag"]}
    )
    assert (changed.status_code, changed.json()["check_mode"]) == (200, "off")
    again = await client.put(LEDGER, json={}, headers={"if-match": made.headers["etag"]})
    assert again.status_code == 412
    wrong = await client.put("/v1/ledgers/T1", json={"check_mode": "maybe", "valid_until": "2030"})
    assert wrong.status_code == 422
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"/check_mode", "/valid_until"}


async def test_lines_are_listed_page_by_page_and_unknown_is_null(books: Books) -> None:
    made = await opened(
        books,
        row(2, "100", "10", hs_code="8471704000"),
        row(10, "5", "7"),
        row(None, "8", material_no="WINE"),
    )
    assert made.status_code == 201, made.text
    await books.declared(await books.out(Goods(15, "7")))
    first = await got(books, LEDGER, limit=3)
    assert [line["line_key"] for line in first["lines"]] == ["2", "10", "15"]
    rest = await got(books, LEDGER, limit=3, cursor=first["next_cursor"])
    assert ([line["line_key"] for line in rest["lines"]], rest["next_cursor"]) == (["M:WINE"], None)
    unknown = first["lines"][2]
    assert (unknown["base"], unknown["available"], unknown["pre_out"]) == (None, None, "7")
    assert first["lines"][0]["available"] == "90"
    assert first["lines"][0]["base"]["kind"] == "opening"
    for asked, keys in (
        ({"unknown": "true"}, {"15"}),
        ({"short": "true"}, {"10"}),
        ({"hs_code": "8471"}, {"2"}),
        ({"material_no": "WINE"}, {"M:WINE"}),
        ({"line_no": 10}, {"10"}),
        ({"mark": "E"}, set()),
        ({"differs": "true"}, set()),
    ):
        assert set(await lines(books, **asked)) == keys
    for typed, fitting in (
        ("1", ["10", "15"]),
        ("10", ["10"]),
        ("win", ["M:WINE"]),
        ("847170", ["2"]),
        ("nothing", []),
    ):
        page = await got(books, f"{LEDGER}/lines", q=typed)
        assert [line["line_key"] for line in page["items"]] == fitting
    assert (await got(books, "/v1/ledgers/T0/lines"))["items"] == []
    (book,) = (await got(books, "/v1/ledgers"))["items"]
    assert (book["followed"], book["lines"], book["unknown_lines"], book["negative_lines"]) == (
        False,
        4,
        1,
        1,
    )
    assert (await books.entry.client.get(LEDGER, params={"cursor": "x", "limit": 201})).status_code == 422


async def test_movements_tell_cause_document_and_what_was_left(books: Books) -> None:
    await opened(books, row(12, "100"))
    document = await books.out(Goods(12, "30"), Goods(12, "5"))
    await books.declared(document)
    await books.posted(document)
    path = f"{LEDGER}/lines/I/12/movements"
    seen: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await got(books, path, limit=4, **cursor)
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == 6
    assert {each["document"]["id"] for each in seen} == {document}
    assert {(each["account"], each["cause_label"]) for each in seen if each["quantity"][0] != "-"} == {
        ("pre_out", "第1次申报"),
        ("real_out", "已核扣回执"),
    }
    assert seen[0]["available_after"] == page["line"]["available"] == "65"
    assert [each["available_after"] for each in seen] == ["65", "70", "65", "95", "65", "70"]
    scoped: list[dict[str, object]] = [
        {"permissions": [LEDGER_READ]},
        {"permissions": [DOCUMENT_READ], "enterprises": [str(uuid4())]},
    ]
    other = books.entry.client_of(books.entry.issuer.token(books.entry.tenant_id, grants=scoped))
    hidden = (await other.get(path)).json()["items"][0]["document"]
    assert (hidden["id"], hidden.get("internal_no")) == (None, None)


async def test_differences_are_explained(books: Books) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    await opened(books, row(12, "100"), row(13, "50"))
    first, second = await books.out(Goods(12, "30"), Goods(13, "10")), await books.out(Goods(12, "4"))
    for document in (first, second):
        await books.declared(document)
    # 12: twenty more went out elsewhere. 13: customs has not counted ours. 14: nothing was known of it.
    told = (book_row(12, "100", "50", unit="011"), book_row(13, "50", "0"), book_row(14, "9", "0"))
    await books.posted(first, at, *told)
    found = {each["line_key"]: each for each in (await got(books, f"{LEDGER}/differences"))["items"]}
    assert set(found) == {"12", "13", "14"}
    assert (found["12"]["our_out"], found["12"]["customs_out"], found["12"]["difference_out"]) == (
        "30",
        "50",
        "20",
    )
    codes = {key: [cause["code"] for cause in each["causes"]] for key, each in found.items()}
    assert codes == {"12": ["declared_elsewhere"], "13": ["not_at_customs"], "14": ["no_opening"]}
    assert [each["id"] for each in found["13"]["causes"][0]["documents"]] == [first]
    assert set(await lines(books, differs="true")) == {"12", "13", "14"}
    (book,) = (await got(books, "/v1/ledgers"))["items"]
    assert book["differences"] == 3
    # What the second INV211 says begins with what the first said: nothing differs any more.
    await books.posted(second, at + timedelta(seconds=5), book_row(12, "100", "54", unit="011"))
    assert len((await got(books, f"{LEDGER}/differences"))["items"]) == 3


async def test_goods_that_passed_explain_what_customs_has_more(books: Books) -> None:
    await opened(books, row(12, "10"))
    coming = await books.coming(Goods(12, "90"))
    await books.declared(coming)
    await books.answered("inventory", coming, "pre_deducted", customs_no="QD310526I000000005")
    await books.gate(await books.truck(coming))
    other = await books.out(Goods(12, "1"))
    await books.declared(other)
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    await books.posted(other, later, book_row(12, "100", "1", unit="035"))
    (found,) = (await got(books, f"{LEDGER}/differences"))["items"]
    assert {cause["code"] for cause in found["causes"]} == {"unit_differs", "receipt_missing"}


async def test_the_balance_sheet_adds_up_and_shows_what_customs_adjusted(books: Books) -> None:
    await opened(books, row(12, "100", name="=cmd|calc"), row(13, "50"))
    document = await books.out(Goods(12, "30"), Goods(15, "1"))
    await books.declared(document)
    at = datetime.now(UTC).replace(microsecond=0)
    await books.posted(document, at, book_row(12, "100", "50"))
    await books.declared(await books.out(Goods(13, "3")))
    period = {"from": f"{TODAY:%Y%m%d}", "to": f"{TODAY + timedelta(days=1):%Y%m%d}"}
    told = await got(books, f"{LEDGER}/balance-sheet", **period)
    by = {item["line_key"]: item for item in told["items"]}
    wanted = ("opening", "came", "went", "adjusted", "closing", "pre_out")
    assert [by["12"][name] for name in wanted] == ["100", "0", "30", "-20", "50", "0"]
    assert [by["13"][name] for name in wanted] == ["50", "0", "0", "0", "50", "3"]
    assert [by["15"][name] for name in wanted] == [None, "0", "1", None, None, "0"]
    stands = await lines(books)
    assert all(by[key]["closing"] == stands[key]["balance"] for key in by)
    before = await got(books, f"{LEDGER}/balance-sheet", **{"from": "20251231", "to": "20260101"}, mark="I")
    assert [item["opening"] for item in before["items"]] == [None, None, None]
    assert before["items"][0]["closing"] == "100"
    book = await books.entry.client.get(f"{LEDGER}/balance-sheet.xlsx", params=period)
    assert book.status_code == 200
    table = table_of(book.content)
    assert table[0] == [column["label"] for column in told["columns"]]
    assert table[1][4] == "'=cmd|calc"
    assert "未知" in table[3]
    assert (await books.entry.client.get(f"{LEDGER}/balance-sheet")).status_code == 422
    backwards = {"from": "20260102", "to": "20260101"}
    assert (await books.entry.client.get(f"{LEDGER}/balance-sheet", params=backwards)).status_code == 422


async def test_alerts_name_what_ends_and_what_is_below_nothing(books: Books) -> None:
    client = books.entry.client
    soon, gone, late = (f"{TODAY + timedelta(days=n):%Y%m%d}" for n in (5, -1, 300))
    await opened(
        books,
        row(1, "5", limit_date=soon),
        row(2, "5", limit_date=late),
        row(3, "1", "2"),
        row(4, "5", "5", limit_date=soon),
    )
    await client.put(LEDGER, json={"valid_until": gone})
    number = "/v1/guarantees/BH-2026-01"
    made = await client.put(
        number, json={"valid_until": soon, "amount": "1000.50", "currency": "142", "book_no": BOOK}
    )
    assert made.status_code == 201, made.text
    found = (await got(books, "/v1/alerts"))["items"]
    assert [(each["kind"], each["severity"]) for each in found] == [
        ("negative", "critical"),
        ("book_ends", "critical"),
        ("guarantee_ends", "warning"),
        ("line_ends", "warning"),
    ]
    assert len((await got(books, "/v1/alerts", days=365))["items"]) == 5
    assert len((await got(books, "/v1/alerts", days=1))["items"]) == 2
    assert (await client.put(number, json={"valid_until": late})).status_code == 428
    etag = made.headers["etag"]
    assert (
        await client.put(number, json={"valid_until": late}, headers={"if-match": etag})
    ).status_code == 200
    assert (await client.delete(number, headers={"if-match": etag})).status_code == 412
    assert (await client.delete(number, headers={"if-match": '"2"'})).status_code == 204
    assert (await got(books, "/v1/guarantees"))["items"] == []


async def test_an_approved_form_near_its_end_is_an_alert(books: Books) -> None:
    until = f"{TODAY + timedelta(days=20):%Y%m%d}"
    form = await books.saved("business_form", sample("business_form", "gathered-out", valid_until=until))
    assert (await got(books, "/v1/alerts"))["items"] == []
    await books.approve("business_form", form)
    (alert,) = (await got(books, "/v1/alerts"))["items"]
    assert (alert["kind"], alert["document_id"], alert["severity"]) == ("document_ends", form, "notice")
    scoped: list[dict[str, object]] = [
        {"permissions": [LEDGER_READ, DOCUMENT_READ]},
        {"permissions": [LEDGER_READ]},
    ]
    scoped[0]["enterprises"] = [str(uuid4())]
    other = books.entry.client_of(books.entry.issuer.token(books.entry.tenant_id, grants=scoped))
    assert (await other.get("/v1/alerts")).json()["items"] == []


async def test_a_ledger_is_the_tenant_s_own_and_needs_its_permission(books: Books) -> None:
    await opened(books, row(1, "5"))
    issuer, tenant = books.entry.issuer, books.entry.tenant_id
    stranger = books.entry.client_of(issuer.token(uuid4()))
    for path in (LEDGER, f"{LEDGER}/differences", f"{LEDGER}/lines/I/1/movements"):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get("/v1/ledgers")).json()["items"] == []
    assert (await stranger.get("/v1/alerts")).json()["items"] == []
    assert (await stranger.get(f"{LEDGER}/openings")).json()["items"] == []
    reader = books.entry.client_of(issuer.token(tenant, permissions=[LEDGER_READ]))
    part: list[dict[str, object]] = [
        {"permissions": [LEDGER_READ, LEDGER_MANAGE], "enterprises": [str(books.entry.enterprise_id)]}
    ]
    partly = books.entry.client_of(issuer.token(tenant, grants=part))
    assert (await reader.get(LEDGER)).status_code == 200
    for client, status in ((reader, 403), (partly, 403)):
        assert (await client.put(LEDGER, json={})).status_code == status
        assert (await client.put("/v1/guarantees/B1", json={"valid_until": "20300101"})).status_code == status
        sent = {"cut_over": "20260101", "rows": [row(1, "5")]}
        key = {"idempotency-key": "k"}
        assert (await client.post(f"{LEDGER}/openings", json=sent, headers=key)).status_code == status
        assert (await client.delete(f"{LEDGER}/openings/{uuid4()}")).status_code == status
    assert (await partly.get(LEDGER)).status_code == 403


async def test_the_gauge_counts_over_all_tenants(books: Books) -> None:
    await opened(books, row(3, "1", "2"))
    counting, stop = alerts.counting(books.entry.worker_pool), asyncio.Event()
    task = asyncio.create_task(counting.run(stop))
    await counting.ready.wait()
    stop.set()
    await task
    async with postgres.transaction(books.entry.worker_pool) as connection:
        number = await connection.fetchval(
            "SELECT count(*) FROM ledger_lines WHERE base_in + since_in - base_out - since_out - pre_out < 0"
        )
    assert number >= 1
    assert f'ledger_alerts{{kind="negative"}} {float(number)}' in metrics.exposition().decode()
