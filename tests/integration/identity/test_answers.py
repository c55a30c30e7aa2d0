"""Every operation of identity, walked once with a good answer: each is as OpenAPI says, and none is left out."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from backbone.migrate import Database
from simulators.card.issuing import Person, issue
from tests.support.identity_client import (
    PASSWORD,
    Caller,
    Tenant,
    enterprise,
    is_refused,
    new_tenant,
    operator,
)
from tests.support.identity_service import running_identity
from tests.support.infrastructure import Servers
from tests.support.service_process import ServiceProcess
from tests.support.site_agents import SITE_STATE, enrolled

NEW_PASSWORD = "another horse, another battery"


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("identity")


@pytest.fixture(scope="module")
def service(servers: Servers, database: Database) -> Iterator[ServiceProcess]:
    with running_identity(servers, database) as running:
        yield running


class Walk:
    """Requests of one caller that are all answered well."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def send(self, method: str, path: str, content: object = None, **headers: str) -> Any:
        given = {"idempotency-key": secrets.token_hex(8), **headers}
        answer = self.caller.send(method, path, json=content, headers=given)
        assert answer.status_code < 400, f"{method} {path}: {answer.text}"
        return answer

    def everything(self, path: str, new: dict[str, Any], changed: dict[str, Any]) -> str:
        """Make, list, read and change one thing of a directory; its path."""
        made = self.send("POST", path, new)
        one = f"{path}/{made.json()['id']}"
        self.send("GET", path + "?limit=1")
        self.send("PUT", one, changed, **{"if-match": made.headers["etag"]})
        self.send("GET", one)
        return one

    def seen(self, path: str) -> dict[str, str]:
        return {"if-match": self.send("GET", path).headers["etag"]}


def test_every_operation_answers_as_described(service: ServiceProcess) -> None:
    tenant = new_tenant(service)
    _of_the_operator(service)
    _directory(tenant)
    _site_agent(service, tenant)
    _login_by_card(tenant)
    _oneself(tenant)
    _sessions(service, tenant)
    assert service.witness.unheard("identity") == []


def _of_the_operator(service: ServiceProcess) -> None:
    walk = Walk(operator(service))
    admin = {"login": "admin", "name": "示例管理员", "password": PASSWORD}
    new = {"slug": f"t-{secrets.token_hex(6)}", "name": "示例单位", "admin": admin}
    walk.everything("/v1/tenants", new, {"name": "示例单位二"})
    walk.send("POST", "/v1/keys/rotations", {})
    walk.send("GET", "/.well-known/jwks.json")
    walk.send("GET", "/.well-known/openid-configuration")


def _directory(tenant: Tenant) -> None:
    walk = Walk(tenant.admin)
    firm = enterprise()
    one = walk.everything("/v1/enterprises", firm, {**firm, "name": "示例保税仓储有限公司"})
    team = walk.everything("/v1/teams", {"name": "夜班"}, {"name": "白班"})
    client = walk.everything("/v1/clients", {"name": "示例货主"}, {"name": "示例货主二"})
    role = walk.everything(
        "/v1/roles",
        {"name": "录入", "permissions": ["document.read"]},
        {"name": "录入", "permissions": ["document.read", "document.write"]},
    )
    within = {"enterprises": [one], "teams": [team], "clients": [client]}
    ids = {name: [path.rpartition("/")[2] for path in paths] for name, paths in within.items()}
    assigned = [{"role_id": role.rpartition("/")[2], **ids}]
    user = {"login": "clerk", "name": "示例录入员", "assignments": assigned}
    one = walk.everything("/v1/users", {**user, "password": PASSWORD}, user)
    walk.send("PUT", f"{one}/password", {"password": NEW_PASSWORD}, **walk.seen(one))
    _limited(tenant)
    program = {"name": "示例ERP", "assignments": assigned}
    made = walk.send("POST", "/v1/api-clients", program).json()
    one = f"/v1/api-clients/{made['id']}"
    walk.send("GET", "/v1/api-clients")
    granted = tenant.admin.client_token(made["client_id"], made["secret"])
    assert granted.status_code == 200, granted.text
    walk.send("POST", f"{one}/secrets", {})
    walk.send("PUT", one, program, **walk.seen(one))
    spare = walk.send("POST", "/v1/roles", {"name": "闲置", "permissions": []})
    one = f"/v1/roles/{spare.json()['id']}"
    walk.send("DELETE", one, **{"if-match": spare.headers["etag"]})


def _login_by_card(tenant: Tenant) -> None:
    walk = Walk(tenant.admin)
    me = walk.send("GET", "/v1/me").json()["id"]
    certificate = base64.b64encode(issue(Person()).certificate).decode()
    walk.send("PUT", f"/v1/users/{me}/card", {"certificate": certificate})
    walk.send("GET", f"/v1/users/{me}/card")
    spare = walk.send(
        "POST", "/v1/users", {"login": "spare", "name": "示例", "password": PASSWORD, "assignments": []}
    )
    one = f"/v1/users/{spare.json()['id']}/card"
    walk.send("PUT", one, {"certificate": certificate})
    walk.send("DELETE", one)
    walk.send("PUT", "/v1/tokens/rule", {"login_by": "either"})
    walk.send("GET", "/v1/tokens/rule")
    walk.send("POST", "/v1/tokens/card-challenges", {"tenant": tenant.slug, "login": "admin"})


def _limited(tenant: Tenant) -> None:
    """A person whose grants are for some firms only is told their names."""
    clerk = Caller(tenant.admin.service)
    clerk.token = clerk.login(tenant.slug, "clerk", NEW_PASSWORD).json()["access_token"]
    (grant,) = Walk(clerk).send("GET", "/v1/me").json()["grants"]
    assert [grant["enterprises"][0]["name"], grant["teams"][0]["name"]] == ["示例保税仓储有限公司", "白班"]


def _site_agent(service: ServiceProcess, tenant: Tenant) -> None:
    walk = Walk(tenant.admin)
    served = [tenant.admin.made("/v1/enterprises", enterprise())["id"]]
    named = {"name": "港区办公室", "enterprises": served}
    made = walk.send("POST", "/v1/site-agents", named)
    one = f"/v1/site-agents/{made.json()['id']}"
    agent = enrolled(service, made.json()["code"])
    walk_of_agent = Walk(agent)
    walk_of_agent.send("PUT", "/v1/site-agents/self/state", SITE_STATE)
    walk.send("GET", "/v1/site-agents?limit=1")
    walk.send("PUT", one, {**named, "name": "港区一号"}, **walk.seen(one))
    walk.send("POST", f"{one}/codes", {})
    walk.send("POST", f"{one}/revocation", **walk.seen(one))
    assert walk.send("GET", one).json()["status"] == "revoked"


def _oneself(tenant: Tenant) -> None:
    walk = Walk(tenant.admin)
    walk.send("GET", "/v1/me")
    walk.send("PUT", "/v1/preferences/columns", {"wide": [1, "2", None]})
    walk.send("GET", "/v1/preferences")
    walk.send("GET", "/v1/preferences/columns")
    walk.send("DELETE", "/v1/preferences/columns")
    passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    walk.send("PUT", "/v1/me/password", passwords)


def _sessions(service: ServiceProcess, tenant: Tenant) -> None:
    page = {"x-bondgate-page": "1", "user-agent": "Mozilla/5.0"}

    def opened() -> Walk:
        """The caller the edge makes of a browser that has logged in."""
        caller = Caller(service)
        content = {"tenant": tenant.slug, "login": "admin", "password": NEW_PASSWORD}
        answer = Walk(caller).send("POST", "/v1/session", content, **page)
        cookie = answer.headers["set-cookie"].split(";")[0]
        gate = caller.send("GET", "/gate", headers={**page, "cookie": cookie})
        caller.token = gate.headers["authorization"].removeprefix("Bearer ")
        return Walk(caller)

    one, other = opened(), opened()
    one.send("GET", "/v1/session")
    held = one.send("GET", "/v1/sessions").json()["items"]
    assert len(held) == 2
    (elsewhere,) = (each["id"] for each in held if not each["current"])
    one.send("DELETE", f"/v1/sessions/{elsewhere}")
    assert is_refused(other.caller, service, "/v1/me")
    one.send("DELETE", "/v1/session")
