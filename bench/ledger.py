"""The ledger over HTTP: a whole book imported, read and summed up beside bare SQL, and declarations that its check holds up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from itertools import count
from uuid import UUID, uuid4

import orjson
import uvloop

from backbone.ids import new_id
from backbone.postgres import PlainConnection
from bench.connection import Connection
from bench.declare import declaring
from bench.documents import connect, save_one
from bench.measuring import Candidate, compared, drive, take_turns
from bench.surroundings import Entry, Surroundings, superuser
from bench.tables import Row, Table
from tests.support.documents import inventory

ABOUT = "books of the ledger: import, page, 平衡表, and declaring with the check"
_PAGE = 200
_PERIOD = "from=20260101&to=20260131"
_CUT_OVER = "20260101"
_BOOKS = count(1)
_DRAFTS_A_SECOND = {10: 1_200, 1_000: 120}
_PLENTY = "99999999"


def run(on: Surroundings) -> list[Table]:
    sizes = (100,) if on.quick else (10_000, 50_000)
    lines = (10,) if on.quick else (10, 1_000)
    books = [row for size in sizes for row in uvloop.run(_of_a_book(on, on.entry, size))]
    declared = [uvloop.run(_declared(on, on.entry, number)) for number in lines]
    return [
        Table(
            "ledger: a book",
            "floor: import – COPY of the same openings and lines in one transaction; reads – the bare rows; both without row-level security",
            books,
        ),
        Table(
            "ledger: declaring goods that go out, 4 connections",
            "floor: the same declarations on a book that nobody follows: held, but not checked",
            declared,
        ),
    ]


def _book_no() -> str:
    """A book that is not there yet."""
    return f"T3105W{next(_BOOKS):06d}"


def _openings(lines: int, quantity: str = "1000") -> bytes:
    rows = [
        {
            "mark": "I",
            "line_no": number,
            "material_no": f"M-{number:05d}",
            "unit": "001",
            "quantity_in": quantity,
            "quantity_out": "0",
        }
        for number in range(1, lines + 1)
    ]
    return orjson.dumps({"cut_over": _CUT_OVER, "rows": rows})


async def _import(caller: Connection, book_no: str, openings: bytes) -> None:
    key = f"idempotency-key: {uuid4()}\r\n"
    await caller.send("POST", f"/v1/ledgers/{book_no}/openings", openings, expect=201, headers=key)


@dataclass(frozen=True)
class _Book:
    """One of so many lines, asked over HTTP and looked at bare."""

    on: Surroundings
    caller: Connection
    bare: PlainConnection
    tenant_id: UUID
    lines: int
    book_no: str
    openings: bytes

    async def imported(self, book_no: str) -> None:
        await _import(self.caller, book_no, self.openings)

    async def got(self, path: str) -> None:
        await self.caller.send("GET", f"/v1/ledgers/{self.book_no}{path}", b"", expect=200)

    async def copied(self, book_no: str) -> None:
        """What an import leaves behind, written by COPY."""
        begins, import_id = date(2026, 1, 1), new_id()
        openings: list[tuple[object, ...]] = [
            (self.tenant_id, book_no, "I", str(n), begins, 1000, 0, "001", f"M-{n:05d}", import_id, {})
            for n in range(1, self.lines + 1)
        ]
        lines = [
            (self.tenant_id, book_no, "I", str(n), n, f"M-{n:05d}", "001", "opening", 1000, 0)
            for n in range(1, self.lines + 1)
        ]
        async with self.bare.transaction():
            await self.bare.copy_records_to_table("ledger_openings", records=openings, columns=_OPENING)
            await self.bare.copy_records_to_table("ledger_lines", records=lines, columns=_LINE)

    async def fetched(self, more: str) -> None:
        await self.bare.fetch(
            f"SELECT * FROM ledger_lines WHERE tenant_id = $1 AND book_no = $2 {more}",  # noqa: S608 - our own
            self.tenant_id,
            self.book_no,
        )

    async def compare(
        self, what: str, ours: Callable[[], Awaitable[None]], floor: Callable[[], Awaitable[None]]
    ) -> Row:
        candidates = {"ours": self._again(ours), "floor": self._again(floor)}
        rounds = await take_turns(candidates, self.on.rounds)
        return compared(f"{what}, {self.lines:,} lines", rounds["ours"], rounds["floor"])

    def _again(self, work: Callable[[], Awaitable[None]]) -> Candidate:
        async def one(_: int) -> bool:
            await work()
            return True

        return lambda: drive(1, self.on.seconds, one)


_OPENING = (
    "tenant_id",
    "book_no",
    "mark",
    "line_key",
    "cut_over",
    "quantity_in",
    "quantity_out",
    "unit",
    "material_no",
    "import_id",
    "imported_by",
)
_LINE = (
    "tenant_id",
    "book_no",
    "mark",
    "line_key",
    "line_no",
    "material_no",
    "unit",
    "base_kind",
    "base_in",
    "base_out",
)


async def _of_a_book(on: Surroundings, entry: Entry, lines: int) -> list[Row]:
    async with AsyncExitStack() as stack:
        bare = await superuser(on, entry.database, stack)
        caller = await Connection.open(entry.url, entry.headers)
        stack.callback(caller.close)
        book = _Book(on, caller, bare, entry.tenant_id, lines, _book_no(), _openings(lines))
        await book.imported(book.book_no)
        page = f"ORDER BY mark, line_no NULLS LAST, line_key LIMIT {_PAGE + 1}"
        return [
            await book.compare(
                "a new book imported", lambda: book.imported(_book_no()), lambda: book.copied(_book_no())
            ),
            await book.compare(
                "the same imported again",
                lambda: book.imported(book.book_no),
                lambda: book.copied(_book_no()),
            ),
            await book.compare(
                f"first page of {_PAGE}", lambda: book.got(f"?limit={_PAGE}"), lambda: book.fetched(page)
            ),
            await book.compare(
                "平衡表", lambda: book.got(f"/balance-sheet?{_PERIOD}"), lambda: book.fetched("")
            ),
        ]


async def _declared(on: Surroundings, entry: Entry, lines: int) -> Row:
    async with AsyncExitStack() as stack:
        bare = await connect(entry, stack)
        caller = await Connection.open(entry.url, entry.headers)
        stack.callback(caller.close)
        candidates = {}
        for name in ("ours", "floor"):
            book_no = _book_no()
            if name == "ours":
                await _follow(caller, book_no, lines)
            source = await _draft(caller, book_no, lines)
            number = int(_DRAFTS_A_SECOND[lines] * on.seconds)
            candidates[name] = await declaring(on, entry, bare, source, number, 4, stack)
        rounds = await take_turns(candidates, on.rounds)
    return compared(f"{lines:,} lines", rounds["ours"], rounds["floor"])


async def _follow(caller: Connection, book_no: str, lines: int) -> None:
    """A book that refuses what it does not have, and has plenty."""
    settings = orjson.dumps({"check_mode": "refuse"})
    headers = "if-none-match: *\r\n"
    await caller.send("PUT", f"/v1/ledgers/{book_no}", settings, expect=201, headers=headers)
    await _import(caller, book_no, _openings(lines, _PLENTY))


async def _draft(caller: Connection, book_no: str, lines: int) -> UUID:
    """A 核注清单 of goods that leave lines 1… of the book."""
    number = uuid4().hex.upper()
    document = inventory(number, lines)
    goods, head = document["goods"], document["head"]
    assert isinstance(goods, list) and isinstance(head, dict)
    head.update(book_no=book_no, direction="E")
    for row in goods:
        assert isinstance(row, dict)
        row["book_line_no"] = row["line_no"]
    return await save_one(caller, number, orjson.dumps(document))
