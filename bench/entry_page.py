"""What entry costs a clerk: from key to paint in a grid of 5,000 lines, in the browser."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from bench.browser import PASTE, browser, clerk_of
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from tests.browser.page import Clerk
from tests.support.desk import Desk

ABOUT = "key to paint in a grid of 5,000 lines, in the browser"
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


_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def run(on: Surroundings) -> list[Table]:
    desk = Desk(on.platform("--speed=0.1", "--poll=0.02"))
    with browser() as opened:
        return [_typing(opened, desk, 200 if on.quick else 5_000)]


def _typing(opened: Browser, desk: Desk, lines: int) -> Table:
    with clerk_of(opened, desk) as clerk:
        page = _new(clerk)
        to_grid(page)
        rows = [["商品料号", "商品名称", "申报数量", "申报总价"]]
        rows += [[f"M-{n}", "集成电路", "4", "10"] for n in range(lines)]
        begun = time.perf_counter()
        page.evaluate(PASTE, "\n".join("\t".join(row) for row in rows))
        page.wait_for_function(
            f"() => document.querySelector('.grid-foot')?.innerText.includes('共 {lines} 行')"
        )
        pasted = time.perf_counter() - begun
        page.wait_for_timeout(3_000)
        page.evaluate(_PAINTS)
        work: dict[bool, list[float]] = {False: [], True: []}
        with _processor_time(page) as used:
            for n in range(150):
                ends = n % 6 == 5
                before = used()
                page.keyboard.press("Enter" if ends else str(n % 10))
                page.evaluate(_TWO_FRAMES)
                work[ends].append(used() - before)
        found = sorted(page.evaluate("globalThis.paints"))
    cell: Row = {
        "lines": f"{lines:,}",
        "p50 ms": statistics.median(found),
        "p95 ms": found[int(len(found) * 0.95)],
        "worst ms": found[-1],
        "work of a letter ms": statistics.median(work[False]),
        "of a cell's end ms": statistics.median(work[True]),
        "within 16 ms": "yes" if statistics.median(found) <= 16 else "no",
        "paste s": pasted,
    }
    note = "target: half of the keys within 16 ms, one frame; work: processor time of the page, whatever else runs"
    return Table("entry page: key to paint", note, [cell])


@contextmanager
def _processor_time(page: Page) -> Iterator[Callable[[], float]]:
    """Milliseconds of a processor that the thread of the page has used."""
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        found = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
        return float(found["TaskDuration"]) * 1000

    yield used
    client.detach()


def to_grid(page: Page) -> None:
    page.keyboard.press("F6")
    page.wait_for_function("() => document.activeElement?.closest('.grid')")


def _new(clerk: Clerk) -> Page:
    clerk.open("/z8/inventories/new?direction=I", ".head-form")
    clerk.page.wait_for_function("() => document.activeElement?.dataset?.pointer")
    return clerk.page
