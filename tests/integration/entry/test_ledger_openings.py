"""Openings of a book: as rows and as a workbook, looked at before, repeated, and taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from customs import clock
from tests.support.books import Books
from tests.support.ledgers import LEDGER, got, lines, opened, row, table_of, workbook

pytestmark = pytest.mark.anyio
TODAY = clock.today()


async def test_an_opening_is_imported_whole_or_not_at_all(books: Books) -> None:
    wrong = await opened(
        books,
        row(1, "5"),
        {"mark": "X", "line_no": 2, "unit": "011", "left": "5", "quantity_in": "1"},
        row(1, "6"),
        row(4, "1.123456"),
        {"mark": "I", "unit": "999", "left": "1"},
    )
    assert wrong.status_code == 422
    found = {(each["pointer"], each["code"]) for each in wrong.json()["errors"]}
    assert found == {
        ("/rows/1/mark", "unknown_code"),
        ("/rows/1/quantity_in", "opening_forms"),
        ("/rows/2/line_no", "opening_repeated"),
        ("/rows/3/quantity_in", "too_many_decimals"),
        ("/rows/4/unit", "unknown_code"),
        ("/rows/4/line_no", "required"),
    }
    assert (await books.entry.client.get(LEDGER)).status_code == 404
    ahead = await opened(books, row(1, "5"), on=f"{TODAY + timedelta(days=1):%Y%m%d}")
    assert [each["code"] for each in ahead.json()["errors"]] == ["opening_ahead"]


async def test_an_import_is_previewed_repeated_and_taken_back(books: Books) -> None:
    key = {"idempotency-key": str(uuid4())}
    first = await opened(books, row(1, "5"), row(2, "6", limit_date="20300101"), **key)
    replayed = await opened(books, row(1, "5"), row(2, "6", limit_date="20300101"), **key)
    assert replayed.json() == first.json()
    rows = [row(1, "5"), row(2, "9"), row(3, "1", material_no="M3")]
    body = {"cut_over": "20260101", "rows": rows}
    looked = await books.entry.client.post(f"{LEDGER}/openings", json=body, params={"preview": "true"})
    assert looked.status_code == 200, looked.text
    told = looked.json()
    assert (told["new"], told["changed"], told["same"]) == (1, 1, 1)
    assert (await lines(books))["2"]["available"] == "6"
    second = await opened(books, *rows)
    assert {key: line["available"] for key, line in (await lines(books)).items()} == {
        "1": "5",
        "2": "9",
        "3": "1",
    }
    listed = (await got(books, f"{LEDGER}/openings"))["items"]
    assert [each["rows"] for each in listed] == [3, 2]
    gone = f"{LEDGER}/openings/{second.json()['import_id']}"
    assert (await books.entry.client.delete(gone)).status_code == 204
    assert (await books.entry.client.delete(gone)).status_code == 204
    left = await lines(books)
    assert {key: line["available"] for key, line in left.items()} == {"1": "5", "2": "6"}
    assert left["2"]["limit_date"] == "2030-01-01"
    assert (await books.entry.client.delete(f"{LEDGER}/openings/{uuid4()}")).status_code == 404


async def test_a_workbook_of_openings_tells_its_cells(books: Books) -> None:
    client = books.entry.client
    template = await client.get("/v1/ledgers/openings/template.xlsx")
    assert template.status_code == 200
    (headings,) = table_of(template.content)
    assert headings[:2] == ["料件成品标志", "备案序号"]
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    async def sent(*table: list[object]) -> httpx.Response:
        return await client.post(
            f"{LEDGER}/openings",
            content=workbook(list(headings), *table),
            params={"cut_over": "2026-01-01"},
            headers={"content-type": xlsx, "idempotency-key": str(uuid4())},
        )

    wrong = await sent(
        ["I", 7, None, "硬盘", None, "011", 5, 1], ["I", "七", None, None, None, "011", None, None, 3]
    )
    assert wrong.status_code == 422, wrong.text
    assert ("B3", "not_an_integer") in {(each["cell"], each["code"]) for each in wrong.json()["errors"]}
    right = await sent(
        ["I", 7, None, "=1+1", None, "011", 5, 1], ["成品(残次品)", 8, None, None, None, "011", None, None, 3]
    )
    assert right.status_code == 201, right.text
    found = await lines(books)
    assert (found["7"]["available"], found["8"]["available"], found["8"]["mark"]) == ("4", "3", "E")
