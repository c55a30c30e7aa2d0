"""Documents that lean on others, declared at once on real connections: what is there is given out once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backbone import postgres
from backbone.auth import Grant, Principal
from backbone.ids import new_id
from backbone.migrate import Database
from contracts.events.receipts import Outcome
from contracts.permissions import PERMISSIONS
from customs.documents import KINDS
from services.entry.life import uploads
from tests.support.entry_service import Entry, on, refused
from tests.support.entry_service import example as inventory
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS as PATIENCE

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples"
REASON = {"reason": "客户更改了申报要素"}
TRUCK = {
    "vehicle_no": "浙B12345",
    "vehicle_weight": "7500",
    "gross_weight": "120",
    "net_weight": "100",
    "total_weight": "7620",
    "applicant_contact": "张三 0574-00000000",
}


class Desk:
    """Documents of one kind at one application."""

    def __init__(self, entry: Entry, kind: str, **parameters: str) -> None:
        self.entry, self.kind, self.url = entry, kind, f"/v1/{KINDS[kind].url}"
        self.parameters = parameters

    async def post(self, path: str, body: Any = None, etag: str = "") -> httpx.Response:
        headers = {"idempotency-key": str(uuid4()), **({"if-match": etag} if etag else {})}
        return await self.entry.client.post(
            self.url + path, json=body or {}, headers=headers, params=self.parameters
        )

    async def seen(self, document_id: str, **params: str) -> httpx.Response:
        return await self.entry.client.get(f"{self.url}/{document_id}", params=params)

    async def act(self, document_id: str, path: str, body: Any = None) -> httpx.Response:
        etag = (await self.seen(document_id)).headers["etag"]
        return await self.post(f"/{document_id}/{path}", body, etag)

    async def saved(self, document: dict[str, Any]) -> str:
        document["head"]["internal_no"] = f"L-{uuid4().hex[:12]}"
        document["head"]["declaring_code"] = inventory()["head"]["declaring_code"]
        made = await self.post("", document)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def put(self, document_id: str, document: dict[str, Any]) -> None:
        etag = (await self.seen(document_id)).headers["etag"]
        answer = await self.entry.client.put(
            f"{self.url}/{document_id}", json=document, headers={"if-match": etag}
        )
        assert answer.status_code == 200, answer.text

    async def told(self, document_id: str, outcome: Outcome, **more: Any) -> None:
        more.setdefault("seq_no", f"{uuid4().int % 10**18:018d}")
        await self.entry.told(document_id, outcome, kind=self.kind, **more)

    async def approved(self, document: dict[str, Any], number: str) -> str:
        document_id = await self.saved(document)
        ordered = await self.act(document_id, "declare")
        assert ordered.status_code == 202, ordered.text
        await self.told(document_id, "approved", customs_no=number)
        return document_id


def example(kind: str, name: str, **head: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / kind / f"{name}.json").read_text(encoding="utf-8"))
    document["head"].update(head)
    return document


def counted(row: dict[str, Any], quantity: str) -> None:
    row.update(quantity=quantity, unit_price="1", total_price=quantity)
    if "statutory_quantity" in row:
        row["statutory_quantity"] = quantity


def form(quantity: str) -> dict[str, Any]:
    made = example("business_form", "gathered-out")
    made["goods"] = made["goods"][:1]
    row = made["goods"][0]
    counted(row, quantity)
    return made


def bill(form_no: str, quantity: str = "2") -> dict[str, Any]:
    made = example("stock_bill", "out", business_form_no=form_no)
    made["goods"] = made["goods"][:1]
    row = made["goods"][0]
    counted(row, quantity)
    made["head"].update(gross_weight=None, net_weight=None)
    row.update(gross_weight=None, net_weight=None)
    return made


def number(prefix: str) -> str:
    return f"{prefix}3105{uuid4().int % 10**10:010d}"


async def together(desk: Desk, ids: list[str]) -> list[httpx.Response]:
    """All of them declared at once."""
    etags = [(await desk.seen(each)).headers["etag"] for each in ids]
    return await asyncio.gather(
        *(desk.post(f"/{each}/declare", etag=etag) for each, etag in zip(ids, etags, strict=True))
    )


async def test_of_twenty_bills_at_once_as_many_pass_as_the_form_has_room_for(entry: Entry) -> None:
    form_no = number("SB")
    await Desk(entry, "business_form").approved(form("10"), form_no)
    bills = Desk(entry, "stock_bill")
    ids = [await bills.saved(bill(form_no)) for _ in range(20)]
    answers = await together(bills, ids)
    assert sorted(a.status_code for a in answers) == [202] * 5 + [422] * 15
    failed = refused(next(a for a in answers if a.status_code == 422), 422, "invalid_request")
    assert failed["errors"][0]["pointer"] == "/goods/0/quantity"


async def test_a_bill_declared_again_after_a_return_does_not_stand_in_its_own_way(entry: Entry) -> None:
    form_no = number("SB")
    await Desk(entry, "business_form").approved(form("10"), form_no)
    bills = Desk(entry, "stock_bill")
    document_id = await bills.saved(bill(form_no, "8"))
    assert (await bills.act(document_id, "declare")).status_code == 202
    await bills.told(document_id, "returned", reasons=["毛重不符"])
    assert (await bills.act(document_id, "declare")).status_code == 202
    # While it is out again it holds what it holds.
    assert (await bills.act(await bills.saved(bill(form_no, "3")), "declare")).status_code == 422
    assert (await bills.act(await bills.saved(bill(form_no, "2")), "declare")).status_code == 202


async def test_what_a_returned_bill_held_is_free(entry: Entry) -> None:
    form_no = number("SB")
    await Desk(entry, "business_form").approved(form("10"), form_no)
    bills = Desk(entry, "stock_bill")
    first = await bills.saved(bill(form_no, "8"))
    await bills.act(first, "declare")
    await bills.told(first, "returned", reasons=["毛重不符"])
    assert (await bills.act(await bills.saved(bill(form_no, "9")), "declare")).status_code == 202
    assert (await bills.act(first, "declare")).status_code == 422


async def test_a_bill_that_leans_on_another_form_lets_go_of_the_first(entry: Entry) -> None:
    one, other = number("SB"), number("SB")
    forms, bills = Desk(entry, "business_form"), Desk(entry, "stock_bill")
    await forms.approved(form("10"), one)
    await forms.approved(form("10"), other)
    document_id = await bills.saved(bill(one, "8"))
    await bills.act(document_id, "declare")
    await bills.told(document_id, "returned")
    document = (await bills.seen(document_id)).json()["document"]
    document["head"]["business_form_no"] = other
    await bills.put(document_id, document)
    assert (await bills.act(document_id, "declare")).status_code == 202
    assert (await bills.act(await bills.saved(bill(one, "10")), "declare")).status_code == 202
    assert (await bills.act(await bills.saved(bill(other, "3")), "declare")).status_code == 422


async def test_only_the_approved_version_of_a_form_counts(entry: Entry) -> None:
    form_no = number("SB")
    forms, bills = Desk(entry, "business_form"), Desk(entry, "stock_bill")
    form_id = await forms.approved(form("10"), form_no)
    opened = await forms.act(form_id, "change-requests", REASON)
    assert opened.status_code == 202, opened.text
    working = opened.json()["document"]
    counted(working["goods"][0], "3")
    await forms.put(form_id, working)
    ordered = await forms.act(form_id, "declare")
    assert ordered.status_code == 202, ordered.text
    assert (await bills.act(await bills.saved(bill(form_no, "2")), "declare")).status_code == 202
    await forms.told(form_id, "approved", customs_no=form_no, declaration_type="2", change_count=1)
    assert (await bills.act(await bills.saved(bill(form_no, "2")), "declare")).status_code == 422
    assert (await bills.act(await bills.saved(bill(form_no, "1")), "declare")).status_code == 202


async def test_a_change_being_edited_gives_nothing_back(entry: Entry) -> None:
    form_no = number("SB")
    await Desk(entry, "business_form").approved(form("10"), form_no)
    bills = Desk(entry, "stock_bill")
    document_id = await bills.approved(bill(form_no, "8"), number("C"))
    opened = await bills.act(document_id, "change-requests", REASON)
    working = opened.json()["document"]
    counted(working["goods"][0], "1")
    await bills.put(document_id, working)
    assert (await bills.act(await bills.saved(bill(form_no, "5")), "declare")).status_code == 422
    assert (await bills.act(document_id, "withdrawals")).status_code == 200
    assert (await bills.act(await bills.saved(bill(form_no, "2")), "declare")).status_code == 202


async def test_a_change_that_takes_too_much_is_refused(entry: Entry) -> None:
    form_no = number("SB")
    await Desk(entry, "business_form").approved(form("10"), form_no)
    bills = Desk(entry, "stock_bill")
    document_id = await bills.approved(bill(form_no, "5"), number("C"))
    await bills.approved(bill(form_no, "4"), number("C"))
    opened = await bills.act(document_id, "change-requests", REASON)
    for quantity, status in (("7", 422), ("6", 202)):
        working = opened.json()["document"]
        counted(working["goods"][0], quantity)
        await bills.put(document_id, working)
        answer = await bills.act(document_id, "declare")
        assert answer.status_code == status, answer.text


async def test_a_form_is_not_lowered_beneath_what_bills_hold_of_it(entry: Entry) -> None:
    form_no = number("SB")
    forms, bills = Desk(entry, "business_form"), Desk(entry, "stock_bill")
    form_id = await forms.approved(form("10"), form_no)
    assert (await bills.act(await bills.saved(bill(form_no, "6")), "declare")).status_code == 202
    await bills.saved(bill(form_no, "3"))
    opened = await forms.act(form_id, "change-requests", REASON)
    working = opened.json()["document"]
    counted(working["goods"][0], "5")
    await forms.put(form_id, working)
    failed = refused(await forms.act(form_id, "declare"), 422, "invalid_request")
    assert [(e["pointer"], e["code"]) for e in failed["errors"]] == [("/goods/0/quantity", "less_than_used")]
    counted(working["goods"][0], "6")
    await forms.put(form_id, working)
    assert (await forms.act(form_id, "declare")).status_code == 202


async def test_a_bill_on_a_pass_is_not_voided(entry: Entry) -> None:
    bills, passes = Desk(entry, "stock_bill"), Desk(entry, "gate_pass")
    bill_no = number("C")
    bill_id = await bills.approved(bill(number("SB"), "5"), bill_no)
    made = await bills.act(bill_id, "gate-passes")
    assert made.status_code == 201, made.text
    document = made.json()["document"]
    on_truck = await passes.saved({**document, "head": {**document["head"], **TRUCK}})
    declared = await passes.act(on_truck, "declare")
    assert declared.status_code == 202, declared.text
    failed = refused(await bills.act(bill_id, "cancellation-requests", REASON), 409, "round_not_possible")
    assert "核放单" in failed["detail"]
    await passes.told(on_truck, "returned", reasons=["车牌号有误"])
    assert (await bills.act(bill_id, "cancellation-requests", REASON)).status_code == 202
    again = refused(await passes.act(on_truck, "declare"), 422, "invalid_request")
    assert "正在申请作废" in again["errors"][0]["message"]


async def test_passes_that_link_the_same_bills_the_other_way_round_do_not_block_each_other(
    entry: Entry,
) -> None:
    linked = [f"QD310526I{uuid4().int % 10**9:09d}" for _ in range(2)]
    inventories, passes = Desk(entry, "inventory"), Desk(entry, "gate_pass")
    for each in linked:
        await inventories.approved(inventory(), each)
    ids = []
    for n in range(8):
        document = example("gate_pass", "many-bills")
        rows = linked if n % 2 else linked[::-1]
        document["linked_documents"] = [{**document["linked_documents"][0], "bill_no": each} for each in rows]
        document["head"]["linked_nos"] = "\\".join(rows)
        ids.append(await passes.saved(document))
    async with asyncio.timeout(PATIENCE):
        answers = await together(passes, ids)
    assert all(a.status_code < 500 for a in answers), [a.text for a in answers]
    assert {a.status_code for a in answers} == {202}, answers[0].text


async def test_a_form_of_another_enterprise_or_tenant_is_not_looked_at(
    entry: Entry, database: Database, issuer: Issuer
) -> None:
    form_no = number("SB")
    await Desk(entry, "business_form").approved(form("1"), form_no)
    async with on(database, issuer) as stranger:
        bills = Desk(stranger, "stock_bill")
        assert (await bills.act(await bills.saved(bill(form_no, "5")), "declare")).status_code == 202
    other = new_id()
    await entry.register(enterprise_id=other, name="示例贸易有限公司", customs_code="3302910ABE")
    bills = Desk(entry, "stock_bill", enterprise_id=str(other))
    document = bill(form_no, "5")
    document_id = await bills.saved(document)
    working = (await bills.seen(document_id)).json()["document"]
    working["head"]["declaring_code"] = "3302910ABE"
    await bills.put(document_id, working)
    answer = await bills.act(document_id, "declare")
    assert answer.status_code == 202, answer.text


def vehicle(plate: str) -> dict[str, Any]:
    return example("vehicle", "truck", vehicle_no=plate)


async def test_a_plate_is_registered_once_by_two_clerks_at_once(entry: Entry) -> None:
    plate = f"浙B{uuid4().hex[:5].upper()}"
    vehicles = Desk(entry, "vehicle")
    first, second = [await vehicles.saved(vehicle(plate)) for _ in range(2)]
    clerk = Principal(
        "user-2", "示例录入员", entry.tenant_id, (Grant(permissions=frozenset(PERMISSIONS)),), 0
    )
    async with postgres.tenant_transaction(entry.pool, entry.tenant_id) as connection:
        await uploads.upload(connection, clerk, KINDS["vehicle"], UUID(first), 1, declares=True)
        other = asyncio.create_task(vehicles.act(second, "declare"))
        await asyncio.sleep(0.3)
        assert not other.done(), "it must wait for what the first will be"
    failed = refused(await other, 422, "invalid_request")
    assert [e["pointer"] for e in failed["errors"]] == ["/head/vehicle_no"]
    assert (await vehicles.seen(first)).json()["state"] == "sending"


def drafted(plate: str) -> dict[str, Any]:
    made = example("gate_pass", "minimal-draft", internal_no=f"P-{uuid4().hex[:8]}", vehicle_no=plate)
    made["head"].pop("vehicle_weight", None)
    made["head"]["declaring_code"] = inventory()["head"]["declaring_code"]
    return made


async def test_a_pass_takes_what_customs_knows_of_the_vehicle(entry: Entry) -> None:
    """Not what a clerk is just editing, and by the plate it was approved with."""
    plate, other = (f"浙B{uuid4().hex[:5].upper()}" for _ in range(2))
    vehicles, passes = Desk(entry, "vehicle"), Desk(entry, "gate_pass")
    document_id = await vehicles.approved(vehicle(plate), number("V"))
    weight = (await vehicles.seen(document_id)).json()["document"]["head"]["vehicle_weight"]
    working = (await vehicles.act(document_id, "change-requests", REASON)).json()["document"]
    working["head"].update(vehicle_weight="1", vehicle_no=other)
    await vehicles.put(document_id, working)
    for asked, expected in ((plate, weight), (other, None)):
        made = await passes.post("", drafted(asked))
        assert made.status_code == 201, made.text
        assert made.json()["document"]["head"].get("vehicle_weight") == expected
