"""What 核注清单 move in a book, from the declaration to 核扣, on real rows."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone.migrate import Database
from customs.ledger.balances import Balance
from services.entry.ledger.rebuild import rebuild
from tests.support.books import Books, Goods, book_row, listing
from tests.support.feeding import sample

pytestmark = pytest.mark.anyio


def sums(balance: Balance) -> tuple[str, ...]:
    """预增 预减 实增 实减 after the base."""
    return tuple(
        f"{each.normalize():f}"
        for each in (balance.pre_in, balance.pre_out, balance.since_in, balance.since_out)
    )


async def rebuilt(database: Database, books: Books) -> None:
    """Nothing is left and all of it is computed again: the same."""
    pool = books.entry.worker_pool

    async def whole() -> tuple[list[Any], list[Any]]:
        lines = await pool.fetch("SELECT * FROM ledger_lines ORDER BY tenant_id, book_no, mark, line_key")
        postings = await pool.fetch(
            "SELECT * FROM ledger_postings ORDER BY document_id, row_no, account, cause"
        )
        return [tuple(row) for row in lines], [tuple(row) for row in postings]

    before = await whole()
    await pool.execute("UPDATE ledger_lines SET pre_in = 7, pre_out = 8, since_in = 9, base_in = base_in + 1")
    await pool.execute("DELETE FROM ledger_postings WHERE row_no = 1")
    await rebuild(database.worker_dsn)
    assert await whole() == before


async def test_what_goes_out_is_held_given_back_and_deducted(database: Database, books: Books) -> None:
    await books.open("12", "100", "10")
    document = await books.out(Goods(12, "30"), Goods(12, "5"), Goods(15, "7"))
    await books.declared(document)
    assert sums((await books.lines())["12"]) == ("0", "35", "0", "0")
    assert (await books.lines())["12"].available == Decimal(55)
    assert (await books.lines())["15"].available is None

    await books.answered("inventory", document, "returned", reasons=["品名不符"])
    assert sums((await books.lines())["12"]) == ("0", "0", "0", "0")
    await books.again(document, Goods(12, "40"))
    await books.declared(document)
    assert sums((await books.lines())["12"]) == ("0", "40", "0", "0")
    # 通过(未核扣) and 预核扣 leave it as it is.
    await books.answered("inventory", document, "approved", customs_no="QD310526E000000001")
    await books.answered("inventory", document, "pre_deducted")
    assert sums((await books.lines())["12"]) == ("0", "40", "0", "0")
    await books.posted(document)
    assert sums((await books.lines())["12"]) == ("0", "0", "0", "40")
    assert (await books.lines())["12"].available == Decimal(50)
    assert [move for move in await books.movements(document) if move[0] == 1] == [
        (1, "pre_out", "attempt", "30"),
        (1, "pre_out", "receipt", "-30"),
        (1, "pre_out", "attempt", "40"),
        (1, "pre_out", "receipt", "-40"),
        (1, "real_out", "receipt", "40"),
    ]
    await rebuilt(database, books)


async def test_goods_that_come_in_become_real_at_the_gate(database: Database, books: Books) -> None:
    document = await books.coming(Goods(3, "100"), Goods(4, "50"))
    await books.declared(document)
    assert await books.lines() == {}
    number = "QD310526I000000002"
    await books.answered("inventory", document, "pre_deducted", customs_no=number)
    assert sums((await books.lines())["3"]) == ("100", "0", "0", "0")
    for parts in (("60", "20"), ("30", "30")):
        await books.gate(await books.truck(document, *parts))
    assert sums((await books.lines())["3"]) == ("10", "0", "90", "0")
    assert sums((await books.lines())["4"]) == ("0", "0", "50", "0")
    await books.posted(document)
    assert sums((await books.lines())["3"]) == ("0", "0", "100", "0")
    assert [
        move[1:3] for move in await books.movements(document) if move[0] == 1 and move[1] == "real_in"
    ] == [
        ("real_in", "passage"),
        ("real_in", "passage"),
        ("real_in", "receipt"),
    ]
    await rebuilt(database, books)


async def test_a_number_that_customs_gives_moves_the_row_to_its_line(
    database: Database, books: Books
) -> None:
    document = await books.coming(Goods(None, "12", "WINE-0750"), Goods(9, "3"))
    await books.declared(document)
    await books.answered("inventory", document, "pre_deducted", customs_no="QD310526I000000003")
    assert sums((await books.lines())["M:WINE-0750"]) == ("12", "0", "0", "0")
    await books.numbered(document, {1: 31, 2: 9})
    lines = await books.lines()
    assert set(lines) == {"31", "9"}
    assert sums(lines["31"]) == ("12", "0", "0", "0")
    await rebuilt(database, books)


async def test_inv211_is_the_truth_and_an_older_one_changes_nothing(database: Database, books: Books) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    await books.open("12", "100", "0", on=date(2026, 1, 1))
    document, other = await books.out(Goods(12, "30")), await books.out(Goods(12, "4"))
    await books.declared(document)
    await books.declared(other)
    # Customs knows of 20 more that went out elsewhere.
    await books.posted(document, at, book_row(12, "100", "50", limit_date="20301231", unit="011"))
    line = (await books.lines())["12"]
    assert (line.base_in, line.base_out, sums(line)) == (Decimal(100), Decimal(50), ("0", "4", "0", "0"))
    assert line.available == Decimal(46)
    await books.posted(other, at - timedelta(days=3), book_row(12, "100", "20"))
    line = (await books.lines())["12"]
    # It was counted before the base was told.
    assert (line.base_out, sums(line)) == (Decimal(50), ("0", "0", "0", "0"))
    truths = await books.entry.worker_pool.fetchval(
        "SELECT count(*) FROM ledger_truths WHERE tenant_id = $1", books.entry.tenant_id
    )
    assert truths == 2
    await books.open("12", "500", "0", on=date(2026, 1, 2))
    assert (await books.lines())["12"].base_out == Decimal(50)
    await rebuilt(database, books)


async def test_what_passed_the_gate_counts_until_customs_has_counted_it(
    database: Database, books: Books
) -> None:
    document = await books.coming(Goods(12, "100"))
    await books.declared(document)
    await books.answered("inventory", document, "pre_deducted", customs_no="QD310526I000000005")
    await books.gate(await books.truck(document))
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)
    other = await books.out(Goods(12, "1"))
    await books.declared(other)
    await books.posted(other, later, book_row(12, "40", "1"))
    assert (await books.lines())["12"].available == Decimal(139)
    await books.posted(document, later + timedelta(minutes=1), book_row(12, "140", "1"))
    assert (await books.lines())["12"].available == Decimal(139)
    await rebuilt(database, books)


async def test_a_deletion_takes_everything_back(database: Database, books: Books) -> None:
    document = await books.out(Goods(12, "30"))
    await books.declared(document)
    await books.answered("inventory", document, "approved", customs_no="QD310526E000000006")
    path = f"inventories/{document}"
    version = (await books.get(path))["version"]
    asked = await books.post(f"{path}/cancellation-requests", {"reason": "客户取消"}, if_match=f'"{version}"')
    assert asked.status_code == 202, asked.text
    assert sums((await books.lines())["12"]) == ("0", "30", "0", "0")
    await books.answered("inventory", document, "deleted", declaration_type="3", change_count=1)
    assert sums((await books.lines())["12"]) == ("0", "0", "0", "0")
    await rebuilt(database, books)


async def test_a_truck_that_passed_before_its_list_was_numbered_counts(
    database: Database, books: Books
) -> None:
    number = "QD310526I000000008"
    document = await books.coming(Goods(3, "100"))
    await books.declared(document)
    truck = sample("gate_pass", "one-bill", linked_nos=number)
    truck["linked_documents"] = [{"linked_type": "1", "bill_no": number}]
    pass_id = await books.saved("gate_pass", truck)
    await books.approve("gate_pass", pass_id)
    await books.gate(pass_id)
    assert await books.lines() == {}
    # Whichever of the two is told last, also when both are told at once.
    await asyncio.gather(
        books.answered("inventory", document, "pre_deducted", customs_no=number),
        books.gate(pass_id, "gate_released"),
    )
    assert sums((await books.lines())["3"]) == ("0", "0", "100", "0")
    await rebuilt(database, books)
    await books.gate(pass_id, "voided", authority_at=datetime.now(UTC) + timedelta(minutes=1))
    assert sums((await books.lines())["3"]) == ("100", "0", "0", "0")
    await rebuilt(database, books)


async def test_a_list_taken_over_from_outside_moves_its_book(database: Database, books: Books) -> None:
    await books.open("12", "100", "0", on=date(2026, 3, 1))

    async def taken_over(seq_no: str, quantity: str, deducted_at: str) -> str:
        document = listing("export", [Goods(12, quantity)])
        document["head"] |= {"deduction_mark": "2", "deducted_at": deducted_at}
        adoption = {
            "seq_no": seq_no,
            "customs_no": f"QD{seq_no}",
            "document": document,
            "reason": "原在官方页面申报",
        }
        answer = await books.post("inventories/adoptions", adoption)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    await taken_over("202600000000009001", "5", "20260410103000")
    assert sums((await books.lines())["12"]) == ("0", "0", "0", "5")
    # What was deducted before the book was opened here is in the opening.
    await taken_over("202600000000009002", "7", "20260228103000")
    assert sums((await books.lines())["12"]) == ("0", "0", "0", "5")
    await rebuilt(database, books)


async def test_a_draft_deleted_after_it_failed_leaves_nothing(database: Database, books: Books) -> None:
    document = await books.out(Goods(12, "30"))
    await books.declared(document)
    refused: dict[str, Any] = {
        "message_type": "CommonResponeMessage",
        "seq_no": None,
        "declaration_type": None,
    }
    attempt_id = await books.entry.worker_pool.fetchval(
        "SELECT attempt_id FROM attempts WHERE document_id = $1", UUID(document)
    )
    await books.answered("inventory", document, "refused", attempt_id=attempt_id, **refused)
    version = (await books.get(f"inventories/{document}"))["version"]
    gone = await books.entry.client.delete(
        f"/v1/inventories/{document}", headers={"if-match": f'"{version}"', "idempotency-key": str(uuid4())}
    )
    assert gone.status_code == 204, gone.text
    assert await books.movements(document) == []
    assert await books.lines() == {}
    await rebuilt(database, books)
