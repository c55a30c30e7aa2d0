"""The whole platform with its web page, and a real browser in front of it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from local import portal
from local.platform import Platform
from tests.browser.page import Clerk, open_page
from tests.support.desk import Desk, opened
from tests.support.infrastructure import HOME, PORT_BASE, fresh

# As the package names them, without its `--single-process`: one page that ends would end the browser.
ARGUMENTS = ("--no-sandbox", "--no-zygote", "--use-gl=angle", "--use-angle=swiftshader")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--standing",
        action="store_true",
        help="use the platform that stands, and leave it so for the next run",
    )


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    """Every service, the simulator with delays a tenth of the usual, and the edge with the page as the tree has it."""
    portal.ensure(portal.say)
    stays = bool(request.config.getoption("--standing"))
    arguments = ("--speed", "0.1", "--poll", "0.02")
    made = Platform(HOME / "browser", PORT_BASE + 300, simulator_arguments=arguments, watched=not stays)
    if not stays:
        fresh(made)
    try:
        made.start(seconds=300)
        yield made
    finally:
        if not stays:
            made.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings with which a browser finds Chinese letters on a machine that has none."""
    folder = tmp_path_factory.mktemp("fonts")
    found = importlib.util.find_spec("justmytype_intl_cjk")
    assert found is not None and found.origin is not None
    settings = folder / "fonts.conf"
    settings.write_text(
        f"<fontconfig><dir>{Path(found.origin).parent}</dir><cachedir>{folder}/cache</cachedir></fontconfig>"
    )
    return {"FONTCONFIG_FILE": str(settings)}


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, fonts: dict[str, str]) -> Iterator[Browser]:
    """The newest one."""
    with launched(playwright, portal.ensure_browser(portal.say), fonts, "--headless=shell") as browser:
        yield browser


@pytest.fixture(scope="session")
def chromium109(playwright: Playwright, fonts: dict[str, str]) -> Iterator[Browser]:
    """The last one of Windows 7."""
    with launched(playwright, portal.ensure_browser(portal.say, "109"), fonts, "--headless") as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright, program: Path, fonts: dict[str, str], mode: str) -> Iterator[Browser]:
    environment: dict[str, str | float | bool] = {**os.environ, **fonts}
    arguments = [*ARGUMENTS, mode]
    browser = playwright.chromium.launch(
        executable_path=program, args=arguments, env=environment, timeout=120_000
    )
    try:
        yield browser
    finally:
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
