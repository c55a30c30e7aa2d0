"""The ledger over HTTP, for tests: openings in, lines out."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import xlsxwriter

from customs.sheets.reading import Book
from tests.support.books import BOOK, Books

LEDGER = f"/v1/ledgers/{BOOK}"


async def got(books: Books, path: str, **params: Any) -> dict[str, Any]:
    answer = await books.entry.client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def opened(books: Books, *rows: dict[str, Any], on: str = "20260101", **headers: str) -> httpx.Response:
    return await books.entry.client.post(
        f"{LEDGER}/openings",
        json={"cut_over": on, "rows": list(rows)},
        headers={"idempotency-key": str(uuid4()), **headers},
    )


def row(line_no: int | None, came: str, went: str = "0", **more: Any) -> dict[str, Any]:
    told = {"mark": "I", "unit": "011", "quantity_in": came, "quantity_out": went, **more}
    return told if line_no is None else {"line_no": line_no, **told}


async def lines(books: Books, **params: Any) -> dict[str, dict[str, Any]]:
    return {line["line_key"]: line for line in (await got(books, LEDGER, **params))["lines"]}


def workbook(*table: list[object]) -> bytes:
    written = BytesIO()
    book = xlsxwriter.Workbook(written, {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    for at, cells in enumerate(table):
        sheet.write_row(at, 0, cells)
    book.close()
    return written.getvalue()


def table_of(data: bytes) -> list[list[str | None]]:
    book = Book(data)
    return [
        [cells[n].text if n in cells else None for n in range(max(cells) + 1)]
        for _, cells in book.rows(book.sheets[0])
    ]
