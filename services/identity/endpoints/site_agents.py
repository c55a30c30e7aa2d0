"""Agents at sites: for who administers the tenant, and what an agent itself says to identity."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from backbone import bodies, idempotency, paging, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, read_json
from backbone.operations import KEY, SEEN, operation
from backbone.postgres import Connection, Record
from backbone.refusals import Forbidden
from contracts.answers.answer import of_kind
from contracts.answers.identity import DirectoryPage
from contracts.answers.naming import named
from contracts.answers.sites import SiteAgent, SiteEnrolment, SiteState, SiteStateKept
from contracts.permissions import SITE_SERVE, TENANT_MANAGE
from services.identity import site_agents as agents
from services.identity.bodies import Body, EnrolmentBody, NewSiteAgentBody, SiteAgentBody
from services.identity.endpoints.directory import showing
from services.identity.parts import Address, Parts, TheParts
from services.identity.refusals import AgentRevoked, AlreadyTaken, EnrolmentRefused, TooManyAttempts
from services.identity.tables import SITE_AGENTS

_PATH = "/v1/site-agents"
_ONE = _PATH + "/{identity}"
_LIST = (
    parameters.choice("status", "状态", ("invited", "enrolled", "revoked")),
    parameters.limit(200),
    parameters.cursor(),
)


def routes() -> APIRouter:
    router = APIRouter()
    page = named("SiteAgentPage", of_kind(DirectoryPage, SiteAgent), "A page of site agents, newest first.")
    for path, endpoint, method, described in (
        (
            _PATH,
            create,
            "POST",
            operation(
                "createSiteAgent",
                SiteAgent,
                status=201,
                body=NewSiteAgentBody,
                headers=[KEY],
                refuses=[AlreadyTaken],
            ),
        ),
        (_PATH, listing, "GET", operation("listSiteAgents", page, query=_LIST)),
        (
            f"{_PATH}/enrolments",
            enrol,
            "POST",
            operation(
                "enrolSiteAgent",
                SiteEnrolment,
                status=201,
                body=EnrolmentBody,
                refuses=[EnrolmentRefused, TooManyAttempts],
            ),
        ),
        (f"{_PATH}/self/state", tell, "PUT", operation("tellSiteState", SiteStateKept, body=SiteState)),
        (_ONE, read, "GET", operation("readSiteAgent", SiteAgent)),
        (
            _ONE,
            change,
            "PUT",
            operation(
                "changeSiteAgent",
                SiteAgent,
                body=SiteAgentBody,
                headers=[SEEN],
                refuses=[AlreadyTaken, AgentRevoked],
            ),
        ),
        (
            f"{_ONE}/codes",
            renew_code,
            "POST",
            operation(
                "renewSiteAgentCode", SiteAgent, status=201, body=Body, headers=[KEY], refuses=[AgentRevoked]
            ),
        ),
        (
            f"{_ONE}/revocation",
            revoke,
            "POST",
            operation("revokeSiteAgent", SiteAgent, headers=[SEEN], refuses=[AgentRevoked]),
        ),
    ):
        router.add_api_route(path, endpoint, methods=[method], **described)
    return router


async def create(request: Request, parts: TheParts, caller: Caller) -> Response:
    """Name an agent and the enterprises it serves; the answer shows the code that enrols it. Needs Idempotency-Key."""
    caller.require(TENANT_MANAGE)
    raw = await read_json(request)
    body = bodies.parse(NewSiteAgentBody, raw)
    code, hours = agents.new_code(), parts.settings.agent_code_hours

    async def work(connection: Connection) -> Record:
        return await agents.create(connection, caller.tenant_id, body, code, hours)

    return await _showing_code(request, parts, caller, f"POST {_PATH}", raw, code, work)


async def renew_code(identity: UUID, request: Request, parts: TheParts, caller: Caller) -> Response:
    """Another code, for a new machine; the present key counts until it is used. Needs Idempotency-Key."""
    caller.require(TENANT_MANAGE)
    raw = await read_json(request)
    bodies.parse(Body, raw)
    code, hours = agents.new_code(), parts.settings.agent_code_hours

    async def work(connection: Connection) -> Record:
        return await agents.renew_code(connection, identity, code, hours)

    return await _showing_code(request, parts, caller, f"POST {_PATH}/{identity}/codes", raw, code, work)


async def _showing_code(
    request: Request,
    parts: Parts,
    caller: Principal,
    route: str,
    raw: bytes,
    code: str,
    work: Callable[[Connection], Awaitable[Record]],
) -> Response:
    once_only: dict[str, str] = {}

    async def once(connection: Connection) -> Reply:
        row = await work(connection)
        once_only["code"] = code
        return _answer(parts, row, status=201, location=f"{_PATH}/{row['site_agent_id']}")

    key = idempotency.key_of(request)
    done = await idempotency.once(parts.pool, caller, route=route, key=key, body=raw, work=once)
    return showing(done, once_only).response()


async def listing(request: Request, parts: TheParts, caller: Caller) -> Response:
    """Agents at sites, newest first: when they were last heard of, what they see, what waits there."""
    caller.require(TENANT_MANAGE)
    given: dict[str, Any] = parameters.read(request, _LIST)
    limit = given.get("limit", 50)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        rows = await SITE_AGENTS.page(
            connection, within=None, status=given.get("status"), after=given.get("cursor"), limit=limit
        )
    last = rows[limit - 1] if len(rows) > limit else None
    place = None if last is None else paging.encode(last["created_at"], last["site_agent_id"])
    items = [_shown(parts, row) for row in rows[:limit]]
    return answer(
        200, {"items": items, "next_cursor": parameters.following(request, _LIST, place)}
    ).response()


async def read(identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """One agent and how it is."""
    caller.require(TENANT_MANAGE)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        row = await SITE_AGENTS.get(connection, identity)
    return _answer(parts, row).response()


async def change(identity: UUID, request: Request, parts: TheParts, caller: Caller) -> Response:
    """Its name and the enterprises it serves. Needs If-Match."""
    caller.require(TENANT_MANAGE)
    version = if_match(request)
    body = bodies.parse(SiteAgentBody, await read_json(request))
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        row = await agents.change(connection, caller.tenant_id, identity, version, body)
    parts.wake()
    return _answer(parts, row).response()


async def revoke(identity: UUID, request: Request, parts: TheParts, caller: Caller) -> Response:
    """It gets nothing any more, at once and for good. Needs If-Match."""
    caller.require(TENANT_MANAGE)
    version = if_match(request)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        row = await agents.revoke(connection, caller.tenant_id, identity, version)
    parts.wake()
    return _answer(parts, row).response()


async def enrol(request: Request, parts: TheParts, address: Address) -> Response:
    """By the agent, with its code and its public key. The same again answers the same."""
    body = bodies.parse(EnrolmentBody, await read_json(request))
    row = await agents.enrol(parts, body.code, body.public_key, address)
    parts.wake()
    enrolled = SiteEnrolment(
        agent_id=row["site_agent_id"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        tenant_name=row["tenant_name"],
        audience=parts.issuer.name,
        key_thumbprint=row["key_thumbprint"],
    )
    return answer(201, enrolled, cache_control="no-store").response()


async def tell(request: Request, parts: TheParts, caller: Caller) -> Response:
    """By the agent: how it is, its readers and cards, what waits in its mailboxes."""
    caller.require_anywhere(SITE_SERVE)
    state = bodies.parse(SiteState, await read_json(request))
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        if not await agents.told(connection, UUID(caller.id), state):
            raise Forbidden("不是已登记的现场代理")
    return answer(200, SiteStateKept(next_seconds=parts.settings.agent_silent_seconds // 6)).response()


def _answer(parts: Parts, row: Record, *, status: int = 200, **headers: str) -> Reply:
    return answer(status, _shown(parts, row), etag=etag(row["version"]), **headers)


_AS_THEY_ARE = (
    "version", "created_at", "updated_at", "name", "status", "enterprises", "code_until", "key_thumbprint", "enrolled_at",
    "revoked_at", "seen_at", "state",
)  # fmt: skip


def _shown(parts: Parts, row: Record) -> dict[str, object]:
    heard = row["seen_at"] or row["enrolled_at"]
    patience = timedelta(seconds=parts.settings.agent_silent_seconds)
    silent = row["status"] == "enrolled" and heard < datetime.now(UTC) - patience
    return {"id": row["site_agent_id"], **{name: row[name] for name in _AS_THEY_ARE}, "silent": silent}
