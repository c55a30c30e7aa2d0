"""A clerk's day on the page: log in, find, declare, see what becomes of it, do many at once, lose the session and go on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.page import SECONDS, Clerk, open_page
from tests.support.desk import Desk

pytestmark = pytest.mark.flow
_LIST = "table.list tbody tr td a"


def test_a_wrong_password_is_told_in_words(desk: Desk, chromium: Browser) -> None:
    with open_page(chromium, desk.platform.edge_url) as someone:
        someone.page.goto(someone.url)
        someone.type_login(desk.slug, password="不是这个-wrong-horse-7")
        expect(someone.page.get_by_role("alert")).to_be_visible(timeout=SECONDS)
        assert someone.barriers() == []


def test_from_the_menu_to_a_declared_document(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    page = clerk.page
    page.click("nav.sidebar >> text=核注清单查询")
    page.click(f"{_LIST}:has-text('{sent.internal_no}')")
    page.click(".acting button:has-text('申报')")
    clerk.sees("检查通过，可以申报。")
    assert clerk.barriers() == []
    page.click(".ant-modal button.ant-btn-primary")
    # The stream of changes shows every step; nobody reloads.
    expect(page.locator(".doc-title .state").first).to_have_text("已核扣", timeout=SECONDS)
    expect(page.locator(".timeline")).to_contain_text("单一窗口已接收", timeout=SECONDS)
    page.click("#tab-报文")
    page.click("table.plain-table >> text=查看")
    expect(page.locator("pre.raw")).to_contain_text("<Signature", timeout=SECONDS)


def test_a_refusal_is_shown_with_the_authoritys_own_words(desk: Desk, clerk: Clerk) -> None:
    returned = desk.save("RET")
    desk.post(f"{returned.path}/declare", if_match='"1"')
    clerk.open(f"/z8/inventories/{returned.document_id}", ".doc-title")
    clerk.sees("原因：")
    expect(clerk.page.locator(".acting a:has-text('修改')")).to_be_visible(timeout=SECONDS)


def test_a_list_follows_by_itself_and_moves_nothing(desk: Desk, clerk: Clerk) -> None:
    documents = [desk.save() for _ in range(3)]
    clerk.open("/z8/inventories", _LIST)
    row = clerk.page.locator("table.list tbody tr", has_text=documents[0].internal_no)
    expect(row).to_contain_text("草稿")
    order = clerk.page.locator(_LIST).all_inner_texts()
    desk.post(f"{documents[0].path}/declare", if_match='"1"')
    expect(row).to_contain_text("已核扣", timeout=SECONDS)
    assert clerk.page.locator(_LIST).all_inner_texts() == order


def test_many_are_deleted_at_once_with_a_result_for_each(desk: Desk, clerk: Clerk) -> None:
    for _ in range(3):
        desk.save()
    clerk.open("/z8/inventories", _LIST)
    clerk.page.check("th input[type=checkbox]")
    clerk.page.click(".query-foot button:has-text('删除')")
    clerk.page.click(".ant-modal button.ant-btn-primary")
    expect(clerk.page.locator(".batch-rows .state", has_text="完成")).to_have_count(3, timeout=SECONDS)
    clerk.page.click(".ant-modal button:has-text('完成')")
    clerk.sees("还没有保税核注清单")


def test_a_session_that_ends_is_renewed_over_the_page(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    clerk.open("/z8/inventories", _LIST)
    clerk.page.context.clear_cookies()
    clerk.page.fill(".asking-words input", "一 二")
    clerk.page.click(_LIST)
    clerk.sees("登录已过期")
    clerk.type_login(desk.slug)
    expect(clerk.page.locator(".doc-title h1")).to_have_text(sent.internal_no, timeout=SECONDS)


def test_a_print_is_shown_in_place(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    clerk.page.click(".acting button:has-text('打印')")
    frame = clerk.page.locator("iframe.print-sheet")
    frame.wait_for()
    assert (frame.get_attribute("src") or "").startswith("blob:")
