"""The caller about themselves: who am I, what may I, where; and the own password."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from backbone import bodies, postgres
from backbone.auth import Caller, Principal
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.postgres import Connection
from contracts.answers.identity import HeldGrant, HeldPermission, Me, NamedScope, TenantOfMine
from contracts.permissions import PERMISSIONS
from services.identity.authentication import PasswordUnfit
from services.identity.bodies import OwnPasswordBody
from services.identity.endpoints.directory import unfit
from services.identity.parts import Address, TheParts
from services.identity.refusals import InvalidCredentials, NotAUser, TooManyAttempts

_NAMES = {
    "enterprises": "SELECT enterprise_id, name FROM enterprises WHERE enterprise_id = ANY($1)",
    "teams": "SELECT team_id, name FROM teams WHERE team_id = ANY($1)",
    "clients": "SELECT client_id, name FROM clients WHERE client_id = ANY($1)",
}


def routes() -> APIRouter:
    router = APIRouter()
    router.add_api_route("/v1/me", me, methods=["GET"], **operation("readMe", Me))
    router.add_api_route(
        "/v1/me/password",
        change_password,
        methods=["PUT"],
        **operation(
            "changeOwnPassword",
            None,
            status=204,
            body=OwnPasswordBody,
            refuses=[NotAUser, InvalidCredentials, TooManyAttempts],
        ),
    )
    return router


async def me(parts: TheParts, caller: Caller) -> Response:
    """Who the token says I am, what I may do and where. Tokens of an external issuer work too."""
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        view = await view_of(connection, caller)
    return answer(200, view).response()


async def view_of(connection: Connection, caller: Principal) -> Me:
    tenant = await connection.fetchrow("SELECT slug, name FROM tenants")
    names = {scope: await _names(connection, caller, scope) for scope in _NAMES}
    known = tenant or {"slug": None, "name": None}
    return Me(
        id=caller.id,
        name=caller.name,
        tenant=TenantOfMine(id=caller.tenant_id, slug=known["slug"], name=known["name"]),
        grants=[
            HeldGrant(
                permissions=[
                    HeldPermission(code=p, label=PERMISSIONS.get(p, p)) for p in sorted(grant.permissions)
                ],
                enterprises=_named(grant.enterprises, names["enterprises"]),
                teams=_named(grant.teams, names["teams"]),
                clients=_named(grant.clients, names["clients"]),
            )
            for grant in caller.grants
        ],
    )


async def _names(connection: Connection, caller: Principal, scope: str) -> Mapping[UUID, str]:
    wanted: set[UUID] = set()
    for grant in caller.grants:
        wanted |= getattr(grant, scope) or frozenset()
    if not wanted:
        return {}
    return {row[0]: row["name"] for row in await connection.fetch(_NAMES[scope], sorted(wanted))}


def _named(identities: Iterable[UUID] | None, names: Mapping[UUID, str]) -> list[NamedScope] | None:
    if identities is None:
        return None
    return [NamedScope(id=each, name=names.get(each)) for each in sorted(identities)]


async def change_password(request: Request, parts: TheParts, caller: Caller, address: Address) -> Response:
    """Change the own password. Tokens in hand and other sessions end."""
    body = bodies.parse(OwnPasswordBody, await read_json(request))
    try:
        user_id = UUID(caller.id)
    except ValueError:
        raise NotAUser() from None
    try:
        await parts.authentication.change_own_password(
            caller.tenant_id,
            user_id,
            body.current_password,
            body.new_password,
            address,
            session=caller.session,
        )
    except PasswordUnfit as error:
        raise unfit(error, "/new_password") from error
    parts.wake()
    return answer(204).response()
