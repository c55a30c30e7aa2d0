"""Every row of the two menus: what it opens, and what can be done there (新增 修改 删除 查询 暂存 申报 复制 打印)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from customs.documents import KINDS
from tests.browser.page import SECONDS, Clerk
from tests.support.desk import Desk, Sent

pytestmark = pytest.mark.flow

SYSTEMS = {"z8": "保税物流管理", "z7": "海关特殊监管区域"}
ENTRY = {
    "保税核注清单（进口）": ("inventory", "新增 保税核注清单(进口)"),
    "保税核注清单（出口）": ("inventory", "新增 保税核注清单(出口)"),
    "业务申报表": ("business_form", "新增 业务申报表"),
    "出入库单": ("stock_bill", "新增 出入库单"),
    "核放单": ("gate_pass", "新增 核放单"),
}
QUERY = {
    "核注清单查询": "inventory",
    "业务申报表查询": "business_form",
    "出入库查询": "stock_bill",
    "核放单查询": "gate_pass",
}


@dataclass(frozen=True)
class Menu:
    """The open half of the menu."""

    clerk: Clerk
    system: str

    def rows(self) -> list[str]:
        return self.clerk.page.locator(f"#menu-{self.system} a").all_inner_texts()

    def choose(self, label: str) -> None:
        self.clerk.page.locator(f"#menu-{self.system}").get_by_role("link", name=label, exact=True).click()


@pytest.fixture(params=SYSTEMS)
def menu(request: pytest.FixtureRequest, clerk: Clerk) -> Menu:
    system = str(request.param)
    clerk.page.get_by_role("button", name=re.compile(SYSTEMS[system])).click()
    return Menu(clerk, system)


def enabled(clerk: Clerk, place: str, *labels: str) -> None:
    for label in labels:
        button = clerk.page.locator(f"{place} >> :is(button, a):has-text('{label}')").first
        expect(button, f"{label} in {place}").to_be_enabled(timeout=SECONDS)


def test_every_row_opens_its_page(menu: Menu) -> None:
    clerk, page = menu.clerk, menu.clerk.page
    assert menu.rows() == [*ENTRY, *QUERY]
    for label, (_, title) in ENTRY.items():
        menu.choose(label)
        expect(page.locator(".entry-bar h1")).to_have_text(title, timeout=SECONDS)
        enabled(clerk, ".entry-bar", "暂存", "申报")
    for label, kind in QUERY.items():
        menu.choose(label)
        expect(page.locator(".query-head h1")).to_have_text(f"{KINDS[kind].label}查询", timeout=SECONDS)
        clerk.sees(f"还没有{KINDS[kind].label}")
        expect(page.locator(".query-head a", has_text="新增").first).to_be_visible(timeout=SECONDS)


def test_every_kind_can_be_worked_on_under_each_system(desk: Desk, menu: Menu) -> None:
    """A document saved under one system is found there alone, and offers everything; at last it is deleted."""
    clerk, page = menu.clerk, menu.clerk.page
    for label, kind in QUERY.items():
        saved = made_under(desk, kind, menu.system)
        menu.choose(label)
        page.locator("table.list tbody").get_by_role("link", name=saved.internal_no).click()
        page.wait_for_selector(".acting")
        enabled(clerk, ".acting", "修改", "申报", "复制", "打印", "更多")
        page.locator(".acting >> text=修改").click()
        page.wait_for_selector(".entry-bar")
        assert f"/{menu.system}/" in page.url
        enabled(clerk, ".entry-bar", "暂存", "申报", "更多")
        page.locator(".entry-bar").get_by_text("更多", exact=True).click()
        for word in ("复制为新单", "打印", "删除草稿"):
            expect(page.get_by_role("menuitem", name=word)).to_be_enabled(timeout=SECONDS)
        page.get_by_role("menuitem", name="删除草稿").click()
        page.get_by_label("企业内部编号").last.fill(saved.internal_no)
        page.get_by_role("dialog").locator("button.ant-btn-primary").click()
        page.wait_for_selector(".query-head")
        assert desk.client.get(saved.path).status_code == 404
    # Its last page asked once more for what was gone.
    clerk.wrong[:] = [each for each in clerk.wrong if "status of 404" not in each]


def made_under(desk: Desk, kind: str, system: str) -> Sent:
    internal_no = f"MENU-{system}-{kind[:5]}"
    body = desk.sample(kind, internal_no=internal_no)
    made = desk.post(f"/v1/{KINDS[kind].url}?system={system.upper()}", body)
    assert made.status_code == 201, made.text
    return Sent(made.json()["id"], internal_no, KINDS[kind].url)
