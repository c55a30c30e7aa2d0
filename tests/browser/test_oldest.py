"""The oldest Chromium we serve, the last one of Windows 7, from the log-in to a declared document."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import keyboard
from tests.browser.page import SECONDS, open_page
from tests.support.desk import Desk

pytestmark = pytest.mark.flow


def test_from_log_in_to_declared(desk: Desk, chromium109: Browser) -> None:
    assert chromium109.version.startswith("109.")
    document = desk.sample("business_form", internal_no=f"OK-{desk.slug}")
    with open_page(chromium109, desk.platform.edge_url) as clerk:
        clerk.log_in(desk.slug)
        page = clerk.page
        page.click("nav.sidebar >> text=业务申报表查询")
        clerk.sees("还没有业务申报表")
        page.locator("nav.sidebar a", has_text="业务申报表").first.click()
        page.wait_for_selector(".head-form")
        keyboard.ready(page)
        keyboard.type_document(page, "business_form", document)
        keyboard.save(page)
        keyboard.declare(page)
        expect(page.locator(".doc-title .state").first).to_have_text("通过", timeout=SECONDS)
        page.click("nav.sidebar >> text=业务申报表查询")
        expect(page.locator("table.list tbody tr", has_text=document["head"]["internal_no"])).to_contain_text(
            "通过"
        )
