"""Workbooks: writing and reading a document, and a list of 50,000 rows, each beside the libraries doing the bare same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence

import uvloop
import xlsxwriter
from lxml import etree

from bench.measuring import at_once, compared, take_turns
from bench.surroundings import Surroundings
from bench.tables import Row, Table
from customs.documents.inventory import INVENTORY
from customs.sheets.taking import take
from customs.sheets.writing import write_document, write_list
from tests.support.documents import inventory

ABOUT = "workbooks: documents out and in, lists out"
_LIST_COLUMNS = 20


def run(on: Surroundings) -> list[Table]:
    return [uvloop.run(_documents(on)), uvloop.run(_lists(on))]


async def _documents(on: Surroundings) -> Table:
    rows: list[Row] = []
    for lines in (1, 90) if on.quick else (1, 90, 1_000, 10_000):
        document = inventory("BENCH", lines)
        goods = document["goods"]
        assert isinstance(goods, list)
        texts = [[str(value) for value in row.values()] for row in goods if isinstance(row, dict)]
        target = io.BytesIO()
        write_document(target, INVENTORY, document)
        book = target.getvalue()
        rows.append(
            await _beside(
                on,
                f"write, {lines:,} lines",
                lambda given=document: write_document(io.BytesIO(), INVENTORY, given),  # type: ignore[misc]
                lambda given=texts: _bare_write(given),  # type: ignore[misc]
                kB=len(book) / 1000,
            )
        )
        rows.append(
            await _beside(
                on,
                f"read, {lines:,} lines",
                lambda given=book: take(INVENTORY, given),  # type: ignore[misc]
                lambda given=book: _bare_read(given),  # type: ignore[misc]
                kB=len(book) / 1000,
            )
        )
    floor = "floor: XlsxWriter writing the goods' values as texts; lxml's iterparse over all sheets"
    return Table("document to .xlsx and back", floor, rows)


async def _lists(on: Surroundings) -> Table:
    count = 200 if on.quick else 50_000
    headings = [f"列{number}" for number in range(_LIST_COLUMNS)]

    def texts() -> Iterator[Sequence[str]]:
        for number in range(count):
            yield [f"值{number}-{column}" for column in range(_LIST_COLUMNS)]

    row = await _beside(
        on,
        f"{count:,} rows of {_LIST_COLUMNS} columns",
        lambda: write_list(io.BytesIO(), "清单", headings, texts()),
        lambda: _bare_write(texts()),
    )
    return Table("list to .xlsx", "floor: XlsxWriter writing the same texts", [row])


def _bare_write(rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> None:
    book = xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write_string(at, column, value)
    book.close()


def _bare_read(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet"):
                with book.open(name) as part:
                    for _, element in etree.iterparse(part, tag="{*}row"):
                        element.clear()


async def _beside(
    on: Surroundings, what: str, ours: Callable[[], object], floor: Callable[[], object], **columns: float
) -> Row:
    seconds = on.seconds / 4
    candidates = {"ours": at_once(ours, seconds), "floor": at_once(floor, seconds)}
    rounds = await take_turns(candidates, on.rounds)
    return compared(what, rounds["ours"], rounds["floor"], **columns)
