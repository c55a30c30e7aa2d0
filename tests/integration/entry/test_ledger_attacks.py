"""What tries to make a line wrong or a call fail: odd receipts, wrong clocks, odd addresses, everything at once."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
import pytest

from backbone import paging
from backbone.migrate import Database
from services.entry.ledger.rebuild import rebuild
from tests.support.books import Books, Goods, book_row
from tests.support.ledgers import LEDGER, opened, row

pytestmark = pytest.mark.anyio
NOBODY = "00000000-0000-0000-0000-000000000000"


def cursor(path: str, *place: Any) -> str:
    """One that the list could have given."""
    text = base64.urlsafe_b64encode(orjson.dumps(place)).decode()
    return f"{path}?cursor={paging.sealed(text, paging.seal_of(LEDGER + path, []))}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit_date", "9999-12-31T20:00:00Z"),
        ("limit_date", "00000000"),
        ("increased_quantity", "1e400"),
        ("increased_quantity", "Infinity"),
        ("line_no", "9999999999999999999"),
        ("unit", ""),
        ("material_mark", "Z"),
    ],
)
async def test_an_odd_row_of_a_book_stops_no_receipt(books: Books, field: str, value: str) -> None:
    document = await books.out(Goods(12, "30"))
    await books.declared(document)
    await books.posted(document, None, {**book_row(12, "100", "30"), field: value}, book_row(13, "9", "1"))
    lines = await books.lines()
    assert lines["13"].available == Decimal(8)
    assert lines["12"].pre_out == Decimal(0)


async def test_a_clock_years_ahead_does_not_hide_what_comes_later(books: Books) -> None:
    await books.open("12", "100")
    first, second = await books.out(Goods(12, "1")), await books.out(Goods(12, "5"))
    await books.declared(first)
    await books.declared(second)
    await books.posted(first, datetime(2099, 1, 1, tzinfo=UTC), book_row(12, "100", "1"))
    assert (await books.lines())["12"].available == Decimal(94)
    await books.posted(second, None, book_row(12, "100", "26"))
    assert (await books.lines())["12"].available == Decimal(74)


async def test_a_number_told_while_a_change_is_typed_moves_the_line(database: Database, books: Books) -> None:
    document = await books.coming(Goods(None, "12", "WINE-0750"))
    await books.declared(document)
    await books.answered("inventory", document, "pre_deducted", customs_no="QD310526I000000103")
    path = f"inventories/{document}"
    for what, body in (
        ("marks", {"fields": {"entry_no": "310520260000000001"}, "reason": "已申报"}),
        ("change-requests", {"reason": "数量有误"}),
    ):
        version = (await books.get(path))["version"]
        answer = await books.post(f"{path}/{what}", body, if_match=f'"{version}"')
        assert answer.status_code < 300, answer.text
    seen = await books.entry.client.get(f"/v1/{path}")
    content = seen.json()["document"]
    content["goods"][0]["book_line_no"] = 31
    saved = await books.entry.client.put(
        f"/v1/{path}", json=content, headers={"if-match": seen.headers["etag"]}
    )
    assert saved.status_code == 200, saved.text
    await books.numbered(document, {1: 31})
    before = await books.lines()
    assert {key: line.pre_in for key, line in before.items()} == {"31": Decimal(12)}
    await rebuild(database.worker_dsn)
    assert await books.lines() == before


async def test_a_material_with_a_slash_has_movements(books: Books) -> None:
    material = "AB/12 #?%&+"
    document = await books.coming(Goods(None, "12", material))
    await books.declared(document)
    await books.answered("inventory", document, "pre_deducted")
    answer = await books.entry.client.get(f"{LEDGER}/lines/I/{quote(f'M:{material}', safe='')}/movements")
    assert answer.status_code == 200, answer.text
    assert [each["quantity"] for each in answer.json()["items"]] == ["12"]


@pytest.mark.parametrize(
    "path",
    [
        cursor("", "I", 1, "a\x00"),
        "/lines/%00/12/movements",
        "/lines/I/%00/movements",
        cursor("/lines/I/12/movements", "0001-01-01T00:00:00+08:00", NOBODY, 1, "a", "b"),
        cursor("/lines/I/12/movements", "2026-01-01T00:00:00+08:00", NOBODY, 2**63, "a", "b"),
        cursor("/lines/I/12/movements", "2026-01-01T00:00:00+08:00", NOBODY, 1, "\x00", "b"),
        "/balance-sheet?from=00010101&to=00010102",
    ],
)
async def test_an_odd_address_is_refused(books: Books, path: str) -> None:
    await books.declared(await books.out(Goods(12, "30")))
    assert (await books.entry.client.get(LEDGER + path)).status_code == 422


async def test_what_the_database_cannot_keep_is_refused(books: Books) -> None:
    named = await books.entry.client.put(LEDGER, json={"name": "a\x00"}, headers={"if-none-match": "*"})
    noted = {"valid_until": "20300101", "remark": "a\x00"}
    secured = await books.entry.client.put("/v1/guarantees/G1", json=noted)
    ancient = await opened(books, row(12, "5"), on="00010101")
    assert [answer.status_code for answer in (named, secured, ancient)] == [422, 422, 422]


async def test_imports_and_rebuilds_lose_no_hold_of_those_who_declare(
    database: Database, books: Books
) -> None:
    await books.follow("refuse")
    await books.open("12", "100")
    drafts = [await books.out(Goods(13, "2"), Goods(12, "1")) for _ in range(20)]

    async def importing() -> None:
        for number in range(8):
            answer = await opened(books, row(13, "100"), row(12, str(100 + number)))
            assert answer.status_code == 201, answer.text
            if number % 2:
                gone = f"{LEDGER}/openings/{answer.json()['import_id']}"
                assert (await books.entry.client.delete(gone)).status_code == 204

    async def rebuilding() -> None:
        for _ in range(3):
            await rebuild(database.worker_dsn)

    async def deducted(draft: str) -> None:
        assert (await books.declare("inventory", draft)).status_code == 202
        number = f"QD310526E{UUID(draft).int % 10**9:09d}"
        await books.answered("inventory", draft, "pre_deducted", customs_no=number)
        await books.posted(draft)

    held, counted = drafts[:10], drafts[10:]
    declared = (books.declared(draft) for draft in held)
    await asyncio.gather(importing(), rebuilding(), *declared, *(deducted(draft) for draft in counted))
    before = await books.lines()
    assert (before["12"].pre_out, before["12"].since_out) == (Decimal(10), Decimal(10))
    assert (before["13"].pre_out, before["13"].since_out) == (Decimal(20), Decimal(20))
    await rebuild(database.worker_dsn)
    assert await books.lines() == before
