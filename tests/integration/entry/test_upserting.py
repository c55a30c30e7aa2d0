"""`?mode=upsert`: one number brought many times at once, and content that is there already."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from tests.support.entry_service import Entry, example

pytestmark = pytest.mark.anyio


async def test_of_many_who_bring_a_new_number_at_once_the_losers_update(entry: Entry) -> None:
    number = f"U-{uuid4().hex[:12]}"
    answers = await asyncio.gather(
        *(entry.post("?mode=upsert", example(internal_no=number, remark=f"第{n}份")) for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201], [a.text for a in answers]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert sorted(answer.json()["version"] for answer in answers) == list(range(1, 21))
    assert len(await entry.events(answers[0].json()["id"])) == 20


async def test_of_many_who_bring_the_same_one_makes_it_and_nothing_more_is_told(entry: Entry) -> None:
    body = example(internal_no=f"U-{uuid4().hex[:12]}")
    answers = await asyncio.gather(*(entry.post("?mode=upsert", body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert {(answer.json()["id"], answer.json()["version"]) for answer in answers} == {
        (answers[0].json()["id"], 1)
    }
    assert [event["type"] for event in await entry.events(answers[0].json()["id"])] == ["document.saved.v1"]


async def test_the_same_again_is_answered_as_it_stands_also_once_it_is_declared(entry: Entry) -> None:
    body = example(internal_no=f"U-{uuid4().hex[:12]}")
    made = await entry.post("?mode=upsert", body)
    document_id = made.json()["id"]
    declared = await entry.post(f"/{document_id}/declare", if_match=made.headers["etag"])
    assert declared.status_code == 202, declared.text
    again = await entry.post("?mode=upsert", body)
    assert (again.status_code, again.json()["version"], again.headers["etag"]) == (200, 2, '"2"')
    told = [event["type"] for event in await entry.events(document_id)]
    assert told == ["document.saved.v1", "document.declared.v1"]


async def test_without_upsert_a_taken_number_is_refused_as_ever(entry: Entry) -> None:
    body = example(internal_no=f"U-{uuid4().hex[:12]}")
    answers = await asyncio.gather(*(entry.post("", body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
