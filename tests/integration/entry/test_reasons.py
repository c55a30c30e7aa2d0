"""A document that came back says why, sentence by sentence, with the places each names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.documents import inventory
from tests.support.entry_service import URL, Entry, example

pytestmark = pytest.mark.anyio
NOW = datetime.now(UTC)


async def declared(entry: Entry) -> str:
    document_id = str((await entry.saved()).json()["id"])
    assert (await entry.act(document_id, "declare")).status_code == 202
    return document_id


async def reasons(entry: Entry, document_id: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await entry.seen(document_id, **params))["reasons"]
    return found


async def test_the_places_of_a_return(entry: Entry) -> None:
    document_id = await declared(entry)
    assert await reasons(entry, document_id) == []
    texts = ["第1项商品编码有误", "请与海关联系"]
    await entry.told(document_id, "returned", reasons=[*texts, texts[0]])
    expected = [
        {
            "text": texts[0],
            "places": [{"pointer": "/goods/0/hs_code", "label": "表体第1行「商品编码」"}],
        },
        {"text": texts[1], "places": []},
    ]
    assert await reasons(entry, document_id) == expected
    assert await reasons(entry, document_id, attempt="1") == expected
    # Sent again, it is no longer back.
    assert (await entry.act(document_id, "declare")).status_code == 202
    assert await reasons(entry, document_id) == []


async def test_the_last_return_speaks(entry: Entry) -> None:
    document_id = await declared(entry)
    await entry.told(document_id, "returned", reasons=["备注不清楚"], authority_at=NOW)
    await entry.act(document_id, "declare")
    await entry.told(
        document_id, "returned", reasons=["运输方式有误"], authority_at=NOW + timedelta(minutes=5)
    )
    # A late copy of the first.
    await entry.told(
        document_id, "returned", reasons=["备注仍不清楚"], authority_at=NOW - timedelta(minutes=1)
    )
    assert [r["text"] for r in await reasons(entry, document_id)] == ["运输方式有误"]


async def test_a_failed_registration_and_a_returned_round(entry: Entry) -> None:
    document_id = await declared(entry)
    await entry.told(document_id, "store_failed", reasons=["商品料号不存在"])
    assert [r["text"] for r in await reasons(entry, document_id)] == ["商品料号不存在"]
    document_id = await entry.approved()
    assert await reasons(entry, document_id) == []
    await entry.act(document_id, "cancellation-requests", {"reason": "不做了"})
    await entry.told(document_id, "returned", declaration_type="3", reasons=["报关单已放行"])
    assert [r["text"] for r in await reasons(entry, document_id)] == ["报关单已放行"]
    await entry.act(document_id, "withdrawals")
    assert await reasons(entry, document_id) == []


async def test_why_the_single_window_did_not_take_it(entry: Entry) -> None:
    document_id = str((await entry.saved()).json()["id"])
    attempt_id = (await entry.act(document_id, "declare")).json()["attempt_id"]
    text = "表头[启运国]填写有误"
    await entry.told(document_id, "refused", attempt_id=attempt_id, seq_no=None, reasons=[text])
    assert (await entry.seen(document_id))["state"] == "failed"
    [reason] = await reasons(entry, document_id)
    assert (reason["text"], type(reason["places"])) == (text, list)


async def test_places_are_in_what_is_shown_also_when_it_is_large(entry: Entry) -> None:
    document = {**inventory("L-1", 1_500)}
    document["head"] = {**example()["head"], "internal_no": "L-1"}
    made = await entry.post("", document)
    document_id = str(made.json()["id"])
    ordered = await entry.act(document_id, "declare")
    assert ordered.status_code == 202, ordered.text
    await entry.told(document_id, "returned", reasons=["商品序号1400的申报数量有误"])
    [reason] = await reasons(entry, document_id)
    assert [place["pointer"] for place in reason["places"]] == ["/goods/1399/quantity"]
    seen = await entry.seen(document_id)
    working = seen["document"]
    del working["goods"][:1_399]
    saved = await entry.client.put(f"{URL}/{document_id}", json=working, headers={"if-match": seen["etag"]})
    assert saved.status_code == 200, saved.text[:500]
    [reason] = await reasons(entry, document_id)
    assert [place["pointer"] for place in reason["places"]] == ["/goods/0/quantity"]
