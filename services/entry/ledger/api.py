"""HTTP of the ledger: books with their lines and movements, differences, 平衡表 and alerts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from backbone import bodies, parameters
from backbone.auth import Caller, Principal
from backbone.http import answer, etag, if_match, read_json
from backbone.postgres import Pool
from backbone.refusals import InvalidRequest
from contracts.problems import problem
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
from services.entry.ledger.reach import FILE, SEEN, BookNo, Reach, file_of
from services.entry.sheets import workbooks

Mark = Annotated[str, Path(pattern=r"^[IE]$", description="料件成品标志")]
LineKey = Annotated[
    str,
    Path(
        pattern=r"^[^\x00]{1,200}$", description="备案序号, or M: and the 料号, which may have a slash in it"
    ),
]
_MARK = parameters.choice("mark", "料件成品标志", sorted(MARKS))
_LINES = (
    _MARK,
    parameters.Parameter(
        "line_no", "备案序号", book_lines.line_no, "大于0的整数", {"type": "integer", "minimum": 1}
    ),
    parameters.text("material_no", "商品料号", 32),
    parameters.text("hs_code", "商品编码（开头几位）", 10),
    parameters.flag("unknown", "余量未知"),
    parameters.flag("short", "余量为负"),
    parameters.flag("differs", "与海关有差异"),
    parameters.limit(book_lines.MOST),
    parameters.cursor(book_lines.decode),
)
_MOVEMENTS = (
    parameters.limit(book_lines.MOST),
    parameters.cursor(movements.decode),
)
_PERIOD = (parameters.day("from", "期间起"), parameters.day("to", "期间止"), _MARK)
_ALERTS = (parameters.number("days", "天数", 3_650),)
_PAGE = 100


def routes(pool: Pool | None) -> APIRouter:
    """Books and alerts."""
    reach = Reach(pool)
    router = APIRouter(prefix="/v1", tags=["ledger"])
    described = parameters.described

    @router.get("/ledgers", response_class=Response, summary="Books, followed or only known from movements")
    async def list_ledgers(caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            return answer(200, {"items": await books.listed(connection, _near())}).response()

    @router.put(
        "/ledgers/{book_no}",
        response_class=Response,
        summary="Follow a book, or change how; a book that is followed needs If-Match",
        responses={201: {"description": "Followed from now on"}},
        openapi_extra={
            "parameters": [SEEN],
            "requestBody": {"content": {"application/json": {"schema": bodies.inlined(books.BookSettings)}}},
        },
    )
    async def put_ledger(request: Request, book_no: BookNo, caller: Caller) -> Response:
        seen, only_new = _seen(request)
        given = bodies.parse(books.BookSettings, await read_json(request))
        async with reach.managing(caller) as connection:
            version, new = await books.put(connection, caller, book_no, given, seen, only_new=only_new)
            book = await books.one(connection, book_no, _near())
        return answer(201 if new else 200, book, etag=etag(version)).response()

    @router.get(
        "/ledgers/{book_no}",
        response_class=Response,
        summary="Settings of a book and a page of its lines",
        openapi_extra={"parameters": described(_LINES)},
    )
    async def read_ledger(request: Request, book_no: BookNo, caller: Caller) -> Response:
        asked = parameters.read(request, _LINES)
        cursor, limit = asked.get("cursor"), asked.get("limit", _PAGE)
        assert isinstance(limit, int)
        async with reach.reading(caller) as connection:
            # The whole book is counted for its first page alone.
            told = books.one if cursor is None else books.settings
            book = await told(connection, book_no, _near())
            only = await reconciling.lines_differing(connection, book_no) if asked.get("differs") else None
            place = cursor if isinstance(cursor, book_lines.LineCursor) else None
            lines, following = await book_lines.page(connection, book_no, asked, only, place, limit)
        following = parameters.following(request, _LINES, following)
        headers = {} if book["version"] is None else {"etag": etag(book["version"])}
        return answer(200, {**book, "lines": lines, "next_cursor": following}, **headers).response()

    @router.get(
        "/ledgers/{book_no}/lines/{mark}/{line_key:path}/movements",
        response_class=Response,
        summary="What moved a line, newest first",
        openapi_extra={"parameters": described(_MOVEMENTS)},
    )
    async def list_movements(
        request: Request, book_no: BookNo, mark: Mark, line_key: LineKey, caller: Caller
    ) -> Response:
        asked = parameters.read(request, _MOVEMENTS)
        cursor, limit = asked.get("cursor"), asked.get("limit", _PAGE)
        assert isinstance(limit, int)
        place = cursor if isinstance(cursor, movements.MovementCursor) else None
        async with reach.reading(caller) as connection:
            page = await movements.page(connection, caller, book_no, mark, line_key, place, limit)
        page["next_cursor"] = parameters.following(request, _MOVEMENTS, page["next_cursor"])
        return answer(200, page).response()

    @router.get(
        "/ledgers/{book_no}/differences",
        response_class=Response,
        summary="INV211 against what was known here, and what explains it",
    )
    async def list_differences(book_no: BookNo, caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            await books.one(connection, book_no, _near())
            return answer(200, await reconciling.differences(connection, caller, book_no)).response()

    async def sheet_of(request: Request, book_no: str, caller: Principal) -> dict[str, Any]:
        since, until, mark = _period(request)
        async with reach.reading(caller) as connection:
            book = await books.one(connection, book_no, _near())
            return await balance_sheet.sheet(connection, book, since, until, mark)

    @router.get(
        "/ledgers/{book_no}/balance-sheet",
        response_class=Response,
        summary="平衡表 of a period, every line",
        openapi_extra={"parameters": described(_PERIOD)},
    )
    async def read_balance_sheet(request: Request, book_no: BookNo, caller: Caller) -> Response:
        return answer(200, await sheet_of(request, book_no, caller)).response()

    @router.get(
        "/ledgers/{book_no}/balance-sheet.xlsx",
        response_class=Response,
        summary="The same as a workbook",
        openapi_extra={"parameters": described(_PERIOD)},
        responses=FILE,
    )
    async def export_balance_sheet(request: Request, book_no: BookNo, caller: Caller) -> Response:
        told = await sheet_of(request, book_no, caller)
        book = await workbooks.list_book("平衡表", *balance_sheet.cells(told))
        return file_of(book, f"平衡表_{book_no}_{told['from']}_{told['to']}.xlsx")

    @router.get(
        "/alerts",
        response_class=Response,
        summary="What runs out within so many days, and lines below nothing",
        openapi_extra={"parameters": described(_ALERTS)},
    )
    async def list_alerts(request: Request, caller: Caller) -> Response:
        days = parameters.read(request, _ALERTS).get("days", alerts.DAYS)
        assert isinstance(days, int)
        async with reach.reading(caller) as connection:
            return answer(200, await alerts.listed(connection, caller, days)).response()

    return router


def _near() -> date:
    return alerts.today() + timedelta(days=alerts.DAYS)


def _seen(request: Request) -> tuple[int | None, bool]:
    """The version that was seen, None for something new; whether it must be new."""
    only_new = request.headers.get("if-none-match") == "*"
    return (if_match(request) if "if-match" in request.headers else None), only_new


def _period(request: Request) -> tuple[date, date, str | None]:
    """Raises InvalidRequest with everything that is wrong."""
    asked = parameters.read(request, _PERIOD)
    wrong = [
        problem("required", f"/{each.name}", field=f"「{each.label}」", purpose="查询平衡表")
        for each in _PERIOD[:2]
        if each.name not in asked
    ]
    if wrong:
        raise InvalidRequest(problems=wrong)
    since, until = (date.fromisoformat(str(asked[name])) for name in ("from", "to"))
    if since.year < books.OLDEST_YEAR:
        wrong = [problem("unfit_value", "/from", field="「期间起」", why=f"不能早于{books.OLDEST_YEAR}年")]
        raise InvalidRequest(problems=wrong)
    if since > until or until.year > 9000:
        wrong = [problem("unfit_value", "/to", field="「期间止」", why="不能早于期间起")]
        raise InvalidRequest(problems=wrong)
    mark = asked.get("mark")
    return since, until, None if mark is None else str(mark)


def routers(pool: Pool | None) -> list[APIRouter]:
    """Everything of the ledger. Openings first: their template is not a book's."""
    return [openings_api.routes(pool), routes(pool), guarantees_api.routes(pool)]
