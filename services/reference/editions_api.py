"""HTTP in: an edition of the goods codes, or of a published code table, put in place for every tenant. For who operates the platform."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from backbone import log, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import answer
from backbone.operations import Media, Operation, operation
from backbone.refusals import InvalidRequest, NotFound, Refusal, UnsupportedMediaType
from contracts.answers.master import EditionPlaced
from contracts.permissions import PLATFORM_OPERATE
from contracts.problems import problem
from customs import clock
from customs.codes import TABLES
from customs.codes.editions import year_of
from customs.sheets.plain_table import MAX_FILE_BYTES
from services.reference import code_editions, hs_import
from services.reference.authorisations_api import Wake
from services.reference.code_book import HS_CODES
from services.reference.code_editions import Sent
from services.reference.codes_api import Books, day_of
from services.reference.refusals import EditionOutdated, NotPublished
from services.reference.sent_tables import CSV, XLSX, TableUnreadable

_EDITION = (
    parameters.text("edition", "版本", 40),
    parameters.day("valid_from", "生效日期"),
    parameters.flag("preview", "只预览"),
)


def routes(books: Books | None, wake: Wake) -> APIRouter:
    """`books` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/codes", tags=["codes"])

    def there() -> Books:
        assert books is not None
        return books

    @router.put(
        f"/{HS_CODES}",
        **_placing("placeHsCodes", "code,name,unit,second_unit; UTF-8 or GBK"),
    )
    async def put_goods_codes(request: Request, caller: Caller) -> Response:
        """Put an edition of the goods codes in place of the one before, for every tenant; `preview=true` only compares.

        Codes it lacks end the day before `valid_from`; the check of declarations asks it within seconds. The same again changes nothing.
        """
        sent, preview = await _sent(request, caller)
        edition = await asyncio.to_thread(hs_import.read_edition, sent.data, sent.edition, sent.valid_from)
        pool = there().worker_pool
        async with postgres.transaction(pool) as connection:
            if preview:
                changes = await hs_import.compare(connection, edition)
            else:
                changes = await hs_import.put_in_place(connection, edition, caller.id)
        if not preview:
            wake()
            await there().book.refresh(pool)
            log.get().info("edition_imported", kind=HS_CODES, count=len(edition.codes), subject=caller.id)
        return answer(
            200, {**_facts(sent, preview), "codes": len(edition.codes), **changes.told()}
        ).response()

    @router.put(
        "/{table}",
        **_placing(
            "placeCodes",
            "The table as published, or code,name[,alpha][,full_name]; UTF-8 or GBK",
            NotPublished,
        ),
    )
    async def put_codes(request: Request, table: str, caller: Caller) -> Response:
        """Put an edition of a published code table in place of what holds, for every tenant; `preview=true` only compares.

        Codes it lacks end the day before `valid_from` and stay explained; other services take it over within seconds.
        """
        sent, preview = await _sent(request, caller)
        if table not in TABLES:
            raise NotFound(f"没有代码表 {table[:40]}")
        if not TABLES[table].published:
            raise NotPublished(TABLES[table].label)
        if len(sent.data) > MAX_FILE_BYTES:
            raise TableUnreadable(f"文件超过{MAX_FILE_BYTES // 1_048_576}MB")
        pool = there().worker_pool
        async with postgres.transaction(pool) as connection:
            if preview:
                changes = await code_editions.compare(connection, table, sent)
            else:
                changes = await code_editions.put_in_place(connection, table, sent, caller.id)
        if not preview:
            wake()
            await there().book.refresh(pool)
            log.get().info("edition_imported", kind=table, count=len(changes.rows), subject=caller.id)
        told = {"table": table, "codes": len(changes.rows), **code_editions.told(changes)}
        return answer(200, {**_facts(sent, preview), **told}).response()

    return router


def _placing(name: str, columns: str, *refuses: type[Refusal]) -> Operation:
    described = operation(
        name,
        EditionPlaced,
        body=Media(XLSX),
        query=_EDITION,
        refuses=[TableUnreadable, EditionOutdated, *refuses],
    )
    table = {"schema": {"type": "string", "format": "binary", "description": columns}}
    described["openapi_extra"]["requestBody"]["content"][CSV] = table
    return described


async def _sent(request: Request, caller: Principal) -> tuple[Sent, bool]:
    caller.require(PLATFORM_OPERATE)
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in (CSV, XLSX):
        raise UnsupportedMediaType(f"收到的类型为 {media_type[:80]}，应为 {XLSX} 或 {CSV}")
    given: dict[str, Any] = parameters.read(request, _EDITION)
    _require(given)
    valid_from = day_of(given["valid_from"])
    wrong = []
    if year_of(given["edition"]) is None:
        # Without a year nobody could say which of two editions is the later one, nor that one is old.
        why = "应含四位年份，例如 2026"
        wrong.append(problem("unfit_value", "/edition", field="「版本」", why=why))
    if valid_from > clock.today():
        # What it changes would be filled in before it holds.
        why = "晚于今天，请在生效当日导入"
        wrong.append(problem("unfit_value", "/valid_from", field="「生效日期」", why=why))
    if wrong:
        raise InvalidRequest(problems=wrong)
    return Sent(given["edition"], valid_from, await request.body()), bool(given.get("preview"))


def _require(given: Mapping[str, object]) -> None:
    missing = [each for each in _EDITION[:2] if each.name not in given]
    if missing:
        raise InvalidRequest(
            problems=[
                problem("required", f"/{each.name}", field=f"「{each.label}」", purpose="导入")
                for each in missing
            ]
        )


def _facts(sent: Sent, preview: bool) -> dict[str, str | date | bool]:
    return {"edition": sent.edition, "valid_from": sent.valid_from, "preview": preview}
