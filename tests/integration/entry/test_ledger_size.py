"""Books of thousands of lines that were never analysed, and movements whose document is not there."""

from __future__ import annotations

import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.books import BOOK, Books
from tests.support.counting import rows_read, rows_read_ever
from tests.support.ledgers import LEDGER, got, opened, row

pytestmark = pytest.mark.anyio


_LINES = 10_000


async def test_a_new_large_book_is_imported_again_and_read_row_by_row(
    books: Books, database: Database
) -> None:
    rows = [row(n, str(n)) for n in range(1, _LINES + 1)]
    assert (await opened(books, *rows)).status_code == 201
    before = await rows_read_ever(database)
    assert (await opened(books, *rows)).json()["same"] == _LINES
    sheet = await got(books, f"{LEDGER}/balance-sheet", **{"from": "20260101", "to": "20260131"})
    await got(books, f"{LEDGER}/differences")
    assert len(sheet["items"]) == _LINES
    # Looked for one by one among all lines, they would be lines times lines.
    assert await rows_read(database, before, at_least=_LINES) < 200 * _LINES


async def test_a_movement_without_its_document_is_still_told(books: Books) -> None:
    await opened(books, row(1, "10"))
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await connection.execute(
            "INSERT INTO ledger_postings (tenant_id, document_id, row_no, account, cause, book_no, mark, line_key, quantity, at, "
            "source_id) SELECT $1, d, 1, 'pre_out', 'attempt/1', $2, 'I', '1', 1, now(), d FROM (SELECT gen_random_uuid() AS d) AS n",
            books.entry.tenant_id,
            BOOK,
        )
    (item,) = (await got(books, f"{LEDGER}/lines/I/1/movements"))["items"]
    assert item["document"] is None and item["quantity"] == "1"
