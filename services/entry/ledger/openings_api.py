"""HTTP of openings: template, import as rows or as a workbook, list, and taking an import back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from backbone import idempotency, parameters
from backbone.auth import Caller
from backbone.beside import beside_loop
from backbone.http import Reply, answer, parse_object
from backbone.operations import KEY, Media, Schema, operation, optional
from backbone.parameters import Asked
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, UnsupportedMediaType
from contracts.answers.ledger import OpeningImported, OpeningImports, OpeningPreview
from contracts.permissions import LEDGER_MANAGE, LEDGER_READ
from contracts.problems import Problem, problem
from customs import clock
from customs.ledger.opening import MAX_OPENING_ROWS, OPENING, headings
from customs.sheets.reading import MAX_FILE_BYTES
from services.entry.ledger import openings
from services.entry.ledger.books import day_of
from services.entry.ledger.reach import XLSX, BookNo, Reach, file_of
from services.entry.sheets import opening_sheets, workbooks
from services.entry.sheets.opening_sheets import Read
from services.entry.sheets.workbooks import UnreadableWorkbook, WorkbookFailed

_ROW = {
    name: {"type": "integer" if spec.type == "integer" else "string", "title": spec.label}
    for name, spec in OPENING.fields.items()
}
_BODY = Schema(
    {
        "type": "object",
        "required": ["cut_over", "rows"],
        "properties": {
            "cut_over": {
                "type": "string",
                "description": "yyyyMMdd, the day (Shanghai) that begins with these",
            },
            "rows": {
                "type": "array",
                "maxItems": MAX_OPENING_ROWS,
                "items": {"type": "object", "properties": _ROW, "additionalProperties": False},
            },
        },
    }
)


class OpeningAsked(Asked):
    """Only to look, and the day of a workbook."""

    preview: Annotated[bool, parameters.flag("preview", "预览")] = False
    cut_over: Annotated[str | None, parameters.text("cut_over", "期初日期", 10)] = None


def routes(pool: Pool | None) -> APIRouter:
    """Openings of books."""
    reach = Reach(pool)
    router = APIRouter(prefix="/v1/ledgers", tags=["ledger"])

    @router.get(
        "/openings/template.xlsx",
        summary="An empty workbook of openings",
        **operation("downloadOpeningTemplate", Media(XLSX)),
    )
    async def opening_template(caller: Caller) -> Response:
        caller.require(LEDGER_READ)
        book = await workbooks.list_book(OPENING.label, [spec.label for spec in headings()], [])
        return file_of(book, f"{OPENING.label}模板.xlsx")

    @router.get(
        "/{book_no}/openings",
        summary="The imports of a book, newest first",
        **operation("listOpenings", OpeningImports),
    )
    async def list_openings(book_no: BookNo, caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            return answer(200, OpeningImports(items=await openings.listed(connection, book_no))).response()

    @router.post(
        "/{book_no}/openings",
        summary="Import what a book said at a cut-over date, all rows or none; preview=true changes nothing",
        description="A workbook comes as the raw body, with `cut_over` in the query.",
        **operation(
            "importOpenings",
            OpeningImported,
            status=201,
            also={200: OpeningPreview},
            body=(_BODY, Media(XLSX)),
            headers=[optional(KEY, "Needed but for a preview")],
            refuses=[UnreadableWorkbook, WorkbookFailed],
        ),
    )
    async def import_openings(
        request: Request, book_no: BookNo, caller: Caller, asked: Annotated[OpeningAsked, Query()]
    ) -> Response:
        caller.require(LEDGER_MANAGE)
        if not asked.preview:
            # Missing, it is missed before a large body is read.
            idempotency.key_of(request)
        body = await request.body()
        cut_over, read, wrong = await _understood(request, book_no, body, asked.cut_over)
        problems = [*wrong, *read.problems]
        if problems or cut_over is None:
            raise InvalidRequest(f"共有{len(problems)}处需要改正，未导入任何一行", problems=problems)
        if asked.preview:
            async with reach.managing(caller) as connection:
                told = await openings.preview(connection, book_no, cut_over, read.rows)
            return answer(200, OpeningPreview(**told, notices=read.notices)).response()

        async def work(connection: Connection) -> Reply:
            told = await openings.take(connection, caller, book_no, cut_over, read.rows)
            location = f"/v1/ledgers/{book_no}/openings"
            return answer(201, OpeningImported(**told, notices=read.notices), location=location)

        assert pool is not None
        route = f"import openings {book_no} {cut_over}"
        key = idempotency.key_of(request)
        done = await idempotency.once(pool, caller, route=route, key=key, body=body, work=work)
        return done.response()

    @router.delete(
        "/{book_no}/openings/{import_id}",
        summary="Take an import back: its lines begin again with what was known without it",
        **operation("undoOpenings", None, status=204),
    )
    async def undo_openings(book_no: BookNo, import_id: UUID, caller: Caller) -> Response:
        async with reach.managing(caller) as connection:
            await openings.undo(connection, caller, book_no, import_id)
        return answer(204).response()

    return router


async def _understood(
    request: Request, book_no: str, body: bytes, given_day: object
) -> tuple[date | None, Read, list[Problem]]:
    """Cut-over, rows and what is wrong beside them. Raises UnsupportedMediaType, UnreadableWorkbook, InvalidRequest."""
    media_type = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    wrong: list[Problem] = []
    if media_type == XLSX:
        if len(body) > MAX_FILE_BYTES:
            raise UnreadableWorkbook(f"文件超过{MAX_FILE_BYTES // 1_048_576}MB")
        day = _day(given_day, wrong)
        return day, opening_sheets.heard(book_no, await workbooks.openings(book_no, body)), wrong
    if media_type != "application/json":
        raise UnsupportedMediaType(f"收到的类型为 {media_type[:80]}，应为 application/json 或 {XLSX}")
    given: dict[str, Any] = await beside_loop(len(body), parse_object, body)
    rows = given.get("rows")
    day = _day(given.get("cut_over", given_day), wrong)
    wrong += [
        problem("unknown_field", "", field=f"「{str(name)[:40]}」")
        for name in given
        if name not in ("cut_over", "rows")
    ]
    if not isinstance(rows, list) or not rows:
        wrong.append(problem("required", "/rows", field=f"「{OPENING.label}」", purpose="导入期初"))
        return day, Read([], []), wrong
    if len(rows) > MAX_OPENING_ROWS:
        values = {"field": f"「{OPENING.label}」", "count": len(rows), "limit": MAX_OPENING_ROWS}
        wrong.append(problem("too_many_rows", "/rows", **values))
        return day, Read([], []), wrong
    return day, await beside_loop(len(body), opening_sheets.of_rows, book_no, rows), wrong


def _day(given: object, wrong: list[Problem]) -> date | None:
    field = "「期初日期」"
    if given is None:
        wrong.append(problem("required", "/cut_over", field=field, purpose="导入期初"))
        return None
    try:
        day = day_of(str(given))
    except ValueError:
        wrong.append(problem("invalid_date", "/cut_over", field=field, value=str(given)[:40]))
        return None
    if day > clock.today():
        wrong.append(problem("opening_ahead", "/cut_over", field=field, value=day.isoformat()))
        return None
    return day
