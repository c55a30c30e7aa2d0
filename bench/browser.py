"""A browser in front of the page, for benchmarks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from local import portal
from tests.browser.conftest import ARGUMENTS
from tests.browser.page import Clerk, open_page
from tests.support.desk import Desk

PATIENCE = 600_000.0
PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@contextmanager
def browser() -> Iterator[Browser]:
    """The Chromium of the tests, and the page as the tree has it."""
    portal.ensure(portal.say)
    program = portal.ensure_browser(portal.say)
    environment: dict[str, str | float | bool] = {**os.environ}
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program, args=list(ARGUMENTS), env=environment, timeout=300_000
        )
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def clerk_of(opened: Browser, desk: Desk) -> Iterator[Clerk]:
    with open_page(opened, desk.platform.edge_url) as clerk:
        clerk.page.set_default_timeout(PATIENCE)
        clerk.log_in(desk.slug)
        yield clerk
