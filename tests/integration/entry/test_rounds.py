"""变更, 删除, review, adoption and marks over HTTP on real PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from customs.documents import KINDS
from tests.support.entry_service import SEQ_NO, URL, Entry, example, refused
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
REASON = {"reason": "客户更改了申报要素"}
_ENTRY = {"entry_no": "310520261050000001"}


async def changing(entry: Entry) -> tuple[str, dict[str, Any]]:
    """A document with a change opened on it."""
    document_id = await entry.approved()
    marked = await entry.act(document_id, "marks", {"fields": _ENTRY, "reason": "报关单已申报"})
    assert marked.status_code == 200, marked.text
    opened = await entry.act(document_id, "change-requests", REASON)
    assert opened.status_code == 202, opened.text
    return document_id, opened.json()


async def test_a_change_needs_a_declared_entry(entry: Entry) -> None:
    document_id = await entry.approved()
    why = refused(await entry.act(document_id, "change-requests", REASON), 409, "round_not_possible")
    assert "报关单尚未申报" in why["detail"]
    await entry.act(document_id, "marks", {"fields": _ENTRY, "reason": "报关单已申报"})
    assert (await entry.seen(document_id))["authority"]["entry_no"] == _ENTRY["entry_no"]
    assert (await entry.act(document_id, "change-requests", REASON)).status_code == 202


async def test_what_cannot_be_marked_is_named(entry: Entry) -> None:
    document_id = await entry.approved()
    body = {"fields": {"book_no": "T3105W000001", "entry_status": "99"}, "reason": "核对"}
    failed = refused(await entry.act(document_id, "marks", body), 422, "invalid_request")
    assert {e["pointer"] for e in failed["errors"]} == {"/fields/book_no", "/fields/entry_status"}


async def test_a_change_from_opening_to_approval(entry: Entry) -> None:
    document_id, opened = await changing(entry)
    assert opened["state"] == "pre_deducted"
    assert opened["open_round"]["label"] == "变更：草稿"
    working = opened["document"]
    working["head"]["remark"] = "变更后的备注"
    saved = await entry.client.put(
        f"{URL}/{document_id}", json=working, headers={"if-match": f'"{opened["version"]}"'}
    )
    assert saved.status_code == 200, saved.text
    assert (await entry.seen(document_id, version="approved"))["document"]["head"]["remark"] != "变更后的备注"
    diff = await entry.client.get(f"{URL}/{document_id}/diff")
    [section] = diff.json()["sections"]
    assert [d["pointer"] for d in section["differences"]] == ["/head/remark"]
    ordered = await entry.act(document_id, "declare")
    assert ordered.status_code == 202, ordered.text
    assert ordered.json()["open_round"]["state"] == "sending"
    declared = [e for e in await entry.events(document_id) if e["type"] == "document.declared.v1"][-1]
    assert (declared["purpose"], declared["document"]["head"]["declaration_type"]) == ("change", "2")
    await entry.told(document_id, "pre_deducted", declaration_type="2", change_count=1)
    seen = await entry.seen(document_id)
    assert (seen["state"], seen["open_round"], seen["numbers"]["change_count"]) == ("pre_deducted", None, 1)
    assert seen["document"]["head"]["remark"] == "变更后的备注"
    listed = (await entry.client.get(f"{URL}/{document_id}/versions")).json()
    assert (listed["approved"], [r["purpose"] for r in listed["rounds"]]) == (2, ["change"])
    assert (await entry.seen(document_id, version="1"))["document"]["head"]["remark"] != "变更后的备注"


async def test_a_change_touches_only_what_the_law_lets_it(entry: Entry) -> None:
    document_id, opened = await changing(entry)
    working = opened["document"]
    working["head"]["book_no"] = "T3105W000009"
    working["goods"].append({**working["goods"][0], "line_no": len(working["goods"]) + 1})
    saved = await entry.client.put(
        f"{URL}/{document_id}", json=working, headers={"if-match": f'"{opened["version"]}"'}
    )
    assert saved.status_code == 200
    assert "not_changeable" in {w["code"] for w in saved.json()["warnings"]}
    failed = refused(await entry.act(document_id, "declare"), 422, "invalid_request")
    assert {"not_changeable", "rows_fixed"} <= {e["code"] for e in failed["errors"]}


async def test_a_change_of_nothing_is_not_declared(entry: Entry) -> None:
    document_id, _ = await changing(entry)
    failed = refused(await entry.act(document_id, "declare"), 422, "invalid_request")
    assert failed["errors"][0]["code"] == "nothing_changed"


async def test_one_round_at_a_time_and_withdrawing(entry: Entry) -> None:
    document_id, opened = await changing(entry)
    refused(await entry.act(document_id, "cancellation-requests", REASON), 409, "round_not_possible")
    working = opened["document"]
    working["head"]["remark"] = "不要了"
    await entry.client.put(
        f"{URL}/{document_id}", json=working, headers={"if-match": f'"{opened["version"]}"'}
    )
    withdrawn = await entry.act(document_id, "withdrawals")
    assert withdrawn.status_code == 200
    assert withdrawn.json()["open_round"] is None
    assert withdrawn.json()["document"]["head"]["remark"] != "不要了"
    refused(await entry.act(document_id, "withdrawals"), 409, "no_open_round")


async def test_a_refused_change_leaves_it_and_can_be_withdrawn(entry: Entry) -> None:
    document_id, opened = await changing(entry)
    working = opened["document"]
    working["head"]["remark"] = "变更"
    await entry.client.put(
        f"{URL}/{document_id}", json=working, headers={"if-match": f'"{opened["version"]}"'}
    )
    await entry.act(document_id, "declare")
    refused(await entry.act(document_id, "withdrawals"), 409, "no_open_round")
    await entry.told(document_id, "returned", declaration_type="2", reasons=["备注不清楚"])
    seen = await entry.seen(document_id)
    assert (seen["state"], seen["open_round"]["state"]) == ("pre_deducted", "returned")
    assert "备注不清楚" in seen["notes"][0]
    assert (await entry.act(document_id, "withdrawals")).json()["open_round"] is None


async def test_a_deletion_is_sent_at_once_and_ends_the_document(entry: Entry) -> None:
    number = f"T-{uuid4().hex[:12]}"
    document_id = await entry.approved(internal_no=number)
    ordered = await entry.act(document_id, "cancellation-requests", REASON)
    assert ordered.status_code == 202, ordered.text
    assert ordered.json()["open_round"]["label"] == "删除：发送中"
    await entry.told(document_id, "deleted", declaration_type="3")
    seen = await entry.seen(document_id)
    assert (seen["state"], seen["open_round"]) == ("deleted", None)
    taken = refused(await entry.post("", example(internal_no=number)), 409, "internal_number_taken")
    assert "已删除的单证占用" in taken["errors"][0]["message"]


async def test_no_round_before_the_approval_or_after_the_deduction(entry: Entry) -> None:
    made = await entry.saved()
    why = refused(
        await entry.act(made.json()["id"], "cancellation-requests", REASON), 409, "round_not_possible"
    )
    assert "草稿" in why["detail"]
    document_id = await entry.approved("deducted")
    refused(await entry.act(document_id, "cancellation-requests", REASON), 409, "round_not_possible")
    missing = await entry.act(document_id, "closure-requests", REASON)
    assert missing.status_code in (404, 405)


@pytest.mark.parametrize(
    ("kind", "path", "says"),
    [
        ("gate_pass", "change-requests", "核放单不能变更；可以申请：作废"),
        ("business_form", "cancellation-requests", "业务申报表不能删除或作废；可以申请：变更、结案"),
        ("two_step_pass", "closure-requests", "两步申报核放单不能结案；申报后不能再提出申请"),
    ],
)
async def test_what_a_kind_cannot_be_asked_for_is_told(entry: Entry, kind: str, path: str, says: str) -> None:
    answer = await entry.client.post(f"/v1/{KINDS[kind].url}/{uuid4()}/{path}", json=REASON)
    assert refused(answer, 404, "no_such_round")["detail"] == says


async def test_an_unknown_outcome_of_a_round_is_resolved_by_a_person(entry: Entry) -> None:
    document_id = await entry.approved()
    await entry.act(document_id, "cancellation-requests", REASON)
    await entry.worker_pool.execute(
        "UPDATE documents SET deadline_at = now() - interval '1 minute' WHERE document_id = $1::uuid",
        document_id,
    )
    body = {"outcome": "not_received", "reason": "已在单一窗口核对"}
    resolved = await entry.act(document_id, "resolutions", body)
    assert resolved.json()["open_round"]["state"] == "failed"
    assert (await entry.act(document_id, "declare")).json()["open_round"]["state"] == "sending"


async def test_actions_name_the_rounds(entry: Entry) -> None:
    document_id = await entry.approved()
    answer = await entry.client.get(f"{URL}/{document_id}/actions")
    listed = {a["action"]: a for a in answer.json()["actions"]}
    assert listed["cancellation"]["allowed"]
    assert not listed["change"]["allowed"] and "报关单" in listed["change"]["reason"]
    assert not listed["save"]["allowed"]
    assert listed["ask_receipts"]["allowed"]


async def reviewing(entry: Entry, issuer: Issuer) -> tuple[str, Entry]:
    rule = await entry.client.put(
        f"/v1/review-rules/{entry.enterprise_id}/inventory", json={"required": True}
    )
    assert rule.status_code == 200, rule.text
    made = await entry.saved()
    return str(made.json()["id"]), entry


async def test_declaring_needs_a_second_person_for_exactly_this_version(entry: Entry, issuer: Issuer) -> None:
    document_id, _ = await reviewing(entry, issuer)
    refused(await entry.act(document_id, "declare"), 409, "review_required")
    assert (await entry.act(document_id, "review-requests", {"comment": "请看"})).status_code == 200
    refused(await entry.act(document_id, "review-approvals"), 403, "own_review")
    first, entry.client = entry.client, entry.client_of(issuer.token(entry.tenant_id, subject="reviewer"))
    assert (await entry.act(document_id, "review-approvals")).json()["review"]["status"] == "approved"
    entry.client = first
    seen = await entry.seen(document_id)
    document = seen["document"]
    document["head"]["remark"] = "又改了"
    await entry.client.put(f"{URL}/{document_id}", json=document, headers={"if-match": seen["etag"]})
    refused(await entry.act(document_id, "declare"), 409, "review_required")
    await entry.act(document_id, "review-requests")
    entry.client = entry.client_of(issuer.token(entry.tenant_id, subject="reviewer"))
    await entry.act(document_id, "review-approvals")
    assert (await entry.act(document_id, "declare")).status_code == 202


async def test_recalling_and_refusing_a_review(entry: Entry, issuer: Issuer) -> None:
    document_id, _ = await reviewing(entry, issuer)
    await entry.act(document_id, "review-requests")
    assert (await entry.act(document_id, "review-recalls")).json()["review"] is None
    refused(await entry.act(document_id, "review-recalls"), 409, "not_reviewable")
    await entry.act(document_id, "review-requests")
    entry.client = entry.client_of(issuer.token(entry.tenant_id, subject="reviewer"))
    refusal = await entry.act(document_id, "review-rejections", {"comment": "数量有误"})
    assert refusal.json()["review"]["comment"] == "数量有误"
    refused(await entry.act(document_id, "declare"), 409, "review_required")


async def test_a_cancellation_waits_for_its_review(entry: Entry, issuer: Issuer) -> None:
    document_id = await entry.approved()
    await entry.client.put(f"/v1/review-rules/{entry.enterprise_id}/inventory", json={"required": True})
    opened = await entry.act(document_id, "cancellation-requests", REASON)
    assert opened.json()["open_round"]["state"] == "draft"
    await entry.act(document_id, "review-requests")
    entry.client = entry.client_of(issuer.token(entry.tenant_id, subject="reviewer"))
    await entry.act(document_id, "review-approvals")
    assert (await entry.act(document_id, "declare")).json()["open_round"]["state"] == "sending"


async def test_a_document_declared_outside_goes_on_here(entry: Entry) -> None:
    document = example(internal_no=f"OUT-{uuid4().hex[:8]}")
    document["head"]["deduction_mark"] = "1"
    adopted = await entry.post(
        "/adoptions",
        {
            "seq_no": SEQ_NO,
            "customs_no": "QD310526I000000778",
            "document": document,
            "reason": "原在官方页面申报",
        },
    )
    assert adopted.status_code == 201, adopted.text
    content = adopted.json()
    assert (content["state"], content["origin"], content["numbers"]["seq_no"]) == (
        "pre_deducted",
        "adopted",
        SEQ_NO,
    )
    assert "deduction_mark" not in content["document"]["head"]
    await entry.told(content["id"], "deducted")
    assert (await entry.seen(content["id"]))["state"] == "deducted"


async def test_adopting_by_numbers_needs_the_internal_number(entry: Entry) -> None:
    body = {"seq_no": SEQ_NO, "reason": "原在官方页面申报"}
    failed = refused(
        await entry.post(f"/adoptions?enterprise_id={entry.enterprise_id}", body), 422, "invalid_request"
    )
    assert failed["errors"][0]["pointer"] == "/internal_no"
    made = await entry.post(
        f"/adoptions?enterprise_id={entry.enterprise_id}", {**body, "internal_no": f"N-{uuid4().hex[:8]}"}
    )
    assert made.json()["state"] == "accepted"


async def test_asking_for_receipts_is_an_upload_that_moves_nothing(entry: Entry) -> None:
    document_id = await entry.approved()
    asked = await entry.act(document_id, "resend-requests")
    assert (asked.status_code, asked.json()["state"]) == (202, "pre_deducted")
    told = (await entry.events(document_id))[-1]
    assert (told["type"], told["upload"], told["attempt_no"]) == ("receipts.requested.v1", "resend", 2)
    made = await entry.saved()
    refused(await entry.act(made.json()["id"], "resend-requests"), 409, "not_askable")


async def test_the_system_the_clerk_works_in_is_carried(entry: Entry) -> None:
    made = await entry.post("?system=Z7", example())
    assert made.json()["system"] == "Z7"
    await entry.act(made.json()["id"], "declare")
    assert (await entry.events(made.json()["id"]))[-1]["route"]["sys_id"] == "Z7"
