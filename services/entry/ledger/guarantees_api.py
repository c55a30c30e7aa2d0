"""HTTP of guarantees."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from backbone import bodies
from backbone.auth import Caller
from backbone.http import answer, etag, if_match, read_json
from backbone.postgres import Pool
from services.entry.ledger import guarantees
from services.entry.ledger.guarantees import Guarantee
from services.entry.ledger.reach import SEEN, Reach

Number = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="担保编号")]


def routes(pool: Pool | None) -> APIRouter:
    """Guarantees by their number."""
    reach = Reach(pool)
    router = APIRouter(prefix="/v1/guarantees", tags=["ledger"])

    @router.get("", response_class=Response, summary="Guarantees, those that end first come first")
    async def list_guarantees(caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            return answer(200, {"items": await guarantees.listed(connection)}).response()

    @router.get("/{number}", response_class=Response)
    async def read_guarantee(number: Number, caller: Caller) -> Response:
        """A guarantee."""
        async with reach.reading(caller) as connection:
            told = await guarantees.one(connection, number)
        return answer(200, told, etag=etag(told["version"])).response()

    @router.put(
        "/{number}",
        response_class=Response,
        summary="Write a guarantee; one that is there needs If-Match",
        responses={201: {"description": "New"}},
        openapi_extra={
            "parameters": [SEEN],
            "requestBody": {"content": {"application/json": {"schema": bodies.inlined(Guarantee)}}},
        },
    )
    async def put_guarantee(request: Request, number: Number, caller: Caller) -> Response:
        seen = if_match(request) if "if-match" in request.headers else None
        given = bodies.parse(Guarantee, await read_json(request))
        async with reach.managing(caller) as connection:
            await guarantees.put(connection, caller, number, given, seen)
            told = await guarantees.one(connection, number)
        return answer(201 if seen is None else 200, told, etag=etag(told["version"])).response()

    @router.delete(
        "/{number}",
        response_class=Response,
        status_code=204,
        summary="Remove a guarantee",
        openapi_extra={"parameters": [SEEN]},
    )
    async def remove_guarantee(request: Request, number: Number, caller: Caller) -> Response:
        seen = if_match(request)
        async with reach.managing(caller) as connection:
            await guarantees.remove(connection, number, seen)
        return answer(204).response()

    return router
