"""entry over HTTP on real PostgreSQL: two clerks, declaring once, copies, and what a person resolves."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from backbone.ids import new_id
from tests.support.entry_service import Entry, example, refused

pytestmark = pytest.mark.anyio


async def test_two_clerks_on_one_draft(entry: Entry) -> None:
    made = await entry.saved()
    path, document = made.headers["location"], made.json()["document"]
    document["head"]["remark"] = "甲"
    assert (await entry.client.put(path, json=document)).status_code == 428
    first = await entry.client.put(path, json=document, headers={"if-match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    stale = await entry.client.put(path, json=document, headers={"if-match": '"1"'})
    assert refused(stale, 412, "stale_version")["version"] == 2


async def test_declared_once_whatever_is_pressed(entry: Entry) -> None:
    made = await entry.saved()
    path = f"/{made.json()['id']}/declare"
    ordered = await entry.post(path, if_match='"1"')
    assert ordered.status_code == 202
    assert ordered.headers["location"] == made.headers["location"]
    assert ordered.json()["state"] == "sending"
    refused(await entry.post(path, if_match='"1"'), 412, "stale_version")
    refused(await entry.post(path, if_match='"2"'), 409, "already_under_way")
    events = await entry.events(made.json()["id"])
    assert [event["type"] for event in events] == ["document.saved.v1", "document.declared.v1"]
    assert events[1]["document"] == events[0]["document"]
    assert events[1]["route"]["mailbox"] == "m1"
    change = await entry.client.put(
        made.headers["location"], json=made.json()["document"], headers={"if-match": '"2"'}
    )
    refused(change, 409, "not_editable")
    snapshot = await entry.client.get(made.headers["location"], params={"attempt": 1})
    assert snapshot.json()["document"] == events[1]["document"]


async def test_many_at_once_declare_once(entry: Entry) -> None:
    made = await entry.saved()
    path = f"/{made.json()['id']}/declare"
    answers = await asyncio.gather(*(entry.post(path, if_match='"1"') for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [202, 412, 412, 412, 412, 412]


async def test_declaring_asks_for_more_than_saving(entry: Entry) -> None:
    sent = example()
    sent["goods"] = []
    del sent["head"]["transport_mode"]
    made = await entry.post("", sent)
    assert made.status_code == 201
    failed = refused(
        await entry.post(f"/{made.json()['id']}/declare", if_match='"1"'), 422, "invalid_request"
    )
    assert {"/goods", "/head/transport_mode"} <= {error["pointer"] for error in failed["errors"]}
    verdict = (await entry.post(f"/{made.json()['id']}/validate")).json()
    assert not verdict["ok"]
    assert {e["pointer"] for e in verdict["errors"]} == {e["pointer"] for e in failed["errors"]}
    assert (await entry.post("/validate?profile=save", sent)).json()["ok"]


async def test_the_wrong_card_is_found_before_customs_finds_it(entry: Entry) -> None:
    made = await entry.post(f"?enterprise_id={entry.enterprise_id}", example(declaring_code="3105W60XYZ"))
    assert made.status_code == 201
    failed = refused(
        await entry.post(f"/{made.json()['id']}/declare", if_match='"1"'), 422, "invalid_request"
    )
    assert "/head/declaring_code" in {error["pointer"] for error in failed["errors"]}


async def test_whose_document(entry: Entry) -> None:
    second = new_id()
    await entry.register(enterprise_id=second, customs_code="3105W60XYZ", name="另一示例公司")
    by_code = await entry.post("", example(declaring_code="3105W60XYZ"))
    assert by_code.json()["enterprise_id"] == str(second)
    sent = example()
    del sent["head"]["declaring_code"]
    refused(await entry.post("", sent), 422, "enterprise_unclear")
    refused(await entry.post("", example(declaring_code="9999999999")), 422, "enterprise_unclear")
    refused(await entry.post(f"?enterprise_id={uuid4()}", sent), 422, "enterprise_unclear")
    await entry.register(version=2, status="suspended")
    made = await entry.saved()
    stopped = await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    refused(stopped, 409, "enterprise_suspended")


async def test_a_copy_is_a_new_draft(entry: Entry) -> None:
    made = await entry.saved()
    await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    copy = await entry.post(f"/{made.json()['id']}/copy", {"internal_no": f"C-{uuid4().hex[:8]}"})
    assert copy.status_code == 201
    assert copy.json()["state"] == "draft"
    assert copy.json()["copied_from"] == made.json()["id"]
    made_up = await entry.post(f"/{made.json()['id']}/copy")
    assert made_up.json()["document"]["head"]["internal_no"].startswith("BG")


async def test_actions_say_what_and_why_not(entry: Entry) -> None:
    made = await entry.saved()
    path = f"{made.headers['location']}/actions"
    listed = {a["action"]: a for a in (await entry.client.get(path)).json()["actions"]}
    assert listed["declare"]["allowed"] and not listed["resolve"]["allowed"]
    await entry.post(f"/{made.json()['id']}/declare", if_match='"1"')
    listed = {a["action"]: a for a in (await entry.client.get(path)).json()["actions"]}
    assert not listed["declare"]["allowed"] and "发送中" in listed["declare"]["reason"]
    assert listed["copy"]["allowed"]


async def test_nothing_to_resolve(entry: Entry) -> None:
    made = await entry.saved()
    body = {"outcome": "not_received", "reason": "已在单一窗口核对"}
    refused(
        await entry.post(f"/{made.json()['id']}/resolutions", body, if_match='"1"'), 409, "nothing_to_resolve"
    )
    bad = await entry.post(
        f"/{made.json()['id']}/resolutions", {"outcome": "received", "reason": "核对"}, if_match='"1"'
    )
    assert refused(bad, 422, "invalid_request")["errors"][0]["pointer"] == "/seq_no"


async def test_a_sending_long_overdue_can_be_resolved_and_declared_again(entry: Entry) -> None:
    made = await entry.saved()
    document_id = made.json()["id"]
    await entry.post(f"/{document_id}/declare", if_match='"1"')
    await entry.worker_pool.execute(
        "UPDATE documents SET deadline_at = now() - interval '1 minute' WHERE document_id = $1",
        UUID(document_id),
    )
    body = {"outcome": "not_received", "reason": "已在单一窗口核对"}
    resolved = await entry.post(f"/{document_id}/resolutions", body, if_match='"2"')
    assert (resolved.status_code, resolved.json()["state"]) == (200, "failed")
    again = await entry.post(f"/{document_id}/declare", if_match=resolved.headers["etag"])
    assert (again.status_code, again.json()["attempt_no"]) == (202, 2)
