"""HTTP in: a window says that it has a document open, and hears who else has."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Principal, principal
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Pool
from contracts.answers.presence import OpenWindow, Presence
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from customs.documents import Kind
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.opening import load
from services.entry.presence import windows

Caller = Annotated[Principal, Depends(principal)]


class Window(BaseModel):
    """What a window does with the document; to be said again every few seconds, as the answer tells."""

    model_config = ConfigDict(extra="forbid")

    doing: Literal["reading", "typing"] = Field(title="状态")
    takes_over: bool = Field(default=False, title="接手编辑")


def routes(kind: Kind, pool: Pool | None, wake: Wake) -> APIRouter:
    """`pool` is None where only the schema is wanted."""
    return _Routes(kind, pool, wake).router()


class _Routes(KindRoutes):
    def router(self) -> APIRouter:
        router = APIRouter(prefix=f"/v1/{self._kind.url}/{{document_id}}/windows", tags=[self._kind.name])
        shown = operation(self._id("open", "Window"), Presence, body=Window)
        router.add_api_route("/{window_id}", self.renew, methods=["PUT"], **shown)
        closed = operation(self._id("close", "Window"), None, status=204)
        router.add_api_route("/{window_id}", self.leave, methods=["DELETE"], **closed)
        return router

    async def renew(self, request: Request, document_id: UUID, window_id: UUID, caller: Caller) -> Response:
        """Say that this window has the document open; the id is one that the window made up. Typing needs the right to write."""
        given = bodies.parse(Window, await read_json(request))
        needed = DOCUMENT_WRITE if given.doing == "typing" else DOCUMENT_READ
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await load(connection, caller, self._kind, document_id, needed)
            found = await windows.renew(
                connection,
                caller,
                document_id,
                window_id,
                doing=given.doing,
                takes_over=given.takes_over and given.doing == "typing",
            )
        own = next((each for each in found if each["window_id"] == window_id), None)
        others = [OpenWindow.model_validate({**each}) for each in found if each is not own]
        told = Presence(
            version=row.version,
            doing=own["doing"] if own else given.doing,
            taken_by=own["taken_by"] if own else None,
            others=others,
            renew_seconds=windows.RENEW_SECONDS,
        )
        return answer(200, told).response()

    async def leave(self, document_id: UUID, window_id: UUID, caller: Caller) -> Response:
        """The window is closed. Nothing happens when it was not open."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            await windows.leave(connection, caller, document_id, window_id)
        return Response(status_code=204)
