"""What entry costs a clerk who types in a grid of 5,000 lines: from key to paint, in the browser."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from bench.browser import browser
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from tests.browser.page import Clerk, open_page
from tests.support.desk import Desk

ABOUT = "key to paint in a grid of 5,000 lines, in the browser"
PATIENCE = 600_000.0
_PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""
_PAINTS = """() => {
  globalThis.paints = [];
  addEventListener('keydown', (event) => {
    const begun = event.timeStamp;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => globalThis.paints.push(performance.now() - begun);
      after.port2.postMessage(0);
    });
  }, true);
}"""


def run(on: Surroundings) -> list[Table]:
    desk = Desk(on.platform("--speed=0.1", "--poll=0.02"))
    with browser() as opened:
        return [_typing(opened, desk, 200 if on.quick else 5_000)]


def _typing(opened: Browser, desk: Desk, lines: int) -> Table:
    with _clerk(opened, desk) as clerk:
        page = _new(clerk)
        _to_grid(page)
        rows = [["商品料号", "商品名称", "申报数量", "申报总价"]]
        rows += [[f"M-{n}", "集成电路", "4", "10"] for n in range(lines)]
        begun = time.perf_counter()
        page.evaluate(_PASTE, "\n".join("\t".join(row) for row in rows))
        page.wait_for_function(
            f"() => document.querySelector('.grid-foot')?.innerText.includes('共 {lines} 行')"
        )
        pasted = time.perf_counter() - begun
        page.wait_for_timeout(3_000)
        page.evaluate(_PAINTS)
        for n in range(150):
            page.keyboard.press("Enter" if n % 6 == 5 else str(n % 10))
        page.wait_for_function("() => globalThis.paints.length >= 150")
        found = sorted(page.evaluate("globalThis.paints"))
    cell: Row = {
        "lines": f"{lines:,}",
        "p50 ms": statistics.median(found),
        "p95 ms": found[int(len(found) * 0.95)],
        "worst ms": found[-1],
        "within 16 ms": "yes" if statistics.median(found) <= 16 else "no",
        "paste s": pasted,
    }
    return Table("entry page: key to paint", "target: half of the keys within 16 ms, one frame", [cell])


def _to_grid(page: Page) -> None:
    page.keyboard.press("F6")
    page.wait_for_function("() => document.activeElement?.closest('.grid')")


def _new(clerk: Clerk) -> Page:
    clerk.open("/z8/inventories/new?direction=I", ".head-form")
    clerk.page.wait_for_function("() => document.activeElement?.dataset?.pointer")
    return clerk.page


@contextmanager
def _clerk(opened: Browser, desk: Desk) -> Iterator[Clerk]:
    with open_page(opened, desk.platform.edge_url) as clerk:
        clerk.page.set_default_timeout(PATIENCE)
        clerk.log_in(desk.slug)
        yield clerk
