"""Documents made from others, what is left of them, and 归并, over HTTP on real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from backbone.migrate import Database
from tests.support.entry_service import example, on, refused
from tests.support.feeding import Feeding, bill, form, sample
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
VEHICLE = {"vehicle_no": "浙B12345", "vehicle_weight": "7500", "applicant_contact": "张三 0574-00000000"}


@pytest.fixture
async def desk(database: Database, issuer: Issuer) -> AsyncIterator[Feeding]:
    async with on(database, issuer) as made:
        yield Feeding(made)


async def made(desk: Feeding, path: str, body: Any = None) -> dict[str, Any]:
    response = await desk.post(path, body)
    assert response.status_code == 201, response.text
    content: dict[str, Any] = response.json()
    assert response.headers["location"].endswith(content["id"])
    return content


def amounts(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("quantity", "held", "approved", "passed", "drafted", "remaining"))


async def test_a_bill_takes_what_the_form_tells_and_all_that_is_left(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    first = await made(desk, f"business-forms/{form_id}/stock-bills")
    head, (row,) = first["document"]["head"], first["document"]["goods"]
    assert (head["business_form_no"], head["direction"], head["business_type"]) == (form_no, "E", "A")
    assert (head["area_code"], head["material_mark"]) == ("3105W60ABC", "I")
    assert (row["form_line_no"], row["book_line_no"], row["quantity"], row["total_price"]) == (
        1,
        11,
        "60",
        "120",
    )
    assert row["statutory_quantity"] == "60" and "second_statutory_quantity" not in row
    missing = {each["pointer"] for each in first["to_complete"]}
    assert {"/goods/0/origin_country", "/goods/0/levy_mode"} <= missing
    assert first["made_from"] == {
        "sources": [{"id": form_id, "kind": "business_form", "customs_no": form_no}],
        "fed": [{"line_no": 1, "from": [{"source": 0, "line_no": 1, "quantity": "60"}]}],
    }
    kept = await desk.get(f"stock-bills/{first['id']}/made-from")
    assert {name: kept[name] for name in ("sources", "fed")} == first["made_from"]


async def test_a_further_bill_takes_from_the_one_before_what_the_form_does_not_tell(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    await desk.bill(form_no, "20")
    before = bill(form_no, "20")["goods"][0]
    (row,) = (await made(desk, f"business-forms/{form_id}/stock-bills"))["document"]["goods"]
    for name in ("origin_country", "levy_mode", "destination_country"):
        assert row[name] == before[name]


async def test_what_is_held_is_no_longer_left(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "20")
    under_way = await desk.saved("stock_bill", bill(form_no, "15"))
    assert (await desk.declare("stock_bill", under_way)).status_code == 202
    draft = await made(desk, f"business-forms/{form_id}/stock-bills")
    assert draft["document"]["goods"][0]["quantity"] == "25"
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert amounts(row) == ("60", "35", "20", "0", "25", "25")
    assert [each["quantity"] for each in row["by"]] == ["20", "15", "25"]
    again = await made(
        desk, f"business-forms/{form_id}/stock-bills", {"rows": [{"line_no": 1, "quantity": "25"}]}
    )
    assert any("另有1份出入库单草稿" in each["message"] for each in again["warnings"])
    await desk.void("stock_bill", bill_id)
    await desk.answered("stock_bill", under_way, "returned", reasons=["申报要素不符"])
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert amounts(row) == ("60", "0", "0", "0", "65", "60")


async def test_what_was_chosen_wrongly_is_told_all_at_once(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    await desk.bill(form_no, "59")
    rows = [{"line_no": 1, "quantity": "2"}, {"line_no": 1, "quantity": "1"}, {"line_no": 7}]
    response = await desk.post(f"business-forms/{form_id}/stock-bills", {"rows": rows})
    problem = refused(response, 422, "invalid_request")
    assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [
        ("/rows/0/quantity", "unfit_value"),
        ("/rows/1/line_no", "number_repeated"),
        ("/rows/2/line_no", "unknown_reference"),
    ]
    for quantity in ("0", "-1", "1e1", "0.000001", "1" * 30, "1\u0000"):
        body = {"rows": [{"line_no": 1, "quantity": quantity}]}
        refused(await desk.post(f"business-forms/{form_id}/stock-bills", body), 422, "invalid_request")
    await desk.bill(form_no, "1")
    nothing = refused(await desk.post(f"business-forms/{form_id}/stock-bills"), 409, "source_not_usable")
    assert "已用于" in nothing["detail"]


async def test_only_an_approved_and_valid_form_is_used(desk: Feeding) -> None:
    form_id = await desk.saved("business_form", form())
    refused(await desk.post(f"business-forms/{form_id}/stock-bills"), 409, "source_not_usable")
    await desk.approve("business_form", form_id)
    await desk.answered("business_form", form_id, "paused", message_type="SAS202", declaration_type=None)
    paused = refused(await desk.post(f"business-forms/{form_id}/stock-bills"), 409, "source_not_usable")
    assert "暂停" in paused["detail"]


async def test_what_a_clerk_typed_stands_before_what_the_form_tells(desk: Feeding) -> None:
    form_id, _ = await desk.approved("business_form", form())
    body = {"internal_no": "TYPED-1", "head": {"applicant": "李四", "remark": "第二批"}}
    head = (await made(desk, f"business-forms/{form_id}/stock-bills", body))["document"]["head"]
    assert (head["internal_no"], head["applicant"], head["remark"]) == ("TYPED-1", "李四", "第二批")
    for head in ({"no_such_field": "1"}, {"remark": "\u0000"}, {"remark": {"a": [1]}}, {"seq_no": "1" * 18}):
        body = {"head": head}
        refused(await desk.post(f"business-forms/{form_id}/stock-bills", body), 422, "invalid_request")
    again = {"internal_no": "TYPED-1"}
    refused(await desk.post(f"business-forms/{form_id}/stock-bills", again), 409, "internal_number_taken")


async def test_a_whole_bill_goes_on_one_pass(desk: Feeding) -> None:
    _, form_no = await desk.approved("business_form", form("60"))
    bill_id, bill_no = await desk.bill(form_no, "20")
    first = await made(desk, f"stock-bills/{bill_id}/gate-passes", {"head": VEHICLE})
    head = first["document"]["head"]
    assert (head["gate_pass_type"], head["bind_type"], head["linked_type"]) == ("4", "2", "2")
    assert (head["gross_weight"], head["net_weight"], head["total_weight"]) == ("60", "40", "7560")
    assert first["document"]["linked_documents"] == [{"linked_type": "2", "bill_no": bill_no}]
    assert first["to_complete"] == []
    assert (await desk.declare("gate_pass", first["id"])).status_code == 202
    refused(
        await desk.post(f"stock-bills/{bill_id}/gate-passes", {"head": VEHICLE}), 409, "source_not_usable"
    )
    await desk.answered("gate_pass", first["id"], "returned", reasons=["车牌不符"])
    await made(desk, f"stock-bills/{bill_id}/gate-passes", {"head": VEHICLE})


async def test_one_bill_on_many_trucks_until_nothing_is_left(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "20")
    path = f"stock-bills/{bill_id}/gate-passes"
    wish = {"head": VEHICLE, "rows": [{"line_no": 1, "quantity": "7"}]}
    first = await made(desk, path, wish)
    (row,) = first["document"]["goods"]
    assert first["document"]["head"]["bind_type"] == "3"
    assert (row["related_line_no"], row["quantity"]) == (1, "7")
    assert (row["gross_weight"], row["net_weight"]) == ("21", "14")
    await desk.approve("gate_pass", first["id"])
    rest = await made(desk, path, {"head": VEHICLE})
    assert (rest["document"]["head"]["bind_type"], rest["document"]["goods"][0]["quantity"]) == ("3", "13")
    await desk.approve("gate_pass", rest["id"])
    refused(await desk.post(path, {"head": VEHICLE}), 409, "source_not_usable")
    passed = {"message_type": "SAS223", "declaration_type": None}
    await desk.answered("gate_pass", first["id"], "gate_passed", **passed)
    (row,) = await desk.left("stock_bill", bill_id, "gate_pass")
    assert amounts(row) == ("20", "20", "20", "7", "0", "0")
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert amounts(row) == ("60", "20", "20", "7", "0", "40")
    await desk.void("gate_pass", rest["id"])
    (row,) = await desk.left("stock_bill", bill_id, "gate_pass")
    assert amounts(row) == ("20", "7", "7", "7", "0", "13")


async def test_a_truck_with_a_part_of_what_another_has_whole_is_pointed_out(desk: Feeding) -> None:
    await desk.entry.client.put("/v1/authorisation-rule", json={"mode": "off"})
    _, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "20")
    path = f"stock-bills/{bill_id}/gate-passes"
    part = await made(desk, path, {"head": VEHICLE, "rows": [{"line_no": 1, "quantity": "7"}]})
    whole = await made(desk, path, {"head": VEHICLE})
    declared = await desk.declare("gate_pass", whole["id"])
    assert (declared.status_code, declared.json()["warnings"]) == (202, [])
    declared = await desk.declare("gate_pass", part["id"])
    assert declared.status_code == 202
    (warning,) = declared.json()["warnings"]
    assert warning["pointer"] == "/linked_documents/0/bill_no" and "整票" in warning["message"]


async def test_several_bills_on_one_truck(desk: Feeding) -> None:
    _, form_no = await desk.approved("business_form", form("60"))
    bills = [await desk.bill(form_no, quantity) for quantity in ("20", "10")]
    body = {"ids": [each for each, _ in bills], "head": VEHICLE}
    document = (await made(desk, "gate-passes/from-stock-bills", body))["document"]
    assert (document["head"]["bind_type"], document["head"]["gross_weight"]) == ("1", "90")
    assert document["head"]["linked_nos"] == "\\".join(number for _, number in bills)


async def test_a_list_goes_on_a_pass(desk: Feeding) -> None:
    inventory_id, number = await desk.approved("inventory", example())
    document = (await made(desk, f"inventories/{inventory_id}/gate-passes", {"head": VEHICLE}))["document"]
    head = document["head"]
    assert (head["gate_pass_type"], head["linked_type"], head["linked_nos"]) == ("2", "1", number)
    assert (head["area_code"], head["area_book_no"]) == ("3105W60ABC", "T3105W000001")


async def test_bills_are_gathered_into_one_list(desk: Feeding) -> None:
    _, form_no = await desk.approved("business_form", form("60"))
    first, second = [await desk.bill(form_no, quantity) for quantity in ("20", "10")]
    other = bill(form_no, "5")
    other["goods"][0]["origin_country"] = "502"
    third = await desk.approved("stock_bill", other)
    body: dict[str, Any] = {"ids": [first[0], second[0], third[0]], "head": {"supervision_mode": "5034"}}
    refused(await desk.post("inventories/from-stock-bills", {"ids": body["ids"]}), 422, "invalid_request")
    gathered = await made(desk, "inventories/from-stock-bills", body)
    head, goods = gathered["document"]["head"], gathered["document"]["goods"]
    assert (head["inventory_type"], head["book_no"], head["operating_code"]) == (
        "1",
        "T3105W000001",
        "3105W60ABC",
    )
    assert [(row["quantity"], row["total_price"], row["unit_price"]) for row in goods] == [
        ("30", "60", "2"),
        ("5", "10", "2"),
    ]
    assert [row["stock_bill_no"] for row in gathered["document"]["stock_bills"]] == [
        first[1],
        second[1],
        third[1],
    ]
    assert gathered["made_from"]["fed"][0]["from"] == [
        {"source": 0, "line_no": 1, "quantity": "20"},
        {"source": 1, "line_no": 1, "quantity": "10"},
    ]


async def test_a_bill_is_gathered_once(desk: Feeding) -> None:
    _, form_no = await desk.approved("business_form", form("60"))
    bill_id, bill_no = await desk.bill(form_no, "20")
    drafts = []
    for _ in range(2):
        document = sample("inventory", "gathered")
        document["stock_bills"] = [{"line_no": 1, "stock_bill_no": bill_no}]
        drafts.append(await desk.saved("inventory", document))
    assert (await desk.declare("inventory", drafts[0])).status_code == 202
    problem = refused(await desk.declare("inventory", drafts[1]), 422, "invalid_request")
    assert problem["errors"][0]["pointer"] == "/stock_bills/0/stock_bill_no"
    wish = {"ids": [bill_id], "head": {"supervision_mode": "5034"}}
    refused(await desk.post("inventories/from-stock-bills", wish), 409, "source_not_usable")
    twice = await desk.post("inventories/from-stock-bills", {"ids": [bill_id, bill_id]})
    (wrong,) = refused(twice, 422, "invalid_request")["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/ids/1", "number_repeated")
    await desk.answered("inventory", drafts[0], "returned", reasons=["数量不符"])
    assert (await desk.declare("inventory", drafts[1])).status_code == 202


@pytest.mark.parametrize(
    "path", ["inventories/from-stock-bills", "gate-passes/from-stock-bills", "gate-passes/from-inventories"]
)
async def test_what_is_not_there_is_not_gathered(desk: Feeding, path: str) -> None:
    """The witness of the client holds the answer against OpenAPI, which left this refusal out."""
    refused(await desk.post(path, {"ids": [str(uuid4())]}), 404, "not_found")


async def test_bills_that_differ_are_not_gathered(desk: Feeding) -> None:
    _, form_no = await desk.approved("business_form", form("60"))
    one, _ = await desk.bill(form_no, "20")
    other, _ = await desk.bill(form_no, "10", area_book_no="T3105W000002")
    body = {"ids": [one, other, one], "head": {"supervision_mode": "5034"}}
    refused(await desk.post("inventories/from-stock-bills", body), 422, "invalid_request")
    problem = refused(
        await desk.post("inventories/from-stock-bills", {**body, "ids": [one, other]}), 422, "invalid_request"
    )
    assert problem["errors"][0]["pointer"] == "/ids/1" and "区内账册" in problem["errors"][0]["message"]


async def changing(desk: Feeding, bill_id: str, quantity: str) -> int:
    """A change of the bill's quantity, saved and not yet declared; answers the version."""
    path = f"stock-bills/{bill_id}"
    version = (await desk.get(path))["version"]
    reason = {"reason": "客户更改了数量"}
    opened = await desk.post(f"{path}/change-requests", reason, if_match=f'"{version}"')
    assert opened.status_code == 202, opened.text
    document = opened.json()["document"]
    (row,) = document["goods"]
    row.update(quantity=quantity, statutory_quantity=quantity, total_price=f"{int(quantity) * 2}.00")
    headers = {"if-match": opened.headers["etag"]}
    saved = await desk.entry.client.put(f"/v1/{path}", json=document, headers=headers)
    assert saved.status_code == 200, saved.text
    return int(saved.json()["version"])


async def test_a_change_gives_back_nothing_before_customs_agreed(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "40")
    await changing(desk, bill_id, "10")
    late = await desk.saved("stock_bill", bill(form_no, "50"))
    refused(await desk.declare("stock_bill", late), 422, "invalid_request")
    assert (await desk.declare("stock_bill", bill_id)).status_code == 202
    refused(await desk.declare("stock_bill", late), 422, "invalid_request")
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert (row["held"], row["remaining"]) == ("40", "20")
    await desk.answered("stock_bill", bill_id, "approved", declaration_type="2", change_count=1)
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert (row["held"], row["remaining"]) == ("10", "50")
    assert (await desk.declare("stock_bill", late)).status_code == 202


async def test_a_change_takes_no_more_than_there_is(desk: Feeding) -> None:
    form_id, form_no = await desk.approved("business_form", form("60"))
    bill_id, _ = await desk.bill(form_no, "40")
    await changing(desk, bill_id, "61")
    problem = refused(await desk.declare("stock_bill", bill_id), 422, "invalid_request")
    assert problem["errors"][0]["pointer"] == "/goods/0/quantity"
    # An undeclared change holds nothing, a declared one what it asks for.
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert row["held"] == "40"
    seen = await desk.get(f"stock-bills/{bill_id}")
    withdrawn = await desk.post(f"stock-bills/{bill_id}/withdrawals", if_match=f'"{seen["version"]}"')
    assert withdrawn.status_code == 200, withdrawn.text
    await changing(desk, bill_id, "60")
    assert (await desk.declare("stock_bill", bill_id)).status_code == 202
    (row,) = await desk.left("business_form", form_id, "stock_bill")
    assert (row["held"], row["remaining"]) == ("60", "0")


async def test_the_same_key_makes_one_draft(desk: Feeding) -> None:
    form_id, _ = await desk.approved("business_form", form())
    path, key = f"business-forms/{form_id}/stock-bills", str(uuid4())
    first = await desk.post(path, idempotency_key=key)
    again = await desk.post(path, idempotency_key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]


async def test_another_tenant_sees_and_makes_nothing(desk: Feeding) -> None:
    form_id, _ = await desk.approved("business_form", form())
    draft = await made(desk, f"business-forms/{form_id}/stock-bills")
    desk.entry.client = desk.entry.client_of(desk.entry.issuer.token(uuid4()))
    refused(await desk.post(f"business-forms/{form_id}/stock-bills"), 404, "not_found")
    for path in (f"business-forms/{form_id}/remaining", f"stock-bills/{draft['id']}/made-from"):
        refused(await desk.entry.client.get(f"/v1/{path}"), 404, "not_found")


async def test_a_merge_is_shown_and_its_rows_can_be_saved(desk: Feeding) -> None:
    document = example()
    row = document["goods"][0]
    document["goods"] = [{**row, "line_no": 1}, {**row, "line_no": 2}]
    shown = (await desk.post("inventories/merge-preview", {"document": document})).json()
    assert shown["ok"] and shown["entry_lines"] == 1
    assert shown["lines"] == [{"line_no": 1, "goods": [1, 2]}]
    document.update(goods=shown["goods"], declaration_rows=shown["declaration_rows"])
    saved = await desk.post("inventories", document)
    assert saved.status_code == 201, saved.text
    apart = {"document": document, "apart": [2], "numbering": "anew"}
    assert (await desk.post("inventories/merge-preview", apart)).json()["entry_lines"] == 2
    body = {"document": document, "apart": [9]}
    refused(await desk.post("inventories/merge-preview", body), 422, "invalid_request")
    refused(await desk.post("inventories/merge-preview", {}), 422, "invalid_request")
