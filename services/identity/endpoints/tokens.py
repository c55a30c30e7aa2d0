"""Tokens for people and programs, and what their readers need: public keys and discovery."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request, Response

from backbone import bodies
from backbone.auth import Caller
from backbone.http import answer, read_json
from backbone.operations import Operation, operation
from contracts.answers.identity import ClientToken, Discovery, GrantRefused, KeyRotation, KeySet, Token
from contracts.permissions import PERMISSIONS, UNASSIGNABLE
from services.identity import site_agents
from services.identity.authentication import narrowed
from services.identity.bodies import LoginBody, RotationBody
from services.identity.endpoints.schemas import form_body
from services.identity.keyring import ALGORITHM
from services.identity.parts import Address, Parts, TheParts
from services.identity.refusals import (
    AccountSuspended,
    InvalidCredentials,
    LoginElsewhere,
    OtherLoginRequired,
    TooManyAttempts,
)
from services.identity.tenancy import require_operator

_NO_STORE = {"cache_control": "no-store", "pragma": "no-cache"}
_JWKS_SECONDS = 10
_PARAMETERS = (
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "client_assertion_type",
    "client_assertion",
)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MAX_FORM = 8_192


class OAuthError(Exception):
    """RFC 6749 §5.2; the text is for developers and ASCII, as the standard asks."""

    def __init__(self, error: str, text: str, status: int = 400, **headers: str) -> None:
        super().__init__(text)
        self.response = answer(
            status, {"error": error, "error_description": text}, **_NO_STORE, **headers
        ).response()


def routes() -> APIRouter:
    router = APIRouter()
    router.add_api_route(
        "/v1/tokens",
        login,
        methods=["POST"],
        **operation(
            "logIn",
            Token,
            body=LoginBody,
            refuses=[
                InvalidCredentials,
                AccountSuspended,
                TooManyAttempts,
                OtherLoginRequired,
                LoginElsewhere,
            ],
        ),
    )
    router.add_api_route("/v1/oauth/token", client_credentials, methods=["POST"], **_granting())
    discovered = (
        ("/.well-known/jwks.json", jwks, operation("readKeySet", KeySet)),
        ("/.well-known/openid-configuration", discovery, operation("readDiscovery", Discovery)),
    )
    for path, endpoint, described in discovered:
        router.add_api_route(path, endpoint, methods=["GET"], **described)
    rotated = operation("rotateKeys", KeyRotation, status=201, body=RotationBody)
    router.add_api_route("/v1/keys/rotations", rotate, methods=["POST"], **rotated)
    return router


def _granting() -> Operation:
    """The body is a form and refusals are those of RFC 6749, not ours."""
    described = operation("grantClientToken", ClientToken)
    properties = {name: {"type": "string"} for name in _PARAMETERS}
    described["openapi_extra"] |= form_body(properties, ["grant_type"])
    for status in (400, 401, 429):
        described["responses"][status] = {"description": "As RFC 6749 §5.2 says", "model": GrantRefused}
    return described


async def login(request: Request, parts: TheParts, address: Address) -> Response:
    """A token for a person, by tenant, login, and password, card or both, as the tenant's rule asks."""
    if not parts.settings.password_login:
        raise LoginElsewhere()
    body = bodies.parse(LoginBody, await read_json(request))
    holder = await parts.authentication.by_person(body, address)
    content = {
        "access_token": parts.issuer.issue(holder),
        "token_type": "Bearer",
        "expires_in": parts.issuer.seconds,
        "name": holder.name,
        "tenant_id": holder.tenant_id,
    }
    return answer(200, content, **_NO_STORE).response()


async def client_credentials(request: Request, parts: TheParts, address: Address) -> Response:
    """A token for a program, by client id and secret (RFC 6749 §4.4, Basic or form), or for a site's agent, by its key (RFC 7523)."""
    try:
        return await _client_credentials(request, parts, address)
    except OAuthError as error:
        return error.response


async def _client_credentials(request: Request, parts: Parts, address: str) -> Response:
    if not parts.settings.password_login:
        raise OAuthError("invalid_request", "tokens are given by an external issuer")
    form = await _form(request)
    if form.get("grant_type") != "client_credentials":
        code = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        raise OAuthError(code, "grant_type must be client_credentials")
    proof = _proof(request, form)
    wanted = frozenset(form.get("scope", "").split())
    if wanted - PERMISSIONS.keys():
        raise OAuthError("invalid_scope", "scope names permissions, separated by spaces")
    try:
        if isinstance(proof, str):
            holder = await site_agents.by_statement(parts, proof, address)
        else:
            holder = await parts.authentication.by_secret(*proof, address)
    except (InvalidCredentials, AccountSuspended):
        realm = 'Basic realm="bondgate"'
        raise OAuthError(
            "invalid_client", "unknown client or wrong secret", 401, www_authenticate=realm
        ) from None
    except TooManyAttempts as refusal:
        wait = refusal.headers["retry-after"]
        raise OAuthError("temporarily_unavailable", "too many failures", 429, retry_after=wait) from None
    if wanted:
        holder = narrowed(holder, wanted)
    content = {
        "access_token": parts.issuer.issue(holder),
        "token_type": "Bearer",
        "expires_in": parts.issuer.seconds,
        "scope": " ".join(sorted({name for grant in holder.grants for name in grant.permissions})),
    }
    return answer(200, content, **_NO_STORE).response()


async def _form(request: Request) -> dict[str, str]:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "the body must be application/x-www-form-urlencoded")
    body = await request.body()
    if len(body) > _MAX_FORM:
        raise OAuthError("invalid_request", "the body is too large")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise OAuthError("invalid_request", "the body is not a form") from None
    if len(dict(pairs)) != len(pairs):
        raise OAuthError("invalid_request", "a parameter is repeated")
    return dict(pairs)


def _proof(request: Request, form: dict[str, str]) -> str | tuple[str, str]:
    """A statement signed by the client's key (RFC 7523 §2.2), or client id and secret."""
    statement = form.get("client_assertion")
    if statement is None:
        return _client(request, form)
    if form.get("client_assertion_type") != _ASSERTION or "client_secret" in form:
        raise OAuthError("invalid_request", f"client_assertion_type must be {_ASSERTION}, without a secret")
    return statement


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    in_form = form.get("client_id"), form.get("client_secret")
    if scheme.lower() == "basic":
        if in_form[1] is not None:
            raise OAuthError("invalid_request", "give the secret in one place")
        try:
            client_id, colon, secret = base64.b64decode(text, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise OAuthError("invalid_request", "the Authorization header is not Basic") from None
        if not colon:
            raise OAuthError("invalid_request", "the Authorization header is not Basic")
        return unquote_plus(client_id), unquote_plus(secret)
    if in_form[0] is None or in_form[1] is None:
        realm = 'Basic realm="bondgate"'
        raise OAuthError("invalid_client", "client id and secret are missing", 401, www_authenticate=realm)
    return in_form[0], in_form[1]


async def jwks(parts: TheParts) -> Response:
    """Public keys of the tokens, RFC 7517."""
    return answer(200, parts.keyring.jwks(), cache_control=f"public, max-age={_JWKS_SECONDS}").response()


async def discovery(request: Request, parts: TheParts) -> Response:
    """OpenID Connect discovery, as far as there is something to discover."""
    public = (parts.settings.public_url or str(request.base_url)).rstrip("/")
    content = {
        "issuer": parts.issuer.name,
        "jwks_uri": f"{public}/.well-known/jwks.json",
        "token_endpoint": f"{public}/v1/oauth/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
        ],
        "scopes_supported": [name for name in PERMISSIONS if name not in UNASSIGNABLE],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
    }
    return answer(200, content).response()


async def rotate(request: Request, parts: TheParts, caller: Caller) -> Response:
    """Make a new signing key. It is published at once and signs a little later, so that no token is refused."""
    require_operator(caller)
    body = bodies.parse(RotationBody, await read_json(request))
    made = await parts.keeper.rotate(revoke_previous=body.revoke_previous)
    return answer(201, KeyRotation(key_id=made.key_id, signs_from=made.signs_from)).response()
