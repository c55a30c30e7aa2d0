"""A person in front of the page: log in, look for barriers, and never see an error of the page itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from local import portal
from tests.support.desk import PASSWORD

SECONDS = 180_000
# Whoever is not logged in is told so with 401; browsers write that to their console.
_EXPECTED = ("status of 401",)
_POLICY = (
    "document.addEventListener('securitypolicyviolation', "
    "(event) => console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
)

_COME_TO_REST = "() => document.getAnimations().forEach((each) => { try { each.finish() } catch {} })"


@dataclass
class Clerk:
    """`page` is Playwright's; `wrong` is what the page did wrong so far."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    def log_in(self, tenant: str, login: str = "clerk", password: str = PASSWORD) -> None:
        self.page.goto(self.url)
        self.type_login(tenant, login, password)
        self.page.wait_for_selector("nav.sidebar")

    def type_login(self, tenant: str, login: str = "clerk", password: str = PASSWORD) -> None:
        for name, value in {"tenant": tenant, "login": login, "password": password}.items():
            self.page.fill(f"input[name={name}]", value)
        self.page.click("button[type=submit]:has-text('登录')")

    def barriers(self) -> list[str]:
        """What axe finds on the page as it stands: rule, and the first place where it is broken."""
        # In the middle of a movement colours are those of neither end.
        self.page.evaluate(_COME_TO_REST)
        self.page.evaluate(portal.axe())
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]]

    def picture(self, path: Path) -> None:
        self.page.evaluate(_COME_TO_REST)
        self.page.screenshot(path=path)

    def open(self, path: str, wait_for: str) -> None:
        self.page.goto(self.url + path)
        self.page.wait_for_selector(wait_for)

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=SECONDS)


@contextmanager
def open_page(chromium: Browser, url: str, **context: object) -> Iterator[Clerk]:
    """A browser window of its own. Raises AssertionError at its end when the page erred or its policy was broken."""
    options = {"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", **context}
    window = chromium.new_context(**options)  # type: ignore[arg-type]
    window.add_init_script(_POLICY)
    page = window.new_page()
    page.set_default_timeout(SECONDS)
    clerk = Clerk(page, url)

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in _EXPECTED):
            clerk.wrong.append(message.text[:300])

    page.on("console", hear)
    page.on("pageerror", lambda error: clerk.wrong.append(str(error)[:300]))
    try:
        yield clerk
        assert clerk.wrong == [], clerk.wrong
    finally:
        window.close()
