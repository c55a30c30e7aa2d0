"""A browser in front of the page, for benchmarks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from local import portal
from tests.browser.conftest import ARGUMENTS


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
