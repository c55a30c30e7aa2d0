"""Lists as a clerk works on them: twenty lines in sight, views that open by themselves, an export that says how far it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk, until

pytestmark = pytest.mark.flow
_ROWS = "table.list tbody tr td a"
_IN_SIGHT = """() => {
  const box = document.querySelector('.list-box').getBoundingClientRect();
  const head = document.querySelector('table.list thead').getBoundingClientRect();
  return [...document.querySelectorAll('table.list tbody tr')].filter((row) => {
    const at = row.getBoundingClientRect();
    return at.height > 0 && at.top >= head.bottom - 1 && at.bottom <= box.bottom + 1;
  }).length;
}"""


def test_twenty_lines_are_in_sight_and_exported(desk: Desk, clerk: Clerk) -> None:
    for _ in range(21):
        desk.save()
    until(lambda: len(desk.get("/v1/inventories")["items"]) == 21 or None, "the list has all of them")
    page = clerk.page
    clerk.open("/z8/inventories", _ROWS)
    expect(page.locator(_ROWS)).to_have_count(21, timeout=SECONDS)
    assert page.evaluate(_IN_SIGHT) >= 20
    page.click(".asking-days button:has-text('今天')")
    expect(page.locator(".tab[aria-pressed=true]")).to_contain_text("全部", timeout=SECONDS)
    page.click(".asking-days button:has-text('今天')")
    expect(page.locator(_ROWS)).to_have_count(21, timeout=SECONDS)
    with page.expect_download() as download:
        page.click("button:has-text('导出')")
    assert download.value.suggested_filename.endswith(".xlsx")
    clerk.sees("已导出 21 份")


def test_an_empty_list_fills_by_itself(desk: Desk, clerk: Clerk) -> None:
    clerk.open("/z8/inventories", ".query-nothing")
    sent = desk.save()
    expect(clerk.page.locator(_ROWS)).to_have_text([sent.internal_no], timeout=SECONDS)


def test_a_view_is_shared_and_opens_by_itself(desk: Desk, clerk: Clerk) -> None:
    desk.save()
    page = clerk.page
    clerk.open("/z8/inventories", _ROWS)
    page.click(".tab:has-text('草稿')")
    page.click("button:has-text('存为视图')")
    page.fill("#view-name", "待申报的")
    for label in ("打开这个列表时默认使用", "单位里的每个人都能用"):
        page.get_by_label(label).check()
    assert clerk.barriers() == []
    page.click(".ant-modal button.ant-btn-primary")
    views = page.get_by_label("已保存的视图")
    expect(views.locator("option:checked")).to_have_text("待申报的（默认）（已共享）", timeout=SECONDS)
    # From the menu, which asks for nothing.
    clerk.open("/", "nav.sidebar")
    page.click("nav.sidebar >> text=核注清单查询")
    expect(page.locator(".tab[aria-pressed=true]")).to_contain_text("草稿", timeout=SECONDS)
    expect(views.locator("option:checked")).to_have_text("待申报的（默认）（已共享）", timeout=SECONDS)
    views.select_option("")
    expect(page.locator(".tab[aria-pressed=true]")).to_contain_text("全部", timeout=SECONDS)
    views.select_option(label="待申报的（默认）（已共享）")
    page.click("button:has-text('删除视图')")
    page.click(".ant-popconfirm button.ant-btn-primary")
    expect(views).to_have_count(0, timeout=SECONDS)
