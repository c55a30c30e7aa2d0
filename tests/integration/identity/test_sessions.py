"""The page's session, through the real edge: what opens it, what it lets through, and everything that ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.browser import Browser
from tests.support.edge import running_edge
from tests.support.identity_client import (
    PASSWORD,
    Caller,
    Tenant,
    enterprise,
    operator,
    role_of,
)
from tests.support.service_process import ServiceProcess


@pytest.fixture(scope="module")
def edge(service: ServiceProcess) -> Iterator[str]:
    with running_edge({"identity": service.url.removeprefix("http://")}) as url:
        yield url


@pytest.fixture
def browser(edge: str, tenant: Tenant) -> Iterator[Browser]:
    """The administrator's, logged in."""
    with Browser(edge) as opened:
        assert opened.log_in(tenant.slug, "admin", PASSWORD).status_code == 200
        yield opened


def run(database: Database, sql: str, *values: object) -> list[postgres.Record]:
    async def go() -> list[postgres.Record]:
        connection = await postgres.connect(database.worker_dsn, name="test")
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()

    return asyncio.run(go())


def set_cookie(answer: httpx.Response) -> SimpleCookie:
    found = SimpleCookie()
    found.load(answer.headers["set-cookie"])
    return found


def test_logging_in_sets_a_cookie_that_no_script_reads_and_no_token_is_told(
    edge: str, tenant: Tenant
) -> None:
    made = tenant.admin.made("/v1/enterprises", enterprise())
    with Browser(edge) as browser:
        answer = browser.log_in(tenant.slug, "admin", PASSWORD)
        (kept,) = set_cookie(answer).values()
        assert kept.key == "bondgate"
        assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Strict", "/")
        assert int(kept["max-age"]) == 43_200
        assert kept.value not in answer.text
        assert "eyJ" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["login"], told["tenant"]["slug"]) == ("admin", tenant.slug)
        assert "document.declare" in {held["code"] for held in told["permissions"]}
        assert [(e["id"], e["sys_id"]) for e in told["enterprises"]] == [(made["id"], "Z7")]
        assert told["created_at"] < told["idle_until"] <= told["ends_at"]
        again = browser.get("/v1/session").json()
        assert again | {"idle_until": 0} == told | {"idle_until": 0}
        assert browser.get("/v1/me").json()["id"] == told["id"]
        assert browser.post("/v1/teams", {"name": "夜班"}).status_code == 201


def test_over_tls_the_cookie_is_secure_and_only_that_one_counts(
    service: ServiceProcess, tenant: Tenant
) -> None:
    told_by_edge = {"x-forwarded-proto": "https", "x-bondgate-page": "1"}
    content = {"tenant": tenant.slug, "login": "admin", "password": PASSWORD}
    answer = Caller(service).send("POST", "/v1/session", json=content, headers=told_by_edge)
    (kept,) = set_cookie(answer).values()
    assert (kept.key, kept["secure"], kept["path"], kept["domain"]) == ("__Host-bondgate", True, "/", "")

    def gate(cookie: str) -> int:
        return Caller(service).send("GET", "/gate", headers=told_by_edge | {"cookie": cookie}).status_code

    assert gate(f"__Host-bondgate={kept.value}") == 204
    assert gate(f"bondgate={kept.value}") == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_another_site_could_send_changes_nothing(browser: Browser, method: str) -> None:
    bare = {"x-bondgate-page": ""}
    elsewhere = {"sec-fetch-site": "cross-site"}
    for headers in (bare, elsewhere, {"sec-fetch-site": "same-site"}):
        answer = browser.client.request(method, "/v1/me/password", headers=headers, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_from_the_page")
    # Nor can it log somebody in as somebody else.
    if method == "POST":
        assert browser.client.post("/v1/session", headers=bare, json={}).json()["code"] == "not_from_the_page"
    # Reading needs no header: a download is a plain link.
    assert browser.client.get("/v1/me", headers=bare).status_code == 200


def test_logging_out_ends_it_on_the_server(edge: str, browser: Browser) -> None:
    cookie = browser.client.cookies["bondgate"]
    answer = browser.delete("/v1/session")
    assert answer.status_code == 204
    assert not browser.client.cookies
    replayed = httpx.get(f"{edge}/v1/me", headers={"cookie": f"bondgate={cookie}"}, trust_env=False)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "unauthenticated")
    # The dead cookie is taken away, and is no hindrance to the next login.
    assert "Max-Age=0" in replayed.headers["set-cookie"]


def test_logging_in_with_a_dead_cookie_and_again_with_a_living_one(
    edge: str, database: Database, tenant: Tenant
) -> None:
    with Browser(edge) as browser:
        browser.client.cookies.set("bondgate", "dead", domain="127.0.0.1")
        assert browser.log_in(tenant.slug, "admin", PASSWORD).status_code == 200
        first = browser.get("/v1/session").json()["session_id"]
        assert browser.log_in(tenant.slug, "admin", PASSWORD).status_code == 200
        held = [each["id"] for each in browser.get("/v1/sessions").json()["items"]]
        assert first not in held
        assert len(held) == 1


def test_a_session_slides_with_its_person_and_not_with_what_refreshes_itself(
    browser: Browser, database: Database
) -> None:
    session = browser.get("/v1/session").json()["session_id"]

    def age(seconds: int) -> None:
        sql = "UPDATE sessions SET used_at = now() - make_interval(secs => $2) WHERE session_id = $1"
        run(database, sql, session, float(seconds))

    def used() -> object:
        return run(database, "SELECT used_at FROM sessions WHERE session_id = $1", session)[0]["used_at"]

    age(3500)
    before = used()
    assert browser.get("/v1/me", **{"x-bondgate-page": "background"}).status_code == 200
    assert browser.get("/v1/me", accept="text/event-stream").status_code == 200
    assert used() == before
    assert browser.get("/v1/me").status_code == 200
    assert used() != before
    age(3601)
    assert browser.get("/v1/me").status_code == 401


def test_a_session_ends_at_its_hour_however_busy(browser: Browser, database: Database) -> None:
    session = browser.get("/v1/session").json()["session_id"]
    run(database, "UPDATE sessions SET ends_at = now() WHERE session_id = $1", session)
    assert browser.get("/v1/me").status_code == 401


def test_own_sessions_are_listed_and_ended_and_nobody_elses(
    edge: str, browser: Browser, service: ServiceProcess, tenant: Tenant
) -> None:
    tenant.admin.made("/v1/users", {"login": "clerk", "name": "示例", "password": PASSWORD})
    with Browser(edge) as elsewhere, Browser(edge) as clerk:
        elsewhere.log_in(tenant.slug, "admin", PASSWORD)
        clerk.log_in(tenant.slug, "clerk", PASSWORD)
        listed = browser.get("/v1/sessions").json()["items"]
        assert [each["current"] for each in listed] == [False, True]
        assert listed[0]["browser"].startswith("Mozilla/5.0")
        (theirs,) = clerk.get("/v1/sessions").json()["items"]
        assert browser.delete(f"/v1/sessions/{theirs['id']}").status_code == 404
        assert clerk.get("/v1/me").status_code == 200
        assert browser.delete(f"/v1/sessions/{listed[0]['id']}").status_code == 204
        assert elsewhere.get("/v1/me").status_code == 401
        assert browser.get("/v1/me").status_code == 200


def test_a_user_has_no_more_sessions_than_the_bound(edge: str, browser: Browser, tenant: Tenant) -> None:
    for _ in range(20):
        with Browser(edge) as another:
            assert another.log_in(tenant.slug, "admin", PASSWORD).status_code == 200
    assert browser.get("/v1/me").status_code == 401


def test_who_is_suspended_or_gets_other_rights_feels_it_at_the_next_request(
    edge: str, service: ServiceProcess, tenant: Tenant
) -> None:
    content = {"login": "clerk", "name": "示例", "password": PASSWORD}
    role = role_of(tenant, "document.read", "tenant.manage")
    made = tenant.admin.made("/v1/users", content | {"assignments": [{"role_id": role}]})
    del content["password"]
    with Browser(edge) as clerk:
        clerk.log_in(tenant.slug, "clerk", PASSWORD)
        assert clerk.get("/v1/users").status_code == 200
        assert tenant.admin.put(f"/v1/users/{made['id']}", content, 1).status_code == 200
        assert clerk.get("/v1/users").status_code == 403
        assert clerk.get("/v1/session").json()["permissions"] == []
        suspended = content | {"status": "suspended"}
        assert tenant.admin.put(f"/v1/users/{made['id']}", suspended, 2).status_code == 200
        assert clerk.get("/v1/me").status_code == 401
    with Browser(edge) as admin:
        admin.log_in(tenant.slug, "admin", PASSWORD)
        changed = {"name": "示例单位", "status": "suspended"}
        assert operator(service).put(f"/v1/tenants/{tenant.id}", changed, 1).status_code == 200
        assert admin.get("/v1/me").status_code == 401


def test_a_new_password_ends_the_sessions_that_the_old_one_opened(
    edge: str, browser: Browser, tenant: Tenant
) -> None:
    with Browser(edge) as elsewhere:
        elsewhere.log_in(tenant.slug, "admin", PASSWORD)
        content = {"current_password": PASSWORD, "new_password": "a quite different sentence 8"}
        assert browser.put("/v1/me/password", content).status_code == 204
        assert elsewhere.get("/v1/me").status_code == 401
        assert browser.get("/v1/me").status_code == 200


def test_a_token_of_its_own_goes_before_the_cookie_and_has_no_session(
    browser: Browser, tenant: Tenant
) -> None:
    tenant.admin.made("/v1/users", {"login": "clerk", "name": "示例", "password": PASSWORD})
    token = browser.client.post(
        "/v1/tokens", json={"tenant": tenant.slug, "login": "clerk", "password": PASSWORD}
    ).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert browser.get("/v1/me", **bearer).json()["id"] != browser.get("/v1/me").json()["id"]
    assert browser.get("/v1/session", **bearer).json()["code"] == "no_session"


def test_wrong_passwords_at_the_page_are_counted_as_at_the_api(edge: str, tenant: Tenant) -> None:
    tenant.admin.made("/v1/users", {"login": "clerk", "name": "示例", "password": PASSWORD})
    with Browser(edge) as browser:
        statuses = [browser.log_in(tenant.slug, "clerk", f"guess number {n}").status_code for n in range(6)]
    assert statuses == [401] * 5 + [429]


def test_preferences_are_kept_as_sent_and_for_oneself(edge: str, browser: Browser, tenant: Tenant) -> None:
    path = "/v1/preferences/inventories.columns"
    assert browser.get(path).status_code == 404
    kept = browser.put(path, {"b": [1, 2.50], "a": "宽"})
    assert (kept.status_code, kept.headers["etag"]) == (204, '"1"')
    assert browser.get(path).text == '{"b":[1,2.5],"a":"宽"}'
    assert browser.put(path, False, **{"if-match": '"1"'}).headers["etag"] == '"2"'
    assert browser.put(path, 1, **{"if-match": '"1"'}).status_code == 412
    assert browser.put("/v1/preferences/theme", "dark").status_code == 204
    assert browser.get("/v1/preferences").json() == {"inventories.columns": False, "theme": "dark"}
    tenant.admin.made("/v1/users", {"login": "clerk", "name": "示例", "password": PASSWORD})
    with Browser(edge) as clerk:
        clerk.log_in(tenant.slug, "clerk", PASSWORD)
        assert clerk.get("/v1/preferences").json() == {}
    assert browser.delete("/v1/preferences/theme").status_code == 204
    assert browser.get("/v1/preferences").json() == {"inventories.columns": False}


def test_preferences_are_bounded(browser: Browser) -> None:
    assert browser.put("/v1/preferences/most", "x" * 65_534).status_code == 204
    wrong = browser.put("/v1/preferences/-too,much", "x" * 65_535).json()
    assert [(each["pointer"], each["code"]) for each in wrong["errors"]] == [
        ("/key", "wrong_form"),
        ("", "longer_than_allowed"),
    ]
    broken = browser.client.put(
        "/v1/preferences/x", content=b"{", headers={"content-type": "application/json"}
    )
    assert broken.json()["errors"][0]["code"] == "invalid_json"
    for number in range(199):
        assert browser.put(f"/v1/preferences/k{number}", number).status_code == 204
    assert browser.put("/v1/preferences/one-more", 1).json()["code"] == "preferences_full"
    assert browser.put("/v1/preferences/k7", 7).status_code == 204
