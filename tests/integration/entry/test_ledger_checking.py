"""The check before declaring: refused, warned of or left alone, as the book says; and a hundred at once never take too much."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from backbone import postgres
from tests.support.books import BOOK, Books, Goods
from tests.support.issuer import EVERYTHING

pytestmark = pytest.mark.anyio
TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=2)
WRITERS, ENOUGH_FOR = 100, 60


async def refused(books: Books, document_id: str) -> list[dict[str, Any]]:
    answer = await books.declare("inventory", document_id)
    assert answer.status_code == 422, answer.text
    errors: list[dict[str, Any]] = answer.json()["errors"]
    return errors


async def test_a_book_that_refuses_names_the_rows_and_who_holds_the_rest(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "100", "40")
    first = await books.out(Goods(12, "45"))
    assert await books.declared(first) == []
    second = await books.out(Goods(15, "1"), Goods(12, "10"), Goods(12, "6"))
    errors = await refused(books, second)
    assert [(each["pointer"], each["code"]) for each in errors] == [
        ("/goods/1/quantity", "ledger_short"),
        ("/goods/2/quantity", "ledger_short"),
    ]
    seen = await books.get(f"inventories/{first}")
    for part in (BOOK, "备案序号12", "可用余量只有15", "需16", "「申报数量」为10"):
        assert part in errors[0]["message"], errors[0]["message"]
    assert f"另有1份单证（{seen['internal_no']}）已预减45" in errors[0]["hint"]
    # What was refused holds nothing, not even what it could have had.
    assert (await books.lines())["12"].pre_out == Decimal(45)
    assert "15" not in await books.lines()
    await books.again(second, Goods(12, "15"))
    assert await books.declared(second) == []
    assert (await books.lines())["12"].available == Decimal(0)


async def test_a_book_that_warns_holds_it_all_the_same(books: Books) -> None:
    await books.follow("warn")
    await books.open("12", "10")
    (warning,) = await books.declared(await books.out(Goods(12, "11")))
    assert (warning["pointer"], warning["code"]) == ("/goods/0/quantity", "ledger_short")
    assert "没有其他单证" in warning["hint"]
    assert (await books.lines())["12"].available == Decimal(-1)


@pytest.mark.parametrize("mode", ["off", None])
async def test_a_book_that_is_not_checked_holds_and_says_nothing(books: Books, mode: str | None) -> None:
    if mode is not None:
        await books.follow(mode, valid_until=YESTERDAY)
    await books.open("12", "10")
    assert await books.declared(await books.out(Goods(12, "11"), Goods(13, "5"))) == []
    assert (await books.lines())["12"].pre_out == Decimal(11)


@pytest.mark.parametrize("mode", ["warn", "refuse"])
async def test_an_unknown_balance_is_a_warning_once_a_line(books: Books, mode: str) -> None:
    await books.follow(mode)
    warnings = await books.declared(await books.out(Goods(12, "11"), Goods(12, "5"), Goods(13, "1")))
    assert [(each["pointer"], each["code"]) for each in warnings] == [
        ("/goods/0/quantity", "ledger_unknown"),
        ("/goods/2/quantity", "ledger_unknown"),
    ]


@pytest.mark.parametrize("direction", ["out", "coming"])
async def test_what_has_run_out_is_refused_or_told(books: Books, direction: str) -> None:
    await books.follow("refuse", valid_until=YESTERDAY)
    await books.open("12", "100")
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await connection.execute("UPDATE ledger_lines SET limit_date = $1", YESTERDAY)
    draft = getattr(books, direction)
    errors = await refused(books, await draft(Goods(12, "1")))
    assert [(each["pointer"], each["code"]) for each in errors] == [
        ("/head/book_no", "ledger_book_expired"),
        ("/goods/0/book_line_no", "ledger_line_expired"),
    ]
    await books.follow("warn", valid_until=TODAY + timedelta(days=2))
    (warning,) = await books.declared(await draft(Goods(12, "1")))
    assert warning["code"] == "ledger_line_expired"


async def test_another_unit_than_the_line_has_is_told_and_posted(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "100")
    assert await books.declared(await books.out(Goods(12, "1"))) == []
    (warning,) = await books.declared(await books.out(Goods(12, "2", unit="035")))
    assert (warning["pointer"], warning["code"]) == ("/goods/0/unit", "ledger_unit_differs")
    assert (await books.lines())["12"].pre_out == Decimal(3)


async def test_who_may_not_read_a_document_learns_only_what_it_holds(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "50")
    await books.declared(await books.out(Goods(12, "45")))
    mine, theirs = uuid4(), uuid4()
    second = await books.out(Goods(12, "6"))
    for client_id, state in ((theirs, "sending"), (mine, "draft")):
        await books.entry.worker_pool.execute(
            "UPDATE documents SET client_id = $1 WHERE state = $2 AND tenant_id = $3",
            client_id,
            state,
            books.entry.tenant_id,
        )
    (error,) = await refused(books, second)
    assert "另有1份单证（F-" in error["hint"]
    grants: list[dict[str, object]] = [{"permissions": [*EVERYTHING], "clients": [str(mine)]}]
    books.entry.client = books.entry.client_of(
        books.entry.issuer.token(books.entry.tenant_id, subject="user-2", grants=grants)
    )
    (error,) = await refused(books, second)
    assert "另有1份单证已预减45" in error["hint"]


async def test_a_change_asks_for_what_is_more(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "50")
    document = await books.out(Goods(12, "45"))
    await books.declared(document)
    await books.answered("inventory", document, "pre_deducted", customs_no="QD310526E000000011")
    path = f"inventories/{document}"

    async def post(what: str, body: Any) -> Any:
        version = (await books.get(path))["version"]
        return await books.post(f"{path}/{what}", body, if_match=f'"{version}"')

    marked = await post("marks", {"fields": {"entry_no": "310520260000000001"}, "reason": "已申报"})
    assert marked.status_code < 300, marked.text
    opened = await post("change-requests", {"reason": "数量有误"})
    assert opened.status_code < 300, opened.text
    await books.again(document, Goods(12, "51"))
    (error,) = await refused(books, document)
    assert "需6" in error["message"] and "只有5" in error["message"]
    await books.again(document, Goods(12, "50"))
    assert await books.declared(document) == []
    assert (await books.lines())["12"].available == Decimal(0)
    await books.answered("inventory", document, "returned", declaration_type="2", change_count=1)
    assert (await books.lines())["12"].pre_out == Decimal(45)


async def test_a_hundred_at_once_never_overdraw_a_line(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", str(ENOUGH_FOR))
    # In either order of lines: nobody waits for one who waits for him.
    drafts = await asyncio.gather(
        *(
            books.out(*((Goods(12, "1"), Goods(13, "1")) if n % 2 else (Goods(13, "1"), Goods(12, "1"))))
            for n in range(WRITERS)
        )
    )
    answers = await asyncio.gather(*(books.declare("inventory", each) for each in drafts))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(202), codes.count(422)) == (ENOUGH_FOR, WRITERS - ENOUGH_FOR)
    lines = await books.lines()
    assert (lines["12"].pre_out, lines["12"].available) == (Decimal(ENOUGH_FOR), Decimal(0))
    assert lines["13"].pre_out == Decimal(ENOUGH_FOR)
    taken = [each for each, code in zip(drafts, codes, strict=True) if code == 202]
    waiting = [each for each, code in zip(drafts, codes, strict=True) if code == 422]

    async def give_back() -> None:
        await asyncio.gather(
            *(books.answered("inventory", each, "returned", reasons=["品名不符"]) for each in taken[:10])
        )

    _, early = await asyncio.gather(
        give_back(), asyncio.gather(*(books.declare("inventory", each) for each in waiting))
    )
    again = [each for each, answer in zip(waiting, early, strict=True) if answer.status_code == 422]
    late = await asyncio.gather(*(books.declare("inventory", each) for each in again))
    freed = [answer for answer in (*early, *late) if answer.status_code == 202]
    assert len(freed) == 10
    assert (await books.lines())["12"].available == Decimal(0)
