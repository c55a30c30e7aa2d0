"""Rights that were taken are gone at another service too, within moments, over the real Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from backbone.migrate import Database
from tests.support.identity_client import PASSWORD, Caller, Tenant, is_refused, operator, role_of, signed_in
from tests.support.identity_service import running_identity
from tests.support.infrastructure import Servers
from tests.support.service_process import ServiceProcess, running_service


@pytest.fixture(scope="module")
def service(servers: Servers) -> Iterator[ServiceProcess]:
    with running_identity(servers, servers.database("identity")) as running:
        yield running


@contextmanager
def running_reference(
    servers: Servers, database: Database, identity: ServiceProcess
) -> Iterator[ServiceProcess]:
    """Any other service: it takes tokens, and knows nothing of identity but its keys and events."""
    settings = {"JWKS_URL": f"{identity.url}/.well-known/jwks.json"}
    with running_service("reference", database, servers, settings) as running:
        yield running


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("reference")


@pytest.fixture(scope="module")
def reference(servers: Servers, database: Database, service: ServiceProcess) -> Iterator[ServiceProcess]:
    with running_reference(servers, database, service) as running:
        yield running


def answers(caller: Caller, at: ServiceProcess) -> int:
    return Caller(at, caller.token).get("/v1/companies").status_code


def a_clerk(service: ServiceProcess, tenant: Tenant, role: str) -> tuple[Caller, str, dict[str, Any]]:
    content: dict[str, Any] = {"login": "clerk", "name": "示例", "assignments": [{"role_id": role}]}
    made = tenant.admin.made("/v1/users", content | {"password": PASSWORD})
    return signed_in(service, tenant.slug, "clerk"), f"/v1/users/{made['id']}", content


def test_who_is_suspended_is_refused_everywhere_and_after_a_restart(
    servers: Servers, database: Database, service: ServiceProcess, reference: ServiceProcess, tenant: Tenant
) -> None:
    role = role_of(tenant, "document.read")
    clerk, path, content = a_clerk(service, tenant, role)
    made = tenant.admin.made("/v1/api-clients", {"name": "ERP", "assignments": [{"role_id": role}]})
    erp = Caller(service)
    erp.token = erp.client_token(made["client_id"], made["secret"]).json()["access_token"]
    for caller in (clerk, erp, tenant.admin):
        assert answers(caller, reference) == 200
    assert tenant.admin.put(path, content | {"status": "suspended"}, 1).status_code == 200
    assert is_refused(clerk, reference)
    assert is_refused(clerk, service, "/v1/me")
    assert answers(erp, reference) == 200
    suspended = {"name": "ERP", "status": "suspended", "assignments": [{"role_id": role}]}
    assert tenant.admin.put(f"/v1/api-clients/{made['id']}", suspended, 1).status_code == 200
    assert is_refused(erp, reference)
    with running_reference(servers, database, service) as another:
        assert answers(clerk, another) == 401
        assert answers(tenant.admin, another) == 200
    changed = {"name": "示例单位", "status": "suspended"}
    assert operator(service).put(f"/v1/tenants/{tenant.id}", changed, 1).status_code == 200
    assert is_refused(tenant.admin, reference)


def test_a_right_that_is_taken_ends_the_token_and_the_next_one_lacks_it(
    service: ServiceProcess, reference: ServiceProcess, tenant: Tenant
) -> None:
    role = role_of(tenant, "document.read", "document.write")
    clerk, path, content = a_clerk(service, tenant, role)
    kept = tenant.admin.get(f"/v1/roles/{role}").json()
    # More rights and a new name take nothing away.
    more = {"name": kept["name"], "permissions": [*kept["permissions"], "document.print"]}
    assert tenant.admin.put(f"/v1/roles/{role}", more, 1).status_code == 200
    assert tenant.admin.put(path, content | {"name": "示例二"}, 1).status_code == 200
    fewer = {"name": kept["name"], "permissions": ["document.read"]}
    before = signed_in(service, tenant.slug, "clerk")
    assert tenant.admin.put(f"/v1/roles/{role}", fewer, 2).status_code == 200
    assert is_refused(before, reference)
    assert is_refused(clerk, reference)
    after = signed_in(service, tenant.slug, "clerk")
    assert answers(after, reference) == 200
    assert tenant.admin.put(path, {"login": "clerk", "name": "示例"}, 2).status_code == 200
    assert is_refused(after, reference)


def test_logging_out_ends_the_token_and_no_other(
    service: ServiceProcess, reference: ServiceProcess, tenant: Tenant
) -> None:
    clerk, _, _ = a_clerk(service, tenant, role_of(tenant, "document.read"))
    elsewhere = signed_in(service, tenant.slug, "clerk")
    assert clerk.send("DELETE", "/v1/session").status_code == 204
    assert is_refused(clerk, reference)
    assert answers(elsewhere, reference) == 200
    content = {"current_password": PASSWORD, "new_password": "a new long sentence"}
    assert elsewhere.send("PUT", "/v1/me/password", json=content).status_code == 204
    assert is_refused(elsewhere, reference)
    assert answers(signed_in(service, tenant.slug, "clerk", "a new long sentence"), reference) == 200
