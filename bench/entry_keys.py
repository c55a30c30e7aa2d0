"""Keys and seconds until one 核注清单 of 20 lines is saved: typed, from Excel, copied, made from another document.

The authority's own page is not driven but counted, by what is known of it: Enter leads through every field a clerk may fill,
a code takes one more for its list, the number in the book brings what the book knows of the goods, nothing can be pasted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, Page

from bench.browser import PASTE, PATIENCE, browser, clerk_of
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from customs.documents import KINDS
from tests.browser import keyboard
from tests.support.desk import Desk, Sent, example

ABOUT = "keys and seconds of one 核注清单 of 20 lines: typed, from Excel, copied, made from another"
LINES = 20
_COUNT = """() => {
  globalThis.pressed = 0;
  const only = new Set(['Control', 'Shift', 'Alt', 'Meta']);
  addEventListener('keydown', (event) => { if (!only.has(event.key)) globalThis.pressed += 1; }, true);
  addEventListener('click', (event) => { if (event.detail > 0) globalThis.pressed += 1; }, true);
}"""
_BROUGHT = frozenset(
    (
        "material_no",
        "hs_code",
        "name",
        "specification",
        "unit",
        "statutory_unit",
        "second_statutory_unit",
        "currency",
    )
)
"""What the book knows of a line on the authority's page."""
_THEIR_IMPORT = 6
"""导入, the file, 确定, and back to the page."""
_THEIR_COPY = 4
"""The row, 复制, 确定, 暂存."""
Way = Callable[[Page, Desk], None]


def run(on: Surroundings) -> list[Table]:
    desk = Desk(on.platform("--speed=0.1", "--poll=0.02"))
    with browser() as opened:
        return [table(opened, desk)]


def table(opened: Browser, desk: Desk) -> Table:
    document = _document()
    imported = float(_theirs({**document, "goods": []}) + _THEIR_IMPORT)
    typed, brought = float(_theirs(document)), float(_theirs(document, _BROUGHT))
    ways: list[tuple[str, Way, float, float]] = [
        ("keyboard", _by_keyboard, typed, brought),
        ("Excel", _by_excel, imported, imported),
        ("copy", _by_copy, float(_THEIR_COPY), float(_THEIR_COPY)),
        ("make from", _by_making, typed, brought),
    ]
    rows: list[Row] = []
    for name, way, theirs, with_book in ways:
        with clerk_of(opened, desk) as clerk:
            page = keyboard.new(clerk, "inventory", "I")
            page.evaluate(_COUNT)
            begun = time.perf_counter()
            way(page, desk)
            seconds = time.perf_counter() - begun
            pressed = float(page.evaluate("globalThis.pressed"))
        rows.append(
            {"way": name, "keys": pressed, "seconds": seconds, "theirs": theirs, "with book": with_book}
        )
    note = (
        "keys and clicks until it is saved, nothing known of the goods; seconds at the speed of a program; "
        "theirs: the authority's page, counted, and where the book brings what it knows of the goods"
    )
    return Table(f"entry page: one 核注清单 of {LINES} lines", note, rows)


def _by_keyboard(page: Page, _: Desk) -> None:
    document = _document()
    keyboard.type_head(page, document["head"])
    for number, row in enumerate(document["goods"]):
        _type_line(page, row)
        if number + 1 < LINES:
            page.keyboard.press("Control+Shift+Insert")
    keyboard.save(page)


def _type_line(page: Page, row: dict[str, Any]) -> None:
    """Cell by cell, as far as the line goes."""
    names = {spec.label: name for name, spec in KINDS["inventory"].section("goods").fields.items()}
    values = [row.get(names[title]) for title in page.locator(".grid-title").all_inner_texts()]
    while values and values[-1] is None:
        values.pop()
    page.keyboard.press("Home")
    for value in values:
        if value is not None:
            page.keyboard.type(str(value))
        page.keyboard.press("Enter")


def _by_excel(page: Page, _: Desk) -> None:
    document = _document()
    keyboard.type_head(page, document["head"])
    fields = KINDS["inventory"].section("goods").fields
    names = [name for name in document["goods"][0] if name != "line_no"]
    sheet = [[fields[name].label for name in names]]
    sheet += [[str(row.get(name, "")) for name in names] for row in document["goods"]]
    # Ctrl+V of what was copied in the other program.
    page.keyboard.press("Control+v")
    page.evaluate(PASTE, "\n".join("\t".join(line) for line in sheet))
    keyboard.save(page)


def _by_copy(page: Page, desk: Desk) -> None:
    saved = desk.save(document=_document())
    _open(page, desk, saved)
    page.locator(".acting").get_by_role("button", name="复制", exact=True).click()
    page.wait_for_url("**/edit", timeout=PATIENCE)


def _by_making(page: Page, desk: Desk) -> None:
    bill = desk.send(kind="stock_bill", document=_bill(desk))
    desk.until(bill, "approved", seconds=PATIENCE / 1000)
    _open(page, desk, bill)
    page.locator(".acting").get_by_role("button", name="生成下一单证").click()
    dialog = page.get_by_role("dialog")
    label = KINDS["inventory"].label
    tab = dialog.get_by_role("group", name="生成什么").get_by_role("button", name=label)
    made = dialog.locator("button.ant-btn-primary")
    made.and_(page.locator(":enabled")).wait_for()
    if label not in made.inner_text():
        tab.click()
    made.click()
    page.wait_for_url("**/inventories/**/edit", timeout=PATIENCE)


def _open(page: Page, desk: Desk, sent: Sent) -> None:
    page.goto(f"{desk.platform.edge_url}/z8/{sent.url}/{sent.document_id}")
    page.wait_for_selector(".acting")
    page.evaluate(_COUNT)


def _document() -> dict[str, Any]:
    document = example("inventory", "import", internal_no=f"KEYS-{uuid4().hex[:10]}")
    return {**document, "goods": _lines(document["goods"][0])}


def _bill(desk: Desk) -> dict[str, Any]:
    form = example("business_form", internal_no=f"KEYS-{uuid4().hex[:10]}")
    rows = [{**form["goods"][0], "line_no": n + 1, "book_line_no": n + 1} for n in range(LINES)]
    sent = desk.send(kind="business_form", document={**form, "goods": rows})
    number = desk.until(sent, "approved", seconds=PATIENCE / 1000)["numbers"]["customs_no"]
    bill = desk.sample("stock_bill", business_form_no=number, internal_no=f"KEYS-{uuid4().hex[:10]}")
    return {**bill, "goods": _lines(bill["goods"][0], form_line_no=True)}


def _lines(first: dict[str, Any], *, form_line_no: bool = False) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in first.items() if name != "entry_line_no"}
        | {"line_no": n + 1}
        | ({"form_line_no": n + 1} if form_line_no else {})
        for n in range(LINES)
    ]


def _theirs(document: dict[str, Any], brought: frozenset[str] = frozenset()) -> int:
    """Keys on the authority's page."""
    head = _keys_of("head", [document["head"]], frozenset())
    return sum(head) + sum(_keys_of("goods", document["goods"], brought))


def _keys_of(section: str, rows: list[dict[str, Any]], brought: frozenset[str]) -> Iterator[int]:
    for row in rows:
        for name, spec in KINDS["inventory"].section(section).fields.items():
            given = spec.need == "system" or name in ("line_no", "change_mark", "direction")
            if given or name.startswith("param"):
                continue
            value = "" if name in brought else str(row.get(name) or "")
            yield len(value) + 1 + (1 if value and spec.table else 0)
