"""Answers of customs that come after a round was given up, a draft deleted, or while the next round is open."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from contracts.events.entry import DocumentProgressed, Fact
from services.entry.document import store
from services.entry.fold.told import Told
from services.entry.life import absorbing
from tests.support.entry_service import URL, Entry, refused
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
REASON = {"reason": "客户更改了申报要素"}
NOT_RECEIVED = {"outcome": "not_received", "reason": "已在单一窗口核对"}


async def changing(entry: Entry, document_id: str = "", remark: str = "变更后的备注") -> str:
    """A document whose change is at customs; `remark` is what it changes."""
    if not document_id:
        document_id = await entry.approved()
        fields = {"entry_no": "310520261050000001"}
        await entry.act(document_id, "marks", {"fields": fields, "reason": "报关单已申报"})
    assert (await entry.act(document_id, "change-requests", REASON)).status_code == 202
    await edit(entry, document_id, remark)
    ordered = await entry.act(document_id, "declare")
    assert ordered.status_code == 202, ordered.text
    return document_id


async def edit(entry: Entry, document_id: str, remark: str) -> None:
    seen = await entry.seen(document_id)
    working = seen["document"]
    working["head"]["remark"] = remark
    saved = await entry.client.put(f"{URL}/{document_id}", json=working, headers={"if-match": seen["etag"]})
    assert saved.status_code == 200, saved.text


async def given_up(entry: Entry, document_id: str) -> None:
    """The sending is taken for lost by a person, and the round withdrawn."""
    await overdue(entry, document_id)
    resolved = await entry.act(document_id, "resolutions", NOT_RECEIVED)
    assert resolved.status_code == 200, resolved.text
    withdrawn = await entry.act(document_id, "withdrawals")
    assert withdrawn.status_code == 200, withdrawn.text
    assert withdrawn.json()["open_round"] is None


async def overdue(entry: Entry, document_id: str) -> None:
    await entry.worker_pool.execute(
        "UPDATE documents SET deadline_at = now() - interval '1 minute' WHERE document_id = $1::uuid",
        document_id,
    )


async def step(entry: Entry, document_id: str, outcome: str, attempt_no: int) -> None:
    """What a service of ours tells about an attempt."""
    now = datetime.now(UTC)
    told = Told(f"{outcome}/{attempt_no}", outcome, attempt_no, now)
    line = Fact(fact_id=told.key, type="receipt", occurred_at=now)
    async with postgres.transaction(entry.worker_pool) as connection:
        row = await store.find(connection, UUID(document_id), lock=True)
        assert row is not None
        await absorbing.take_up(connection, row, told, line)


async def test_a_withdrawn_change_that_customs_grants_after_all_is_the_version(entry: Entry) -> None:
    document_id = await changing(entry)
    await given_up(entry, document_id)
    assert (await entry.seen(document_id))["document"]["head"].get("remark") != "变更后的备注"
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    seen = await entry.seen(document_id)
    assert (seen["open_round"], seen["approved_attempt_no"]) == (None, 2)
    assert seen["document"]["head"]["remark"] == "变更后的备注"
    # Lists must not go on showing what was withdrawn to.
    told = (await entry.events(document_id))[-1]
    assert told["document"]["head"]["remark"] == "变更后的备注"
    assert (await entry.seen(document_id, version="approved"))["document"]["head"]["remark"] == "变更后的备注"


async def test_a_withdrawn_change_that_customs_has_after_all_is_open_again(entry: Entry) -> None:
    """Else a second change would be sent beside it."""
    document_id = await changing(entry)
    await given_up(entry, document_id)
    await entry.told(document_id, "manual_review", declaration_type="2")
    seen = await entry.seen(document_id)
    assert (seen["open_round"]["purpose"], seen["open_round"]["state"]) == ("change", "manual_review")
    assert seen["deadline_at"] is not None
    refused(await entry.act(document_id, "change-requests", REASON), 409, "round_not_possible")
    refused(await entry.act(document_id, "withdrawals"), 409, "no_open_round")
    # Refused after all: the clerk goes on from what was sent.
    await entry.told(document_id, "returned", declaration_type="2", reasons=["备注不清楚"])
    seen = await entry.seen(document_id)
    assert seen["open_round"]["state"] == "returned"
    assert seen["document"]["head"]["remark"] == "变更后的备注"
    assert (await entry.act(document_id, "withdrawals")).json()["open_round"] is None


async def test_a_withdrawn_round_stays_withdrawn_when_it_is_refused(entry: Entry) -> None:
    document_id = await changing(entry)
    await given_up(entry, document_id)
    await entry.told(document_id, "returned", declaration_type="2", reasons=["备注不清楚"])
    assert (await entry.seen(document_id))["open_round"] is None


async def test_the_old_change_granted_while_the_next_is_edited_is_said_until_looked_at(entry: Entry) -> None:
    document_id = await changing(entry, remark="第一次变更")
    await given_up(entry, document_id)
    await entry.act(document_id, "change-requests", REASON)
    await edit(entry, document_id, "第二次变更")
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    seen = await entry.seen(document_id)
    assert (seen["approved_attempt_no"], seen["open_round"]["state"]) == (2, "draft")
    assert seen["document"]["head"]["remark"] == "第二次变更"
    assert any("第2次" in note and "核对" in note for note in seen["notes"])
    withdrawn = (await entry.act(document_id, "withdrawals")).json()
    assert withdrawn["document"]["head"]["remark"] == "第一次变更"


async def test_the_old_change_granted_before_the_next_is_edited_is_its_new_base(entry: Entry) -> None:
    document_id = await changing(entry, remark="第一次变更")
    await given_up(entry, document_id)
    await entry.act(document_id, "change-requests", REASON)
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    seen = await entry.seen(document_id)
    assert seen["open_round"]["state"] == "draft"
    assert seen["document"]["head"]["remark"] == "第一次变更"
    assert not any("核对" in note for note in seen["notes"])
    refused(await entry.act(document_id, "declare"), 422, "invalid_request")


async def test_a_review_of_the_old_base_does_not_hold_for_the_new_one(entry: Entry, issuer: Issuer) -> None:
    document_id = await changing(entry, remark="第一次变更")
    await given_up(entry, document_id)
    rule = f"/v1/review-rules/{entry.enterprise_id}/inventory"
    assert (await entry.client.put(rule, json={"required": True})).status_code == 200
    opened = await entry.act(document_id, "cancellation-requests", REASON)
    assert opened.json()["open_round"]["state"] == "draft"
    await entry.act(document_id, "review-requests")
    first, entry.client = entry.client, entry.client_of(issuer.token(entry.tenant_id, subject="reviewer"))
    assert (await entry.act(document_id, "review-approvals")).status_code == 200
    entry.client = first
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    refused(await entry.act(document_id, "declare"), 409, "review_required")


async def test_a_deleted_draft_that_the_single_window_has_after_all_is_back(entry: Entry) -> None:
    made = await entry.saved()
    document_id = str(made.json()["id"])
    await entry.act(document_id, "declare")
    await step(entry, document_id, "transport_refused", 1)
    seen = await entry.seen(document_id)
    assert seen["state"] == "failed"
    gone = await entry.client.delete(f"{URL}/{document_id}", headers={"if-match": seen["etag"]})
    assert gone.status_code == 204, gone.text
    # Late words about our own sending change nothing.
    await step(entry, document_id, "delivered", 1)
    assert (await entry.client.get(f"{URL}/{document_id}")).status_code == 404
    await entry.told(document_id, "pre_deducted")
    seen = await entry.seen(document_id)
    assert (seen["state"], seen["numbers"]["seq_no"] is not None) == ("pre_deducted", True)
    told = (await entry.events(document_id))[-1]
    assert (told["type"], told["state"]) == (DocumentProgressed.type, "pre_deducted")


async def test_a_deleted_draft_whose_number_was_used_again_stops_no_consumer(entry: Entry) -> None:
    made = await entry.saved()
    document_id = str(made.json()["id"])
    await entry.act(document_id, "declare")
    await step(entry, document_id, "transport_refused", 1)
    seen = await entry.seen(document_id)
    await entry.client.delete(f"{URL}/{document_id}", headers={"if-match": seen["etag"]})
    again = await entry.saved(internal_no=made.json()["internal_no"])
    await entry.told(document_id, "pre_deducted")
    assert (await entry.client.get(f"{URL}/{document_id}")).status_code == 404
    other = await entry.seen(str(again.json()["id"]))
    assert other["state"] == "draft"
    facts = await entry.worker_pool.fetchval(
        "SELECT count(*) FROM facts WHERE document_id = $1::uuid", document_id
    )
    assert facts == 2, "what was told is kept"


async def test_the_approved_snapshot_brings_its_own_internal_number(entry: Entry) -> None:
    """A sending taken for lost was approved, after the clerk had given the document another number."""
    made = await entry.saved()
    document_id, number = str(made.json()["id"]), str(made.json()["internal_no"])
    await entry.act(document_id, "declare")
    await overdue(entry, document_id)
    await entry.act(document_id, "resolutions", NOT_RECEIVED)
    seen = await entry.seen(document_id)
    document = seen["document"]
    document["head"]["internal_no"] = f"N-{uuid4().hex[:10]}"
    headers = {"if-match": seen["etag"]}
    assert (await entry.client.put(f"{URL}/{document_id}", json=document, headers=headers)).status_code == 200
    await entry.told(document_id, "pre_deducted")
    seen = await entry.seen(document_id)
    assert (seen["internal_no"], seen["document"]["head"]["internal_no"]) == (number, number)


async def test_the_internal_number_stays_during_a_change(entry: Entry) -> None:
    document_id = await entry.approved()
    fields = {"entry_no": "310520261050000001"}
    await entry.act(document_id, "marks", {"fields": fields, "reason": "报关单已申报"})
    await entry.worker_pool.execute(
        "UPDATE documents SET seq_no = NULL WHERE document_id = $1::uuid", document_id
    )
    await entry.act(document_id, "change-requests", REASON)
    seen = await entry.seen(document_id)
    document = seen["document"]
    document["head"]["internal_no"] = f"N-{uuid4().hex[:10]}"
    headers = {"if-match": seen["etag"]}
    answer = await entry.client.put(f"{URL}/{document_id}", json=document, headers=headers)
    refused(answer, 409, "internal_number_fixed")


async def test_two_rounds_opened_at_once_are_one(entry: Entry) -> None:
    document_id = await entry.approved()
    etag = (await entry.seen(document_id))["etag"]
    answers = await asyncio.gather(
        *(entry.post(f"/{document_id}/cancellation-requests", REASON, if_match=etag) for _ in range(6))
    )
    assert sorted(a.status_code for a in answers) == [202] + [412] * 5
    declared = [e for e in await entry.events(document_id) if e["type"] == "document.declared.v1"]
    assert [e["purpose"] for e in declared] == ["filing", "cancellation"]


async def test_withdrawing_and_an_approval_at_once(entry: Entry) -> None:
    """Whoever is first: the approved version is what customs granted, and no round is left open."""
    document_id = await changing(entry)
    await overdue(entry, document_id)
    await entry.act(document_id, "resolutions", NOT_RECEIVED)
    etag = (await entry.seen(document_id))["etag"]
    answer, _ = await asyncio.gather(
        entry.post(f"/{document_id}/withdrawals", if_match=etag),
        entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1),
    )
    assert answer.status_code in (200, 412)
    seen = await entry.seen(document_id)
    assert (seen["open_round"], seen["approved_attempt_no"]) == (None, 2)
    assert seen["document"]["head"]["remark"] == "变更后的备注"


async def test_a_granted_deletion_is_readable_and_copied_and_nothing_else(entry: Entry) -> None:
    document_id = await entry.approved()
    await entry.act(document_id, "cancellation-requests", REASON)
    await entry.told(document_id, "deleted", declaration_type="3")
    seen = await entry.seen(document_id)
    assert seen["state"] == "deleted"
    headers = {"if-match": seen["etag"]}
    put = await entry.client.put(f"{URL}/{document_id}", json=seen["document"], headers=headers)
    refused(put, 409, "not_editable")
    refused(await entry.client.delete(f"{URL}/{document_id}", headers=headers), 409, "not_deletable")
    refused(await entry.act(document_id, "declare"), 409, "already_under_way")
    refused(await entry.act(document_id, "stage"), 409, "already_under_way")
    for path in ("change-requests", "cancellation-requests"):
        refused(await entry.act(document_id, path, REASON), 409, "round_not_possible")
    refused(await entry.act(document_id, "review-requests"), 409, "not_reviewable")
    assert (await entry.client.get(f"{URL}/{document_id}/versions")).status_code == 200
    copy = await entry.post(f"/{document_id}/copy", {})
    assert (copy.status_code, copy.json()["state"]) == (201, "draft")


async def test_nothing_is_noted_about_a_draft_that_was_never_sent(entry: Entry) -> None:
    made = await entry.saved()
    body = {"fields": {"entry_no": "310520261050000001"}, "reason": "报关单已申报"}
    refused(await entry.act(str(made.json()["id"]), "marks", body), 409, "nothing_to_resolve")


async def test_only_an_answer_of_customs_is_assigned_and_only_to_a_declaration(entry: Entry) -> None:
    document_id = await entry.approved()
    await entry.act(document_id, "resend-requests")
    await entry.act(document_id, "marks", {"fields": {"entry_no": "310520261050000001"}, "reason": "已申报"})
    rows = await entry.worker_pool.fetch(
        "SELECT key, outcome FROM facts WHERE document_id = $1::uuid", document_id
    )
    keys = {row["outcome"]: row["key"] for row in rows}
    for fact, number, pointer in (
        (keys["marked"], 1, "/fact_id"),
        (keys["pre_deducted"], 2, "/attempt_no"),
    ):
        body = {"fact_id": fact, "attempt_no": number, "reason": "核对"}
        failed = refused(await entry.act(document_id, "resolutions", body), 422, "invalid_request")
        assert [e["pointer"] for e in failed["errors"]] == [pointer]
    body = {"fact_id": keys["pre_deducted"], "attempt_no": 1, "reason": "核对"}
    assert (await entry.act(document_id, "resolutions", body)).status_code == 200


async def test_a_change_is_not_sent_for_a_document_that_is_deducted_meanwhile(entry: Entry) -> None:
    document_id = await entry.approved()
    fields = {"entry_no": "310520261050000001"}
    await entry.act(document_id, "marks", {"fields": fields, "reason": "报关单已申报"})
    await entry.act(document_id, "change-requests", REASON)
    await edit(entry, document_id, "来不及的变更")
    await entry.told(document_id, "deducted")
    refused(await entry.act(document_id, "declare"), 409, "round_not_possible")
    answer = await entry.client.get(f"{URL}/{document_id}/actions")
    listed = {a["action"]: a for a in answer.json()["actions"]}
    assert not listed["declare"]["allowed"] and "已核扣" in listed["declare"]["reason"]
    assert (await entry.act(document_id, "withdrawals")).status_code == 200
