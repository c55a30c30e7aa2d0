"""What comes after an approval, on the whole platform: changes, voids, closures, the gate, pauses, gathering."""

from __future__ import annotations

from typing import Any

import pytest

from local.platform import Platform
from tests.support.desk import Desk, Sent, example, opened, pass_for, until

pytestmark = pytest.mark.flow
REASON = {"reason": "客户要求"}
GATE = {
    "OK": "passed",
    "GATE2": "passed_second",
    "NOGATE": "not_passed",
    "GATEREF": "gate_refused",
    "INSPECT": "gate_released",
    "NOPASS": "approved",
}


@pytest.fixture(scope="module")
def rounds_desk(platform: Platform) -> Any:
    yield from opened(platform)


def opened_round(desk: Desk, sent: Sent, path: str) -> dict[str, Any]:
    answer = desk.act(sent, path, REASON)
    assert answer.status_code == 202, answer.text
    content: dict[str, Any] = answer.json()
    return content


def change(desk: Desk, sent: Sent, field: str, value: str) -> None:
    """A 变更 of one field of the head, declared."""
    document = opened_round(desk, sent, "change-requests")["document"]
    document["head"][field] = value
    saved = desk.put(sent, document)
    assert saved.status_code == 200, saved.text
    desk.declare(sent)


def approved(desk: Desk, prefix: str, kind: str, state: str = "approved") -> Sent:
    sent = desk.send(prefix, kind=kind)
    desk.until(sent, state)
    return sent


def cleared(desk: Desk, prefix: str) -> Sent:
    """A 核注清单 whose 报关单 a person noted as declared, so that it can be changed."""
    sent = approved(desk, prefix, "inventory", "pre_deducted")
    marked = desk.act(sent, "marks", {"fields": {"entry_status": "0"}, "reason": "报关单已申报"})
    assert marked.status_code == 200, marked.text
    return sent


def test_an_inventory_is_changed(rounds_desk: Desk) -> None:
    sent = cleared(rounds_desk, "HOLD")
    change(rounds_desk, sent, "remark", "变更后的备注")
    content = rounds_desk.until_round(sent, None)
    assert (content["state"], content["approved_attempt_no"]) == ("pre_deducted", 2)
    assert content["numbers"]["change_count"] == 1
    assert content["document"]["head"]["remark"] == "变更后的备注"
    old = rounds_desk.get(sent.path, version="1")["document"]["head"]
    assert old.get("remark") != "变更后的备注"


def test_a_refused_change_leaves_the_inventory_untouched(rounds_desk: Desk) -> None:
    sent = cleared(rounds_desk, "CHGRET")
    before = rounds_desk.get(sent.path, version="approved")["document"]
    change(rounds_desk, sent, "remark", "变更后的备注")
    content = rounds_desk.until_round(sent, "returned")
    assert content["approved_attempt_no"] == 1
    assert any("变更申请被退回" in note for note in content["notes"])
    assert rounds_desk.get(sent.path, version="approved")["document"] == before
    withdrawn = rounds_desk.act(sent, "withdrawals")
    assert withdrawn.json()["document"] == before


@pytest.mark.parametrize(
    ("kind", "prefix", "state", "end"),
    [
        ("inventory", "HOLD", "pre_deducted", "deleted"),
        ("stock_bill", "OK", "approved", "voided"),
        ("gate_pass", "NOPASS", "approved", "voided"),
    ],
)
def test_a_document_is_withdrawn_from_customs(
    rounds_desk: Desk, kind: str, prefix: str, state: str, end: str
) -> None:
    sent = approved(rounds_desk, prefix, kind, state)
    opened_round(rounds_desk, sent, "cancellation-requests")
    content = rounds_desk.until(sent, end)
    assert content["open_round"] is None
    again = rounds_desk.act(sent, "cancellation-requests", REASON)
    assert (again.status_code, again.json()["code"]) == (409, "round_not_possible")


@pytest.mark.parametrize("kind", ["stock_bill", "business_form"])
def test_a_refused_void_or_closure_leaves_it_valid(rounds_desk: Desk, kind: str) -> None:
    sent = approved(rounds_desk, "VOIDRET", kind)
    opened_round(
        rounds_desk, sent, "closure-requests" if kind == "business_form" else "cancellation-requests"
    )
    content = rounds_desk.until_round(sent, "returned")
    assert content["state"] == "approved"


def test_a_form_is_changed_row_by_row_and_closed(rounds_desk: Desk) -> None:
    sent = approved(rounds_desk, "OK", "business_form")
    document = opened_round(rounds_desk, sent, "change-requests")["document"]
    first = document["goods"][0]
    document["goods"].append({**first, "line_no": 90, "name": "新增的商品", "change_mark": "3"})
    saved = rounds_desk.put(sent, document)
    assert saved.status_code == 200, saved.text
    rounds_desk.declare(sent)
    content = rounds_desk.until_round(sent, None)
    assert content["numbers"]["change_count"] == 1
    assert [row["line_no"] for row in content["document"]["goods"]][-1] == 90
    opened_round(rounds_desk, sent, "closure-requests")
    assert rounds_desk.until(sent, "concluded")["open_round"] is None
    for path in ("change-requests", "closure-requests"):
        assert rounds_desk.act(sent, path, REASON).status_code == 409


def test_no_closure_while_a_change_is_under_way(rounds_desk: Desk) -> None:
    sent = approved(rounds_desk, "OK", "business_form")
    opened_round(rounds_desk, sent, "change-requests")
    refused = rounds_desk.act(sent, "closure-requests", REASON)
    assert refused.status_code == 409 and "变更申请" in refused.json()["detail"]


def test_a_form_is_paused_and_resumed(rounds_desk: Desk) -> None:
    paused = rounds_desk.send("PAUSE", kind="business_form")
    resumed = rounds_desk.send("RESUME", kind="business_form")
    content = rounds_desk.until(paused, "paused")
    bill = example("stock_bill", business_form_no=content["numbers"]["customs_no"])
    sent = rounds_desk.save(document=bill, kind="stock_bill")
    refused = rounds_desk.act(sent, "declare")
    assert refused.status_code == 422, refused.text
    assert "/head/business_form_no" in {e["pointer"] for e in refused.json()["errors"]}
    until_lines(rounds_desk, resumed, "海关已恢复")
    assert rounds_desk.state(resumed) == "approved"


def until_lines(desk: Desk, sent: Sent, text: str) -> None:
    until(lambda: True if any(text in line["text"] for line in desk.timeline(sent)) else None, text)


@pytest.mark.parametrize("prefix", GATE)
def test_the_truck_at_the_gate(rounds_desk: Desk, prefix: str) -> None:
    sent = rounds_desk.send(prefix, kind="gate_pass")
    rounds_desk.until(sent, GATE[prefix])


def test_a_truck_waits_and_passes(rounds_desk: Desk) -> None:
    sent = approved(rounds_desk, "NOPASS", "gate_pass")
    rounds_desk.advance(sent, receipt="SAS223", at_gate="first")
    rounds_desk.until(sent, "passed_first")
    refused = rounds_desk.act(sent, "cancellation-requests", REASON)
    assert refused.status_code == 409
    rounds_desk.advance(sent, receipt="SAS223", at_gate="second")
    rounds_desk.until(sent, "passed_second")
    rounds_desk.advance(sent, receipt="SAS224", result="3")
    rounds_desk.until(sent, "gate_released")


def test_a_bill_on_a_truck_cannot_be_voided(rounds_desk: Desk) -> None:
    """Form → bill → gate pass: what customs tells about the bill is learned."""
    bill = approved(rounds_desk, "OK", "stock_bill")
    number = rounds_desk.get(bill.path)["numbers"]["customs_no"]
    gate_pass = rounds_desk.send(document=pass_for(number), kind="gate_pass")
    rounds_desk.until(gate_pass, "passed")
    told = until_told(rounds_desk, bill, "gate_pass_status")
    assert told["gate_pass_status"] == "3"
    refused = rounds_desk.act(bill, "cancellation-requests", REASON)
    assert refused.status_code == 409 and "核放单" in refused.json()["detail"]


def test_a_gathered_bill_waits_no_longer(rounds_desk: Desk) -> None:
    """出入库单 → 集报核注清单: the bill is told as gathered, and the clock of its form stops."""
    form = approved(rounds_desk, "OK", "business_form")
    form_no = rounds_desk.get(form.path)["numbers"]["customs_no"]
    bill = rounds_desk.send(document=example("stock_bill", business_form_no=form_no), kind="stock_bill")
    number = rounds_desk.until(bill, "approved")["numbers"]["customs_no"]
    until(lambda: True if waiting(rounds_desk, form_no) == 1 else None, "the bill does not wait for 集报")
    document = example("inventory", "gathered")
    document["stock_bills"] = [{"line_no": 1, "stock_bill_no": number}]
    gathered = rounds_desk.send("HOLD", document=document)
    rounds_desk.until(gathered, "pre_deducted")
    assert until_told(rounds_desk, bill, "gathered_mark")["gathered_mark"] == "2"
    until(lambda: True if waiting(rounds_desk, form_no) == 0 else None, "the bill still waits for 集报")
    refused = rounds_desk.act(bill, "cancellation-requests", REASON)
    assert refused.status_code == 409 and "集报" in refused.json()["detail"]


def waiting(desk: Desk, form_no: str) -> int:
    """How many bills of the form wait for 集报."""
    items = desk.get("/v1/gatherings", business_form_no=form_no)["items"]
    return sum(item["bills"] for item in items)


def until_told(desk: Desk, sent: Sent, field: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        authority: dict[str, Any] = desk.get(sent.path)["authority"]
        return authority if authority.get(field) not in (None, "1") else None

    return until(look, f"{field} is not told")


def test_receipts_are_asked_for_again(rounds_desk: Desk) -> None:
    sent = approved(rounds_desk, "OK", "vehicle")
    before = rounds_desk.get(sent.path)
    asked = rounds_desk.act(sent, "resend-requests")
    assert asked.status_code == 202, asked.text
    until_lines(rounds_desk, sent, "请求补发回执")
    until(
        lambda: (
            True
            if "INV141" in {m["message_type"] for m in rounds_desk.get(f"{sent.path}/messages")["items"]}
            else None
        ),
        "the request is not among the messages",
    )
    assert rounds_desk.get(sent.path)["state"] == before["state"]


def test_attachments_and_a_batch_through_the_edge(rounds_desk: Desk) -> None:
    drafts = [rounds_desk.save(kind="vehicle") for _ in range(3)]
    seen = rounds_desk.client.get(drafts[0].path)
    put = rounds_desk.client.post(
        f"{drafts[0].path}/attachments",
        params={"type": "invoice", "file_name": "发票.pdf"},
        content=b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
        headers={"if-match": seen.headers["etag"], "idempotency-key": drafts[0].internal_no},
    )
    assert put.status_code == 201, put.text
    documents = [{"id": d.document_id, "version": rounds_desk.get(d.path)["version"]} for d in drafts]
    documents[2]["version"] = 7
    ordered = rounds_desk.post("/v1/vehicles/batches", {"action": "declare", "documents": documents})
    assert ordered.status_code == 202, ordered.text
    for sent in drafts[:2]:
        rounds_desk.until(sent, "approved")
    result = rounds_desk.get(ordered.headers["location"])
    assert [item["status"] for item in result["items"]] == ["done", "done", "stale"]
