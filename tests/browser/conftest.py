"""The whole platform with its web page, and a real browser in front of it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from local import portal
from local.platform import Platform
from tests.browser.page import Clerk, open_page
from tests.support.desk import Desk, opened
from tests.support.infrastructure import HOME, PORT_BASE, fresh

# As the package names them, without its `--single-process`: one page that ends would end the browser.
ARGUMENTS = ("--no-sandbox", "--no-zygote", "--headless=shell", "--use-gl=angle", "--use-angle=swiftshader")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shots", action="store_true", help="keep pictures of every page")


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Every service, the simulator with delays a tenth of the usual, and the edge with the page as the tree has it."""
    portal.ensure(portal.say)
    arguments = ("--speed", "0.1", "--poll", "0.02")
    made = fresh(Platform(HOME / "browser", PORT_BASE + 300, simulator_arguments=arguments, watched=True))
    try:
        made.start(seconds=300)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = portal.ensure_browser(portal.say)
    folder = tmp_path_factory.mktemp("fonts")
    fonts = importlib.util.find_spec("justmytype_intl_cjk")
    assert fonts is not None and fonts.origin is not None
    settings = folder / "fonts.conf"
    settings.write_text(
        f"<fontconfig><dir>{Path(fonts.origin).parent}</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
    )
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(settings)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=list(ARGUMENTS), env=environment, timeout=120_000
        )
        yield browser
        browser.close()


@pytest.fixture
def desk(platform: Platform) -> Iterator[Desk]:
    """A new tenant."""
    yield from opened(platform)


@pytest.fixture
def clerk(desk: Desk, chromium: Browser) -> Iterator[Clerk]:
    """A person of that tenant in front of the page, logged in; at the end nothing may have gone wrong in the page."""
    with open_page(chromium, desk.platform.edge_url) as page:
        page.log_in(desk.slug)
        yield page
