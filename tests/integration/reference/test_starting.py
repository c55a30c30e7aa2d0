"""A service that is started before anything it stands on: it lives, is not ready, and waits."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable

import httpx

from backbone import migrate
from backbone.migrate import Passwords
from tests.support.infrastructure import TREE, Servers
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS as PATIENCE
from tests.support.service_process import ServiceProcess, running_service


def status(service: ServiceProcess, path: str) -> int:
    try:
        return httpx.get(f"{service.url}{path}", trust_env=False).status_code
    except httpx.TransportError:
        return 0


def until(service: ServiceProcess, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert service.process.poll() is None, service.output()
        assert time.monotonic() < deadline, service.output()
        time.sleep(0.05)


def test_a_service_waits_for_its_role_its_database_and_its_schema(servers: Servers, issuer: Issuer) -> None:
    name = f"t{secrets.token_hex(4)}"
    passwords = Passwords(*(secrets.token_hex(8) for _ in range(3)))
    database = migrate.describe(servers.admin_dsn, name, passwords)
    with running_service(
        "reference", database, servers, {"JWKS_URL": issuer.jwks_url}, waits=False
    ) as service:
        until(service, lambda: "database_unreachable" in service.output())
        assert status(service, "/healthz") == 200
        assert status(service, "/readyz") == 503
        assert status(service, "/v1/authorisations") == 503
        asyncio.run(migrate.provision(servers.admin_dsn, name, passwords))
        until(service, lambda: "schema_behind" in service.output())
        assert status(service, "/healthz") == 200
        assert status(service, "/readyz") == 503
        asyncio.run(migrate.migrate(database.owner_dsn))
        assert status(service, "/readyz") == 503, "tables of its own are missing still"
        asyncio.run(migrate.migrate(database.owner_dsn, TREE / "services/reference/migrations"))
        until(service, lambda: status(service, "/readyz") == 200)
        assert status(service, "/v1/authorisations") == 401


def test_a_service_that_waits_ends_when_it_is_told_to(servers: Servers, issuer: Issuer) -> None:
    name = f"t{secrets.token_hex(4)}"
    database = migrate.describe(servers.admin_dsn, name, Passwords("a", "b", "c"))
    with running_service(
        "reference", database, servers, {"JWKS_URL": issuer.jwks_url}, waits=False
    ) as service:
        until(service, lambda: "database_unreachable" in service.output())
        service.process.terminate()
        assert service.process.wait(PATIENCE) == 0
