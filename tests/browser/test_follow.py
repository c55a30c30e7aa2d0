"""Pages that follow what happens: batches, prints and receipts without a reload, families as graphs, help from the hotline."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk

pytestmark = pytest.mark.flow


def test_batches_and_prints_follow_by_themselves(desk: Desk, clerk: Clerk) -> None:
    page = clerk.page
    documents = [desk.save() for _ in range(3)]
    clerk.open("/batches", ".batches-none")
    ordered = desk.post(
        "/v1/inventories/batches",
        {"action": "stage", "documents": [{"id": each.document_id, "version": 1} for each in documents]},
    )
    assert ordered.status_code == 202, ordered.text
    row = page.locator(".batches-list tbody tr")
    expect(row).to_contain_text("暂存到单一窗口 3 份", timeout=SECONDS)
    expect(row).to_contain_text("已完成", timeout=SECONDS)
    expect(page.locator(".batches-detail .state", has_text="完成")).to_have_count(3, timeout=SECONDS)
    page.click(".tab:has-text('打印任务')")
    clerk.sees("还没有打印过。")
    assert clerk.barriers() == []
    assert desk.post(f"{documents[0].path}/print-jobs").status_code == 202
    expect(page.locator(".batches-list tbody tr")).to_contain_text("已完成", timeout=SECONDS)
    assert clerk.barriers() == []
    page.click(".batches-list >> text=查看")
    frame = page.locator("iframe.print-sheet")
    frame.wait_for()
    assert (frame.get_attribute("src") or "").startswith("blob:")


def test_a_receipt_that_finds_nobody_comes_by_itself(desk: Desk, clerk: Clerk) -> None:
    # The import client makes its boxes with the first message.
    desk.until(desk.send(), "deducted")
    clerk.open("/receipts", ".receipts-none")
    clerk.page.click(".tab:has-text('不能读取')")
    clerk.sees("没有不能读取的回执。")
    box = next((desk.platform.home.exchange / desk.mailbox).rglob("InBox"))
    (box / "Receipt_nobody.INV").write_bytes(b"<Signature>")
    row = clerk.page.locator(".receipts-list tbody tr")
    expect(row).to_contain_text("再识别一次", timeout=SECONDS)
    expect(row).to_have_attribute("data-changed", "true")
    assert clerk.barriers() == []


def test_a_family_is_a_graph_that_leads_on(desk: Desk, clerk: Clerk) -> None:
    bill = desk.save(kind="stock_bill")
    form_no = desk.form_no()
    clerk.open(f"/z8/stock-bills/{bill.document_id}", ".relations")
    form = clerk.page.locator(".relations a", has_text="业务申报表")
    expect(form).to_be_visible(timeout=SECONDS)
    assert form_no in (form.get_attribute("title") or "")
    expect(clerk.page.locator(".relation-self")).to_contain_text(bill.internal_no)
    assert clerk.barriers() == []
    form.focus()
    clerk.page.keyboard.press("Enter")
    clerk.page.wait_for_url("**/z8/business-forms/*")
    back = clerk.page.locator(".relations a", has_text=bill.internal_no)
    expect(back).to_be_visible(timeout=SECONDS)


def test_the_hotline_gets_a_bundle_without_goods_unless_told_to(desk: Desk, clerk: Clerk) -> None:
    sent = desk.send()
    desk.until(sent, "deducted")
    page = clerk.page
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")

    def packed() -> dict[str, str]:
        with page.expect_download() as download:
            page.click(".ant-modal button.ant-btn-primary")
        data = Path(str(download.value.path())).read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}

    page.click(".acting >> text=更多")
    page.click(".acting-more >> text=请客服协助")
    clerk.sees("029-95198")
    assert clerk.barriers() == []
    files = packed()
    assert json.loads(files["单证.json"])["internal_no"] == sent.internal_no
    goods = desk.get(sent.path)["document"]["goods"][0]["name"]
    assert goods not in "".join(files.values())
    page.check(".support-tick input")
    files = packed()
    assert any(name.startswith("原文/") for name in files)
    assert goods in "".join(files.values())


def test_who_has_it_open_is_told(desk: Desk, clerk: Clerk) -> None:
    sent = desk.save()
    clerk.open(f"/z8/inventories/{sent.document_id}", ".acting")
    window = "00000000-0000-4000-8000-000000000001"
    answer = desk.client.put(f"{sent.path}/windows/{window}", json={"doing": "typing"})
    assert answer.status_code == 200, answer.text
    expect(clerk.page.locator(".doc-readers")).to_have_text("示例录入员正在修改", timeout=SECONDS)


def test_what_expires_stands_on_the_first_page_and_leads_on(desk: Desk, clerk: Clerk) -> None:
    kept = desk.client.put(
        "/v1/guarantees/BZ-1", json={"valid_until": "2020-01-01", "book_no": "T3105W000001"}
    )
    assert kept.status_code in (200, 201), kept.text
    clerk.open("/", ".home")
    item = clerk.page.locator(".home-now li", has_text="BZ-1")
    expect(item).to_contain_text("担保", timeout=SECONDS)
    assert clerk.barriers() == []
    item.get_by_role("link").click()
    clerk.page.wait_for_url("**/z8/inventories?**T3105W000001**")


def test_two_versions_stand_side_by_side(desk: Desk, clerk: Clerk) -> None:
    sent = desk.send("RET")
    desk.until(sent, "returned")
    document = desk.get(sent.path)["document"]
    document["head"]["remark"] = "改过的备注"
    assert desk.put(sent, document).status_code == 200
    page = clerk.page
    clerk.open(f"/z8/inventories/{sent.document_id}", ".doc-title")
    page.click("#tab-版本")
    row = page.locator(".plain-table tbody tr", has_text="备注")
    expect(row.locator(".differs-new")).to_have_text("改过的备注", timeout=SECONDS)
    expect(page.locator(".plain-table thead")).to_contain_text("当前内容")
    # How long each step took, and the authority's own words.
    expect(page.locator(".timeline")).to_contain_text(re.compile("秒|距上一步"))
    expect(page.locator(".timeline blockquote").first).to_be_visible()
    page.click("#tab-报文")
    expect(page.locator(".plain-table tbody tr")).not_to_have_count(0, timeout=SECONDS)
    assert clerk.barriers() == []
