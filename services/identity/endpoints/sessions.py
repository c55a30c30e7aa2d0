"""The session of a browser: log in, who am I, log out; one's other sessions; and the gate at which the edge asks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response

from backbone import bodies, postgres
from backbone.auth import Caller, Grant, Principal
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Connection
from backbone.refusals import Forbidden, NotFound, Unauthenticated
from contracts.answers.identity import EnterpriseOfMine, HeldPermission, OwnSession, OwnSessions, Session
from contracts.permissions import PERMISSIONS
from services.identity import page, revoking, sessions
from services.identity.bodies import LoginBody
from services.identity.endpoints import me
from services.identity.endpoints.resources import within
from services.identity.parts import Address, Parts, TheParts
from services.identity.refusals import (
    AccountSuspended,
    InvalidCredentials,
    LoginElsewhere,
    NoSession,
    NotFromThePage,
    OtherLoginRequired,
    TooManyAttempts,
)
from services.identity.tokens import Holder

MOST_ENTERPRISES = 1_000
_NO_STORE = {"cache_control": "no-store"}


def routes() -> APIRouter:
    router = APIRouter()
    opened = operation(
        "openSession",
        Session,
        body=LoginBody,
        refuses=[
            InvalidCredentials,
            AccountSuspended,
            TooManyAttempts,
            OtherLoginRequired,
            LoginElsewhere,
            NotFromThePage,
        ],
    )
    router.add_api_route("/v1/session", log_in, methods=["POST"], **opened)
    described = operation("readSession", Session, refuses=[NoSession])
    router.add_api_route("/v1/session", read, methods=["GET"], **described)
    closed = operation("closeSession", None, status=204, refuses=[NoSession])
    router.add_api_route("/v1/session", log_out, methods=["DELETE"], **closed)
    router.add_api_route(
        "/v1/sessions", listing, methods=["GET"], **operation("listOwnSessions", OwnSessions)
    )
    ended = operation("endOwnSession", None, status=204)
    router.add_api_route("/v1/sessions/{identity}", end, methods=["DELETE"], **ended)
    router.add_api_route("/gate", gate, methods=["GET"], include_in_schema=False)
    return router


async def log_in(request: Request, parts: TheParts, address: Address) -> Response:
    """Open a session in this browser. Needs X-Bondgate-Page; the cookie it sets is out of every script's reach."""
    page.require_own_page(request.method, request.headers)
    if not parts.settings.password_login:
        raise LoginElsewhere()
    body = bodies.parse(LoginBody, await read_json(request))
    holder = await parts.authentication.by_person(body, address)
    secure = page.is_secure(request, parts.settings)
    opened = await parts.sessions.open(
        holder,
        address=address,
        browser=request.headers.get("user-agent", ""),
        instead_of=page.secret_of(request, secure=secure),
    )
    caller = _as_caller(holder, opened.session_id, opened.ends_at)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        view = await _shown(connection, parts, caller)
    kept = page.cookie(opened.secret, parts.sessions.limits.absolute, secure=secure)
    return answer(200, view, set_cookie=kept, **_NO_STORE).response()


async def read(parts: TheParts, caller: Caller) -> Response:
    """Who I am, what I may do and where, for which firms, and until when the session holds."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        view = await _shown(connection, parts, caller)
    return answer(200, view, **_NO_STORE).response()


async def log_out(request: Request, parts: TheParts, caller: Caller) -> Response:
    """End the session of this browser, or the token the request came with, for every service."""
    session_id = _session_of(caller)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        await sessions.end(connection, _user_of(caller), session_id)
        await revoking.end_session(connection, caller.tenant_id, session_id)
    parts.wake()
    return answer(204, set_cookie=_taken_away(request, parts)).response()


async def listing(parts: TheParts, caller: Caller) -> Response:
    """One's own sessions that still hold, newest first."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        rows = await sessions.of_user(connection, _user_of(caller), parts.sessions.limits.idle)
    items = [
        OwnSession(
            id=row["session_id"],
            current=str(row["session_id"]) == caller.session,
            idle_until=row["used_at"] + parts.sessions.limits.idle,
            **{name: row[name] for name in ("created_at", "used_at", "ends_at", "address", "browser")},
        )
        for row in rows
    ]
    return answer(200, OwnSessions(items=items)).response()


async def end(identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """End one of one's own sessions, such as the one left open on another machine."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        if not await sessions.end(connection, _user_of(caller), identity):
            raise NotFound("没有这个登录")
        await revoking.end_session(connection, caller.tenant_id, identity)
    parts.wake()
    return answer(204).response()


async def gate(request: Request, parts: TheParts) -> Response:
    """For the edge alone: the token that goes to the services in the cookie's stead."""
    method = request.headers.get("x-forwarded-method", "GET")
    page.require_own_page(method, request.headers)
    secret = page.secret_of(request, secure=page.is_secure(request, parts.settings))
    try:
        if secret is None:
            raise Unauthenticated("登录已结束，请重新登录")
        token = await parts.sessions.token(secret, counts_as_use=page.counts_as_use(request.headers))
    except Unauthenticated as refusal:
        refusal.headers["set-cookie"] = _taken_away(request, parts)
        raise
    return answer(204, authorization=f"Bearer {token}", **_NO_STORE).response()


def _taken_away(request: Request, parts: Parts) -> str:
    lasts = parts.sessions.limits.absolute
    return page.cookie("", lasts, secure=page.is_secure(request, parts.settings))


def _session_of(caller: Principal) -> UUID:
    """Raises NoSession for a token of another issuer that says none."""
    try:
        return UUID(caller.session)
    except (TypeError, ValueError):
        raise NoSession() from None


def _user_of(caller: Principal) -> UUID:
    """Raises NoSession for subjects of an external issuer."""
    try:
        return UUID(caller.id)
    except ValueError:
        raise NoSession() from None


def _as_caller(holder: Holder, session_id: UUID, ends_at: datetime) -> Principal:
    grants = tuple(
        Grant(
            permissions=grant.permissions,
            **{
                name: None if ids is None else frozenset(ids)
                for name, ids in (
                    ("enterprises", grant.enterprises),
                    ("teams", grant.teams),
                    ("clients", grant.clients),
                )
            },
        )
        for grant in holder.grants
    )
    return Principal(
        str(holder.id), holder.name, holder.tenant_id, grants, ends_at.timestamp(), session=str(session_id)
    )


async def _shown(connection: Connection, parts: Parts, caller: Principal) -> Session:
    """Raises NoSession."""
    row = await connection.fetchrow(_SESSION, _session_of(caller))
    if row is None:
        raise NoSession()
    held = sorted({permission for grant in caller.grants for permission in grant.permissions})
    return Session(
        **(await me.view_of(connection, caller)).model_dump(),
        session_id=row["session_id"],
        login=row["login"],
        permissions=[HeldPermission(code=each, label=PERMISSIONS.get(each, each)) for each in held],
        enterprises=await _enterprises(connection, caller),
        created_at=row["created_at"],
        idle_until=min(row["used_at"] + parts.sessions.limits.idle, row["ends_at"]),
        ends_at=row["ends_at"],
    )


_SESSION = """
SELECT s.session_id, s.created_at, s.used_at, s.ends_at, u.login
FROM sessions AS s JOIN users AS u USING (tenant_id, user_id) WHERE s.session_id = $1
"""


async def _enterprises(connection: Connection, caller: Principal) -> list[EnterpriseOfMine]:
    try:
        visible = within("enterprises")(caller)
    except Forbidden:
        return []
    rows = await connection.fetch(
        _ENTERPRISES, None if visible is None else sorted(visible), MOST_ENTERPRISES
    )
    return [EnterpriseOfMine(**row) for row in rows]


_ENTERPRISES = """
SELECT enterprise_id AS id, name, customs_code, status, route ->> 'sys_id' AS sys_id FROM enterprises
WHERE $1::uuid[] IS NULL OR enterprise_id = ANY($1) ORDER BY name, enterprise_id LIMIT $2
"""
