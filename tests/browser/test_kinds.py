"""Each of the four kinds through its whole life on the page: typed, refused, corrected, copied, printed; changed and ended."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from customs.documents import KINDS
from customs.documents.copies import reversible
from tests.browser import keyboard
from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk

pytestmark = pytest.mark.flow


@dataclass(frozen=True)
class Course:
    """`end`: the state of a document that customs takes. `held`, `approved`: the prefix that stops it there, and that state.

    `ended`: what it becomes when customs grants `ending`, asked for by typing `word`.
    """

    end: str
    held: str
    approved: str
    ending: str
    word: str
    ended: str


COURSES = {
    "inventory": Course("deducted", "HOLD", "pre_deducted", "申请删除", "确认", "deleted"),
    "business_form": Course("approved", "OK", "approved", "结案", "结案", "concluded"),
    "stock_bill": Course("approved", "HOLD", "approved", "申请作废", "确认", "voided"),
    "gate_pass": Course("passed", "HOLD", "approved", "申请作废", "确认", "voided"),
}


def expect_state(clerk: Clerk, kind: str, state: str) -> None:
    label = KINDS[kind].life.states[state].label
    expect(clerk.page.locator(".doc-title .state").first).to_have_text(label, timeout=SECONDS)


@pytest.mark.parametrize("kind", COURSES)
def test_typed_refused_corrected_copied_and_printed(desk: Desk, clerk: Clerk, kind: str) -> None:
    """Without a mouse: the simulator returns a `RET1-` number once, and takes it the second time."""
    document = desk.sample(kind, internal_no=f"RET1-{uuid4().hex[:10]}")
    page = keyboard.new(clerk, kind, document["head"].get("direction"))
    keyboard.type_document(page, kind, document)
    keyboard.save(page)
    keyboard.declare(page)
    expect_state(clerk, kind, "returned")
    clerk.sees("原因：")
    page.locator(".acting >> text=修改").press("Enter")
    page.wait_for_selector(".head-form")
    keyboard.ready(page)
    keyboard.retype(page, "/head/remark", "已按退单意见改正")
    keyboard.save(page)
    keyboard.declare(page)
    expect_state(clerk, kind, COURSES[kind].end)
    page.locator(".acting button:has-text('打印')").press("Enter")
    frame = page.locator("iframe.print-sheet")
    frame.wait_for()
    assert (frame.get_attribute("src") or "").startswith("blob:")
    page.keyboard.press("Escape")
    # The closed dialog stays in the page, unseen.
    expect(frame).to_be_hidden(timeout=SECONDS)
    page.get_by_role("button", name="复制", exact=True).press("Enter")
    page.wait_for_url("**/edit")
    keyboard.ready(page)
    # A copy is a new draft that nobody has declared.
    expect(page.locator('[data-pointer="/head/seq_no"]')).to_have_value("")
    # A page that is opened at once after 申报 may ask for a timeline that is not yet told.
    clerk.wrong[:] = [each for each in clerk.wrong if "status of 404" not in each]
    copied = page.url.split("/")[-2]
    assert desk.get(f"/v1/{KINDS[kind].url}/{copied}")["state"] == "draft"


@pytest.mark.parametrize("kind", [name for name in COURSES if reversible(KINDS[name])])
def test_copied_into_the_other_direction(desk: Desk, clerk: Clerk, kind: str) -> None:
    saved = desk.save(kind=kind)
    before = desk.get(saved.path)["document"]["head"]["direction"]
    clerk.open(f"/z8/{saved.url}/{saved.document_id}", ".acting")
    clerk.page.locator(".acting button:has-text('更多')").press("Enter")
    clerk.page.locator("button:has-text('反向复制')").press("Enter")
    clerk.page.wait_for_url("**/edit")
    made = desk.get(f"/v1/{saved.url}/{clerk.page.url.split('/')[-2]}")
    assert {before, made["document"]["head"]["direction"]} == {"I", "E"}


@pytest.mark.parametrize("kind", COURSES)
def test_changed_and_ended(desk: Desk, clerk: Clerk, kind: str) -> None:
    """变更 where the kind has one, then 删除, 作废 or 结案: each asked for, confirmed, and granted by customs."""
    course = COURSES[kind]
    sent = desk.send(course.held, kind=kind)
    desk.until(sent, course.approved)
    clerk.open(f"/z8/{sent.url}/{sent.document_id}", ".acting")
    page = clerk.page
    expect_state(clerk, kind, course.approved)
    if any(round_.label == "变更" for round_ in KINDS[kind].life.rounds.values()):
        page.locator(".acting button:has-text('变更')").press("Enter")
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("变更原因").fill("客户更正")
        dialog.get_by_role("button", name="变更").press("Enter")
        page.wait_for_url("**/edit")
        keyboard.ready(page)
        keyboard.retype(page, "/head/remark", "变更后的备注")
        keyboard.save(page)
        keyboard.declare(page)
        desk.until_round(sent, None)
        expect(page.locator(".doc-title .state")).to_have_count(1, timeout=SECONDS)
        assert desk.get(sent.path)["document"]["head"]["remark"] == "变更后的备注"
    page.locator(".acting button:has-text('更多')").press("Enter")
    page.locator(f"button:has-text('{course.ending}')").press("Enter")
    dialog = page.get_by_role("dialog")
    confirm = dialog.locator("button.ant-btn-primary")
    dialog.get_by_label("原因").fill("客户取消")
    expect(confirm).to_be_disabled()
    dialog.get_by_label(f"请输入“{course.word}”").fill(course.word)
    confirm.press("Enter")
    expect_state(clerk, kind, course.ended)
