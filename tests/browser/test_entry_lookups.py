"""While a clerk types: goods codes, firms and lines of the book are offered, with what remains; files and workbooks come in."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk
from tests.support.ledgers import workbook

pytestmark = pytest.mark.flow
BOOK = "T3105W000001"
FIRM = {"name": "示例保税物流有限公司", "customs_code": "3105W60009", "uscc": "91330206EXAMPLE019"}


def field(page: Page, pointer: str) -> str:
    return f'[data-pointer="{pointer}"]'


def new(clerk: Clerk) -> Page:
    clerk.open("/z8/inventories/new?direction=I", ".head-form")
    clerk.page.wait_for_function("() => document.activeElement?.dataset?.pointer")
    return clerk.page


def to_grid(page: Page) -> None:
    page.keyboard.press("F6")
    page.wait_for_function("() => document.activeElement?.closest('.grid')")


def test_firms_goods_codes_and_lines_of_the_book_are_offered(desk: Desk, clerk: Clerk) -> None:
    made = desk.post("/v1/companies", FIRM)
    assert made.status_code == 201, made.text
    lines = [
        {"mark": "I", "line_no": 7, "material_no": "WINE-7", "hs_code": "2204210000", "name": "示例葡萄酒"}
    ]
    rows = [{**each, "unit": "007", "quantity_in": "100", "quantity_out": "40"} for each in lines]
    opened = desk.post(f"/v1/ledgers/{BOOK}/openings", {"cut_over": "20260101", "rows": rows})
    assert opened.status_code == 201, opened.text
    page = new(clerk)
    page.fill(field(page, "/head/book_no"), BOOK)

    # A firm by the initials of its name: its 三码 come together.
    page.locator(field(page, "/head/operating_code")).focus()
    page.keyboard.type("slbswl")
    choices = page.get_by_role("option")
    expect(choices.first).to_contain_text(FIRM["name"], timeout=SECONDS)
    page.keyboard.press("Enter")
    expect(page.locator(field(page, "/head/operating_name"))).to_have_value(FIRM["name"])
    expect(page.locator(field(page, "/head/operating_uscc"))).to_have_value(FIRM["uscc"])

    # A line of the book by its number, with what remains of it.
    to_grid(page)
    page.keyboard.type("7")
    expect(choices.first).to_contain_text("余 60", timeout=SECONDS)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    line = page.locator(".grid-line").first
    for brought in ("WINE-7", "2204210000", "示例葡萄酒"):
        expect(line).to_contain_text(brought)

    # What was typed in full stands, though the list offers others.
    page.keyboard.press("F2")
    expect(page.get_by_role("group", name="规格型号")).to_be_visible(timeout=SECONDS)
    elements = page.get_by_role("group", name="规格型号").locator(".element input")
    elements.first.fill("4|3|干红")
    expect(elements).to_have_count(3)
    expect(elements.nth(2)).to_have_value("干红")
    assert clerk.barriers() == []


def test_a_file_is_attached_and_a_workbook_is_read_and_taken_back(
    desk: Desk, clerk: Clerk, tmp_path: Path
) -> None:
    saved = desk.save()
    clerk.open(f"/z8/inventories/{saved.document_id}/edit", ".head-form")
    page = clerk.page
    page.get_by_role("tab", name="随附单据").click()
    invoice = tmp_path / "发票.pdf"
    invoice.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    page.locator('.attachments input[type="file"]').set_input_files(invoice)
    expect(page.locator(".attach-list")).to_contain_text("发票.pdf", timeout=SECONDS)
    assert clerk.barriers() == []

    page.get_by_role("tab", name="表体").first.click()
    before = len(desk.get(saved.path)["document"]["goods"])
    book = tmp_path / "客户.xlsx"
    heading = ["Part", "商品编码", "商品名称", "规格型号", "申报数量", "申报计量单位"]
    book.write_bytes(
        workbook(
            list(heading),
            [f"M-{uuid4().hex[:6]}", "8542310000", "集成电路", "4|3|处理器", "5", "007"],
            ["M-2", "8542310000", "集成电路", "4|3|处理器", "五", "007"],
        )
    )
    page.locator('input[aria-label="选择 Excel 文件"]').set_input_files(book)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("处错误", timeout=SECONDS)
    dialog.get_by_label("Part").select_option(label="商品料号")
    expect(dialog.get_by_label("Part")).to_have_value("material_no", timeout=SECONDS)
    assert clerk.barriers() == []
    dialog.get_by_role("button", name="只导入没有错误的行").click()
    note = page.locator(".entry-note", has_text="已导入")
    expect(note).to_contain_text("1 行有错没有导入", timeout=SECONDS)
    assert len(desk.get(saved.path)["document"]["goods"]) == before + 1
    note.get_by_role("button", name="撤销导入").click()
    expect(note).to_be_hidden(timeout=SECONDS)
    assert len(desk.get(saved.path)["document"]["goods"]) == before


def test_goods_are_merged_and_too_many_are_split(desk: Desk, clerk: Clerk) -> None:
    document = desk.sample("inventory")
    first = document["goods"][0]
    document["goods"] = [{**first, "line_no": n + 1, "name": f"示例商品{n // 2}"} for n in range(104)]
    for row in document["goods"]:
        row.pop("entry_line_no", None)
    saved = desk.save(document=document)
    clerk.open(f"/z8/inventories/{saved.document_id}/edit", ".head-form")
    page = clerk.page
    page.get_by_role("button", name="归并").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text("52 / 50", timeout=SECONDS)
    assert clerk.barriers() == []
    dialog.get_by_role("button", name="拆成 2 份").click()
    expect(dialog).to_be_hidden(timeout=SECONDS)
    expect(page.locator(".grid-foot")).not_to_contain_text("共 104 行")
    page.get_by_role("button", name="归并").click()
    expect(dialog.get_by_role("button", name="采用")).to_be_enabled(timeout=SECONDS)
    dialog.get_by_role("button", name="采用").click()
    expect(dialog).to_be_hidden(timeout=SECONDS)
    page.keyboard.press("Control+z")
    found = desk.get("/v1/inventories", internal_no=f"{saved.internal_no}-2")["items"]
    assert len(found) == 1


def test_two_thousand_lines_come_from_a_workbook_and_go_again(
    desk: Desk, clerk: Clerk, tmp_path: Path
) -> None:
    saved = desk.save()
    own = len(desk.get(saved.path)["document"]["goods"])
    clerk.open(f"/z8/inventories/{saved.document_id}/edit", ".head-form")
    page = clerk.page
    foot = page.locator(".grid-foot")
    expect(foot).to_contain_text(f"共 {own} 行", timeout=SECONDS)
    book = tmp_path / "货物.xlsx"
    rows: list[list[object]] = [[f"XL-{n}", "8471701000", "硬盘", "5"] for n in range(2000)]
    book.write_bytes(workbook(["商品料号", "商品编码", "商品名称", "申报数量"], *rows))
    page.locator('input[aria-label="选择 Excel 文件"]').set_input_files(book)
    page.get_by_role("dialog").get_by_role("button", name="导入 2000 行").click()
    expect(foot).to_contain_text(f"共 {own + 2000} 行", timeout=SECONDS)
    assert len(desk.get(saved.path)["document"]["goods"]) == own + 2000
    page.locator(".entry-note", has_text="已导入").get_by_role("button", name="撤销导入").click()
    expect(foot).to_contain_text(f"共 {own} 行", timeout=SECONDS)
    assert len(desk.get(saved.path)["document"]["goods"]) == own
