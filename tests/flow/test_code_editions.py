"""An edition of a code table on the whole platform: placed by the operator, taken over by every service, drafts pointed out."""

from __future__ import annotations

import io
import zipfile
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.app import app
from customs.codes import table
from local.platform import Platform
from tests.support.desk import Desk, example, until

pytestmark = pytest.mark.flow
CURRENCIES = "currencies"
NEW = "599"


def published(without: str) -> str:
    """The table of the release with one code less and one more; no other test uses either."""
    rows = [(row.code, row.name, row.alpha) for row in table(CURRENCIES) if row.code != without]
    lines = [f"{code},{name},{alpha}" for code, name, alpha in [*rows, (NEW, "示例币", "XTS")]]
    return "\n".join(["code,name,alpha", *lines]) + "\n"


def test_an_edition_reaches_every_service(
    platform: Platform, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = next(row for row in table(CURRENCIES) if row.name == "挪威克朗")
    draft = example(internal_no=f"C-{uuid4().hex[:10]}")
    draft["goods"][0]["currency"] = ends.code
    saved = desk.post("/v1/inventories", draft)
    assert saved.status_code == 201, saved.text
    path = f"/v1/inventories/{saved.json()['id']}"
    monkeypatch.setenv("BONDGATE_OPERATOR_SECRET", platform.operator_secret)
    arguments = ["codes", "place", CURRENCIES, "-", "--edition", "2025", "--from", "20250601"]
    place = [*arguments, "--server", platform.edge_url]
    shown = CliRunner().invoke(app, place, input=published(ends.code))
    assert shown.exit_code == 0, shown.output
    assert f"- {ends.code} 挪威克朗" in shown.output and f"+ {NEW} 示例币" in shown.output
    assert "草稿：1份，涉及1个租户" in shown.output and "未生效" in shown.output
    assert desk.get("/v1/codes/currencies/" + ends.code)["valid_until"] is None
    placed = CliRunner().invoke(app, [*place, "--write"], input=published(ends.code))
    assert placed.exit_code == 0, placed.output

    def refused() -> list[str] | None:
        found = desk.client.post(f"{path}/validate").json()["errors"]
        return [each["pointer"] for each in found if each["code"] == "code_ended"] or None

    assert until(refused, "entry does not know the edition") == ["/goods/0/currency"]
    answer = desk.post(f"{path}/declare", if_match=desk.client.get(path).headers["etag"])
    errors = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
    assert (answer.status_code, errors) == (422, [("/goods/0/currency", "code_ended")])
    touched = desk.get("/v1/touched-drafts", table="currencies")
    assert [(each["id"], each["places"]) for each in touched["items"]] == [
        (saved.json()["id"], [{"pointer": "/goods/0/currency", "code": ends.code}])
    ]
    draft["goods"][0]["currency"] = NEW
    mended = desk.client.put(path, json=draft, headers={"if-match": desk.client.get(path).headers["etag"]})
    assert mended.status_code == 200, mended.text
    sent = desk.post(f"{path}/declare", if_match=mended.headers["etag"])
    assert sent.status_code == 202, sent.text
    assert desk.get("/v1/touched-drafts", table="currencies")["drafts"] == 0
    for book in (f"{path}/export.xlsx", "/v1/inventories/imports/template.xlsx"):
        assert f"{NEW} 示例币" in written(desk.client.get(book).content), book
    until(lambda: "示例币" in desk.printed(path) or None, "print does not know the edition")


def written(book: bytes) -> str:
    """Everything in the parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())
