"""HTTP of guarantees."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from backbone import bodies
from backbone.auth import Caller
from backbone.http import answer, etag, if_match, read_json
from backbone.operations import SEEN, operation
from backbone.postgres import Pool
from contracts.answers.ledger import GuaranteeAnswer, Guarantees
from services.entry.ledger import guarantees
from services.entry.ledger.guarantees import Guarantee
from services.entry.ledger.reach import SEEN_IF_THERE, Reach

Number = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,64}$", description="担保编号")]


def routes(pool: Pool | None) -> APIRouter:
    """Guarantees by their number."""
    reach = Reach(pool)
    router = APIRouter(prefix="/v1/guarantees", tags=["ledger"])

    @router.get(
        "",
        summary="Guarantees, those that end first come first",
        **operation("listGuarantees", Guarantees),
    )
    async def list_guarantees(caller: Caller) -> Response:
        async with reach.reading(caller) as connection:
            return answer(200, Guarantees(items=await guarantees.listed(connection))).response()

    @router.get("/{number}", **operation("readGuarantee", GuaranteeAnswer))
    async def read_guarantee(number: Number, caller: Caller) -> Response:
        """A guarantee."""
        async with reach.reading(caller) as connection:
            told = await guarantees.one(connection, number)
        return answer(200, told, etag=etag(told.version)).response()

    @router.put(
        "/{number}",
        summary="Write a guarantee; one that is there needs If-Match",
        **operation(
            "setGuarantee",
            GuaranteeAnswer,
            also={201: GuaranteeAnswer},
            body=Guarantee,
            headers=[SEEN_IF_THERE],
        ),
    )
    async def put_guarantee(request: Request, number: Number, caller: Caller) -> Response:
        seen = if_match(request) if "if-match" in request.headers else None
        given = bodies.parse(Guarantee, await read_json(request))
        async with reach.managing(caller) as connection:
            await guarantees.put(connection, caller, number, given, seen)
            told = await guarantees.one(connection, number)
        return answer(201 if seen is None else 200, told, etag=etag(told.version)).response()

    @router.delete(
        "/{number}",
        summary="Remove a guarantee",
        **operation("removeGuarantee", None, status=204, headers=[SEEN]),
    )
    async def remove_guarantee(request: Request, number: Number, caller: Caller) -> Response:
        seen = if_match(request)
        async with reach.managing(caller) as connection:
            await guarantees.remove(connection, number, seen)
        return answer(204).response()

    return router
