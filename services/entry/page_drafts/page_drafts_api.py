"""HTTP of the page's drafts: `/v1/page-drafts/{key}`. The content is opaque JSON that only its owner reads."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Principal, principal
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Pool
from backbone.refusals import NotFound
from contracts.answers.page_drafts import KeptDraft, KeptDrafts, PageDraft
from contracts.permissions import DOCUMENT_WRITE
from services.entry.page_drafts import keeping
from services.entry.page_drafts.keeping import PageDraftTooLarge

Caller = Annotated[Principal, Depends(principal)]
Key = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,100}$")]


class Typed(BaseModel):
    """What was typed, as the page holds it."""

    model_config = ConfigDict(extra="forbid")

    content: Any = Field(title="内容")


def routes(pool: Pool | None) -> APIRouter:
    """`pool` is None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/page-drafts", tags=["page-drafts"])

    def ready() -> Pool:
        assert pool is not None
        return pool

    async def list_drafts(caller: Caller) -> Response:
        """The keys of one's own drafts."""
        caller.require_anywhere(DOCUMENT_WRITE)
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            rows = await keeping.listed(connection, caller)
        items = [KeptDraft(key=row["key"], kept_at=row["kept_at"]) for row in rows]
        return answer(200, KeptDrafts(items=items)).response()

    async def keep_draft(request: Request, key: Key, caller: Caller) -> Response:
        """Keep what was typed and not saved; replaces. Unchecked, for the caller alone, dropped after 30 days."""
        caller.require_anywhere(DOCUMENT_WRITE)
        given = bodies.parse(Typed, await read_json(request))
        content = orjson.dumps(given.content).decode()
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            await keeping.keep(connection, caller, key, content)
        return Response(status_code=204)

    async def read_draft(key: Key, caller: Caller) -> Response:
        """What was kept under the key."""
        caller.require_anywhere(DOCUMENT_WRITE)
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            row = await keeping.find(connection, caller, key)
        if row is None:
            raise NotFound("没有自动保留的内容")
        kept = PageDraft(key=row["key"], kept_at=row["kept_at"], content=orjson.loads(row["content"]))
        return answer(200, kept).response()

    async def drop_draft(key: Key, caller: Caller) -> Response:
        """Forget it. Nothing happens where there is none."""
        caller.require_anywhere(DOCUMENT_WRITE)
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            await keeping.drop(connection, caller, key)
        return Response(status_code=204)

    for path, endpoint, method, described in (
        ("", list_drafts, "GET", operation("listPageDrafts", KeptDrafts)),
        (
            "/{key}",
            keep_draft,
            "PUT",
            operation("keepPageDraft", None, status=204, body=Typed, refuses=[PageDraftTooLarge]),
        ),
        ("/{key}", read_draft, "GET", operation("readPageDraft", PageDraft)),
        ("/{key}", drop_draft, "DELETE", operation("dropPageDraft", None, status=204)),
    ):
        router.add_api_route(path, endpoint, methods=[method], **described)
    return router
