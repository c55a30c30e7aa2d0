"""Logging in for real: people, programs, lockout, and what must never be written down."""

from __future__ import annotations

import asyncio
import hashlib
import math
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.identity_client import (
    OPERATOR_SECRET,
    PASSWORD,
    Caller,
    Tenant,
    enterprise,
    new_tenant,
    operator,
    role_of,
    signed_in,
)
from tests.support.identity_service import running_identity
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.service_process import ServiceProcess


def run(database: Database, sql: str) -> list[postgres.Record]:
    async def go() -> list[postgres.Record]:
        connection = await postgres.connect(database.worker_dsn, name="test")
        try:
            return await connection.fetch(sql)
        finally:
            await connection.close()

    return asyncio.run(go())


def add_user(tenant: Tenant, login: str, password: str = PASSWORD) -> str:
    made = tenant.admin.made("/v1/users", {"login": login, "name": "示例", "password": password})
    found: str = made["id"]
    return found


def test_a_login_answers_a_token_and_is_not_cached(service: ServiceProcess, tenant: Tenant) -> None:
    answer = Caller(service).login(tenant.slug.upper(), " Admin ")
    content = answer.json()
    assert (content["token_type"], content["expires_in"], content["tenant_id"]) == ("Bearer", 900, tenant.id)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("which", ["tenant", "login", "password", "nul"])
def test_what_was_wrong_is_not_told(service: ServiceProcess, tenant: Tenant, which: str) -> None:
    given = {"tenant": tenant.slug, "login": "admin", "password": PASSWORD}
    given |= {"login": "ad\0min"} if which == "nul" else {which: "something else"}
    answer = Caller(service).send("POST", "/v1/tokens", json=given)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    expected = Caller(service).login(tenant.slug, "no-such-login").json()
    assert answer.json() | {"request_id": None} == expected | {"request_id": None}


def test_the_sixth_try_must_wait_even_with_the_right_password(
    service: ServiceProcess, database: Database, tenant: Tenant
) -> None:
    add_user(tenant, "clerk")
    guesser = Caller(service)
    assert [guesser.login(tenant.slug, "clerk", f"guess number {n}").status_code for n in range(5)] == [
        401
    ] * 5
    blocked = guesser.login(tenant.slug, "clerk")
    assert (blocked.status_code, blocked.json()["code"]) == (429, "too_many_attempts")
    assert 1 <= int(blocked.headers["retry-after"]) <= 2
    # Who guesses locks nobody out: neither the clerk at another address, nor others at this one.
    assert Caller(service).login(tenant.slug, "clerk").status_code == 200
    assert guesser.login(tenant.slug, "admin").status_code == 200
    run(database, "UPDATE login_attempts SET blocked_until = now() WHERE blocked_until IS NOT NULL")
    assert guesser.login(tenant.slug, "clerk").status_code == 200
    # The success has cleared the count.
    assert guesser.login(tenant.slug, "clerk", "wrong once more").status_code == 401
    assert guesser.login(tenant.slug, "clerk").status_code == 200


def test_a_crowd_of_guesses_at_once_gains_nothing(service: ServiceProcess, tenant: Tenant) -> None:
    add_user(tenant, "clerk")
    guesser = Caller(service)

    def guess(number: int) -> int:
        return guesser.login(tenant.slug, "clerk", f"guess number {number}").status_code

    began = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(guess, range(20)))
    # A guess that comes so late that the waits of 2, 4, 8 … seconds are over is a lawful one.
    waited_out = int(math.log2((time.monotonic() - began) / 2 + 1))
    assert set(results) == {401, 429}
    assert 5 <= results.count(401) <= 5 + waited_out


def failures_of(database: Database, *, of: Caller) -> int:
    """The count of the caller's address alone."""
    key = bytes(16) + hashlib.sha256(f"address\0{of.address}".encode()).digest()[:16]
    (row,) = run(database, f"SELECT failures FROM login_attempts WHERE key = '\\x{key.hex()}'")
    found: int = row["failures"]
    return found


def test_an_address_that_tries_many_logins_is_slowed_and_locks_nobody_out(
    service: ServiceProcess, database: Database, tenant: Tenant
) -> None:
    sprayer = Caller(service)

    def spray(number: int) -> int:
        return sprayer.login(tenant.slug, f"user{number}", "spring 2026 spring").status_code

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(spray, range(70)))
    assert results == [401] * 70
    assert failures_of(database, of=sprayer) == 70
    # Many more at once than an address may have in hand: the rest is told to come back in a moment.
    with ThreadPoolExecutor(24) as pool:
        results = list(pool.map(spray, range(70, 94)))
    assert set(results) == {401, 429}
    # A colleague behind the same address, with the right password, at the first try.
    assert sprayer.login(tenant.slug, "admin").status_code == 200


def test_a_right_secret_passes_whatever_was_tried_from_its_address(
    service: ServiceProcess, tenant: Tenant
) -> None:
    made = tenant.admin.made("/v1/api-clients", {"name": "ERP"})
    broken = Caller(service)
    results = [broken.client_token(made["client_id"], f"wrong {n}").status_code for n in range(61)]
    assert results == [401] * 60 + [429]
    assert broken.client_token(made["client_id"], made["secret"]).status_code == 200
    assert broken.client_token("platform-operator", OPERATOR_SECRET).status_code == 200
    assert broken.client_token(made["client_id"], "wrong again").status_code == 429
    # People are counted apart from programs.
    assert broken.login(tenant.slug, "admin").status_code == 200


def test_a_reset_by_the_administrator_opens_a_locked_login(service: ServiceProcess, tenant: Tenant) -> None:
    user = add_user(tenant, "clerk")
    clerk = Caller(service)
    for number in range(5):
        clerk.login(tenant.slug, "clerk", f"guess number {number}")
    assert clerk.login(tenant.slug, "clerk").status_code == 429
    path = f"/v1/users/{user}/password"
    assert tenant.admin.put(path, {"password": "clerk-has-forgotten"}, 1).json()["code"] == "invalid_request"
    assert tenant.admin.put(path, {"password": "a new long sentence"}, 1).status_code == 204
    assert tenant.admin.put(path, {"password": "another long sentence"}, 1).status_code == 412
    assert clerk.login(tenant.slug, "clerk").status_code == 401
    assert clerk.login(tenant.slug, "clerk", "a new long sentence").status_code == 200


def test_the_own_password(service: ServiceProcess, tenant: Tenant) -> None:
    add_user(tenant, "clerk")
    clerk = signed_in(service, tenant.slug, "clerk")

    def change(current: str, new: str) -> int:
        content = {"current_password": current, "new_password": new}
        return clerk.send("PUT", "/v1/me/password", json=content).status_code

    assert change("not the current one", "a new long sentence") == 401
    assert change(PASSWORD, "short") == 422
    assert change(PASSWORD, "a new long sentence") == 204
    assert Caller(service).login(tenant.slug, "clerk").status_code == 401
    # The tokens that the old password gave are over.
    clerk = signed_in(service, tenant.slug, "clerk", "a new long sentence")
    # Somebody with a stolen token does not get to guess without end.
    assert 429 in [change(f"guess number {n}", "x") for n in range(12)]


def test_suspension_is_told_only_to_who_knows_the_password(service: ServiceProcess, tenant: Tenant) -> None:
    user = add_user(tenant, "clerk")
    content = {"login": "clerk", "name": "示例", "status": "suspended"}
    assert tenant.admin.put(f"/v1/users/{user}", content, 1).status_code == 200
    assert Caller(service).login(tenant.slug, "clerk", "not the password").status_code == 401
    assert Caller(service).login(tenant.slug, "clerk").json()["code"] == "account_suspended"
    runs_it = operator(service)
    changed = runs_it.put(f"/v1/tenants/{tenant.id}", {"name": "示例单位", "status": "suspended"}, 1)
    assert changed.json()["status"] == "suspended"
    assert Caller(service).login(tenant.slug, "admin").json()["code"] == "account_suspended"


def test_a_client_secret_is_shown_once_and_changes_with_an_overlap(
    service: ServiceProcess, database: Database, tenant: Tenant
) -> None:
    content = {"name": "ERP", "assignments": [{"role_id": role_of(tenant, "document.read", "message.read")}]}
    first = tenant.admin.post("/v1/api-clients", content, key="once")
    again = tenant.admin.post("/v1/api-clients", content, key="once")
    client_id, secret = first.json()["client_id"], first.json()["secret"]
    assert "secret" not in again.json()
    assert again.json()["client_id"] == client_id
    path = f"/v1/api-clients/{first.json()['id']}"
    assert "secret" not in tenant.admin.get(path).json()
    erp = Caller(service)
    assert erp.client_token(client_id, secret).json()["scope"] == "document.read message.read"
    newer = tenant.admin.made(f"{path}/secrets", {})["secret"]
    assert erp.client_token(client_id, secret).status_code == 200
    assert erp.client_token(client_id, newer).status_code == 200
    run(database, "UPDATE api_clients SET previous_until = now() WHERE previous_until IS NOT NULL")
    assert erp.client_token(client_id, secret).status_code == 401
    assert erp.client_token(client_id, newer).status_code == 200
    kept = str(run(database, "SELECT body FROM idempotency")) + str(
        run(database, "SELECT * FROM api_clients")
    )
    assert secret not in kept
    assert newer not in kept
    assert tenant.admin.put(path, {"name": "ERP", "status": "suspended"}, 2).status_code == 200
    assert erp.client_token(client_id, newer).json()["error"] == "invalid_client"


def test_the_token_endpoint_of_rfc_6749(service: ServiceProcess, tenant: Tenant) -> None:
    assignments = [{"role_id": role_of(tenant, "document.read", "document.write")}]
    made = tenant.admin.made("/v1/api-clients", {"name": "ERP", "assignments": assignments})
    client_id, secret = made["client_id"], made["secret"]
    path, erp = "/v1/oauth/token", Caller(service)
    grant = {"grant_type": "client_credentials"}
    in_form = grant | {"client_id": client_id, "client_secret": secret}
    fine = erp.send("POST", path, data=in_form)
    assert (fine.status_code, fine.headers["cache-control"]) == (200, "no-store")
    narrowed = erp.send("POST", path, data=in_form | {"scope": "document.read message.read"})
    assert narrowed.json()["scope"] == "document.read"
    form = "application/x-www-form-urlencoded"
    for error, status, options in (
        ("invalid_client", 401, {"data": grant, "auth": (client_id, "wrong")}),
        ("invalid_client", 401, {"data": grant, "auth": ("bg-nobody", secret)}),
        ("invalid_client", 401, {"data": grant}),
        ("invalid_request", 400, {"data": in_form, "auth": (client_id, secret)}),
        ("invalid_request", 400, {"data": {"x": "1"}, "auth": (client_id, secret)}),
        ("invalid_request", 400, {"json": in_form}),
        (
            "invalid_request",
            400,
            {"content": b"grant_type=a&grant_type=b", "headers": {"content-type": form}},
        ),
        ("invalid_request", 400, {"content": b"x=" + b"y" * 9000, "headers": {"content-type": form}}),
        ("invalid_request", 400, {"data": grant, "headers": {"authorization": "Basic ???"}}),
        ("unsupported_grant_type", 400, {"data": {"grant_type": "password"}, "auth": (client_id, secret)}),
        ("invalid_scope", 400, {"data": in_form | {"scope": "everything"}}),
    ):
        answer = erp.send("POST", path, **options)
        assert (answer.status_code, answer.json()["error"]) == (status, error), options
        assert ("www-authenticate" in answer.headers) == (status == 401)


def test_nothing_secret_is_logged_or_left_guessable(
    service: ServiceProcess, database: Database, tenant: Tenant
) -> None:
    password = f"a sentence of {secrets.token_hex(8)}"
    content = {"login": "clerk", "name": "示例", "password": password}
    answer = tenant.admin.post("/v1/users", content)
    body = answer.request.content
    clerk = signed_in(service, tenant.slug, "clerk", password)
    Caller(service).login(tenant.slug, "clerk", password + "x")
    log = service.output()
    assert "directory_created" in log
    for secret in (password, OPERATOR_SECRET, clerk.token, tenant.admin.token):
        assert secret is not None
        assert secret not in log
    digests = [row["body_sha256"] for row in run(database, "SELECT body_sha256 FROM idempotency")]
    assert hashlib.sha256(body).digest() not in digests
    keys = [row["key"] for row in run(database, "SELECT key FROM login_attempts")]
    assert all(len(key) == 32 for key in keys)


def test_another_operator_secret_takes_over_at_a_restart(servers: Servers) -> None:
    database = servers.database("identity")
    with running_identity(servers, database) as service:
        made = new_tenant(service)
    changed = secrets.token_urlsafe(24)
    with running_identity(servers, database, {"OPERATOR_SECRET": changed}) as service:
        assert Caller(service).client_token("platform-operator", OPERATOR_SECRET).status_code == 401
        assert made.id in operator(service, changed).get("/v1/tenants").text
        assert Caller(service).login(made.slug, "admin").status_code == 200


def test_an_external_issuer_by_configuration(servers: Servers, issuer: Issuer) -> None:
    realm = "https://login.example.com/realms/broker"
    settings = {
        "JWKS_URL": issuer.jwks_url,
        "TOKEN_ISSUER": realm,
        "TOKEN_AUDIENCE": "bondgate-api",
        "PASSWORD_LOGIN": "false",
    }
    with running_identity(servers, servers.database("identity"), settings) as service:
        platform = "00000000-0000-0000-0000-000000000000"
        theirs: dict[str, Any] = {"iss": realm, "aud": ["account", "bondgate-api"]}
        runs_it = Caller(service)
        grants: list[dict[str, object]] = [{"permissions": ["platform.operate"]}]
        runs_it.token = issuer.token(UUID(platform), grants=grants, **theirs)
        admin = {"login": "admin", "name": "示例", "password": PASSWORD}
        made = runs_it.made("/v1/tenants", {"slug": "broker", "name": "示例单位", "admin": admin})
        manager = Caller(service, issuer.token(UUID(made["id"]), subject="24828", **theirs))
        assert manager.made("/v1/enterprises", enterprise())["version"] == 1
        assert manager.get("/v1/me").json()["tenant"]["slug"] == "broker"
        assert Caller(service).login("broker", "admin").json()["code"] == "login_elsewhere"
        assert Caller(service).client_token("platform-operator", OPERATOR_SECRET).status_code == 400
        own_password = {"current_password": "x", "new_password": "y"}
        assert manager.send("PUT", "/v1/me/password", json=own_password).json()["code"] == "not_a_user"
        assert Caller(service, issuer.token(UUID(made["id"]))).get("/v1/me").status_code == 401
