"""A document typed as a clerk types it: no mouse, the order of the page, Enter from field to field and from cell to cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Page, expect

from customs.documents import KINDS
from tests.browser.page import SECONDS, Clerk

_AT = "() => document.activeElement?.dataset?.pointer ?? (document.activeElement?.closest('.grid') ? 'grid' : '')"
_IN_GRID = "() => document.activeElement?.closest('.grid')"
_MORE_FIELDS_THAN_ANY_HEAD_HAS = 90


def new(clerk: Clerk, kind: str, direction: str | None = None, system: str = "z8") -> Page:
    """The page of a new document, ready to be typed in."""
    asked = f"?direction={direction}" if direction else ""
    clerk.open(f"/{system}/{KINDS[kind].url}/new{asked}", ".head-form")
    ready(clerk.page)
    return clerk.page


def ready(page: Page) -> None:
    """Whoever types now types into a field of the head."""
    page.wait_for_function("() => document.activeElement?.dataset?.pointer")


def type_document(page: Page, kind: str, document: Mapping[str, Any]) -> None:
    """The head, then every table that the document has."""
    type_head(page, document["head"])
    tables = [section.name for section in KINDS[kind].sections if document.get(section.name)]
    for name in tables:
        if name == "head":
            continue
        tab = page.get_by_role("tab", name=KINDS[kind].section(name).label, exact=True)
        if tab.count():
            order = page.get_by_role("tab").all_inner_texts()
            page.keyboard.press(f"Alt+{order.index(tab.inner_text()) + 1}")
        page.wait_for_function(_IN_GRID)
        type_rows(page, kind, name, document[name])


def type_head(page: Page, head: Mapping[str, Any]) -> None:
    """From field to field by Enter alone; what the page has already is passed. Ends in the first table."""
    last = ""
    for _ in range(_MORE_FIELDS_THAN_ANY_HEAD_HAS):
        at = page.evaluate(_AT)
        if at == "grid" or at == last:
            break
        last, name = at, at.rpartition("/")[2]
        value = head.get(name)
        if value is not None and page.evaluate("document.activeElement.value") != str(value):
            page.keyboard.press("Control+a")
            page.keyboard.type(str(value))
        if name == "remark":
            break
        page.keyboard.press("Enter")
    if page.evaluate(_AT) != "grid":
        page.keyboard.press("F6")
    page.wait_for_function(_IN_GRID)


def type_rows(page: Page, kind: str, section: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Cell by cell by Enter; behind the last one a new line begins."""
    by_label = {spec.label: name for name, spec in KINDS[kind].section(section).fields.items()}
    titles = page.locator(".grid-title").all_inner_texts()
    for number, row in enumerate(rows):
        for place, title in enumerate(titles):
            value = row.get(by_label[title])
            if value is not None:
                page.keyboard.type(str(value))
            if number + 1 < len(rows) or place + 1 < len(titles):
                page.keyboard.press("Enter")


def retype(page: Page, pointer: str, value: str) -> None:
    """Another value in a field of the head."""
    field = page.locator(f'[data-pointer="{pointer}"]')
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(value)
    expect(field).to_have_value(value, timeout=SECONDS)


def save(page: Page) -> None:
    """暂存, and the page says that it is kept."""
    page.keyboard.press("Control+s")
    expect(page.locator(".entry-state")).to_have_text("已暂存", timeout=SECONDS)
    page.wait_for_url("**/edit", timeout=SECONDS)


def declare(page: Page) -> None:
    """申报 from the page of entry; ends on the page of the document."""
    page.keyboard.press("F9")
    expect(page.get_by_role("button", name="确认申报")).to_be_focused(timeout=SECONDS)
    page.keyboard.press("Enter")
    page.wait_for_selector(".doc-title")
