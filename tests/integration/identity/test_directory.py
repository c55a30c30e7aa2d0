"""The directory over HTTP: what a tenant's administrator keeps, and what nobody else gets at."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import UUID

import pytest

from backbone import cloudevents, kafka, postgres
from backbone.migrate import Database
from contracts.events import Event
from contracts.events.identity import ClientRegistered, EnterpriseRegistered, TeamRegistered
from tests.support.identity_client import (
    PASSWORD,
    Caller,
    Tenant,
    claims,
    enterprise,
    new_tenant,
    operator,
    role_of,
    signed_in,
)
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS as PATIENCE
from tests.support.service_process import ServiceProcess

E = TypeVar("E", bound=Event)


@pytest.fixture(scope="module")
def other(service: ServiceProcess) -> Tenant:
    return new_tenant(service)


def events_of(servers: Servers, key: str, count: int, sort: type[E]) -> list[E]:
    """The first `count` events of an enterprise, team or client as they stand on Kafka, and what follows within a second."""

    async def read() -> list[E]:
        topic = kafka.topic_of("identity").name
        consumer = await kafka.start_consumer(
            servers.bootstrap, group=f"test-{secrets.token_hex(4)}", names=[topic]
        )
        found: list[E] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    batch = await consumer.getmany(timeout_ms=1000)
                    for records in batch.values():
                        for record in records:
                            if record.key == key.encode():
                                event = cloudevents.decode(record).event
                                assert isinstance(event, sort)
                                found.append(event)
                    if not batch and len(found) >= count:
                        return found
        finally:
            await consumer.stop()

    return asyncio.run(read())


def test_every_write_of_an_enterprise_is_told_and_no_refused_one(servers: Servers, tenant: Tenant) -> None:
    content = enterprise()
    made = tenant.admin.made("/v1/enterprises", content)
    path = f"/v1/enterprises/{made['id']}"
    changed = tenant.admin.put(path, content | {"name": "示例改名有限公司"}, 1)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert tenant.admin.put(path, content, 1).json()["code"] == "stale_version"
    assert tenant.admin.send("PUT", path, json=content).status_code == 428
    assert tenant.admin.put(path, content | {"uscc": "x"}, 2).status_code == 422
    assert tenant.admin.put(path, content | {"status": "suspended"}, 2).status_code == 200
    told = events_of(servers, made["id"], 3, EnterpriseRegistered)
    assert [(e.version, e.name, e.status) for e in told] == [
        (1, content["name"], "active"),
        (2, "示例改名有限公司", "active"),
        (3, content["name"], "suspended"),
    ]
    assert told[0].tenant_id == UUID(tenant.id)
    assert told[0].route.mailbox == content["route"]["mailbox"]
    assert told[0].route.operator_customs_code == content["customs_code"]


def test_every_write_of_a_team_and_a_client_is_told(servers: Servers, tenant: Tenant) -> None:
    team = tenant.admin.made("/v1/teams", {"name": "进口一组"})
    assert tenant.admin.put(f"/v1/teams/{team['id']}", {"name": "一组", "status": "suspended"}, 1).is_success
    assert tenant.admin.put(f"/v1/teams/{team['id']}", {"name": "二组"}, 1).status_code == 412
    teams = events_of(servers, team["id"], 2, TeamRegistered)
    assert [(e.version, e.name, e.status) for e in teams] == [
        (1, "进口一组", "active"),
        (2, "一组", "suspended"),
    ]
    firm = {"name": "示例保税物流有限公司", "customs_code": "3105W60ABC"}
    client = tenant.admin.made("/v1/clients", {"name": firm["name"]})
    assert tenant.admin.put(f"/v1/clients/{client['id']}", firm, 1).is_success
    clients = events_of(servers, client["id"], 2, ClientRegistered)
    assert [(e.version, e.customs_code) for e in clients] == [(1, None), (2, "3105W60ABC")]
    assert teams[0].tenant_id == clients[0].tenant_id == UUID(tenant.id)


def test_a_repeated_key_makes_one_enterprise_and_another_body_is_refused(
    servers: Servers, tenant: Tenant
) -> None:
    content = enterprise()
    first = tenant.admin.post("/v1/enterprises", content, key="k1")
    again = tenant.admin.post("/v1/enterprises", content, key="k1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert first.headers["location"] == f"/v1/enterprises/{first.json()['id']}"
    assert (
        tenant.admin.post("/v1/enterprises", enterprise(), key="k1").json()["code"]
        == "idempotency_key_reused"
    )
    assert (
        tenant.admin.send("POST", "/v1/enterprises", json=content).json()["code"] == "idempotency_key_missing"
    )
    assert len(events_of(servers, first.json()["id"], 1, EnterpriseRegistered)) == 1


def test_a_mailbox_has_one_owner_on_the_platform_and_whose_is_not_told(tenant: Tenant, other: Tenant) -> None:
    theirs = enterprise(name="示例他方有限公司")
    owned = other.admin.made("/v1/enterprises", theirs)
    for mailbox in (theirs["route"]["mailbox"], theirs["route"]["mailbox"].upper()):
        mine = enterprise()
        refused = tenant.admin.post("/v1/enterprises", mine | {"route": mine["route"] | {"mailbox": mailbox}})
        assert (refused.status_code, refused.json()["code"]) == (409, "mailbox_taken")
        assert refused.json()["errors"][0]["pointer"] == "/route/mailbox"
        for secret in (owned["id"], other.id, other.slug, theirs["name"], theirs["customs_code"]):
            assert secret not in refused.text


def test_a_customs_code_is_unique_within_a_tenant_only(tenant: Tenant, other: Tenant) -> None:
    content = enterprise()
    tenant.admin.made("/v1/enterprises", content)
    twin = enterprise(customs_code=content["customs_code"])
    refused = tenant.admin.post("/v1/enterprises", twin)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/customs_code")
    other.admin.made("/v1/enterprises", twin)


def test_all_errors_at_once(tenant: Tenant) -> None:
    refused = tenant.admin.post(
        "/v1/enterprises", {"customs_code": "1", "uscc": "2", "route": {"mailbox": "/etc"}, "x": 1}
    )
    assert refused.headers["content-type"] == "application/problem+json"
    pointers = {error["pointer"] for error in refused.json()["errors"]}
    assert pointers == {
        "/name",
        "/customs_code",
        "/uscc",
        "/route/mailbox",
        "/route/sender_id",
        "/route/sys_id",
        "/x",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'{"name":' + b"[" * 5000, b'"x"'])
def test_bodies_that_are_no_objects(tenant: Tenant, body: bytes) -> None:
    headers = {"idempotency-key": "x", "content-type": "application/json"}
    assert tenant.admin.send("POST", "/v1/teams", content=body, headers=headers).status_code == 422


def test_nothing_of_another_tenant_is_seen_changed_or_referred_to(tenant: Tenant, other: Tenant) -> None:
    theirs = enterprise()
    made = {
        "enterprises": other.admin.made("/v1/enterprises", theirs),
        "teams": other.admin.made("/v1/teams", {"name": secrets.token_hex(4)}),
        "clients": other.admin.made("/v1/clients", {"name": "示例客户"}),
        "roles": other.admin.made(
            "/v1/roles", {"name": secrets.token_hex(4), "permissions": ["document.read"]}
        ),
        "api-clients": other.admin.made("/v1/api-clients", {"name": secrets.token_hex(4)}),
    }
    bodies: dict[str, dict[str, Any]] = {
        "enterprises": theirs,
        "teams": {"name": "x"},
        "clients": {"name": "x"},
        "roles": {"name": "x", "permissions": []},
        "api-clients": {"name": "x"},
    }
    for kind, row in made.items():
        assert tenant.admin.get(f"/v1/{kind}/{row['id']}").status_code == 404
        assert tenant.admin.put(f"/v1/{kind}/{row['id']}", bodies[kind], 1).status_code == 404
        assert row["id"] not in tenant.admin.get(f"/v1/{kind}?limit=200").text
    role = role_of(tenant, "document.read")
    assignments = [
        {"role_id": made["roles"]["id"]},
        {
            "role_id": role,
            "enterprises": [made["enterprises"]["id"]],
            "teams": [made["teams"]["id"]],
            "clients": [made["clients"]["id"]],
        },
    ]
    refused = tenant.admin.post(
        "/v1/users", {"login": "spy", "name": "示例", "password": PASSWORD, "assignments": assignments}
    )
    assert {(e["pointer"], e["code"]) for e in refused.json()["errors"]} == {
        ("/assignments/0/role_id", "unknown_reference"),
        ("/assignments/1/enterprises", "unknown_reference"),
        ("/assignments/1/teams", "unknown_reference"),
        ("/assignments/1/clients", "unknown_reference"),
    }
    assert (
        tenant.admin.send(
            "DELETE", f"/v1/roles/{made['roles']['id']}", headers={"if-match": '"1"'}
        ).status_code
        == 404
    )


def test_scopes_reach_the_token_and_limit_what_is_seen(service: ServiceProcess, tenant: Tenant) -> None:
    mine = tenant.admin.made("/v1/enterprises", enterprise())
    hidden = tenant.admin.made("/v1/enterprises", enterprise())
    team = tenant.admin.made("/v1/teams", {"name": "一班"})
    role = role_of(tenant, "document.read", "document.write")
    assignment = {"role_id": role, "enterprises": [mine["id"]], "teams": [team["id"]]}
    user = {"login": "Clerk", "name": "示例录入员", "password": PASSWORD, "assignments": [assignment]}
    tenant.admin.made("/v1/users", user)
    clerk = signed_in(service, tenant.slug, "clerk")
    assert clerk.token is not None
    granted = claims(clerk.token)
    assert granted["tid"] == tenant.id
    assert granted["grants"] == [
        {
            "permissions": ["document.read", "document.write"],
            "enterprises": [mine["id"]],
            "teams": [team["id"]],
        }
    ]
    listed = clerk.get("/v1/enterprises").json()["items"]
    assert [(row["id"], row["route"]) for row in listed] == [(mine["id"], None)]
    assert clerk.get(f"/v1/enterprises/{hidden['id']}").status_code == 404
    for path in ("users", "roles", "api-clients", "tenants"):
        assert clerk.get(f"/v1/{path}").status_code == 403
    assert clerk.post("/v1/teams", {"name": "二班"}).status_code == 403
    me = clerk.get("/v1/me").json()
    assert (me["name"], me["tenant"]["slug"]) == ("示例录入员", tenant.slug)
    assert me["grants"][0]["enterprises"] == [{"id": mine["id"], "name": mine["name"]}]
    assert me["grants"][0]["clients"] is None


def test_a_user_without_a_scope_sees_all(service: ServiceProcess, tenant: Tenant) -> None:
    for _ in range(2):
        tenant.admin.made("/v1/enterprises", enterprise())
    assignments = [{"role_id": role_of(tenant, "document.read")}]
    user = {"login": "reader", "name": "示例", "password": PASSWORD, "assignments": assignments}
    tenant.admin.made("/v1/users", user)
    assert len(signed_in(service, tenant.slug, "reader").get("/v1/enterprises").json()["items"]) == 2


def test_pages_hold_everything_once(tenant: Tenant) -> None:
    made = [tenant.admin.made("/v1/teams", {"name": f"{n}班"})["id"] for n in range(5)]
    seen: list[str] = []
    path = "/v1/teams?limit=2"
    while True:
        page = tenant.admin.get(path).json()
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        path = f"/v1/teams?limit=2&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    assert (
        tenant.admin.get("/v1/teams?cursor=x&limit=201&more=1").json()["errors"][2]["code"]
        == "unknown_parameter"
    )


def test_a_role_in_use_is_not_deleted_and_a_free_one_is(tenant: Tenant) -> None:
    role = role_of(tenant, "document.read")
    assignments = [{"role_id": role}]
    client = tenant.admin.made("/v1/api-clients", {"name": "ERP", "assignments": assignments})
    seen = {"if-match": '"1"'}
    refused = tenant.admin.send("DELETE", f"/v1/roles/{role}", headers=seen)
    assert (refused.status_code, refused.json()["code"]) == (409, "still_assigned")
    assert tenant.admin.put(f"/v1/api-clients/{client['id']}", {"name": "ERP"}, 1).status_code == 200
    assert tenant.admin.send("DELETE", f"/v1/roles/{role}", headers={"if-match": '"2"'}).status_code == 412
    assert tenant.admin.send("DELETE", f"/v1/roles/{role}", headers=seen).status_code == 204
    assert tenant.admin.send("DELETE", f"/v1/roles/{role}", headers=seen).status_code == 404


def me_of(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(f"/v1/users/{caller.get('/v1/me').json()['id']}").json()
    return found


def test_the_last_administrator_stays(tenant: Tenant) -> None:
    me = me_of(tenant.admin)
    path = f"/v1/users/{me['id']}"
    held = {"login": "admin", "name": me["name"], "assignments": me["assignments"]}
    limited = [{**me["assignments"][0], "teams": []}]
    changes: list[dict[str, Any]] = [
        {"status": "suspended"},
        {"assignments": []},
        {"assignments": limited},
    ]
    for change in changes:
        assert tenant.admin.put(path, held | change, 1).json()["code"] == "last_administrator"
    role = me["assignments"][0]["role_id"]
    lesser = {"name": "管理员", "permissions": ["document.read"]}
    assert tenant.admin.put(f"/v1/roles/{role}", lesser, 1).json()["code"] == "last_administrator"
    assert me_of(tenant.admin) == me


def test_two_administrators_cannot_remove_each_other(service: ServiceProcess, tenant: Tenant) -> None:
    first = me_of(tenant.admin)
    user = {"login": "second", "name": "示例", "password": PASSWORD, "assignments": first["assignments"]}
    second = tenant.admin.made("/v1/users", user)
    callers = [tenant.admin, signed_in(service, tenant.slug, "second")]

    def suspend(caller: Caller, whom: dict[str, Any]) -> int:
        content = {"login": whom["login"], "name": "示例", "status": "suspended"}
        content["assignments"] = whom["assignments"]
        return caller.put(f"/v1/users/{whom['id']}", content, 1).status_code

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(suspend, callers, [second, first]))
    # Who comes second is the last administrator's, or, when the first was told already, nobody any more.
    assert sorted(results) in ([200, 409], [200, 401])


def test_only_the_operator_makes_tenants_and_a_slug_is_used_once(
    service: ServiceProcess, tenant: Tenant
) -> None:
    admin = {"login": "admin", "name": "示例", "password": PASSWORD}
    content = {"slug": tenant.slug, "name": "示例", "admin": admin}
    assert tenant.admin.post("/v1/tenants", content).status_code == 403
    runs_it = operator(service)
    refused = runs_it.post("/v1/tenants", content)
    assert (refused.status_code, refused.json()["code"]) == (409, "tenant_exists")
    assert runs_it.get(f"/v1/tenants/{tenant.id}").json()["slug"] == tenant.slug
    assert tenant.id in runs_it.get("/v1/tenants?limit=200").text
    # The operator runs the platform and has no business in a tenant's directory.
    for path in ("users", "roles", "api-clients"):
        assert runs_it.get(f"/v1/{path}").status_code == 403
    unfit = content | {"admin": admin | {"password": "short"}}
    assert runs_it.post("/v1/tenants", unfit).json()["errors"][0]["pointer"] == "/admin/password"


def test_a_failed_tenant_leaves_nothing(service: ServiceProcess, database: Database, tenant: Tenant) -> None:
    async def counts() -> list[int]:
        connection = await postgres.connect(database.worker_dsn, name="test")
        try:
            names = ("tenants", "roles", "users", "assignments")
            return [await connection.fetchval(f"SELECT count(*) FROM {name}") for name in names]
        finally:
            await connection.close()

    before = asyncio.run(counts())
    admin = {"login": "admin", "name": "示例", "password": PASSWORD}
    content = {"slug": tenant.slug, "name": "示例", "admin": admin}
    assert operator(service).post("/v1/tenants", content).status_code == 409
    assert asyncio.run(counts()) == before


def test_without_a_token_nothing_is_open(service: ServiceProcess) -> None:
    nobody = Caller(service)
    for path in ("me", "enterprises", "teams", "clients", "roles", "users", "api-clients", "tenants"):
        assert nobody.get(f"/v1/{path}").status_code == 401
    assert nobody.post("/v1/keys/rotations", {}).status_code == 401
    assert nobody.get("/.well-known/jwks.json").status_code == 200
