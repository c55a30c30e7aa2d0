"""HTTP of the tenant's rule about 委托: `/v1/authorisation-rule`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Caller
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Pool
from contracts.answers.rules import AuthorisationRule
from contracts.permissions import DOCUMENT_READ, TENANT_MANAGE
from services.entry.life import authorising
from services.entry.life.authorising import Mode


class RuleOrder(BaseModel):
    """What happens to a declaration for a firm of which no valid 委托 is known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    mode: Mode = Field(
        title="委托检查方式",
        description="auto: refuse once any 委托 is entered, warn until then; off: not asked; warn; refuse",
    )


def routes(pool: Pool | None) -> APIRouter:
    """`pool` is None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/authorisation-rule", tags=["authorisation-rule"])

    def ready() -> Pool:
        assert pool is not None
        return pool

    @router.get(
        "",
        summary="The rule of the tenant, and what holds by it now",
        **operation("readAuthorisationRule", AuthorisationRule),
    )
    async def read_rule(caller: Caller) -> Response:
        caller.require_anywhere(DOCUMENT_READ)
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            return answer(200, await authorising.rule(connection)).response()

    @router.put(
        "",
        summary="Set the rule of the tenant",
        **operation("setAuthorisationRule", AuthorisationRule, body=RuleOrder),
    )
    async def set_rule(request: Request, caller: Caller) -> Response:
        caller.require(TENANT_MANAGE)
        given = bodies.parse(RuleOrder, await read_json(request))
        async with postgres.tenant_transaction(ready(), caller.tenant_id) as connection:
            await authorising.set_rule(connection, caller, given.mode)
            return answer(200, await authorising.rule(connection)).response()

    return router
