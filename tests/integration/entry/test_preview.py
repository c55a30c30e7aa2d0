"""The preview (预检) tells all that declaring tells: the same code decides both, and the preview leaves no trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backbone import postgres
from tests.support.books import Books, Goods, listing
from tests.support.feeding import sample

pytestmark = pytest.mark.anyio
YESTERDAY = datetime.now(UTC).date() - timedelta(days=2)
_TABLES = ("documents", "attempts", "leanings", "ledger_lines", "ledger_postings", "events", "outbox")


Set = Callable[[Books], Awaitable[str]]
"""Sets a scene and answers the document that is declared in it."""
SCENES: dict[str, tuple[Set, set[str]]] = {}
"""By name: the scene, and the codes that are refused."""


def scene(*codes: str) -> Callable[[Set], Set]:
    def kept(made: Set) -> Set:
        SCENES[made.__name__] = (made, set(codes))
        return made

    return kept


@scene()
async def nothing_is_wrong(books: Books) -> str:
    await books.follow("refuse")
    await books.open("12", "100")
    return await books.out(Goods(12, "1"))


@scene("ledger_short")
async def more_than_there_is(books: Books) -> str:
    await books.follow("refuse")
    await books.open("12", "10")
    return await books.out(Goods(12, "11"))


@scene("ledger_short")
async def more_than_others_leave(books: Books) -> str:
    await books.follow("refuse")
    await books.open("12", "10")
    await books.declared(await books.out(Goods(12, "8")))
    return await books.out(Goods(12, "3"))


@scene("ledger_material_differs", "ledger_hs_code_differs", "ledger_unit_differs")
async def another_line_of_the_book(books: Books) -> str:
    await books.follow("refuse")
    await books.open("12", "10", goods={"material_no": "HDD", "hs_code": "8471701000", "unit": "001"})
    return await books.out(Goods(12, "1"))


@scene("ledger_book_expired")
async def a_book_that_ran_out(books: Books) -> str:
    await books.follow("refuse", valid_until=YESTERDAY)
    await books.open("12", "10")
    return await books.out(Goods(12, "1"))


@scene("rows_required", "required", "ledger_book_expired")
async def fields_and_book_at_once(books: Books) -> str:
    await books.follow("refuse", valid_until=YESTERDAY)
    document = listing("export", [Goods(12, "1")])
    document["goods"] = []
    del document["head"]["transport_mode"]
    return await books.saved("inventory", document)


@scene("not_authorised")
async def without_authorisation(books: Books) -> str:
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await connection.execute(
            "INSERT INTO authorisation_rules (tenant_id, mode, set_by) VALUES ($1, 'refuse', '{}')",
            books.entry.tenant_id,
        )
    return await books.out(Goods(12, "1"))


@scene("review_required")
async def without_a_review(books: Books) -> str:
    await _needs_review(books)
    return await books.out(Goods(12, "1"))


@scene("enterprise_suspended")
async def a_suspended_enterprise(books: Books) -> str:
    document = await books.out(Goods(12, "1"))
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await connection.execute(
            "UPDATE enterprises SET status = 'suspended' WHERE tenant_id = $1", books.entry.tenant_id
        )
    return document


@scene("already_under_way")
async def what_is_under_way(books: Books) -> str:
    document = await books.out(Goods(12, "1"))
    await books.declared(document)
    return document


@scene("must_be")
async def another_card(books: Books) -> str:
    document = listing("export", [Goods(12, "1")], declaring_code="3105W60XYZ")
    answer = await books.post(f"inventories?enterprise_id={books.entry.enterprise_id}", document)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@scene("nothing_changed")
async def a_change_that_changes_nothing(books: Books) -> str:
    document = await books.out(Goods(12, "1"))
    await books.declared(document)
    await books.answered("inventory", document, "pre_deducted", customs_no="QD310526E000000901")
    for what, body in (
        ("marks", {"fields": {"entry_no": "310520260000000001"}, "reason": "已申报"}),
        ("change-requests", {"reason": "数量有误"}),
    ):
        version = (await books.get(f"inventories/{document}"))["version"]
        opened = await books.post(f"inventories/{document}/{what}", body, if_match=f'"{version}"')
        assert opened.status_code < 300, opened.text
    return document


@scene("ledger_short")
async def a_change_that_takes_too_much(books: Books) -> str:
    await books.follow("refuse")
    await books.open("12", "10")
    document = await a_change_that_changes_nothing(books)
    seen = await books.entry.client.get(f"/v1/inventories/{document}")
    content = seen.json()["document"]
    content["goods"][0] |= {"quantity": "11", "total_price": "22"}
    saved = await books.entry.client.put(
        f"/v1/inventories/{document}", json=content, headers={"if-match": seen.headers["etag"]}
    )
    assert saved.status_code == 200, saved.text
    return document


async def _needs_review(books: Books) -> None:
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await connection.execute(
            "INSERT INTO review_rules (tenant_id, enterprise_id, kind, required, set_by) "
            "VALUES ($1, $2, 'inventory', true, '{}')",
            books.entry.tenant_id,
            books.entry.enterprise_id,
        )


async def checked(books: Books, document_id: str) -> dict[str, Any]:
    answer = await books.entry.client.post(f"/v1/inventories/{document_id}/validate")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def counted(books: Books) -> list[Any]:
    rows = []
    for table in _TABLES:
        rows.append(await books.entry.worker_pool.fetchval(f"SELECT count(*) FROM {table}"))
    rows.append(await books.entry.worker_pool.fetch("SELECT * FROM ledger_lines ORDER BY 1, 2, 3, 4"))
    return rows


@pytest.mark.parametrize("name", SCENES)
async def test_the_preview_tells_what_declaring_answers(books: Books, name: str) -> None:
    scene, codes = SCENES[name]
    document = await scene(books)
    before = await counted(books)
    told = await checked(books, document)
    assert await counted(books) == before
    answer = await books.declare("inventory", document)
    if not codes:
        assert (answer.status_code, told["ok"], told["errors"]) == (202, True, [])
        return
    assert not told["ok"]
    assert codes <= {each["code"] for each in told["errors"]}
    refused = answer.json()
    if answer.status_code == 409:
        assert [each["code"] for each in told["errors"]] == [refused["code"]]
    else:
        assert answer.status_code == 422, answer.text
        assert told["errors"] == refused["errors"]


async def test_every_refusal_of_declaring_has_a_scene() -> None:
    seen = set().union(*(codes for _, codes in SCENES.values()))
    assert {"already_under_way", "enterprise_suspended", "review_required"} <= seen


async def test_what_is_not_saved_is_told_the_same(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "10", goods={"material_no": "HDD", "hs_code": "8471701000"})
    await _needs_review(books)
    before = await counted(books)
    document = listing("export", [Goods(12, "99999")])
    told = (await books.post("inventories/validate", document)).json()
    assert await counted(books) == before
    assert {(each["pointer"], each["code"]) for each in told["errors"]} == {
        ("/goods/0/material_no", "ledger_material_differs"),
        ("/goods/0/hs_code", "ledger_hs_code_differs"),
        ("/goods/0/quantity", "ledger_short"),
    }
    assert "review_required" in {each["code"] for each in told["warnings"]}
    saved = await books.saved("inventory", document)
    assert {each["code"] for each in (await checked(books, saved))["errors"]} == {
        *(each["code"] for each in told["errors"]),
        "review_required",
    }


async def test_what_cannot_be_known_is_said(books: Books) -> None:
    unfollowed = (await books.post("inventories/validate", listing("export", [Goods(12, "1")]))).json()
    assert "ledger_not_followed" in {each["code"] for each in unfollowed["warnings"]}
    stranger = listing("export", [Goods(12, "1")], declaring_code="3105W60XYZ")
    unclear = (await books.post("inventories/validate", stranger)).json()
    assert "not_checked" in {each["code"] for each in unclear["warnings"]}
    await books.follow("refuse")
    unknown = await checked(books, await books.out(Goods(12, "1")))
    assert unknown["ok"]
    assert "ledger_unknown" in {each["code"] for each in unknown["warnings"]}


async def test_a_book_that_warns_only_warns(books: Books) -> None:
    await books.follow("warn")
    await books.open("12", "10", goods={"material_no": "HDD", "name": "硬盘"})
    document = await books.out(Goods(12, "11"))
    told = await checked(books, document)
    assert told["ok"]
    codes = {"ledger_material_differs", "ledger_name_differs", "ledger_short"}
    assert codes <= {each["code"] for each in told["warnings"]}
    assert {each["code"] for each in await books.declared(document)} == codes


async def test_a_name_never_refuses_and_what_rows_said_never_does(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "100", goods={"name": "硬盘"})
    # The first row that names the line says what it is called; the book itself never did.
    assert {each["code"] for each in await books.declared(await books.out(Goods(12, "1", "FIRST")))} == {
        "ledger_name_differs"
    }
    assert {each["code"] for each in await books.declared(await books.out(Goods(12, "1", "SECOND")))} == {
        "ledger_name_differs"
    }


async def test_goods_of_the_other_mark_are_named(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "100", mark="E", goods={"material_no": "SKIN-0050"})
    told = await checked(books, await books.out(Goods(12, "1")))
    assert [(each["pointer"], each["code"]) for each in told["errors"]] == [
        ("/head/material_mark", "ledger_mark_differs")
    ]


async def test_forms_and_bills_that_name_a_line_are_held_against_it(books: Books) -> None:
    await books.follow("refuse", book_no="T3105W000009")
    await books.open(
        "11", "100", goods={"material_no": "OTHER", "hs_code": "8471701000"}, book_no="T3105W000009"
    )
    for kind, url, name in (
        ("business_form", "business-forms", "gathered-out"),
        ("stock_bill", "stock-bills", "out"),
    ):
        document = _citing(kind, name)
        told = (await books.post(f"{url}/validate", document)).json()
        found = {(each["pointer"], each["code"]) for each in told["errors"]}
        assert {
            ("/goods/0/material_no", "ledger_material_differs"),
            ("/goods/0/hs_code", "ledger_hs_code_differs"),
        } <= found, (kind, found)


def _citing(kind: str, name: str) -> dict[str, Any]:
    document = sample(kind, name, area_book_no="T3105W000009", material_mark="I")
    row = document["goods"][0]
    document["goods"] = [{**row, "book_line_no": 11, "material_no": "MINE", "hs_code": "3304990029"}]
    if kind == "business_form":
        document["goods"][0]["material_mark"] = "I"
    return document


async def test_a_lock_of_another_does_not_hold_the_preview(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "100")
    document = await books.out(Goods(12, "1"))
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await connection.execute("SELECT FROM ledger_lines FOR UPDATE")
        await connection.execute("SELECT FROM documents FOR UPDATE")
        assert (await checked(books, document))["ok"]


async def test_a_line_the_list_itself_made_is_known_and_protected(books: Books) -> None:
    """INV211 of production: inQty filled, the running figures empty."""
    await books.follow("refuse")
    came = await books.coming(Goods(None, "1200", "SKIN-0050"))
    await books.declared(came)
    number = "QD310526I000000904"
    await books.answered("inventory", came, "approved", customs_no=number)
    new = {
        "line_no": "701",
        "customs_no": number,
        "inventory_line_no": "1",
        "in_quantity": "1200",
        "change_mark": "3",
        "material_no": "SKIN-0050",
    }
    other = {**new, "line_no": "702", "customs_no": "QD310526I000000999", "inventory_line_no": "7"}
    await books.posted(came, None, new, other, customs_no=number)
    lines = await books.lines()
    assert (lines["701"].available, lines["701"].since_in) == (Decimal(1200), Decimal(0))
    assert "702" not in lines
    too_much = await books.out(Goods(701, "1201"))
    assert [each["code"] for each in (await checked(books, too_much))["errors"]] == ["ledger_short"]
    assert (await books.declare("inventory", too_much)).status_code == 422
    assert await books.declared(await books.out(Goods(701, "1200"))) == []


async def test_a_row_of_a_processing_book_makes_no_balance(books: Books) -> None:
    """EmsPutrecDt tells what is filed of a line, not what is left on it."""
    await books.follow("refuse")
    out = await books.out(Goods(12, "5"))
    await books.declared(out)
    filed = {"line_no": "12", "declared_quantity": "5000", "period_initial_quantity": "0", "change_mark": "0"}
    await books.posted(out, None, filed)
    line = (await books.lines())["12"]
    assert (line.available, line.since_out) == (None, Decimal(5))
    (warning,) = await books.declared(await books.out(Goods(12, "1")))
    assert warning["code"] == "ledger_unknown"
