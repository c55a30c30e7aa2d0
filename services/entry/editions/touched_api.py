"""HTTP in: which drafts an edition of a code table touches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from backbone import parameters
from backbone.auth import Caller
from backbone.http import answer
from backbone.operations import operation
from backbone.parameters import Asked
from backbone.postgres import Pool
from backbone.refusals import NotFound
from contracts.answers.touched import TouchedDrafts
from contracts.permissions import DOCUMENT_READ, PLATFORM_OPERATE
from customs.codes import TABLES
from services.entry.editions.touched import touched


class TouchedAsked(Asked):
    """Which codes of which table."""

    table: Annotated[str, parameters.text("table", "代码表", 40)] = ""
    codes: Annotated[
        str | None, parameters.text("codes", "代码，以逗号分隔；不填则为已失效的代码", 20_000)
    ] = None


def routes(pool: Pool | None, worker_pool: Pool | None) -> APIRouter:
    """The pools are None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/touched-drafts", tags=["codes"])

    @router.get("", **operation("listTouchedDrafts", TouchedDrafts, refuses=[NotFound]))
    async def drafts(caller: Caller, asked: Annotated[TouchedAsked, Query()]) -> Response:
        """Drafts that use these codes of a table, without `codes` those that have ended; of no tenant's but the caller's.

        Who operates the platform gets the number of drafts of every tenant, e.g. before an edition is put in place.
        """
        assert pool is not None and worker_pool is not None
        if not caller.grants_for(PLATFORM_OPERATE):
            caller.require_anywhere(DOCUMENT_READ)
        name = asked.table
        if name not in TABLES:
            raise NotFound(f"没有代码表 {name[:40]}")
        named = asked.codes
        codes = frozenset(code for code in named.split(",") if code) if named else TABLES[name].ended
        found = await touched(pool, worker_pool, caller, name, codes)
        told = TouchedDrafts(table=name, edition=TABLES[name].edition, codes=len(codes), **found)
        return answer(200, told).response()

    return router
