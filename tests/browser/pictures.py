"""`make shots`: a picture of every page in every state, light and dark, in two sizes, with what axe finds on each.

Its name keeps it out of the room: two hundred pictures take a while, and somebody has to look at them. What must hold of every
page is `test_shots.py`.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.page import Clerk, open_page
from tests.browser.states import STATES, Scene
from tests.support.desk import Desk
from tests.support.infrastructure import HOME

pytestmark = pytest.mark.flow
SHOTS = HOME / "shots"
SIZES = {"1366": (1366, 768), "1920": (1920, 1080)}
SCREENS = tuple(f"{size}-{shade}" for size in SIZES for shade in ("light", "dark"))


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_in_every_state(desk: Desk, chromium: Browser, screen: str) -> None:
    """Goes on after a state that cannot be brought about, and names all of them at its end."""
    scene = arranged(desk)
    found: dict[str, list[str]] = {}
    size, shade = screen.split("-")
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    with open_page(chromium, desk.platform.edge_url, viewport=viewport, color_scheme=shade) as clerk:
        clerk.page.goto(clerk.url)
        clerk.page.wait_for_selector(".login-card")
        look(clerk, f"login-{screen}", found)
        clerk.type_login(desk.slug, password="不是这个-wrong-horse-7")
        clerk.page.get_by_role("alert").wait_for()
        look(clerk, f"login-refused-{screen}", found)
        clerk.type_login(desk.slug)
        clerk.page.wait_for_selector("nav.sidebar")
        for state in STATES:
            try:
                state.arrange(clerk, scene)
                clerk.page.locator(state.there).first.wait_for()
            except Error as error:
                found[f"{state.name}-{screen}"] = [f"not there: {str(error)[:200]}"]
            else:
                look(clerk, f"{state.name}-{screen}", found)
            clerk.page.unroute_all(behavior="ignoreErrors")
        # Browsers write down what the server was made to refuse here.
        clerk.wrong[:] = [each for each in clerk.wrong if "the server responded with" not in each]
    assert found == {}


def arranged(desk: Desk) -> Scene:
    scene = Scene(
        draft=desk.save(),
        returned=desk.send("RET"),
        held=desk.send("HOLD"),
        done=desk.send(),
        form=desk.send(kind="business_form"),
    )
    desk.until(scene.returned, "returned")
    desk.until(scene.held, "pre_deducted")
    desk.until(scene.done, "deducted")
    desk.until(scene.form, "approved")
    return scene


def look(clerk: Clerk, name: str, found: dict[str, list[str]]) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    clerk.picture(SHOTS / f"{name}.png")
    if barriers := clerk.barriers():
        found[name] = barriers
