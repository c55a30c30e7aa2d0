"""Tenants, for the platform's operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from backbone import bodies, idempotency, paging, parameters, postgres
from backbone.auth import Caller
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import KEY, SEEN, Operation, operation
from backbone.parameters import Asked
from backbone.postgres import Connection, Record
from contracts.answers.answer import of_kind
from contracts.answers.identity import DirectoryPage, Tenant
from contracts.answers.naming import named
from services.identity import passwords, tenancy, views
from services.identity.bodies import NewTenantBody, TenantBody
from services.identity.parts import TheParts
from services.identity.refusals import TenantExists
from services.identity.tables import TENANTS
from services.identity.tenancy import require_operator

Endpoint = Callable[..., Awaitable[Response]]


class TenantsAsked(Asked):
    """A page of tenants."""

    limit: Annotated[int, parameters.limit(200)] = 50
    cursor: Annotated[tuple[datetime, UUID] | None, parameters.cursor()] = None
    status: Annotated[str | None, parameters.choice("status", "状态", ("active", "suspended"))] = None


def routes() -> APIRouter:
    router = APIRouter()
    one = "/v1/tenants/{identity}"
    made = operation(
        "createTenant", Tenant, status=201, body=NewTenantBody, headers=[KEY], refuses=[TenantExists]
    )
    page = named("TenantPage", of_kind(DirectoryPage, Tenant), "A page of tenants, newest first.")
    changed = operation("changeTenant", Tenant, body=TenantBody, headers=[SEEN], refuses=[TenantExists])
    endpoints: tuple[tuple[str, Endpoint, str, Operation], ...] = (
        ("/v1/tenants", create, "POST", made),
        ("/v1/tenants", listing, "GET", operation("listTenants", page)),
        (one, read, "GET", operation("readTenant", Tenant)),
        (one, change, "PUT", changed),
    )
    for path, endpoint, method, described in endpoints:
        router.add_api_route(path, endpoint, methods=[method], **described)
    return router


async def create(request: Request, parts: TheParts, caller: Caller) -> Response:
    """A tenant with its role 管理员 and the first user who holds it. Needs Idempotency-Key."""
    require_operator(caller)
    raw = await read_json(request)
    body = bodies.parse(NewTenantBody, raw)
    key = idempotency.key_of(request)
    passwords.require_fit(body.admin.password, [body.slug, body.name], "/admin/password")
    password_hash = await parts.hasher.hash(body.admin.password)

    async def work(connection: Connection) -> Reply:
        row = await tenancy.create_tenant(connection, body, password_hash)
        return answer(201, _view(row), location=f"/v1/tenants/{row['tenant_id']}", etag=etag(row["version"]))

    done = await idempotency.once(
        parts.worker_pool,
        caller,
        route="POST /v1/tenants",
        key=key,
        body=parts.sealer.fingerprint(raw),
        work=work,
    )
    return done.response()


async def listing(
    request: Request, parts: TheParts, caller: Caller, asked: Annotated[TenantsAsked, Query()]
) -> Response:
    """All tenants, newest first."""
    require_operator(caller)
    async with postgres.transaction(parts.worker_pool) as connection:
        rows = await TENANTS.page(
            connection, within=None, status=asked.status, after=asked.cursor, limit=asked.limit
        )
    last = rows[asked.limit - 1] if len(rows) > asked.limit else None
    place = paging.encode(last["created_at"], last["tenant_id"]) if last is not None else None
    cursor = parameters.following(request, TenantsAsked, place)
    return answer(
        200, {"items": [_view(row) for row in rows[: asked.limit]], "next_cursor": cursor}
    ).response()


async def read(identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """One tenant."""
    require_operator(caller)
    async with postgres.transaction(parts.worker_pool) as connection:
        row = await TENANTS.get(connection, identity)
    return answer(200, _view(row), etag=etag(row["version"])).response()


async def change(request: Request, identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """Rename or suspend a tenant. Needs If-Match."""
    require_operator(caller)
    version = if_match(request)
    body = bodies.parse(TenantBody, await read_json(request))
    async with postgres.transaction(parts.worker_pool) as connection:
        row = await tenancy.change_tenant(connection, identity, version, body)
    parts.wake()
    return answer(200, _view(row), etag=etag(row["version"])).response()


def _view(row: Record) -> dict[str, object]:
    return views.plain(row, "tenant_id", "slug", "name", "status")
