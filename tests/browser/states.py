"""Every page in every state that a clerk meets, as data: how it is brought about, and what shows that it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Route

from tests.browser.page import Clerk
from tests.support.desk import Sent


@dataclass(frozen=True)
class Scene:
    """What the desk has: documents by what became of them."""

    draft: Sent
    returned: Sent
    held: Sent
    done: Sent
    form: Sent


@dataclass(frozen=True)
class State:
    """`arrange` brings it about from wherever the page is; `there` is then to be seen."""

    name: str
    arrange: Callable[[Clerk, Scene], None]
    there: str


def at(path: str, there: str, *clicks: str) -> Callable[[Clerk, Scene], None]:
    """Open an address, in which {draft}, {held} … are paths of documents; wait; click."""

    def arrange(clerk: Clerk, scene: Scene) -> None:
        names = {name: f"/z8/{sent.url}/{sent.document_id}" for name, sent in vars(scene).items()}
        clerk.open(path.format_map(names), there)
        for place in clicks:
            clerk.page.locator(place).first.click()

    return arrange


def keys(path: str, *pressed: str) -> Callable[[Clerk, Scene], None]:
    """Open a form and press keys; a text of several letters that is no key is typed."""

    def arrange(clerk: Clerk, scene: Scene) -> None:
        at(path, ".head-form")(clerk, scene)
        clerk.page.wait_for_function("() => document.activeElement?.dataset?.pointer")
        for key in pressed:
            clerk.page.keyboard.type(key[1:]) if key.startswith("=") else clerk.page.keyboard.press(key)

    return arrange


def without(answers: str, path: str, status: int | None) -> Callable[[Clerk, Scene], None]:
    """Open an address while the server answers a request with a failure, or, without a status, not at all."""

    def arrange(clerk: Clerk, scene: Scene) -> None:
        def answer(route: Route) -> None:
            if status is not None:
                route.fulfill(status=status, content_type="application/json", body="{}")

        clerk.page.route(answers, answer)
        at(path, "nav.sidebar")(clerk, scene)

    return arrange


LIST = "table.list tbody tr td a"
NEW = "/z8/inventories/new?direction=I"
MODAL = ".ant-modal-body"

STATES = (
    State("home", at("/", ".home-latest tr"), ".home-latest tr"),
    State("missing", at("/no/such/page/at/all", "nav.sidebar"), "main"),
    State("list", at("/z8/inventories", LIST), LIST),
    State("list-empty", at("/z7/gate-passes", ".query-nothing"), ".query-nothing"),
    State("list-none-found", at("/z8/inventories?internal_no=NOBODY", ".query-nothing"), ".query-nothing"),
    State("list-loading", without("**/v1/inventories?*", "/z8/inventories", None), ".query-list"),
    State("list-error", without("**/v1/inventories?*", "/z8/inventories", 500), "main [role=alert]"),
    State("server-away", without("**/v1/inventories?*", "/z8/inventories", 503), ".link-bar span"),
    State("list-chosen", at("/z8/inventories", LIST, "th input[type=checkbox]"), ".query-foot button"),
    State("list-columns", at("/z8/inventories", LIST, "button:has-text('列设置')"), MODAL),
    State(
        "list-batch",
        at("/z8/inventories", LIST, "th input[type=checkbox]", ".query-foot button:has-text('申报')"),
        MODAL,
    ),
    State("list-adopt", at("/z8/inventories", LIST, "button:has-text('接管')"), MODAL),
    State("forms", at("/z8/business-forms", LIST), LIST),
    State("bills-empty", at("/z8/stock-bills", ".query-nothing"), ".query-nothing"),
    State("entry-import", keys(NEW), ".head-form"),
    State("entry-export", keys("/z8/inventories/new?direction=E"), ".head-form"),
    State("entry-form", keys("/z8/business-forms/new"), ".head-form"),
    State("entry-bill", keys("/z8/stock-bills/new"), ".head-form"),
    State("entry-pass", keys("/z8/gate-passes/new"), ".head-form"),
    State("entry-missing", at(NEW, ".head-form", ".entry-checks button"), ".check-missing"),
    State("entry-book", keys(NEW, "=T", "ArrowDown"), ".head-form"),
    State("entry-pick", at("/z8/gate-passes/new", ".head-form", "button:has-text('从出入库单生成')"), MODAL),
    State(
        "entry-more", at("{draft}/edit", ".entry-bar", ".entry-bar button:has-text('更多')"), ".entry-more"
    ),
    State(
        "entry-attachments",
        at("{draft}/edit", ".entry-bar", "[role=tab]:has-text('随附单据')"),
        ".entry-tabs",
    ),
    State("entry-merge", at("{draft}/edit", ".entry-bar", ".entry-bar button:has-text('归并')"), MODAL),
    State("entry-refused", keys(NEW, "Control+s"), ".check-list, [role=region], .entry-checks"),
    State("entry-grid", keys("{draft}/edit", "F6"), ".grid-line"),
    State("entry-line-form", keys("{draft}/edit", "F6", "F2"), ".grid-line"),
    State("entry-declare", keys("{draft}/edit", "F9"), MODAL),
    State("entry-help", keys("{draft}/edit", "F6", "Escape", "Tab"), ".head-form"),
    State(
        "entry-delete",
        at("{draft}/edit", ".entry-bar", ".entry-bar button:has-text('更多')", "text=删除草稿"),
        MODAL,
    ),
    State("entry-fixed", at("{done}/edit", ".entry-note"), ".entry-note"),
    State("entry-returned", at("{returned}/edit", ".head-form"), ".head-form"),
    State("document", at("{draft}", ".timeline li"), ".acting"),
    State("document-returned", at("{returned}", ".doc-alerts"), ".doc-alerts"),
    State("document-done", at("{done}", ".timeline li"), ".acting"),
    State("document-messages", at("{done}", ".timeline li", "#tab-报文"), "table.plain-table td"),
    State(
        "document-raw",
        at("{done}", ".timeline li", "#tab-报文", "table.plain-table >> text=查看"),
        "pre.raw",
    ),
    State("document-versions", at("{done}", ".timeline li", "#tab-版本"), "#doc-panel"),
    State("document-attachments", at("{draft}", ".timeline li", "#tab-随附单据"), "#doc-panel"),
    State("document-more", at("{held}", ".acting", ".acting button:has-text('更多')"), ".acting-more"),
    State("document-declare", at("{draft}", ".acting", ".acting button:has-text('申报')"), MODAL),
    State("document-change", at("{held}", ".acting", ".acting button:has-text('变更')"), MODAL),
    State("document-make", at("{form}", ".acting", ".acting button:has-text('生成下一单证')"), MODAL),
    State(
        "document-print", at("{draft}", ".acting", ".acting button:has-text('打印')"), "iframe.print-sheet"
    ),
    State("document-loading", without("**/v1/inventories/*", "{draft}", None), "main"),
    State("document-error", without("**/v1/inventories/*", "{draft}", 500), "main [role=alert]"),
    State("receipts-none", at("/receipts", ".receipts-none"), ".receipts-none"),
    State("batches-none", at("/batches", ".batches-none"), ".batches-none"),
    State("keys", at("/", ".home-latest tr", "button:has-text('帮助')"), MODAL),
    State("menu-of-the-user", at("/", ".home-latest tr", ".topbar-user"), ".ant-dropdown"),
)
