"""A new document becomes a saved one under the fingers: the page stays, and no key is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import keyboard
from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk

pytestmark = pytest.mark.flow


def test_keys_right_after_the_first_save_are_taken(clerk: Clerk) -> None:
    clerk.open("/z8/inventories/new?direction=I", ".head-form")
    page = clerk.page
    for name, value in {
        "book_no": "T3105W000001",
        "operating_code": "3105910001",
        "operating_name": "示例公司",
        "supervision_mode": "1200",
    }.items():
        page.locator(f'[data-pointer="/head/{name}"]').fill(value)
    page.locator('[data-pointer="/head/remark"]').focus()
    page.keyboard.type("第一句")
    page.keyboard.press("Control+s")
    page.keyboard.type("，第二句")
    page.keyboard.press("F9")
    # F9 saved the second sentence too, and asks; the address is that of the saved document.
    expect(page.get_by_role("dialog")).to_contain_text("确认申报", timeout=SECONDS)
    page.wait_for_url("**/edit", timeout=SECONDS)
    page.keyboard.press("Escape")
    expect(page.locator('[data-pointer="/head/remark"]')).to_have_value("第一句，第二句")
    expect(page.locator(".entry-state")).to_have_text("已暂存")


def test_the_server_ends_and_comes_back_while_somebody_types(desk: Desk, clerk: Clerk) -> None:
    saved = desk.save()
    page = clerk.page
    state = page.locator(".entry-state")
    clerk.open(f"/z8/inventories/{saved.document_id}/edit", ".head-form")
    keyboard.ready(page)
    desk.platform.stop_program("entry", seconds=180)
    try:
        keyboard.retype(page, "/head/remark", "重启时写的")
        expect(state).to_contain_text("连接中断", timeout=SECONDS)
    finally:
        desk.platform.start_program("entry", seconds=300)
    # It goes on by itself, and what was typed is there.
    expect(state).not_to_contain_text("连接中断", timeout=SECONDS)
    keyboard.save(page)
    assert desk.get(saved.path)["document"]["head"]["remark"] == "重启时写的"
    clerk.wrong[:] = [each for each in clerk.wrong if "status of 50" not in each]
