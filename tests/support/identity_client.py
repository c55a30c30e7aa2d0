"""A caller of identity in tests: who they are, and the headers every request needs."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from customs.documents.uscc import check_digit
from tests.support.patience import SECONDS
from tests.support.service_process import ServiceProcess

OPERATOR_SECRET = secrets.token_urlsafe(24)
PASSWORD = "correct horse battery"


@dataclass
class Caller:
    """`address` is what the edge would say; every caller has one of its own, so that tests do not lock each other out."""

    service: ServiceProcess
    token: str | None = None
    address: str = field(default_factory=lambda: f"203.0.{secrets.randbelow(256)}.{secrets.randbelow(256)}")

    def send(self, method: str, path: str, *, at: str | None = None, **options: Any) -> httpx.Response:
        """`at`: the address of another service, which the edge would choose."""
        headers = {"x-forwarded-for": self.address, **options.pop("headers", {})}
        if self.token is not None:
            headers.setdefault("authorization", f"Bearer {self.token}")
        answer = httpx.request(
            method, (at or self.service.url) + path, headers=headers, timeout=30, trust_env=False, **options
        )
        if at is None:
            self.service.witness.hear_at_once(answer)
        return answer

    def get(self, path: str) -> httpx.Response:
        return self.send("GET", path)

    def post(self, path: str, content: object, *, key: str | None = None) -> httpx.Response:
        return self.send("POST", path, json=content, headers={"idempotency-key": key or secrets.token_hex(8)})

    def put(self, path: str, content: object, version: int) -> httpx.Response:
        return self.send("PUT", path, json=content, headers={"if-match": f'"{version}"'})

    def made(self, path: str, content: object) -> dict[str, Any]:
        """Create something that must succeed."""
        answer = self.post(path, content)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def login(self, tenant: str, login: str, password: str = PASSWORD) -> httpx.Response:
        content = {"tenant": tenant, "login": login, "password": password}
        return self.send("POST", "/v1/tokens", json=content)

    def client_token(self, client_id: str, secret: str, **more: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", **more}
        return self.send("POST", "/v1/oauth/token", data=form, auth=(client_id, secret))


@dataclass
class Tenant:
    id: str
    slug: str
    admin: Caller


def operator(service: ServiceProcess, secret: str = OPERATOR_SECRET) -> Caller:
    caller = Caller(service)
    answer = caller.client_token("platform-operator", secret)
    assert answer.status_code == 200, answer.text
    caller.token = answer.json()["access_token"]
    return caller


def new_tenant(service: ServiceProcess) -> Tenant:
    slug = f"t-{secrets.token_hex(6)}"
    admin = {"login": "admin", "name": "示例管理员", "password": PASSWORD}
    made = operator(service).made("/v1/tenants", {"slug": slug, "name": "示例单位", "admin": admin})
    return Tenant(made["id"], slug, signed_in(service, slug, "admin"))


def signed_in(service: ServiceProcess, slug: str, login: str, password: str = PASSWORD) -> Caller:
    caller = Caller(service)
    answer = caller.login(slug, login, password)
    assert answer.status_code == 200, answer.text
    caller.token = answer.json()["access_token"]
    return caller


def enterprise(**changes: object) -> dict[str, Any]:
    """A fictitious enterprise with a customs code and mailbox of its own."""
    mark = secrets.token_hex(3).upper()
    first17 = "91330206EX" + "".join(secrets.choice("0123456789") for _ in range(7))
    route = {
        "mailbox": f"example-{mark}",
        "card_no": "2000000000001",
        "sender_id": "DXPENT0000000001",
        "sys_id": "Z7",
    }
    content = {
        "name": "示例保税物流有限公司",
        "customs_code": f"3105{mark}",
        "uscc": first17 + check_digit(first17),
        "route": route,
    }
    return content | changes


def role_of(tenant: Tenant, *permissions: str) -> str:
    made = tenant.admin.made("/v1/roles", {"name": secrets.token_hex(4), "permissions": list(permissions)})
    found: str = made["id"]
    return found


def claims(token: str) -> dict[str, Any]:
    text = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def is_refused(caller: Caller, at: ServiceProcess, path: str = "/v1/companies") -> bool:
    """Waits until the service has heard of it."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if Caller(at, caller.token).get(path).status_code == 401:
            return True
        time.sleep(0.05)
    return False
