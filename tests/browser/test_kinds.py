"""Kinds on the page, without a mouse: typed, refused, corrected, declared to the end, printed, copied."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from customs.documents import KINDS
from tests.browser import keyboard
from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk

pytestmark = pytest.mark.flow


ENDS = {"inventory": "deducted", "business_form": "approved", "stock_bill": "approved"}
"""The state of a document of each kind that customs takes."""


def expect_state(clerk: Clerk, kind: str, state: str) -> None:
    label = KINDS[kind].life.states[state].label
    expect(clerk.page.locator(".doc-title .state").first).to_have_text(label, timeout=SECONDS)


@pytest.mark.parametrize("kind", ENDS)
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
    expect_state(clerk, kind, ENDS[kind])
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


def test_copied_into_the_other_direction(desk: Desk, clerk: Clerk) -> None:
    saved = desk.save()
    before = desk.get(saved.path)["document"]["head"]["direction"]
    clerk.open(f"/z8/{saved.url}/{saved.document_id}", ".acting")
    clerk.page.locator(".acting button:has-text('更多')").press("Enter")
    clerk.page.locator("button:has-text('反向复制')").press("Enter")
    clerk.page.wait_for_url("**/edit")
    made = desk.get(f"/v1/{saved.url}/{clerk.page.url.split('/')[-2]}")
    assert {before, made["document"]["head"]["direction"]} == {"I", "E"}
