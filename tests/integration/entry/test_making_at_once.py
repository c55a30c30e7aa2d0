"""A hundred writers on one row of one form: never more than there is, nothing held is lost, what is given back can be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from backbone.migrate import Database
from tests.support.entry_service import on
from tests.support.feeding import Feeding, form
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
WRITERS, ENOUGH_FOR = 100, 60


@pytest.fixture
async def desk(database: Database, issuer: Issuer) -> AsyncIterator[Feeding]:
    async with on(database, issuer) as made:
        yield Feeding(made)


async def drafted(desk: Feeding, form_id: str) -> str:
    """A bill of one piece, made from the form and completed."""
    wish = {"rows": [{"line_no": 1, "quantity": "1"}]}
    made = await desk.post(f"business-forms/{form_id}/stock-bills", wish)
    assert made.status_code == 201, made.text
    await desk.complete(made.json())
    return str(made.json()["id"])


async def declared(desk: Feeding, bills: Sequence[str]) -> tuple[list[str], list[str]]:
    """All at once; which were taken and which found nothing left."""
    answers = await asyncio.gather(*(desk.declare("stock_bill", each) for each in bills))
    assert {answer.status_code for answer in answers} <= {202, 422}
    for answer in answers:
        if answer.status_code == 422:
            (problem,) = answer.json()["errors"]
            assert problem["pointer"] == "/goods/0/quantity" and "超过业务申报表的数量" in problem["message"]
    taken = [bill for bill, answer in zip(bills, answers, strict=True) if answer.status_code == 202]
    return taken, [bill for bill in bills if bill not in taken]


async def held(desk: Feeding, form_id: str) -> tuple[str, str]:
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    return row["held"], row["remaining"]


async def test_a_hundred_writers_take_what_there_is_and_no_more(desk: Feeding) -> None:
    form_id, _ = await desk.approved("business_form", form(str(ENOUGH_FOR)))
    bills = await asyncio.gather(*(drafted(desk, form_id) for _ in range(WRITERS)))
    assert await held(desk, form_id) == ("0", str(ENOUGH_FOR))
    taken, refused = await declared(desk, bills)
    assert (len(taken), len(refused)) == (ENOUGH_FOR, WRITERS - ENOUGH_FOR)
    assert await held(desk, form_id) == (str(ENOUGH_FOR), "0")

    returned, voided, approved = taken[:10], taken[10:15], taken[15:20]
    for bill in (*voided, *approved):
        await desk.answered(
            "stock_bill", bill, "approved", customs_no=f"X{bill[-17:].replace('-', '').upper()}"
        )

    # What is given back is taken by others while it is given back; in the end all of it is held once.
    async def give_back() -> None:
        await asyncio.gather(
            *(desk.answered("stock_bill", bill, "returned", reasons=["品名不符"]) for bill in returned),
            *(desk.void("stock_bill", bill) for bill in voided),
        )

    _, (early, waiting) = await asyncio.gather(give_back(), declared(desk, refused))
    late, _ = await declared(desk, waiting)
    freed = len(returned) + len(voided)
    assert len(early) + len(late) == freed
    assert await held(desk, form_id) == (str(ENOUGH_FOR), "0")

    # A bill that was returned does not get its place back by itself.
    again, full = await declared(desk, returned)
    assert (again, full) == ([], returned)
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert len(row["by"]) == WRITERS - len(voided)
