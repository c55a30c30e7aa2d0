"""HTTP of what was learnt from documents: to be looked at, and forgotten on request."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from backbone import parameters, postgres
from backbone.auth import Caller
from backbone.http import answer
from backbone.operations import operation
from backbone.parameters import Asked
from backbone.postgres import Pool, Record
from backbone.refusals import Forbidden
from contracts.answers.master import Forgotten, LearntGoodsPage
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from services.reference import learning, scoping


class GoodsAsked(Asked):
    """Whose goods, and which."""

    client_id: Annotated[UUID | None, parameters.identity("client_id", "客户")] = None
    material_no: Annotated[str | None, parameters.text("material_no", "料号", 32)] = None


class LearntAsked(GoodsAsked):
    """A page of them."""

    limit: Annotated[int, parameters.limit(200)] = 50
    cursor: Annotated[str | None, parameters.cursor(str)] = None


def routes(pool: Pool | None) -> APIRouter:
    """`pool` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/learnt-goods", tags=["learnt-goods"])

    def there() -> Pool:
        assert pool is not None
        return pool

    @router.get("", **operation("listLearntGoods", LearntGoodsPage))
    async def listing(request: Request, caller: Caller, asked: Annotated[LearntAsked, Query()]) -> Response:
        """What earlier documents said of each 料号 of a client firm (without one: of documents of no client)."""
        scoping.require_client(caller, DOCUMENT_READ, asked.client_id)
        limit = asked.limit
        async with postgres.tenant_transaction(there(), caller.tenant_id) as connection:
            rows = await learning.listed(
                connection, asked.client_id, asked.material_no, asked.cursor or "", limit + 1
            )
        materials = sorted({row["material_no"] for row in rows})
        shown = set(materials[:limit])
        items = [
            _shown(row) for row in rows if row["material_no"] in shown and learning.readable(caller, row)
        ]
        place = materials[limit - 1] if len(materials) > limit else None
        cursor = parameters.following(request, LearntAsked, place)
        return answer(200, {"items": items, "next_cursor": cursor}).response()

    @router.delete("", **operation("forgetLearntGoods", Forgotten))
    async def forget(caller: Caller, asked: Annotated[GoodsAsked, Query()]) -> Response:
        """Forget one 料号 of a client firm; without `material_no` everything of the firm. Later documents teach anew."""
        scoping.require_client(caller, DOCUMENT_WRITE, asked.client_id)
        if asked.client_id is None and scoping.clients_of(caller, DOCUMENT_WRITE) is not None:
            raise Forbidden("不限客户的资料只能由不限客户的人员清除")
        async with postgres.tenant_transaction(there(), caller.tenant_id) as connection:
            forgotten = await learning.forget(connection, asked.client_id, asked.material_no)
        return answer(200, {"forgotten": forgotten}).response()

    return router


def _shown(row: Record) -> dict[str, object]:
    names = ("principal", "material_no", "document_id", "attempt_no", "kind", "internal_no")
    return {
        "client_id": learning.client_of(row),
        **{name: row[name] for name in (*names, "content", "standing", "times")},
        "learnt_at": row["declared_at"],
    }
