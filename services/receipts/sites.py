"""HTTP for agents of sites: a receipt out of an InBox there is stored, committed, and only then answered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backbone import postgres
from backbone.auth import Caller
from backbone.http import answer
from backbone.operations import Media, operation
from backbone.postgres import Pool
from backbone.refusals import NotFound, Refusal
from contracts.answers.sites import SiteReceiptKept
from contracts.permissions import SITE_SERVE
from services.receipts import store
from services.receipts.inbox import MAX_KEPT_BYTES, Content, Found
from services.receipts.keeping import Keeping, arrived


class BytesDiffer(Refusal):
    status = 422
    code = "bytes_differ"
    title = "收到的内容与所报的SHA-256或长度不符"
    hint = "传输可能中断，请重新上传"


@dataclass(frozen=True)
class Access:
    """What the routes need: `pool` to ask whose the mailbox is, `worker_pool` to store as the watcher does."""

    pool: Pool
    worker_pool: Pool
    wake: Callable[[], None]


def routes(access: Access | None) -> APIRouter:
    """`access` is None where only the schema is wanted."""
    router = APIRouter(tags=["sites"])
    kept = operation(
        "keepSiteReceipt",
        SiteReceiptKept,
        body=Media("application/octet-stream"),
        refuses=[BytesDiffer, NotFound],
    )

    @router.put("/v1/site/inbox", **kept)
    async def keep(
        request: Request,
        caller: Caller,
        mailbox: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")],
        file_name: Annotated[str, Query(max_length=1024, pattern=r"^[^\x00/\\]+$")],
        sha256: Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")],
        size: Annotated[int, Query(ge=0)],
    ) -> Response:
        """By an agent: a file of an InBox, whole. One too large for a receipt is told without its bytes and stays at the site."""
        assert access is not None
        caller.require_anywhere(SITE_SERVE)
        async with postgres.tenant_transaction(access.pool, caller.tenant_id) as connection:
            known = await store.mailbox(connection, mailbox)
        if known is None or not caller.may(SITE_SERVE, enterprise_id=known.enterprise_id):
            raise NotFound("没有这个收发目录")
        data = await request.body()
        whole = size <= MAX_KEPT_BYTES
        if whole and (len(data) != size or hashlib.sha256(data).hexdigest() != sha256):
            raise BytesDiffer()
        content = Content(Found(file_name, size, 0, 0), sha256, data if whole else None)
        arrival = await asyncio.to_thread(arrived, content, "")
        fresh = await Keeping(access.worker_pool, lambda _: None).keep(known, [arrival])
        access.wake()
        return answer(200, SiteReceiptKept(repeated=not fresh)).response()

    return router
