"""HTTP of saved views, and the list parameters `view` and `columns` that use them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from backbone import idempotency, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import KEY, SEEN, operation
from backbone.parameters import Asked, Parameter
from backbone.postgres import Connection, Pool, Record
from contracts.answers.lists import SavedView, SavedViews
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS, Kind
from services.query import columns, saved_views
from services.query.saved_views import TooManyViews, ViewBody, ViewNameTaken

VIEW = parameters.identity("view", "列表视图")


class ViewsAsked(Asked):
    """Views of which kind."""

    kind: Annotated[str | None, parameters.choice("kind", "单证种类", list(KINDS))] = None


@dataclass(frozen=True)
class Wanted:
    """What a list request asks for: values by parameter, and the columns, none for all."""

    values: dict[str, object]
    columns: Sequence[str]


def chosen_columns(kind: Kind) -> Parameter:
    """The parameter `columns`."""
    known = columns.of_kind(kind.name)

    def take(value: str) -> list[str]:
        names = value.split(",")
        if not set(names) <= set(known) or len(set(names)) < len(names):
            raise ValueError(value)
        return names

    schema = {"type": "string", "description": ",".join(known)}
    expected = "以逗号分隔、不重复的列名，例如 internal_no,state_label"
    return Parameter("columns", "列", take, expected, schema, use="shape")


async def wanted(
    request: Request, pool: Pool, caller: Principal, kind: Kind, known: Sequence[Parameter]
) -> Wanted:
    """The parameters of a list request over those of its view. Raises InvalidRequest, NotFound."""
    values = parameters.read(request, known)
    view_id, chosen = values.pop("view", None), values.pop("columns", None)
    names: list[str] = [str(name) for name in chosen] if isinstance(chosen, list) else []
    if isinstance(view_id, UUID):
        async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
            row = await saved_views.get(connection, caller, view_id, kind.name)
        values = {**saved_views.asked(kind, row), **values}
        # A column that the list no longer has is left out, so that the view stays of use.
        names = names or [name for name in row["columns"] if name in columns.of_kind(kind.name)]
    return Wanted(values, names)


def routes(maybe_pool: Pool | None) -> APIRouter:
    """`maybe_pool` None where only the schema is wanted."""
    router = APIRouter(prefix="/v1/views/saved", tags=["views"])

    @router.get("", **operation("listSavedViews", SavedViews))
    async def listing(caller: Caller, asked: Annotated[ViewsAsked, Query()]) -> Response:
        """The caller's own views and those shared within the tenant, by kind, own ones first."""
        pool = _there(maybe_pool)
        caller.require_anywhere(DOCUMENT_READ)
        async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
            rows = await saved_views.visible(connection, caller, asked.kind)
        return answer(200, {"items": [saved_views.shown(row, caller) for row in rows]}).response()

    @router.post(
        "",
        **operation(
            "createSavedView",
            SavedView,
            status=201,
            body=ViewBody,
            headers=[KEY],
            refuses=[ViewNameTaken, TooManyViews],
        ),
    )
    async def create(request: Request, caller: Caller) -> Response:
        """Keep a view. Needs Idempotency-Key, and `tenant.manage` for one that is shared."""
        caller.require_anywhere(DOCUMENT_READ)
        key = idempotency.key_of(request)
        raw = await read_json(request)
        body = saved_views.read(raw)

        async def work(connection: Connection) -> Reply:
            return _answer(201, await saved_views.add(connection, caller, body), caller)

        pool = _there(maybe_pool)
        done = await idempotency.once(pool, caller, route="POST views/saved", key=key, body=raw, work=work)
        return done.response()

    @router.get("/{view_id}", **operation("readSavedView", SavedView))
    async def read(view_id: UUID, caller: Caller) -> Response:
        """One view, with its ETag."""
        caller.require_anywhere(DOCUMENT_READ)
        async with postgres.tenant_transaction(_there(maybe_pool), caller.tenant_id) as connection:
            return _answer(200, await saved_views.get(connection, caller, view_id), caller).response()

    changed = operation("changeSavedView", SavedView, body=ViewBody, headers=[SEEN], refuses=[ViewNameTaken])

    @router.put("/{view_id}", **changed)
    async def change(request: Request, view_id: UUID, caller: Caller) -> Response:
        """Replace a view of one's own, or as an administrator a shared one. Needs If-Match."""
        caller.require_anywhere(DOCUMENT_READ)
        version = if_match(request)
        body = saved_views.read(await read_json(request))
        async with postgres.tenant_transaction(_there(maybe_pool), caller.tenant_id) as connection:
            row = await saved_views.change(connection, caller, view_id, version, body)
        return _answer(200, row, caller).response()

    @router.delete("/{view_id}", **operation("deleteSavedView", None, status=204, headers=[SEEN]))
    async def remove(request: Request, view_id: UUID, caller: Caller) -> Response:
        """Needs If-Match."""
        caller.require_anywhere(DOCUMENT_READ)
        version = if_match(request)
        async with postgres.tenant_transaction(_there(maybe_pool), caller.tenant_id) as connection:
            await saved_views.remove(connection, caller, view_id, version)
        return answer(204).response()

    return router


def _answer(status: int, row: Record, caller: Principal) -> Reply:
    return answer(status, saved_views.shown(row, caller), etag=etag(row["version"]))


def _there(pool: Pool | None) -> Pool:
    assert pool is not None
    return pool
