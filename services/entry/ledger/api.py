"""HTTP of the ledger: books with their lines and movements, differences, 平衡表 and alerts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from backbone import bodies, parameters
from backbone.auth import Caller, Principal
from backbone.http import answer, etag, if_match, read_json
from backbone.operations import Media, operation
from backbone.parameters import Asked
from backbone.postgres import Pool
from backbone.refusals import InvalidRequest
from contracts.answers.ledger import (
    Alerts,
    BalanceSheet,
    Book,
    BookPage,
    Books,
    FoundLines,
    LedgerDifferences,
    Movements,
)
from contracts.problems import problem
from customs import clock
from customs.ledger.lines import MARKS
from services.entry.ledger import (
    alerts,
    balance_sheet,
    book_lines,
    books,
    guarantees_api,
    movements,
    openings_api,
    reconciling,
)
from services.entry.ledger.reach import SEEN_IF_THERE, XLSX, BookNo, Reach, file_of
from services.entry.sheets import workbooks

Mark = Annotated[str, Path(pattern=r"^[IE]$", description="料件成品标志")]
LineKey = Annotated[
    str,
    Path(
        pattern=r"^[^\x00]{1,200}$", description="备案序号, or M: and the 料号, which may have a slash in it"
    ),
]

_MARK = parameters.choice("mark", "料件成品标志", sorted(MARKS))
_LINE_NO = parameters.Parameter(
    "line_no", "备案序号", book_lines.line_no, "大于0的整数", {"type": "integer", "minimum": 1}
)
_PAGE = 100
_FEW = 20


class LinesAsked(Asked):
    """Which lines of a book, and a page of them."""

    mark: Annotated[str | None, _MARK] = None
    line_no: Annotated[int | None, _LINE_NO] = None
    material_no: Annotated[str | None, parameters.text("material_no", "商品料号", 32)] = None
    hs_code: Annotated[str | None, parameters.text("hs_code", "商品编码（开头几位）", 10)] = None
    unknown: Annotated[bool | None, parameters.flag("unknown", "余量未知")] = None
    short: Annotated[bool | None, parameters.flag("short", "余量为负")] = None
    differs: Annotated[bool | None, parameters.flag("differs", "与海关有差异")] = None
    limit: Annotated[int, parameters.limit(book_lines.MOST)] = _PAGE
    cursor: Annotated[book_lines.LineCursor | None, parameters.cursor(book_lines.decode)] = None


class FoundAsked(Asked):
    """Lines that fit what is being typed."""

    mark: Annotated[str | None, _MARK] = None
    q: Annotated[str | None, parameters.text("q", "备案序号、料号、商品编码的开头，或名称的一部分", 64)] = (
        None
    )
    limit: Annotated[int, parameters.limit(book_lines.MOST)] = _FEW


class MovementsAsked(Asked):
    """A page of what moved a line."""

    limit: Annotated[int, parameters.limit(book_lines.MOST)] = _PAGE
    cursor: Annotated[movements.MovementCursor | None, parameters.cursor(movements.decode)] = None


class PeriodAsked(Asked):
    """Which days, and which lines."""

    since: Annotated[str | None, parameters.day("from", "期间起")] = Field(default=None, alias="from")
    until: Annotated[str | None, parameters.day("to", "期间止")] = Field(default=None, alias="to")
    mark: Annotated[str | None, _MARK] = None


class AlertsAsked(Asked):
    """How far ahead."""

    days: Annotated[int, parameters.number("days", "天数", 3_650)] = alerts.DAYS


def routes(pool: Pool | None) -> APIRouter:
    """Books and alerts."""
    reach = Reach(pool)
    router = APIRouter(prefix="/v1", tags=["ledger"])
    file = Media(XLSX)

    @router.get(
        "/ledgers",
        summary="Books, followed or only known from movements",
        **operation("listLedgers", Books),
    )
    async def list_ledgers(caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            return answer(200, Books(items=await books.listed(connection, _near()))).response()

    @router.put(
        "/ledgers/{book_no}",
        summary="Follow a book, or change how; a book that is followed needs If-Match",
        **operation("setLedger", Book, also={201: Book}, body=books.BookSettings, headers=[SEEN_IF_THERE]),
    )
    async def put_ledger(request: Request, book_no: BookNo, caller: Caller) -> Response:
        seen, only_new = _seen(request)
        given = bodies.parse(books.BookSettings, await read_json(request))
        async with reach.managing(caller) as connection:
            version, new = await books.put(connection, caller, book_no, given, seen, only_new=only_new)
            book = await books.one(connection, book_no, _near())
        return answer(201 if new else 200, Book(**book), etag=etag(version)).response()

    @router.get(
        "/ledgers/{book_no}",
        summary="Settings of a book and a page of its lines",
        **operation("readLedger", BookPage),
    )
    async def read_ledger(
        request: Request, book_no: BookNo, caller: Caller, asked: Annotated[LinesAsked, Query()]
    ) -> Response:
        async with reach.reading(caller) as connection:
            # The whole book is counted for its first page alone.
            told = books.one if asked.cursor is None else books.settings
            book = await told(connection, book_no, _near())
            only = await reconciling.lines_differing(connection, book_no) if asked.differs else None
            given = asked.model_dump(exclude_none=True)
            lines, following = await book_lines.page(
                connection, book_no, given, only, asked.cursor, asked.limit
            )
        following = parameters.following(request, LinesAsked, following)
        headers = {} if book["version"] is None else {"etag": etag(book["version"])}
        page = BookPage.model_validate({**book, "lines": lines, "next_cursor": following})
        return answer(200, page, **headers).response()

    @router.get(
        "/ledgers/{book_no}/lines",
        summary="Lines that fit what somebody types, with what of each is available; none of a book nobody knows",
        **operation("findLedgerLines", FoundLines),
    )
    async def find_lines(book_no: BookNo, caller: Caller, asked: Annotated[FoundAsked, Query()]) -> Response:
        async with reach.reading(caller) as connection:
            lines = await book_lines.matching(connection, book_no, asked.mark, asked.q, asked.limit)
        return answer(200, FoundLines.model_validate({"items": lines})).response()

    @router.get(
        "/ledgers/{book_no}/lines/{mark}/{line_key:path}/movements",
        summary="What moved a line, newest first",
        **operation("listLedgerMovements", Movements),
    )
    async def list_movements(
        request: Request,
        book_no: BookNo,
        mark: Mark,
        line_key: LineKey,
        caller: Caller,
        asked: Annotated[MovementsAsked, Query()],
    ) -> Response:
        async with reach.reading(caller) as connection:
            page = await movements.page(
                connection, caller, book_no, mark, line_key, asked.cursor, asked.limit
            )
        page["next_cursor"] = parameters.following(request, MovementsAsked, page["next_cursor"])
        return answer(200, Movements(**page)).response()

    @router.get(
        "/ledgers/{book_no}/differences",
        summary="INV211 against what was known here, and what explains it",
        **operation("listLedgerDifferences", LedgerDifferences),
    )
    async def list_differences(book_no: BookNo, caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            await books.one(connection, book_no, _near())
            found = await reconciling.differences(connection, caller, book_no)
        return answer(200, LedgerDifferences(**found)).response()

    async def sheet_of(asked: PeriodAsked, book_no: str, caller: Principal) -> dict[str, Any]:
        since, until = _period(asked)
        async with reach.reading(caller) as connection:
            book = await books.one(connection, book_no, _near())
            return await balance_sheet.sheet(connection, book, since, until, asked.mark)

    @router.get(
        "/ledgers/{book_no}/balance-sheet",
        summary="平衡表 of a period, every line",
        **operation("readBalanceSheet", BalanceSheet),
    )
    async def read_balance_sheet(
        book_no: BookNo, caller: Caller, asked: Annotated[PeriodAsked, Query()]
    ) -> Response:
        return answer(200, await sheet_of(asked, book_no, caller)).response()

    @router.get(
        "/ledgers/{book_no}/balance-sheet.xlsx",
        summary="The same as a workbook",
        **operation("exportBalanceSheet", file),
    )
    async def export_balance_sheet(
        book_no: BookNo, caller: Caller, asked: Annotated[PeriodAsked, Query()]
    ) -> Response:
        told = await sheet_of(asked, book_no, caller)
        book = await workbooks.list_book("平衡表", *balance_sheet.cells(told))
        return file_of(book, f"平衡表_{book_no}_{told['from']}_{told['to']}.xlsx")

    @router.get(
        "/alerts",
        summary="What runs out within so many days, and lines below nothing",
        **operation("listAlerts", Alerts),
    )
    async def list_alerts(caller: Caller, asked: Annotated[AlertsAsked, Query()]) -> Response:
        async with reach.reading(caller) as connection:
            found = await alerts.listed(connection, caller, asked.days)
        return answer(200, Alerts(**found)).response()

    return router


def _near() -> date:
    return clock.today() + timedelta(days=alerts.DAYS)


def _seen(request: Request) -> tuple[int | None, bool]:
    """The version that was seen, None for something new; whether it must be new."""
    only_new = request.headers.get("if-none-match") == "*"
    return (if_match(request) if "if-match" in request.headers else None), only_new


def _period(asked: PeriodAsked) -> tuple[date, date]:
    """Raises InvalidRequest with everything that is wrong."""
    if asked.since is None or asked.until is None:
        given = (("from", "期间起", asked.since), ("to", "期间止", asked.until))
        wrong = [
            problem("required", f"/{name}", field=f"「{label}」", purpose="查询平衡表")
            for name, label, day in given
            if day is None
        ]
        raise InvalidRequest(problems=wrong)
    since, until = date.fromisoformat(asked.since), date.fromisoformat(asked.until)
    if since.year < books.OLDEST_YEAR:
        wrong = [problem("unfit_value", "/from", field="「期间起」", why=f"不能早于{books.OLDEST_YEAR}年")]
        raise InvalidRequest(problems=wrong)
    if since > until or until.year > 9000:
        wrong = [problem("unfit_value", "/to", field="「期间止」", why="不能早于期间起")]
        raise InvalidRequest(problems=wrong)
    return since, until


def routers(pool: Pool | None) -> list[APIRouter]:
    """Everything of the ledger. Openings first: their template is not a book's."""
    return [openings_api.routes(pool), routes(pool), guarantees_api.routes(pool)]
