"""Entry by keyboard and by the Chinese input method; a tab that dies. Against the real services."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customs.documents import KINDS
from tests.browser.page import SECONDS, Clerk
from tests.support.desk import EXAMPLES

pytestmark = pytest.mark.flow

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
