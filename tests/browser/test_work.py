"""What a desk meets in a day beside entry: the next document made, a receipt that found nobody, rights, many at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.page import SECONDS, Clerk, open_page
from tests.support import answers
from tests.support.desk import PASSWORD, Desk, until

pytestmark = pytest.mark.flow


def test_the_next_document_is_made_of_what_is_left(desk: Desk, clerk: Clerk) -> None:
    form = desk.send(kind="business_form")
    desk.until(form, "approved")
    clerk.open(f"/z8/business-forms/{form.document_id}", ".acting")
    page = clerk.page
    page.click(".acting button:has-text('生成下一单证')")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("第1项本次数量").fill("1")
    assert clerk.barriers() == []
    dialog.locator("button.ant-btn-primary").click()
    page.wait_for_url("**/stock-bills/**/edit")
    made = desk.get(f"/v1/stock-bills/{page.url.split('/')[-2]}")
    assert made["document"]["goods"][0]["quantity"] == "1"


def test_a_receipt_that_found_nobody_is_given_to_its_document(desk: Desk, clerk: Clerk) -> None:
    waiting = desk.send("SILENT")
    desk.until(waiting, "accepted")
    inbox = desk.platform.home.exchange / desk.mailbox / "Sas" / "InBox"
    (inbox / "lost.INV").write_bytes(answers.approval(seq_no="202600000000999999"))
    until(lambda: desk.get("/v1/receipts", state="unmatched")["items"] or None, "the receipt is not kept")
    clerk.open("/receipts", "button:has-text('指定单证')")
    page = clerk.page
    page.click("button:has-text('指定单证')")
    dialog = page.get_by_role("dialog")
    dialog.locator("label", has_text=waiting.internal_no).locator("input").check()
    dialog.get_by_label("依据").fill("与单一窗口网页核对一致")
    assert clerk.barriers() == []
    dialog.locator("button.ant-btn-primary").click()
    clerk.sees("没有无主回执")
    desk.until(waiting, "pre_deducted")
    clerk.open(f"/z8/inventories/{waiting.document_id}", ".doc-title")
    expect(page.locator(".doc-title .state").first).to_have_text("预核扣", timeout=SECONDS)


def test_who_may_only_read_is_offered_nothing_else(desk: Desk, chromium: Browser) -> None:
    role = desk.post("/v1/roles", {"name": "只看", "permissions": ["document.read"]})
    assert role.status_code == 201, role.text
    reader = {
        "login": "reader",
        "name": "示例查询员",
        "password": PASSWORD,
        "assignments": [{"role_id": role.json()["id"]}],
    }
    assert desk.post("/v1/users", reader).status_code == 201
    saved = desk.save()
    with open_page(chromium, desk.platform.edge_url) as clerk:
        clerk.log_in(desk.slug, "reader")
        page = clerk.page
        clerk.open("/z8/inventories", "table.list tbody tr td a")
        page.click(f"table.list >> text={saved.internal_no}")
        page.wait_for_selector(".acting")
        expect(page.locator(".doc-title h1")).to_have_text(saved.internal_no)
        shown = page.locator(".acting > *").all_inner_texts()
        assert not {"修改", "申报", "复制", "变更", "打印"} & {each.replace(" ", "") for each in shown}, shown
        # What the page does not offer, the server refuses.
        refused = page.evaluate(
            """(path) => fetch(path, {method: "DELETE", headers: {"X-Bondgate-Page": "1", "If-Match": '"1"'}})
                .then((answer) => answer.status)""",
            saved.path,
        )
        assert refused == 403
        clerk.wrong[:] = [each for each in clerk.wrong if "403" not in each]
    assert desk.state(saved) == "draft"


def test_a_list_is_declared_at_once_with_a_result_for_each(desk: Desk, clerk: Clerk) -> None:
    good, bad = desk.save(), desk.save("DOOR")
    clerk.open("/z8/inventories", "table.list tbody tr td a")
    clerk.page.check("th input[type=checkbox]")
    clerk.page.click(".query-foot button:has-text('申报')")
    clerk.page.click(".ant-modal button.ant-btn-primary")
    expect(clerk.page.locator(".batch-rows .state", has_text="完成")).to_have_count(2, timeout=SECONDS)
    clerk.page.click(".ant-modal button:has-text('完成')")
    rows = clerk.page.locator("table.list tbody tr")
    expect(rows.filter(has_text=good.internal_no)).to_contain_text("已核扣", timeout=SECONDS)
    expect(rows.filter(has_text=bad.internal_no)).to_contain_text("失败", timeout=SECONDS)
