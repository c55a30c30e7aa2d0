"""HTTP of receipts: what was found in the InBoxes, why it is not told yet, its bytes, and another try."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from backbone import bodies, http, idempotency, parameters, postgres
from backbone.auth import Caller
from backbone.http import ReadyCheck, Reply, answer, attachment
from backbone.operations import KEY, Media, Schema, operation
from backbone.parameters import Asked
from backbone.postgres import Connection, Pool
from backbone.refusals import NotFound
from contracts.answers.receipts import Candidates, KeptFileDetail, KeptFiles, ReceiptContent, ReceiptOrdered
from contracts.permissions import RECEIPT_OPERATE, RECEIPT_READ
from services.receipts import candidates, commands, domain, reads, sites, store
from services.receipts.inbox import MAX_KEPT_BYTES, kept_file

TITLE = "Bondgate receipts"
_CHUNK = 256 * 1024


class FilesAsked(Asked):
    """A page of files."""

    state: Annotated[list[str] | None, parameters.choice("state", "状态", list(domain.STATES), many=True)] = (
        None
    )
    mailbox: Annotated[str | None, parameters.text("mailbox", "信箱")] = None
    enterprise_id: Annotated[UUID | None, parameters.identity("enterprise_id", "企业")] = None
    limit: Annotated[int, parameters.limit(reads.MAX_LIMIT)] = reads.DEFAULT_LIMIT
    cursor: Annotated[tuple[datetime, UUID] | None, parameters.cursor()] = None


@dataclass(frozen=True)
class Access:
    """What the routes need."""

    pool: Pool
    exchange: Path
    wake: Callable[[], None]


def routes(access: Access | None) -> APIRouter:
    """`access` is None where only the schema is wanted."""
    router = APIRouter(tags=["receipts"])

    def ready() -> Access:
        assert access is not None
        return access

    @router.get(
        "/v1/receipts",
        summary="Files found in InBoxes",
        **operation("listReceipts", KeptFiles),
    )
    async def list_files(request: Request, caller: Caller, asked: Annotated[FilesAsked, Query()]) -> Response:
        caller.require_anywhere(RECEIPT_READ)
        conditions = asked.model_dump(include={"state", "mailbox", "enterprise_id"}, exclude_none=True)
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            page = await reads.files(connection, caller, RECEIPT_READ, conditions, asked.cursor, asked.limit)
        following = parameters.following(request, FilesAsked, page.next_cursor)
        return answer(200, page.model_copy(update={"next_cursor": following})).response()

    @router.get("/v1/receipts/{raw_id}", summary="One file", **operation("readReceipt", KeptFileDetail))
    async def show_file(raw_id: UUID, caller: Caller) -> Response:
        caller.require_anywhere(RECEIPT_READ)
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            row, _ = await reads.file_within(connection, caller, RECEIPT_READ, raw_id)
            shown = await reads.detail(connection, row)
        return answer(200, shown).response()

    whole = operation("readReceiptContent", ReceiptContent, refuses=[reads.ReceiptUnreadable])

    @router.get("/v1/receipts/{raw_id}/content", summary="The receipt in catalogue names, whole", **whole)
    async def show_content(raw_id: UUID, caller: Caller) -> Response:
        caller.require_anywhere(RECEIPT_READ)
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            await reads.file_within(connection, caller, RECEIPT_READ, raw_id)
            said = await reads.content(connection, raw_id)
        return answer(200, said).response()

    @router.get(
        "/v1/receipts/{raw_id}/candidates",
        summary="Documents it could be for",
        **operation("listReceiptCandidates", Candidates),
    )
    async def list_candidates(raw_id: UUID, caller: Caller) -> Response:
        caller.require_anywhere(RECEIPT_READ)
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            row, _ = await reads.file_within(connection, caller, RECEIPT_READ, raw_id)
            found = await candidates.candidates_for(connection, caller, RECEIPT_READ, row)
        return answer(200, found).response()

    @router.get(
        "/v1/receipts/{raw_id}/file",
        summary="The bytes as they were found",
        **operation("downloadReceipt", Media("application/octet-stream")),
    )
    async def download(raw_id: UUID, caller: Caller) -> Response:
        caller.require_anywhere(RECEIPT_READ)
        async with postgres.tenant_transaction(ready().pool, caller.tenant_id) as connection:
            row, raw = await reads.file_within(connection, caller, RECEIPT_READ, raw_id)
            loaded = await store.load(connection, raw_id)
        headers = {
            "content-disposition": attachment(raw.file_name),
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox",
        }
        data = loaded[1] if loaded else None
        if data is not None:
            return Response(data, headers=headers, media_type="application/octet-stream")
        where = (ready().exchange, raw.mailbox, row["kept_as"], raw.file_name)
        kept = await asyncio.to_thread(kept_file, *where)
        if kept is None:
            raise NotFound("文件不在本机的交换目录中")
        size = {"content-length": str(os.fstat(kept.fileno()).st_size)}
        return StreamingResponse(
            iter(partial(kept.read, _CHUNK), b""),
            headers=headers | size,
            media_type="application/octet-stream",
            background=BackgroundTask(kept.close),
        )

    again = operation(
        "retryReceipt",
        ReceiptOrdered,
        status=202,
        body=Schema({"type": "object"}),
        headers=[KEY],
        refuses=[commands.ReceiptAlreadyTold],
    )

    @router.post("/v1/receipts/{raw_id}/retry", summary="Understand and match it again", **again)
    async def retry(raw_id: UUID, request: Request, caller: Caller) -> Response:
        caller.require_anywhere(RECEIPT_OPERATE)
        key = idempotency.key_of(request)
        body = await request.body()
        http.parse_object(body)

        async def work(connection: Connection) -> Reply:
            _, raw = await reads.file_within(connection, caller, RECEIPT_OPERATE, raw_id)
            retry_id = await commands.retry(connection, caller, raw)
            return answer(202, ReceiptOrdered(id=retry_id), location=f"/v1/receipts/{raw_id}")

        done = await idempotency.once(
            ready().pool, caller, route=f"receipts/{raw_id}/retry", key=key, body=body, work=work
        )
        ready().wake()
        return done.response()

    @router.post(
        "/v1/receipts/{raw_id}/match",
        summary="Tell it for this document",
        **operation(
            "matchReceipt",
            ReceiptOrdered,
            status=202,
            body=commands.Match,
            headers=[KEY],
            refuses=[commands.ReceiptAlreadyTold, commands.ReceiptNotMatchable],
        ),
    )
    async def match(raw_id: UUID, request: Request, caller: Caller) -> Response:
        caller.require_anywhere(RECEIPT_OPERATE)
        key = idempotency.key_of(request)
        body = await request.body()
        given = bodies.parse(commands.Match, body)

        async def work(connection: Connection) -> Reply:
            row, _ = await reads.file_within(connection, caller, RECEIPT_OPERATE, raw_id)
            match_id = await commands.match(connection, caller, row, given)
            return answer(202, ReceiptOrdered(id=match_id), location=f"/v1/receipts/{raw_id}")

        done = await idempotency.once(
            ready().pool, caller, route=f"receipts/{raw_id}/match", key=key, body=body, work=work
        )
        ready().wake()
        return done.response()

    return router


def schema_app() -> FastAPI:
    """The application without any connection, for its OpenAPI."""
    app = application(None)
    app.include_router(routes(None))
    app.include_router(sites.routes(None))
    return app


def application(ready: ReadyCheck | None) -> FastAPI:
    """Without its routes. The largest body is a receipt of a site."""
    return http.create_app("receipts", title=TITLE, max_body_bytes=MAX_KEPT_BYTES, ready=ready)
