"""Bad weather: the network, the server, a busy server, somebody who was quicker. Told in words, nothing lost, goes on by itself."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route, expect

from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk

pytestmark = pytest.mark.flow
_LINK = ".link-bar"


def forgive(clerk: Clerk, *words: str) -> None:
    """What browsers write to their console about an answer that this test made up."""
    clerk.wrong[:] = [each for each in clerk.wrong if not any(word in each for word in words)]


def test_a_lost_network_is_told_and_everything_goes_on(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    page = clerk.page
    clerk.open("/z8/inventories", "table.list tbody tr td a")
    page.fill(".asking-words input", sent.internal_no)
    page.context.set_offline(True)
    expect(page.locator(_LINK)).to_contain_text("网络连接已断开", timeout=SECONDS)
    page.keyboard.press("Enter")
    expect(page.locator(".asking-words input")).to_have_value(sent.internal_no)
    page.context.set_offline(False)
    expect(page.locator(_LINK)).to_be_empty(timeout=SECONDS)
    expect(page.locator("table.list tbody tr td a")).to_have_text([sent.internal_no], timeout=SECONDS)
    forgive(clerk, "ERR_INTERNET_DISCONNECTED", "ERR_NETWORK")


def test_a_server_that_is_away_is_asked_again_and_the_order_is_given_once(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    page = clerk.page
    keys: list[str] = []

    def away(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) < 3:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    page.route("**/stage", away)
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    page.click(".acting >> text=更多")
    page.click(".acting-more >> text=暂存到单一窗口")
    page.click(".ant-modal button.ant-btn-primary")
    expect(page.locator(_LINK)).to_contain_text("服务器暂时没有应答", timeout=SECONDS)
    expect(page.locator(".doc-title .state").first).to_have_text("已暂存", timeout=SECONDS)
    assert len(keys) == 3
    assert len(set(keys)) == 1
    forgive(clerk, "503")


def test_a_busy_server_is_waited_for(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    page = clerk.page
    asked: list[str] = []

    def busy(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=429, headers={"retry-after": "1"}, body="")
        else:
            route.continue_()

    page.route("**/copy", busy)
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    page.click(".acting button:has-text('复制')")
    page.wait_for_url("**/edit", timeout=SECONDS)
    assert len(asked) == 2
    forgive(clerk, "429")


def test_somebody_was_quicker_is_told_and_the_new_version_is_shown(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    page = clerk.page
    problem = {
        "type": "about:blank",
        "title": "单证已被修改",
        "status": 412,
        "code": "stale_version",
        "detail": "您看到的版本已不是最新",
        "hint": "请查看最新内容后再办理",
    }
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    page.route(
        "**/stage",
        lambda route: route.fulfill(
            status=412, content_type="application/problem+json", body=json.dumps(problem)
        ),
    )
    page.click(".acting >> text=更多")
    page.click(".acting-more >> text=暂存到单一窗口")
    with page.expect_request(lambda request: request.url.endswith(sent.path)):
        page.click(".ant-modal button.ant-btn-primary")
    expect(page.get_by_role("alert")).to_contain_text("请查看最新内容后再办理", timeout=SECONDS)
    forgive(clerk, "412")


def test_a_slow_network_is_told(desk: Desk, clerk: Clerk) -> None:
    desk.save()
    page = clerk.page
    held: list[Route] = []
    # The first answer is kept back until the page said that it waits.
    page.route("**/v1/inventories?*", lambda route: route.continue_() if held else held.append(route))
    clerk.open("/z8/inventories", ".query")
    expect(page.locator(_LINK)).to_contain_text("网络较慢", timeout=SECONDS)
    held[0].continue_()
    expect(page.locator("table.list tbody tr td a")).to_have_count(1, timeout=SECONDS)
    expect(page.locator(_LINK)).to_be_empty(timeout=SECONDS)


def test_what_was_typed_outlives_the_session(desk: Desk, clerk: Clerk) -> None:
    page = clerk.page
    clerk.open("/z8/inventories/new?direction=I", ".head-form")
    page.locator('[data-pointer="/head/remark"]').fill("会话过期前填写")
    page.context.clear_cookies()
    page.keyboard.press("Control+s")
    clerk.sees("登录已过期")
    clerk.type_login(desk.slug)
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=SECONDS)
    expect(page.locator('[data-pointer="/head/remark"]')).to_have_value("会话过期前填写")
    forgive(clerk, "422")
