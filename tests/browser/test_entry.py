"""Entry by keyboard, by Excel, by the Chinese input method; two clerks; a tab that dies. Against the real services."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from customs.documents import KINDS
from tests.browser.page import SECONDS, Clerk, open_page
from tests.support.desk import EXAMPLES, Desk

pytestmark = pytest.mark.flow

_PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""
_AT = "() => document.activeElement?.dataset?.pointer ?? (document.activeElement?.closest('.grid') ? 'grid' : '')"


def sample(kind: str, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / kind / f"{name}.json").read_text(encoding="utf-8"))
    return document


def new(clerk: Clerk, kind: str, direction: str = "I") -> Page:
    clerk.open(f"/z8/{KINDS[kind].url}/new?direction={direction}", ".head-form")
    clerk.page.wait_for_function("() => document.activeElement?.dataset?.pointer")
    return clerk.page


def type_head(page: Page, head: dict[str, Any]) -> None:
    """From field to field by Enter alone; what the page has already is passed."""
    last = ""
    for _ in range(90):
        at = page.evaluate(_AT)
        if at == "grid" or at == last:
            break
        last, name = at, at.rpartition("/")[2]
        if name == "remark":
            page.keyboard.press("F6")
            break
        value = head.get(name)
        if (
            value is not None
            and name != "internal_no"
            and page.evaluate("document.activeElement.value") != str(value)
        ):
            page.keyboard.type(str(value))
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement?.closest('.grid')")


def type_rows(page: Page, rows: list[dict[str, Any]], labels: dict[str, str]) -> None:
    """Cell by cell by Enter; behind the last one a new line begins."""
    titles = page.locator(".grid-title").all_inner_texts()
    by_label = {label: name for name, label in labels.items()}
    for number, row in enumerate(rows):
        for place, title in enumerate(titles):
            value = row.get(by_label[title])
            if value is not None:
                page.keyboard.type(str(value))
            if number + 1 < len(rows) or place + 1 < len(titles):
                page.keyboard.press("Enter")


def labels_of(kind: str, section: str) -> dict[str, str]:
    return {name: spec.label for name, spec in KINDS[kind].section(section).fields.items()}


def test_an_import_is_entered_saved_and_declared_without_a_mouse(desk: Desk, clerk: Clerk) -> None:
    document = sample("inventory", "import")
    page = new(clerk, "inventory")
    type_head(page, document["head"])
    type_rows(page, document["goods"], labels_of("inventory", "goods"))
    assert clerk.barriers() == []
    page.keyboard.press("Control+s")
    page.wait_for_url("**/edit", timeout=SECONDS)
    # The page of the saved document stands where that of the new one stood.
    expect(page.get_by_role("status").filter(has_text="已暂存")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("F9")
    expect(page.get_by_role("dialog")).to_contain_text("确认申报", timeout=SECONDS)
    page.keyboard.press("Enter")
    expect(page.locator(".doc-title .state").first).to_have_text("已核扣", timeout=SECONDS)


def test_two_thousand_lines_are_pasted_and_undone(clerk: Clerk) -> None:
    page = new(clerk, "inventory")
    page.keyboard.press("F6")
    page.wait_for_function("() => document.activeElement?.closest('.grid')")
    heading = ["商品料号", "商品名称", "申报数量", "申报总价", "币制"]
    lines = [[f"M-{n}", "集成电路", "4", "10", "美元"] for n in range(2000)]
    page.evaluate(_PASTE, "\n".join("\t".join(line) for line in [heading, *lines]))
    foot = page.locator(".grid-foot")
    expect(foot).to_contain_text("共 2000 行", timeout=SECONDS)
    expect(foot).to_contain_text("申报总价 20,000")
    expect(page.locator(".grid-line").first).to_contain_text("502 美元")
    # 单价 follows from quantity and total.
    page.keyboard.press("Control+f")
    expect(page.get_by_label("在表体中查找")).to_be_focused(timeout=SECONDS)
    page.keyboard.type("M-1500")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-line", has_text="M-1500")).to_contain_text("2.5")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(foot).not_to_contain_text("2000", timeout=SECONDS)


def test_chinese_is_composed_in_a_cell_and_in_a_field(clerk: Clerk) -> None:
    page = new(clerk, "inventory")
    keys = page.context.new_cdp_session(page)

    def compose(letters: str, text: str) -> None:
        keys.send(
            "Input.imeSetComposition",
            {"selectionStart": len(letters), "selectionEnd": len(letters), "text": letters},
        )
        keys.send("Input.insertText", {"text": text})

    page.locator('[data-pointer="/head/operating_name"]').focus()
    compose("shili", "示例")
    expect(page.locator('[data-pointer="/head/operating_name"]')).to_have_value("示例")
    page.keyboard.press("F6")
    page.wait_for_function("() => document.activeElement?.closest('.grid')")
    for _ in range(5):
        page.keyboard.press("Enter")
    compose("jichengdianlu", "集成电路")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-line").first).to_contain_text("集成电路")


def test_a_tab_that_dies_loses_nothing(clerk: Clerk) -> None:
    page = new(clerk, "inventory")
    page.locator('[data-pointer="/head/book_no"]').fill("T3105W000001")
    expect(page.locator(".entry-state")).to_contain_text("已自动保留", timeout=SECONDS)
    page.goto("about:blank")
    page.evaluate("1")
    clerk.open("/z8/inventories/new?direction=I", ".entry-note")
    page.keyboard.press("Escape")
    page.click(".entry-note button:has-text('恢复')")
    expect(page.locator('[data-pointer="/head/book_no"]')).to_have_value("T3105W000001")


def test_two_clerks_see_both_versions(desk: Desk, clerk: Clerk, chromium: Browser) -> None:
    saved = desk.save()
    path = f"/z8/inventories/{saved.document_id}/edit"
    clerk.open(path, ".head-form")
    with open_page(chromium, clerk.url) as other:
        other.log_in(desk.slug)
        other.open(path, ".head-form")
        # The second one reads, until it takes over.
        other.page.click("button:has-text('接手修改')")
        other.page.locator('[data-pointer="/head/remark"]').fill("对方写的")
        other.page.keyboard.press("Control+s")
        expect(other.page.locator(".entry-state")).to_have_text("已暂存", timeout=SECONDS)
    clerk.page.click("button:has-text('接手修改')")
    clerk.page.locator('[data-pointer="/head/remark"]').fill("我写的")
    clerk.page.keyboard.press("Control+s")
    dialog = clerk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("对方写的", timeout=SECONDS)
    expect(dialog).to_contain_text("我写的")
    # The refused save is the one thing that browsers write to their console here.
    clerk.wrong[:] = [each for each in clerk.wrong if "412" not in each]
    dialog.get_by_role("button", name="保留我的").click()
    expect(clerk.page.locator(".entry-state")).to_have_text("已暂存", timeout=SECONDS)


@pytest.mark.parametrize(
    ("kind", "name", "section"),
    [("business_form", "gathered-out", "goods"), ("gate_pass", "one-bill", "linked_documents")],
)
def test_other_kinds_follow_from_their_data(clerk: Clerk, kind: str, name: str, section: str) -> None:
    document = sample(kind, name)
    page = new(clerk, kind, document["head"]["direction"])
    type_head(page, document["head"])
    type_rows(page, document[section], labels_of(kind, section))
    page.keyboard.press("Control+s")
    page.wait_for_url("**/edit", timeout=SECONDS)
