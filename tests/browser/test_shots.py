"""Every page, light and dark, on a clerk's screen and on a large one: nothing keeps anybody out."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.page import Clerk, open_page
from tests.support.desk import Desk

pytestmark = pytest.mark.flow
PAGES = {
    "home": ("/", ".home-latest tr"),
    "list": ("/z8/inventories", "table.list tbody tr td a"),
    "list-empty": ("/z7/gate-passes", ".query-nothing"),
    "forms": ("/z8/business-forms", ".query-nothing"),
    "entry": ("/z8/inventories/new?direction=I", ".entry-head"),
    "receipts": ("/receipts", ".receipts-none"),
    "batches": ("/batches", ".batches-none"),
}


@pytest.mark.parametrize(("size", "shade"), [((1366, 768), "light"), ((1920, 1080), "dark")])
def test_every_page_is_open_to_everybody(
    desk: Desk, chromium: Browser, size: tuple[int, int], shade: str
) -> None:
    saved = desk.save()
    returned = desk.save("RET")
    desk.post(f"{returned.path}/declare", if_match='"1"')
    pages = {
        **PAGES,
        "document": (f"/z8/inventories/{saved.document_id}", ".timeline li"),
        "returned": (f"/z8/inventories/{returned.document_id}", ".doc-alerts"),
    }
    found: dict[str, list[str]] = {}
    viewport = {"width": size[0], "height": size[1]}
    with open_page(chromium, desk.platform.edge_url, viewport=viewport, color_scheme=shade) as clerk:
        clerk.page.goto(clerk.url)
        clerk.page.wait_for_selector(".login-card")
        look(clerk, "login", found)
        clerk.type_login(desk.slug)
        clerk.page.wait_for_selector("nav.sidebar")
        for name, (path, there) in pages.items():
            clerk.open(path, there)
            look(clerk, name, found)
    assert found == {}


def look(clerk: Clerk, name: str, found: dict[str, list[str]]) -> None:
    if barriers := clerk.barriers():
        found[name] = barriers
