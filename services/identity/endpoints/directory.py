"""The directory of the caller's tenant: enterprises, teams, client firms, roles, users, API clients.

All six work alike, so their routes are made from one description each. What others refer to is suspended, not deleted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from backbone import bodies, idempotency, log, paging, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import KEY, SEEN, operation
from backbone.postgres import Connection, Record
from backbone.refusals import InvalidRequest, NotFound
from contracts.answers.answer import of_kind
from contracts.answers.identity import ApiClient, DirectoryPage
from contracts.answers.naming import named
from contracts.permissions import TENANT_MANAGE
from contracts.problems import problem
from services.identity import client_secrets, directory, views
from services.identity.authentication import PasswordUnfit
from services.identity.bodies import (
    Body,
    PasswordBody,
)
from services.identity.endpoints.resources import RESOURCES, B, N, Resource
from services.identity.parts import Parts, TheParts
from services.identity.refusals import AlreadyTaken, LastAdministrator, MailboxTaken, StillAssigned
from services.identity.tables import API_CLIENTS, ROLES, Table

SECRET_OVERLAP_HOURS = 24
_STATUSES = ("active", "suspended")


def routes() -> APIRouter:
    router = APIRouter()
    for resource in RESOURCES:
        _add(router, resource)
    for path, endpoint, method, described in (
        (
            "/v1/roles/{identity}",
            delete_role,
            "DELETE",
            operation("deleteRole", None, status=204, headers=[SEEN], refuses=[StillAssigned]),
        ),
        (
            "/v1/users/{identity}/password",
            reset_password,
            "PUT",
            operation("resetPassword", None, status=204, body=PasswordBody, headers=[SEEN]),
        ),
        (
            "/v1/api-clients/{identity}/secrets",
            renew_secret,
            "POST",
            operation("renewApiClientSecret", ApiClient, status=201, body=Body, headers=[KEY]),
        ),
    ):
        router.add_api_route(path, endpoint, methods=[method], **described)
    return router


def _add(router: APIRouter, resource: Resource[Any, Any]) -> None:
    endpoints = _Endpoints(resource)
    path, noun, view = f"/v1/{resource.path}", resource.path.replace("-", " "), resource.view
    one, name = f"{path}/{{identity}}", view.__name__
    page = named(f"{name}Page", of_kind(DirectoryPage, view), f"A page of {noun}, newest first.")
    taken = [AlreadyTaken, MailboxTaken, LastAdministrator]
    made = operation(f"create{name}", view, status=201, body=resource.new_body, headers=[KEY], refuses=taken)
    listed = operation(f"list{name}s", page, query=endpoints.conditions)
    changed = operation(f"change{name}", view, body=resource.body, headers=[SEEN], refuses=taken)
    for at, endpoint, method, summary, described in (
        (path, endpoints.create, "POST", f"Create one of the {noun}", made),
        (path, endpoints.listing, "GET", f"List {noun}, newest first", listed),
        (one, endpoints.read, "GET", f"One of the {noun}", operation(f"read{name}", view)),
        (one, endpoints.change, "PUT", f"Replace one of the {noun}", changed),
    ):
        router.add_api_route(at, endpoint, methods=[method], summary=summary, **described)


class _Endpoints(Generic[N, B]):
    def __init__(self, resource: Resource[N, B]) -> None:
        self._of = resource
        self.conditions = [parameters.limit(200), parameters.cursor()]
        if "status" in resource.table.columns:
            self.conditions.append(parameters.choice("status", "状态", _STATUSES))

    async def create(self, request: Request, parts: TheParts, caller: Caller) -> Response:
        caller.require(TENANT_MANAGE)
        raw = await read_json(request)
        body = bodies.parse(self._of.new_body, raw)
        prepared = await self._of.prepare(parts, body)
        once_only: dict[str, str] = {}

        async def work(connection: Connection) -> Reply:
            made = await self._of.create(connection, caller.tenant_id, body, prepared)
            once_only.update(made.once_only)
            return await self._answer(201, connection, caller, made.row)

        route = f"POST /v1/{self._of.path}"
        done = await _once(request, parts, caller, route, raw, work)
        _record("created", self._of.table, caller, done.headers["location"].rpartition("/")[2])
        return showing(done, once_only).response()

    async def listing(self, request: Request, parts: TheParts, caller: Caller) -> Response:
        within = self._of.visible(caller)
        given: dict[str, Any] = parameters.read(request, self.conditions)
        limit = given.get("limit", 50)
        async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
            rows = await self._of.table.page(
                connection,
                within=within,
                status=given.get("status"),
                after=given.get("cursor"),
                limit=limit,
            )
            items = await self._of.show(connection, caller, rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        place = paging.encode(last["created_at"], last[self._of.table.key]) if last is not None else None
        cursor = parameters.following(request, self.conditions, place)
        return answer(200, {"items": items, "next_cursor": cursor}).response()

    async def read(self, identity: UUID, parts: TheParts, caller: Caller) -> Response:
        within = self._of.visible(caller)
        if within is not None and identity not in within:
            raise NotFound(f"没有这个{self._of.table.noun}")
        async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
            row = await self._of.table.get(connection, identity)
            return (await self._answer(200, connection, caller, row)).response()

    async def change(self, request: Request, identity: UUID, parts: TheParts, caller: Caller) -> Response:
        caller.require(TENANT_MANAGE)
        version = if_match(request)
        body = bodies.parse(self._of.body, await read_json(request))
        async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
            row = await self._of.change(connection, caller.tenant_id, identity, version, body)
            done = await self._answer(200, connection, caller, row)
        parts.wake()
        _record("changed", self._of.table, caller, identity)
        return done.response()

    async def _answer(self, status: int, connection: Connection, caller: Principal, row: Record) -> Reply:
        (content,) = await self._of.show(connection, caller, [row])
        location = f"/v1/{self._of.path}/{row[self._of.table.key]}"
        return answer(status, content, location=location, etag=etag(row["version"]))


async def delete_role(request: Request, identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """Delete a role nobody holds. Needs If-Match."""
    caller.require(TENANT_MANAGE)
    version = if_match(request)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        await directory.delete_role(connection, identity, version)
    _record("deleted", ROLES, caller, identity)
    return answer(204).response()


async def reset_password(request: Request, identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """Set a user's password. Needs If-Match."""
    caller.require(TENANT_MANAGE)
    version = if_match(request)
    body = bodies.parse(PasswordBody, await read_json(request))
    try:
        await parts.authentication.reset_password(caller.tenant_id, identity, version, body.password)
    except PasswordUnfit as error:
        raise unfit(error, "/password") from error
    parts.wake()
    return answer(204).response()


async def renew_secret(request: Request, identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """A new secret, shown in this answer only; the one before stays valid for a day. Needs Idempotency-Key."""
    caller.require(TENANT_MANAGE)
    raw = await read_json(request)
    bodies.parse(Body, raw)
    secret = client_secrets.new_secret()
    once_only: dict[str, str] = {}

    async def work(connection: Connection) -> Reply:
        row = await directory.renew_secret(connection, identity, secret, overlap_hours=SECRET_OVERLAP_HOURS)
        once_only["secret"] = secret
        (content,) = await views.api_clients(connection, [row])
        return answer(201, content, location=f"/v1/api-clients/{identity}", etag=etag(row["version"]))

    done = await _once(request, parts, caller, f"POST /v1/api-clients/{identity}/secrets", raw, work)
    _record("secret_renewed", API_CLIENTS, caller, identity)
    return showing(done, once_only).response()


def unfit(error: PasswordUnfit, pointer: str) -> InvalidRequest:
    field = "「新密码」"
    return InvalidRequest(problems=[problem(error.fault.code, pointer, field=field, **error.fault.values)])


def showing(done: Reply, once_only: Mapping[str, str]) -> Reply:
    """The answer with what is shown once; what was kept for a repeated key never had it."""
    if not once_only or "idempotency-replayed" in done.headers:
        return done
    content = {**orjson.loads(done.body), **once_only}
    return answer(done.status, content, **{**done.headers, "cache_control": "no-store"})


async def _once(
    request: Request,
    parts: Parts,
    caller: Principal,
    route: str,
    raw: bytes,
    work: Callable[[Connection], Awaitable[Reply]],
) -> Reply:
    key = idempotency.key_of(request)
    # Only the body's fingerprint may be kept: it can hold a password.
    fingerprint = parts.sealer.fingerprint(raw)
    done = await idempotency.once(parts.pool, caller, route=route, key=key, body=fingerprint, work=work)
    parts.wake()
    return done


def _record(what: str, table: Table, caller: Principal, identity: UUID | str) -> None:
    log.get().info(
        f"directory_{what}",
        kind=table.name,
        tenant_id=caller.tenant_id,
        subject=caller.id,
        name=str(identity),
    )
