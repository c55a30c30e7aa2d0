"""Reading one's own write: a list waits, shortly, until it has what the caller has just written."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import Request

from backbone import postgres
from backbone.auth import Principal
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest
from contracts.problems import problem
from services.query.projections.contents import KEPT_KINDS

MOST_SECONDS = 2.0
# Another replica may have applied the event; then nothing wakes this one.
_LOOK_AGAIN_SECONDS = 0.1
# A view that is written only when the content changes, or customs spoke, is compared with when it last did.
_CAUGHT_UP = {
    "timeline": "SELECT true FROM documents AS d JOIN timeline AS t USING (document_id, version) WHERE d.document_id = $1",
    "searchable": "SELECT s.content_version >= d.content_version "
    "FROM documents AS d JOIN searchable AS s USING (document_id) WHERE d.document_id = $1",
    "relations": "SELECT r.version >= d.content_version "
    "FROM documents AS d JOIN relations AS r ON r.document_id = d.document_id AND r.place = 0 WHERE d.document_id = $1",
    "contents": "SELECT d.kind <> ALL($2) OR greatest(c.version, c.approved_version) >= greatest(d.content_version, d.told_version) "
    "FROM documents AS d LEFT JOIN contents AS c ON c.document_id = d.document_id AND c.part = 0 WHERE d.document_id = $1",
}


class Applied:
    """Wakes those who wait whenever a batch was committed here."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def next(self) -> None:
        try:
            await asyncio.wait_for(self._event.wait(), _LOOK_AGAIN_SECONDS)
        except TimeoutError:
            return


def wanted(request: Request) -> tuple[UUID, int] | None:
    """Out of `Wait-For: <id>@<version>`. Raises InvalidRequest."""
    text = request.headers.get("wait-for")
    if text is None:
        return None
    identity, _, version = text.strip().partition("@")
    try:
        if not (version.isascii() and version.isdigit() and len(version) < 10):
            raise ValueError(version)
        return UUID(identity), int(version)
    except ValueError:
        raise InvalidRequest(
            problems=[
                problem(
                    "invalid_parameter",
                    "",
                    field="请求头Wait-For",
                    value=text[:60],
                    expected="单证标识@版本号，例如 01970000-0000-7000-8000-000000000000@3",
                )
            ]
        ) from None


async def stale(request: Request, pool: Pool, caller: Principal, applied: Applied, *views: str) -> bool:
    """Whether the answer, which rests on these views beside the list, lacks what the request asked to wait for."""
    want = wanted(request)
    return want is not None and not await wait(pool, caller, applied, want, *views)


async def wait(pool: Pool, caller: Principal, applied: Applied, want: tuple[UUID, int], *views: str) -> bool:
    """Whether the document has come to that version within MOST_SECONDS, in the list and in the views beside it."""
    document_id, version = want
    loop = asyncio.get_running_loop()
    deadline = loop.time() + MOST_SECONDS
    while True:
        async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
            found = await connection.fetchval(
                "SELECT version FROM documents WHERE document_id = $1", document_id
            )
            there = found is not None and found >= version
            for view in views if there else ():
                there &= await _caught_up(connection, view, document_id)
        if there:
            return True
        if loop.time() >= deadline:
            return False
        await applied.next()


async def _caught_up(connection: Connection, view: str, document_id: UUID) -> bool:
    kinds = [sorted(KEPT_KINDS)] if view == "contents" else []
    return await connection.fetchval(_CAUGHT_UP[view], document_id, *kinds) is True
