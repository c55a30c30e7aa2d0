"""Every kind through the whole platform: each answer that leads from one state to the next, and receipts in any order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from customs.documents import KINDS
from local.platform import Platform
from tests.support.desk import Desk, opened

pytestmark = pytest.mark.flow


@dataclass(frozen=True)
class Course:
    """How a kind is answered: its approval receipt and result, the state that leads to, and where `OK-` ends."""

    receipt: str
    granted: str
    approved: str
    end: str


COURSES = {
    "inventory": Course("INV201", "4", "pre_deducted", "deducted"),
    "business_form": Course("SAS201", "1", "approved", "approved"),
    "stock_bill": Course("SAS211", "1", "approved", "approved"),
    "gate_pass": Course("SAS221", "1", "approved", "passed"),
    "vehicle": Course("SAS231", "1", "approved", "approved"),
    "two_step_pass": Course("SAS251", "1", "approved", "passed"),
}


@pytest.fixture(scope="module")
def kinds_desk(platform: Platform) -> Any:
    """One tenant for all of them, so that forms and folders are made once."""
    yield from opened(platform)


def test_no_kind_is_left_out() -> None:
    assert COURSES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", COURSES)
def test_from_draft_to_its_end(kinds_desk: Desk, kind: str) -> None:
    sent = kinds_desk.save(kind=kind)
    assert kinds_desk.state(sent) == "draft"
    kinds_desk.declare(sent)
    content = kinds_desk.until(sent, COURSES[kind].end)
    assert content["numbers"]["seq_no"]
    assert content["approved_attempt_no"] == 1
    listed = kinds_desk.client.get(
        f"/v1/{sent.url}",
        params={"internal_no": sent.internal_no},
        headers={"wait-for": f"{sent.document_id}@{content['version']}"},
    ).json()
    [row] = listed["items"]
    assert (row["state"], row["state_label"]) == (content["state"], content["state_label"])
    types = {m["message_type"] for m in kinds_desk.get(f"{sent.path}/messages")["items"]}
    assert {KINDS[kind].upload_type, "CommonResponeMessage", COURSES[kind].receipt} <= types


@pytest.mark.parametrize("kind", COURSES)
def test_answer_by_answer(kinds_desk: Desk, kind: str) -> None:
    """已申报 → 海关入库 → 转人工 → 通过, and what is late changes nothing."""
    course = COURSES[kind]
    sent = kinds_desk.send("SILENT", kind=kind)
    kinds_desk.until(sent, "accepted")
    for result, state in (("Y", "registered"), ("2", "manual_review"), (course.granted, course.approved)):
        kinds_desk.advance(sent, receipt=course.receipt, result=result)
        kinds_desk.until(sent, state)
    kinds_desk.advance(sent, receipt=course.receipt, result="Y")
    again = kinds_desk.get(sent.path)["version"]
    kinds_desk.advance(sent, receipt=course.receipt, result=course.granted, full=True)
    kinds_desk.until_version(sent, again + 1)
    assert kinds_desk.state(sent) == course.approved


@pytest.mark.parametrize("kind", COURSES)
def test_what_can_be_mended_is_declared_again(kinds_desk: Desk, kind: str) -> None:
    """发送失败 (FailBox, door), 入库失败 and 退单 are editable, and the next attempt is taken."""
    course = COURSES[kind]
    prefixes = {"FAIL3": "failed", "DOOR1": "failed", "STOREFAIL1": "registration_failed", "RET1": "returned"}
    stopped = {kinds_desk.send(prefix, kind=kind): state for prefix, state in prefixes.items()}
    for sent, state in stopped.items():
        content = kinds_desk.until(sent, state)
        saved = kinds_desk.put(sent, content["document"])
        assert saved.status_code == 200, saved.text
        kinds_desk.declare(sent)
    for sent in stopped:
        assert kinds_desk.until(sent, course.end)["approved_attempt_no"] == 2


@pytest.mark.parametrize("kind", COURSES)
def test_stored_at_the_single_window_and_then_declared(kinds_desk: Desk, kind: str) -> None:
    sent = kinds_desk.save(kind=kind)
    kinds_desk.declare(sent, action="stage")
    assert kinds_desk.until(sent, "stored")["numbers"]["seq_no"]
    kinds_desk.declare(sent)
    kinds_desk.until(sent, COURSES[kind].end)


@pytest.mark.parametrize("kind", COURSES)
def test_whatever_order_and_form_receipts_come_in(kinds_desk: Desk, kind: str) -> None:
    prefixes = ["ORDER", "DUP", "NS", "SPLIT", "MAN", "YZ", "PACK"]
    if kind == "inventory":
        # Of all full receipts only INV201 carries the enterprise's own number, by which it is found without SeqNo.
        prefixes.append("NOACK")
    sent = [kinds_desk.send(prefix, kind=kind) for prefix in prefixes]
    for each in sent:
        kinds_desk.until(each, COURSES[kind].end)
    assert all(not kinds_desk.get(each.path)["needs_operator"] for each in sent)


def test_a_bill_of_an_unknown_form_comes_back_with_the_reason(kinds_desk: Desk) -> None:
    document = kinds_desk.sample("stock_bill", business_form_no="SA3105A260101999999")
    sent = kinds_desk.send(document=document, kind="stock_bill")
    kinds_desk.until(sent, "returned")
    reasons = [r for line in kinds_desk.timeline(sent) for r in (line.get("fact") or {}).get("reasons", [])]
    assert any("申报表" in reason for reason in reasons), reasons
