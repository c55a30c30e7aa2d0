"""What can still be made, and what went where: query's counts beside entry's own, of the same documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import orjson
import pytest

from backbone.migrate import Database
from customs.documents import KINDS
from customs.sheets.reading import Book
from services.query.kind_facts import makings
from tests.support.entry_service import example, on, refused
from tests.support.feeding import Feeding, form
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.life import Life
from tests.support.query_views import Views, views
from tests.support.told_events import told_by

pytestmark = pytest.mark.anyio
VEHICLE = {"vehicle_no": "浙B12345", "vehicle_weight": "7500", "applicant_contact": "张三 0574-00000000"}
AMOUNTS = ("quantity", "held", "approved", "passed", "drafted", "remaining")
PASSED = {"message_type": "SAS223", "declaration_type": None}
BILLS, MOVES = "makeable/stock-bills/gate-passes", "goods-movements/business-forms"


@pytest.fixture(scope="module")
def entry_database(servers: Servers) -> Database:
    return servers.database("entry")


@pytest.fixture(scope="module")
def query_database(servers: Servers) -> Database:
    return servers.database("query")


class Both:
    """entry, and query that is told what entry told."""

    def __init__(self, desk: Feeding, query: Views) -> None:
        self.desk, self.query = desk, query
        query.tenant_id = desk.entry.tenant_id
        query.client = query.client_of()

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        await self.query.tell(await told_by(self.desk.entry))
        return await self.query.get(path, **params)

    async def made(self, path: str, **body: Any) -> str:
        response = await self.desk.post(path, {"head": VEHICLE, **body})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    async def ids(self, path: str = BILLS, **params: Any) -> set[str]:
        return {item["id"] for item in (await self.get(path, **params))["items"]}


@pytest.fixture
async def both(entry_database: Database, query_database: Database, issuer: Issuer) -> AsyncIterator[Both]:
    async with on(entry_database, issuer) as entry, views(query_database, issuer) as query:
        await entry.client.put("/v1/authorisation-rule", json={"mode": "off"})
        yield Both(Feeding(entry), query)


async def test_a_bill_is_listed_until_nothing_of_it_is_left(both: Both) -> None:
    desk = both.desk
    _form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, bill_no = await desk.bill(form_no, "20")
    other_id, _ = await desk.bill(form_no, "5")
    (item,) = (each for each in (await both.get(BILLS))["items"] if each["id"] == bill_id)
    assert (item["documents"], item["drafts"], item["partly"], item["made"]) == (0, 0, False, [])
    path = f"stock-bills/{bill_id}/gate-passes"
    first = await both.made(path, rows=[{"line_no": 1, "quantity": "7"}])
    (item,) = (await both.get(BILLS, customs_no=bill_no))["items"]
    assert (item["documents"], item["drafts"], item["partly"]) == (0, 1, False)
    await desk.approve("gate_pass", first)
    (item,) = (await both.get(BILLS, partly="true"))["items"]
    assert (item["id"], item["documents"], item["rows_left"]) == (bill_id, 1, 1)
    assert [each["id"] for each in item["made"]] == [first]
    assert await both.ids(partly="false") == {other_id}
    rest = await both.made(path)
    assert await both.ids() == {bill_id, other_id}
    await desk.approve("gate_pass", rest)
    assert await both.ids() == {other_id}
    await desk.void("gate_pass", rest)
    assert await both.ids() == {bill_id, other_id}
    await desk.void("stock_bill", other_id)
    assert await both.ids() == {bill_id}
    assert await both.ids(direction="I") == set()
    assert await both.ids(area_code="3105W60ABC", q="保税") == {bill_id}


async def test_a_whole_bill_on_a_pass_comes_back_when_customs_refuses(both: Both) -> None:
    desk = both.desk
    _, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "20")
    made = await both.made(f"stock-bills/{bill_id}/gate-passes")
    assert (await desk.declare("gate_pass", made)).status_code == 202
    assert await both.ids() == set()
    await desk.answered("gate_pass", made, "returned", reasons=["车牌不符"])
    assert await both.ids() == {bill_id}
    gathering = "makeable/stock-bills/inventories"
    assert await both.ids(gathering) == {bill_id}
    inventory_id, _ = await desk.approved("inventory", example())
    assert await both.ids("makeable/inventories/gate-passes") == {inventory_id}


async def test_what_a_change_lets_go_is_held_until_customs_agrees(both: Both) -> None:
    tenant_id = both.query.tenant_id
    bill = Life(tenant_id, kind="stock_bill", internal_no="bill")
    gathering = Life(tenant_id, kind="inventory", internal_no="gathering")
    number = {"customs_no": "S3105W26000009"}
    content = {
        "head": {"internal_no": "bill", "business_type": "A"},
        "goods": [{"line_no": 1, "quantity": "5"}],
    }
    names = {"head": {"internal_no": "gathering"}, "stock_bills": [{"stock_bill_no": number["customs_no"]}]}
    lets_go = {"head": {"internal_no": "gathering"}, "stock_bills": []}
    approved = {"approved_attempt_no": 1}
    change = {"round_no": 2, "purpose": "change", "state": "draft"}
    await both.query.tell(
        [
            bill._ordered(2, "sending", 1, "filing", content),
            bill.progressed(3, "sending", "approved", numbers=number, **approved),
        ]
    )
    gathers = "makeable/stock-bills/inventories"
    assert len((await both.query.get(gathers))["items"]) == 1
    await both.query.tell(
        [
            gathering._ordered(2, "sending", 1, "filing", names),
            gathering.progressed(3, "sending", "pre_deducted", **approved),
            gathering.saved(4, document=lets_go, state="pre_deducted", open_round=change),
        ]
    )
    assert (await both.query.get(gathers))["items"] == []
    assert (await both.query.get(f"stock-bills/{bill.document_id}/relations"))["items"] == []
    await both.query.tell(
        [
            gathering._ordered(
                5, "pre_deducted", 2, "change", lets_go, open_round={**change, "state": "sending"}
            ),
            gathering.progressed(6, "pre_deducted", "pre_deducted", approved_attempt_no=2, document=lets_go),
        ]
    )
    assert len((await both.query.get(gathers))["items"]) == 1


async def test_an_expired_form_is_of_no_use(both: Both) -> None:
    form_id, _ = await both.desk.approved("business_form", form("60"))
    assert await both.ids("makeable/business-forms/stock-bills") == {form_id}
    expired = form("10")
    expired["head"]["valid_until"] = "20200101"
    old = await both.desk.saved("business_form", expired)
    declared = await both.desk.declare("business_form", old)
    if declared.status_code == 202:
        await both.desk.answered("business_form", old, "approved", customs_no=f"B{uuid4().hex[:12].upper()}")
    assert await both.ids("makeable/business-forms/stock-bills") == {form_id}


async def test_query_counts_what_entry_counts(both: Both) -> None:
    desk = both.desk
    form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "20")
    await desk.bill(form_no, "5")
    assert (await desk.post(f"business-forms/{form_id}/stock-bills")).status_code == 201
    first = await both.made(f"stock-bills/{bill_id}/gate-passes", rows=[{"line_no": 1, "quantity": "7"}])

    async def same() -> tuple[str, ...]:
        (row,) = await desk.left("business_form", form_id, "stock_bill")
        (item,) = (await both.get(MOVES))["items"]
        (told,) = item["rows"]
        assert (item["id"], item["customs_no"]) == (form_id, form_no)
        assert [told[name] for name in AMOUNTS] == [row[name] for name in AMOUNTS]
        return tuple(str(row[name]) for name in AMOUNTS)

    assert await same() == ("60", "25", "25", "0", "35", "35")
    await desk.approve("gate_pass", first)
    await desk.answered("gate_pass", first, "gate_passed", **PASSED)
    assert (await same())[3] == "7"
    whole = await both.made(f"stock-bills/{bill_id}/gate-passes")
    await desk.approve("gate_pass", whole)
    await desk.answered("gate_pass", whole, "gate_passed", **PASSED)
    assert (await same())[3] == "20"
    # A change of the bill that is under way holds the more of both versions.
    other_id, _other_no = await desk.bill(form_no, "10")
    seen = await desk.get(f"stock-bills/{other_id}")
    opened = await desk.post(
        f"stock-bills/{other_id}/change-requests", {"reason": "数量"}, if_match=f'"{seen["version"]}"'
    )
    assert opened.status_code == 202, opened.text
    assert (await same())[1] == "35"
    for row in seen["document"]["goods"]:
        row.update(quantity="4", statutory_quantity="4", total_price="8.00")
    version = (await desk.get(f"stock-bills/{other_id}"))["version"]
    saved = await desk.entry.client.put(
        f"/v1/stock-bills/{other_id}",
        content=orjson.dumps(seen["document"]),
        headers={"if-match": f'"{version}"'},
    )
    assert saved.status_code == 200, saved.text
    assert (await same())[1] == "35"


async def test_movements_by_goods_and_as_a_workbook(both: Both) -> None:
    desk = both.desk
    _form_id, form_no = await desk.approved("business_form", form("60"))
    await desk.bill(form_no, "60")
    (item,) = (await both.get(MOVES, customs_no=form_no))["items"]
    name = item["rows"][0]["name"]
    assert len((await both.get(MOVES, goods=name[:2]))["items"]) == 1
    assert (await both.get(MOVES, goods="没有的商品"))["items"] == []
    assert (await both.get(MOVES, left="true"))["items"] == []
    assert (await both.get(MOVES, approved_from="20990101"))["items"] == []
    answered = await both.query.client.get(f"/v1/{MOVES}/list.xlsx")
    assert answered.status_code == 200, answered.text
    book = Book(answered.content)
    heading, row = [[cell.text for cell in cells.values()] for _, cells in book.rows(book.sheets[0])]
    assert heading[-6:] == [
        "申报数量",
        "已申报数量",
        "其中已审核通过",
        "已过卡数量",
        "余量",
        "暂存未申报数量",
    ]
    assert row[-6:] == ["60", "60", "60", "0", "0", "0"] and form_no in row


async def test_pages_go_on_over_what_is_used_up(both: Both) -> None:
    desk = both.desk
    _, form_no = await desk.approved("business_form", form("60"))
    bills = [(await desk.bill(form_no, "5"))[0] for _ in range(5)]
    for used in bills[1:3]:
        await desk.approve("gate_pass", await both.made(f"stock-bills/{used}/gate-passes"))
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 1}
    while True:
        page = await both.get(BILLS, **params)
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == [bills[4], bills[3], bills[0]]
    book = Book((await both.query.client.get(f"/v1/{BILLS}/list.xlsx")).content)
    assert sum(1 for _ in book.rows(book.sheets[0])) == 4


async def test_every_pair_answers_and_refuses_what_it_does_not_know(both: Both) -> None:
    for pair in makings():
        path = f"makeable/{KINDS[pair.source].url}/{pair.target.url}"
        assert (await both.get(path))["items"] == []
        refused(await both.query.client.get(f"/v1/{path}", params={"nothing": "1"}), 422, "invalid_request")
        nobody = both.query.client_of(permissions=[])
        refused(await nobody.get(f"/v1/{path}"), 403, "forbidden")
        refused(await nobody.get(f"/v1/{MOVES}"), 403, "forbidden")
