"""Agents at sites: a code enrols once, a key and nothing else gets tokens, and what was revoked gets none."""

from __future__ import annotations

from typing import Any

import pytest

from agent import key as keys
from tests.support.identity_client import Tenant, claims, enterprise, is_refused, new_tenant, signed_in
from tests.support.service_process import ServiceProcess
from tests.support.site_agents import SITE_STATE, enrol, enrolled, token_of


@pytest.fixture
def firm(tenant: Tenant) -> str:
    made: str = tenant.admin.made("/v1/enterprises", enterprise())["id"]
    return made


def named(tenant: Tenant, firm: str, name: str = "港区办公室") -> dict[str, Any]:
    return tenant.admin.made("/v1/site-agents", {"name": name, "enterprises": [firm]})


def test_a_code_enrols_one_key_once(service: ServiceProcess, tenant: Tenant, firm: str) -> None:
    agent, mine, others = named(tenant, firm), keys.make(), keys.make()
    first = enrol(service, agent["code"].lower(), mine)
    assert first.status_code == 201, first.text
    # The answer was lost on the way: the same key asks again.
    assert enrol(service, agent["code"], mine).json() == first.json()
    refused = enrol(service, agent["code"], others)
    assert (refused.status_code, refused.json()["code"]) == (403, "enrolment_refused")
    granted = token_of(service, mine, agent["id"]).json()
    assert claims(granted["access_token"])["grants"] == [
        {"permissions": ["site.serve"], "enterprises": [firm]}
    ]
    for key, who, audience in (
        (others, agent["id"], "bondgate"),
        (mine, tenant.id, "bondgate"),
        (mine, agent["id"], "another-platform"),
    ):
        assert token_of(service, key, who, audience).status_code == 401


def test_a_code_is_shown_once_and_kept_as_a_hash(service: ServiceProcess, tenant: Tenant, firm: str) -> None:
    content = {"name": "一号", "enterprises": [firm]}
    first = tenant.admin.post("/v1/site-agents", content, key="once")
    again = tenant.admin.post("/v1/site-agents", content, key="once")
    assert first.json()["code"]
    assert again.json().get("code") is None
    assert tenant.admin.get(f"/v1/site-agents/{first.json()['id']}").json().get("code") is None
    assert first.json()["code"] not in service.output()


def test_who_is_revoked_gets_nothing(service: ServiceProcess, tenant: Tenant, firm: str) -> None:
    made, key = named(tenant, firm), keys.make()
    agent = enrolled(service, made["code"], key)
    path = f"/v1/site-agents/{made['id']}"
    assert agent.send("PUT", "/v1/site-agents/self/state", json=SITE_STATE).status_code == 200
    spare = tenant.admin.post(f"{path}/codes", {}).json()["code"]
    seen = {"if-match": tenant.admin.get(path).headers["etag"]}
    assert tenant.admin.send("POST", f"{path}/revocation", headers=seen).status_code == 200
    assert is_refused(agent, service, "/v1/me")
    assert token_of(service, key, made["id"]).status_code == 401
    assert enrol(service, spare, keys.make()).status_code == 403
    seen = {"if-match": tenant.admin.get(path).headers["etag"]}
    assert tenant.admin.send("POST", f"{path}/revocation", headers=seen).json()["code"] == "agent_revoked"
    # Its name is free for the next one.
    named(tenant, firm)


def test_a_new_key_ends_what_the_old_one_got(service: ServiceProcess, tenant: Tenant, firm: str) -> None:
    made, old = named(tenant, firm), keys.make()
    agent = enrolled(service, made["code"], old)
    code = tenant.admin.post(f"/v1/site-agents/{made['id']}/codes", {}).json()["code"]
    assert token_of(service, old, made["id"]).status_code == 200
    enrolled(service, code)
    assert is_refused(agent, service, "/v1/me")
    assert token_of(service, old, made["id"]).status_code == 401


def test_nobody_else_is_an_agent(service: ServiceProcess, tenant: Tenant, firm: str) -> None:
    role = tenant.admin.post("/v1/roles", {"name": "现场", "permissions": ["site.serve"]})
    assert [each["code"] for each in role.json()["errors"]] == ["not_one_of"]
    assert tenant.admin.send("PUT", "/v1/site-agents/self/state", json=SITE_STATE).status_code == 403
    stranger = new_tenant(service)
    made = named(tenant, firm)
    assert stranger.admin.get(f"/v1/site-agents/{made['id']}").status_code == 404
    other = stranger.admin.post("/v1/site-agents", {"name": "越界", "enterprises": [firm]})
    assert [each["code"] for each in other.json()["errors"]] == ["unknown_reference"]
    content = {"login": "clerk", "name": "示例", "password": "correct horse battery", "assignments": []}
    tenant.admin.made("/v1/users", content)
    assert signed_in(service, tenant.slug, "clerk").get("/v1/site-agents").status_code == 403
