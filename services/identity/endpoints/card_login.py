"""Login by card: challenges, whose card is whose, and the rule of a tenant."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from backbone import bodies, log, postgres
from backbone.auth import Caller
from backbone.http import answer, read_json
from backbone.operations import operation
from backbone.refusals import NotFound
from contracts.answers.identity import CardChallenge, LoginRule, UserCard
from contracts.permissions import TENANT_MANAGE
from services.identity import card_login, revoking
from services.identity.bodies import ChallengeBody, LoginRuleBody, UserCardBody
from services.identity.parts import TheParts
from services.identity.refusals import LoginElsewhere, NoCardOfOnesOwn
from services.identity.tables import USERS

_NO_STORE = {"cache_control": "no-store"}
_CARD_NEEDED = ("card", "both")


def routes() -> APIRouter:
    router = APIRouter()
    card = "/v1/users/{identity}/card"
    for path, endpoint, method, described in (
        (
            "/v1/tokens/card-challenges",
            challenge,
            "POST",
            operation("askCardChallenge", CardChallenge, body=ChallengeBody, refuses=[LoginElsewhere]),
        ),
        ("/v1/tokens/rule", read_rule, "GET", operation("readLoginRule", LoginRule)),
        (
            "/v1/tokens/rule",
            change_rule,
            "PUT",
            operation("changeLoginRule", LoginRule, body=LoginRuleBody, refuses=[NoCardOfOnesOwn]),
        ),
        (card, read_card, "GET", operation("readUserCard", UserCard)),
        (card, bind_card, "PUT", operation("bindUserCard", UserCard, body=UserCardBody)),
        (card, unbind_card, "DELETE", operation("unbindUserCard", None, status=204)),
    ):
        router.add_api_route(path, endpoint, methods=[method], **described)
    return router


async def challenge(request: Request, parts: TheParts) -> Response:
    """A text for the person's card to sign, good for minutes and once. Answered for any name, so that none is given away."""
    if not parts.settings.password_login:
        raise LoginElsewhere()
    body = bodies.parse(ChallengeBody, await read_json(request))
    made = card_login.challenge_of(parts.sealer, body.tenant.strip().lower(), body.login.strip().lower())
    return answer(200, {"challenge": made.text, "ends_at": made.ends_at}, **_NO_STORE).response()


async def read_rule(parts: TheParts, caller: Caller) -> Response:
    """How persons of the tenant log in."""
    async with postgres.transaction(parts.worker_pool) as connection:
        login_by = await connection.fetchval(
            "SELECT login_by FROM tenants WHERE tenant_id = $1", caller.tenant_id
        )
    return answer(200, {"login_by": login_by}).response()


async def change_rule(request: Request, parts: TheParts, caller: Caller) -> Response:
    """By password, card, either or both. Who asks for cards must have one bound. Needs tenant.manage."""
    caller.require(TENANT_MANAGE)
    body = bodies.parse(LoginRuleBody, await read_json(request))
    async with postgres.transaction(parts.worker_pool) as connection:
        if body.login_by in _CARD_NEEDED and not await connection.fetchval(
            "SELECT true FROM user_cards WHERE tenant_id = $1 AND user_id = $2 AND valid_until > now()",
            caller.tenant_id,
            UUID(caller.id),
        ):
            raise NoCardOfOnesOwn()
        await connection.execute(
            "UPDATE tenants SET login_by = $2, updated_at = now() WHERE tenant_id = $1",
            caller.tenant_id,
            body.login_by,
        )
    log.get().info("login_rule_changed", tenant_id=caller.tenant_id, subject=caller.id, reason=body.login_by)
    return answer(200, {"login_by": body.login_by}).response()


async def read_card(identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """The card by which a person logs in. Needs tenant.manage, or to be that person."""
    if str(identity) != caller.id:
        caller.require(TENANT_MANAGE)
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        row = await connection.fetchrow("SELECT * FROM user_cards WHERE user_id = $1", identity)
    if row is None:
        raise NotFound("该用户没有绑定登录卡")
    return answer(200, UserCard(**{name: row[name] for name in UserCard.model_fields})).response()


async def bind_card(request: Request, identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """Bind a person's card by its certificate, in place of one before. Needs tenant.manage."""
    caller.require(TENANT_MANAGE)
    body = bodies.parse(UserCardBody, await read_json(request))
    async with postgres.tenant_transaction(parts.pool, caller.tenant_id) as connection:
        await USERS.get(connection, identity)
        row = await card_login.bind(connection, caller.tenant_id, identity, body.der(), caller.name)
    log.get().info("user_card_bound", tenant_id=caller.tenant_id, subject=identity)
    return answer(200, UserCard(**{name: row[name] for name in UserCard.model_fields})).response()


async def unbind_card(identity: UUID, parts: TheParts, caller: Caller) -> Response:
    """The card logs nobody in any more, and sessions of its person end. Needs tenant.manage."""
    caller.require(TENANT_MANAGE)
    async with postgres.transaction(parts.worker_pool) as connection:
        status = await connection.execute(
            "DELETE FROM user_cards WHERE tenant_id = $1 AND user_id = $2", caller.tenant_id, identity
        )
        if status != "DELETE 0":
            await connection.execute("DELETE FROM sessions WHERE user_id = $1", identity)
            await revoking.revoke(connection, caller.tenant_id, "users", [identity], "rights_changed")
    if status == "DELETE 0":
        raise NotFound("该用户没有绑定登录卡")
    parts.wake()
    return answer(204).response()
