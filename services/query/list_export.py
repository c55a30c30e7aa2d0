"""A list as a workbook: the same conditions as the list, every row of one moment, written beside the loop as it is read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from backbone import parameters, postgres
from backbone.auth import Principal, principal
from backbone.http import attachment
from backbone.postgres import Connection, Pool
from backbone.refusals import Refusal, Unavailable
from contracts.documents import Kind
from contracts.permissions import DOCUMENT_READ
from services.query import conditions
from services.query.columns import heading
from services.query.kind_facts import told_fields
from services.query.lists import item
from services.query.saved_views_api import VIEW, chosen_columns, wanted

Caller = Annotated[Principal, Depends(principal)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
ROOT = Path(__file__).resolve().parents[2]
_AT_A_TIME = 200
"""Rows between two looks at what else there is to do."""
_SECONDS = 150.0
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_at_once = asyncio.Semaphore(2)
Shown = Callable[[Mapping[str, Any]], str | None]


class ListTooLong(Refusal):
    status = 422
    code = "list_too_long"
    title = "符合条件的单证过多，不能一次导出"
    hint = "请增加查询条件（例如录入日期），分几次导出"


def routes(kind: Kind, pool: Pool | None) -> APIRouter:
    """`GET /v1/<kind>/list.xlsx`; `pool` is None where only the schema is wanted."""
    router = APIRouter(prefix=f"/v1/{kind.url}", tags=[kind.name])
    known = [*conditions.narrowing(kind), VIEW, chosen_columns(kind)]
    content: dict[int | str, dict[str, Any]] = {
        200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
    }

    @router.get(
        "/list.xlsx",
        openapi_extra={"parameters": parameters.described(known)},
        operation_id=f"list_export_{kind.name}",
        response_class=Response,
        responses=content,
    )
    async def list_export(request: Request, caller: Caller) -> Response:
        """The list under these conditions as a workbook, newest change first, at most 50,000 rows. Takes `view`, `columns`."""
        assert pool is not None
        caller.require_anywhere(DOCUMENT_READ)
        given = await wanted(request, pool, caller, kind, known)
        shown = chosen(kind, given.columns) if given.columns else columns(kind)
        book = await exported(pool, caller, kind, given.values, shown)
        headers = {
            "content-disposition": attachment(f"{kind.label}清单.xlsx", f"{kind.name}.xlsx"),
            "x-content-type-options": "nosniff",
        }
        return Response(book, headers=headers, media_type=XLSX)

    return router


async def exported(
    pool: Pool, caller: Principal, kind: Kind, asked: Mapping[str, object], shown: Mapping[str, Shown]
) -> bytes:
    """The workbook with the columns of `shown`. Raises ListTooLong, Unavailable."""
    arguments: list[object] = []
    condition = conditions.where(kind, caller, asked, arguments)
    async with _at_once, postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        found = await connection.fetchval(
            f"SELECT count(*) FROM (SELECT 1 FROM documents WHERE {condition} LIMIT {MOST_ROWS + 1}) AS found",  # noqa: S608 - conditions are ours
            *arguments,
        )
        if found > MOST_ROWS:
            raise ListTooLong(f"超过{MOST_ROWS}份")
        process = await _process()
        try:
            async with asyncio.timeout(_SECONDS):
                # Nothing is written to us before the last row is read, so the pipes cannot wait for each other.
                await _tell(process, connection, kind, shown, condition, arguments)
                assert process.stdout is not None
                book = await process.stdout.read()
                code = await process.wait()
        except (ConnectionError, TimeoutError):
            raise Unavailable("导出未能完成") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    if code != 0:
        raise Unavailable("导出未能完成")
    return book


async def _process() -> asyncio.subprocess.Process:
    environment = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.query.list_process",
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _tell(
    process: asyncio.subprocess.Process,
    connection: Connection,
    kind: Kind,
    shown: Mapping[str, Shown],
    condition: str,
    arguments: Sequence[object],
) -> None:
    """Every row of one statement, so of one moment, as the process takes them."""
    pipe = process.stdin
    assert pipe is not None
    pipe.write(orjson.dumps({"title": kind.label, "headings": [*shown]}) + b"\n")
    rows = connection.cursor(
        f"SELECT * FROM documents WHERE {condition} ORDER BY updated_at DESC, document_id DESC",  # noqa: S608 - conditions are ours
        *arguments,
        prefetch=_AT_A_TIME,
    )
    count = 0
    async for row in rows:
        known = item(row)
        pipe.write(orjson.dumps([tell(known) for tell in shown.values()]) + b"\n")
        count += 1
        if count % _AT_A_TIME == 0:
            await pipe.drain()
            await asyncio.sleep(0)
    pipe.write(b"null\n")
    await pipe.drain()
    pipe.close()


def columns(kind: Kind) -> dict[str, Shown]:
    """What the workbook shows of a document, by heading, in this order."""
    fields = kind.section("head").fields
    found: dict[str, Shown] = {
        fields[name].label: _field(name) for name in ("seq_no", "customs_no", "internal_no") if name in fields
    }
    found["状态"] = lambda known: known["state_label"]
    found |= {fields[name].label: _field(name) for name in (*kind.listed, *told_fields(kind.name))}
    found["表体行数"] = lambda known: str(known["lines"])
    for label, name in (
        ("申报时间", "declared_at"),
        ("通过时间", "approved_at"),
        ("录入时间", "created_at"),
        ("更新时间", "updated_at"),
    ):
        found.setdefault(label, _moment(name))
    found["逾期"] = lambda known: "是" if known["overdue"] else None
    found["需要人工处理"] = lambda known: "是" if known["needs_operator"] else None
    return found


def chosen(kind: Kind, names: Sequence[str]) -> dict[str, Shown]:
    """The same of the columns a user chose."""
    return {heading(kind, name): _any(name) for name in names}


def _any(name: str) -> Shown:
    def tell(known: Mapping[str, Any]) -> str | None:
        value = known.get(name)
        if isinstance(value, datetime):
            return _moment(name)(known)
        if isinstance(value, bool):
            return "是" if value else None
        if isinstance(value, Mapping):
            return str(value.get("label", ""))
        if isinstance(value, list):
            return "；".join(map(str, value))
        return _field(name)(known)

    return tell


def _field(name: str) -> Shown:
    def tell(known: Mapping[str, Any]) -> str | None:
        value, label = known.get(name), known["labels"].get(name)
        if value is None:
            return None
        return f"{value} {label}" if label and label != value else str(value)

    return tell


def _moment(name: str) -> Shown:
    def tell(known: Mapping[str, Any]) -> str | None:
        at = known.get(name)
        return f"{at.astimezone(_SHANGHAI):%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else None

    return tell
