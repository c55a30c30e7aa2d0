"""What no receipt told: a person notes it (登记), or says what became of a sending that nobody answered (认定)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk, until
from tests.support.overdue import make_overdue

pytestmark = pytest.mark.flow


def test_what_no_receipt_told_is_noted(desk: Desk, clerk: Clerk) -> None:
    sent = desk.send("NODECL")
    desk.until(sent, "deducted")
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    page = clerk.page
    page.locator(".acting button:has-text('更多')").press("Enter")
    page.locator(".acting-more button", has_text="登记").press("Enter")
    dialog = page.get_by_role("dialog")
    confirm = dialog.locator("button.ant-btn-primary")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("对应报关单编号").fill("310520261050000123")
    dialog.get_by_label("依据").fill("单一窗口报关单查询页")
    assert clerk.barriers() == []
    confirm.press("Enter")
    expect(dialog).to_be_hidden(timeout=SECONDS)
    step = page.locator(".timeline li", has_text="登记")
    expect(step).to_contain_text("310520261050000123", timeout=SECONDS)
    expect(step).to_contain_text("单一窗口报关单查询页")
    assert desk.get(sent.path)["authority"]["entry_no"] == "310520261050000123"


@pytest.mark.parametrize("outcome", ["单一窗口已接收", "单一窗口没有收到"])
def test_a_sending_that_nobody_answered_is_resolved(desk: Desk, clerk: Clerk, outcome: str) -> None:
    sent = desk.send("MUTE")
    until(lambda: True if desk.taken(sent).get("sent_box") else None, "the file was not taken")
    until(
        lambda: True if any(e.get("fact", {}).get("type") == "taken" for e in desk.timeline(sent)) else None,
        "nobody knows that it was taken",
    )
    make_overdue(desk, sent)
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    page = clerk.page
    page.locator(".acting button:has-text('更多')").press("Enter")
    page.locator(".acting-more button", has_text="人工认定").press("Enter")
    dialog = page.get_by_role("dialog")
    confirm = dialog.locator("button.ant-btn-primary")
    dialog.get_by_label(outcome).check()
    dialog.get_by_label("依据").fill("已在官方页面查询")
    if outcome == "单一窗口已接收":
        expect(confirm).to_be_disabled()
        dialog.get_by_label("统一编号").fill("202600000000777001")
    assert clerk.barriers() == []
    confirm.press("Enter")
    expect(dialog).to_be_hidden(timeout=SECONDS)
    expect(page.locator(".timeline li", has_text="认定")).to_contain_text("已在官方页面查询", timeout=SECONDS)
    if outcome == "单一窗口已接收":
        expect(page.locator(".doc-numbers")).to_contain_text("202600000000777001")
        assert desk.state(sent) == "accepted"
    else:
        expect(page.locator(".acting button", has_text="申报").first).to_be_enabled(timeout=SECONDS)
