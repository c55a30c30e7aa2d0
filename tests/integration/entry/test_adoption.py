"""Documents declared outside, taken over: once, with what is wrong in them, and going on by later receipts."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backbone.migrate import Database
from tests.support.entry_service import URL, Entry, example, on, refused
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
REASON = {"reason": "客户更改了申报要素"}


def seq_no() -> str:
    return f"2026{uuid4().int % 10**14:014d}"


async def adopt(entry: Entry, document: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
    body = {
        "seq_no": seq_no(),
        "customs_no": f"QD310526I{uuid4().int % 10**9:09d}",
        "reason": "原在官方页面申报",
        **more,
    }
    if document is not None:
        body["document"] = document
    return await entry.post(f"/adoptions?enterprise_id={entry.enterprise_id}", body)


async def test_one_document_of_two_clerks_at_once(entry: Entry) -> None:
    """With numbers of their own making, so that only the authority's tells that it is the same."""
    number = seq_no()
    answers = await asyncio.gather(
        *(adopt(entry, seq_no=number, internal_no=f"N-{n}-{uuid4().hex[:6]}") for n in range(5))
    )
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]
    [first] = [a for a in answers if a.status_code == 201]
    second = next(a for a in answers if a.status_code == 409)
    told = refused(second, 409, "already_here")
    assert told["document_id"] == first.json()["id"]


async def test_what_was_declared_here_is_not_taken_over(entry: Entry) -> None:
    document_id = await entry.approved()
    number = (await entry.seen(document_id))["numbers"]["seq_no"]
    told = refused(await adopt(entry, seq_no=number, internal_no="N-1"), 409, "already_here")
    assert told["document_id"] == document_id


async def test_an_internal_number_that_is_here_is_said(entry: Entry) -> None:
    made = await entry.saved()
    answer = await adopt(entry, internal_no=made.json()["internal_no"])
    assert refused(answer, 409, "internal_number_taken")["document_id"] == made.json()["id"]


async def test_a_number_of_another_tenant_tells_nothing(
    entry: Entry, database: Database, issuer: Issuer
) -> None:
    number = seq_no()
    assert (await adopt(entry, seq_no=number, internal_no="N-1")).status_code == 201
    async with on(database, issuer) as other:
        assert (await adopt(other, seq_no=number, internal_no="N-1")).status_code == 201


async def test_wrong_values_are_left_out_and_said(entry: Entry) -> None:
    document = example()
    document["head"].update(direction="X", input_date="20269999", remark=["甲"], unheard="1", currency="\x00")
    document["goods"][0]["quantity"] = "-5,5"
    document["goods"].append("no row")
    document["second_goods"] = {"a": 1}
    document["bills"] = [[]]
    adopted = await adopt(entry, document)
    assert adopted.status_code == 201, adopted.text
    pointers = {w["pointer"] for w in adopted.json()["warnings"]}
    assert {"/head/direction", "/head/input_date", "/head/remark", "/goods/0/quantity"} <= pointers
    assert "direction" not in adopted.json()["document"]["head"]


async def test_a_receipt_of_an_earlier_round_changes_nothing(entry: Entry) -> None:
    adopted = await adopt(entry, example(), change_count=1)
    document_id = str(adopted.json()["id"])
    await entry.told(document_id, "returned", declaration_type="1", reasons=["当时的退单"])
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    seen = await entry.seen(document_id)
    assert (seen["state"], seen["notes"], seen["approved_attempt_no"]) == ("approved", [], 1)
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=2)
    assert any("在别处提出的变更" in note for note in (await entry.seen(document_id))["notes"])


async def test_the_marks_of_a_full_receipt_say_how_far_it_is(entry: Entry) -> None:
    """Deducted, so it can be changed no more."""
    document = example()
    document["head"]["deduction_mark"] = "2"
    adopted = await adopt(entry, document)
    assert adopted.json()["state"] == "deducted"
    answer = await entry.act(str(adopted.json()["id"]), "cancellation-requests", REASON)
    refused(answer, 409, "round_not_possible")


async def test_a_change_of_an_adopted_document(entry: Entry) -> None:
    document = example()
    document["head"]["entry_no"] = "310520261050000001"
    adopted = await adopt(entry, document)
    document_id = str(adopted.json()["id"])
    opened = await entry.act(document_id, "change-requests", REASON)
    assert opened.status_code == 202, opened.text
    working = opened.json()["document"]
    working["head"]["remark"] = "变更后的备注"
    etag = {"if-match": opened.headers["etag"]}
    assert (await entry.client.put(f"{URL}/{document_id}", json=working, headers=etag)).status_code == 200
    assert (await entry.act(document_id, "declare")).status_code == 202
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    seen = await entry.seen(document_id)
    assert (seen["open_round"], seen["approved_attempt_no"]) == (None, 2)
    assert seen["document"]["head"]["remark"] == "变更后的备注"


async def test_nothing_is_sent_of_a_document_known_by_its_numbers_alone(entry: Entry) -> None:
    """A deletion carries the whole document; half a one would only come back."""
    adopted = await adopt(entry, internal_no=f"N-{uuid4().hex[:8]}")
    document_id = str(adopted.json()["id"])
    failed = refused(await entry.act(document_id, "cancellation-requests", REASON), 422, "invalid_request")
    assert "/goods" in {e["pointer"] for e in failed["errors"]}
    assert (await entry.seen(document_id))["open_round"] is None


async def test_a_deletion_of_an_adopted_document_with_its_content(entry: Entry) -> None:
    adopted = await adopt(entry, example())
    document_id = str(adopted.json()["id"])
    assert (await entry.act(document_id, "cancellation-requests", REASON)).status_code == 202
    await entry.told(document_id, "deleted", declaration_type="3")
    assert (await entry.seen(document_id))["state"] == "deleted"
