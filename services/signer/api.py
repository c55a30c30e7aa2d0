"""HTTP: evidence of what was released, and the registry of cards."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Path, Request, Response

from backbone.auth import Caller
from backbone.http import ReadyCheck, answer, create_app
from backbone.operations import operation
from backbone.postgres import Pool
from contracts.answers.evidence import ChainReport, Evidence
from contracts.permissions import PLATFORM_OPERATE
from services.signer import reads
from services.signer.cards import api as cards
from services.signer.sites import api as sites


def routes() -> APIRouter:
    """Evidence. The application's state holds the pools: `pool` of the app role, `worker_pool`."""
    router = APIRouter(prefix="/v1/evidence", tags=["evidence"])

    @router.get("/{attempt_id}", **operation("readEvidence", Evidence))
    async def read_evidence(attempt_id: UUID, request: Request, caller: Caller) -> Response:
        """The signed statement about the released bytes of an attempt, checked now. Needs message.read."""
        pool: Pool = request.app.state.pool
        return answer(200, await reads.evidence_of(pool, caller, attempt_id)).response()

    @router.get("/chains/{chain}", **operation("verifyEvidenceChain", ChainReport))
    async def verify_chain(
        chain: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")], request: Request, caller: Caller
    ) -> Response:
        """Check a whole chain: of a tenant by its id, an older one by its mailbox. Needs platform.operate."""
        caller.require_anywhere(PLATFORM_OPERATE)
        worker_pool: Pool = request.app.state.worker_pool
        return answer(200, await reads.chain_report(worker_pool, chain)).response()

    return router


def schema_app() -> FastAPI:
    """The application without connections, for its OpenAPI document."""
    return application(None)


def application(ready: ReadyCheck | None) -> FastAPI:
    app = create_app("signer", title="Bondgate signer", ready=ready)
    app.include_router(routes())
    app.include_router(cards.routes())
    app.include_router(sites.routes())
    return app
