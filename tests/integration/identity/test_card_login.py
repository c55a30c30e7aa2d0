"""Login by card: the server's challenge, signed by the person's card, once; and what the tenant asks for."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from simulators.card import curve
from simulators.card.issuing import Issued, KeyKind, Person, issue
from tests.support.identity_client import PASSWORD, Caller, Tenant, is_refused, new_tenant
from tests.support.service_process import ServiceProcess


class Clerk:
    """A person with a card."""

    def __init__(self, tenant: Tenant, kind: KeyKind = "rsa-sha256", *, days: int = 365) -> None:
        self.tenant = tenant
        self.login = f"clerk-{secrets.token_hex(3)}"
        user = {"login": self.login, "name": "示例录入员", "assignments": [], "password": PASSWORD}
        self.id = tenant.admin.made("/v1/users", user)["id"]
        self.card = issue(Person(), kind, days=days)
        self.kind = kind
        self.caller = Caller(tenant.admin.service)
        bound = tenant.admin.send("PUT", self.path, json={"certificate": _pem(self.card)})
        assert bound.status_code == 200, bound.text

    @property
    def path(self) -> str:
        return f"/v1/users/{self.id}/card"

    def challenge(self, login: str | None = None) -> str:
        asked = {"tenant": self.tenant.slug, "login": login or self.login}
        text: str = self.caller.send("POST", "/v1/tokens/card-challenges", json=asked).json()["challenge"]
        return text

    def proof(self, card: Issued | None = None, challenge: str | None = None) -> dict[str, str]:
        text = challenge or self.challenge()
        return {"challenge": text, "signature": _signed(card or self.card, self.kind, text.encode())}

    def log_in(self, **given: Any) -> httpx.Response:
        asked = {"tenant": self.tenant.slug, "login": self.login, **given}
        return self.caller.send("POST", "/v1/tokens", json=asked)


def _pem(card: Issued) -> str:
    return base64.b64encode(card.certificate).decode()


def _signed(card: Issued, kind: KeyKind, data: bytes) -> str:
    if isinstance(card.key, curve.Key):
        made = card.key.sign(curve.digest(card.key.public, data))
    else:
        old = kind == "rsa-sha1"
        made = card.key.sign(data, padding.PKCS1v15(), hashes.SHA1() if old else hashes.SHA256())
    return base64.b64encode(made).decode()


@pytest.mark.parametrize("kind", ["rsa-sha1", "rsa-sha256", "sm2"])
def test_a_card_logs_its_person_in_once_a_challenge(tenant: Tenant, kind: KeyKind) -> None:
    clerk = Clerk(tenant, kind)
    proof = clerk.proof()
    answer = clerk.log_in(card=proof)
    assert answer.status_code == 200, answer.text
    clerk.caller.token = answer.json()["access_token"]
    assert clerk.caller.get("/v1/me").json()["id"] == clerk.id
    again = clerk.log_in(card=proof)
    assert (again.status_code, again.json()["code"]) == (401, "invalid_credentials")
    page = {"x-bondgate-page": "1"}
    asked = {"tenant": tenant.slug, "login": clerk.login, "card": clerk.proof()}
    assert clerk.caller.send("POST", "/v1/session", json=asked, headers=page).status_code == 200


def test_what_is_not_this_persons_card_over_our_challenge_is_refused(tenant: Tenant) -> None:
    clerk = Clerk(tenant)
    other = Clerk(tenant)
    proof = clerk.proof()
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made_up = f"Bondgate login by card, form 1\n{tenant.slug}\n{clerk.login}\n{secrets.token_hex(16)}\n{until}\nmark"
    for card in (
        clerk.proof(other.card),
        clerk.proof(challenge=clerk.challenge(other.login)),
        clerk.proof(challenge=made_up),
        clerk.proof(challenge="no challenge"),
        {**proof, "challenge": proof["challenge"].replace(clerk.login, other.login)},
        {**proof, "signature": "no base64"},
        {**proof, "signature": ""},
    ):
        assert clerk.log_in(card=card).json()["code"] == "invalid_credentials"
        # Each is counted like a wrong password; a right answer clears the count.
        assert clerk.log_in(card=clerk.proof()).status_code == 200
    assert clerk.log_in(card=clerk.proof(), password="wrong horse").status_code == 401
    assert clerk.log_in().status_code == 401
    expired = Clerk(tenant, days=-1)
    assert expired.log_in(card=expired.proof()).status_code == 401
    # Nobody learns from a challenge who exists.
    assert len(clerk.challenge("nobody").split("\n")) == len(clerk.challenge().split("\n"))


@pytest.mark.parametrize(
    ("rule", "password", "card", "both"),
    [
        ("password", 200, 403, 200),
        ("card", 403, 200, 200),
        ("either", 200, 200, 200),
        ("both", 403, 403, 200),
    ],
)
def test_the_tenant_says_how_its_persons_log_in(
    tenant: Tenant, rule: str, password: int, card: int, both: int
) -> None:
    clerk = Clerk(tenant)
    if rule in ("card", "both"):
        # Who shuts passwords out must hold a card.
        refused = tenant.admin.send("PUT", "/v1/tokens/rule", json={"login_by": rule})
        assert refused.json()["code"] == "no_card_of_ones_own"
        mine = tenant.admin.get("/v1/me").json()["id"]
        tenant.admin.send("PUT", f"/v1/users/{mine}/card", json={"certificate": _pem(issue(Person()))})
    changed = tenant.admin.send("PUT", "/v1/tokens/rule", json={"login_by": rule})
    assert changed.json() == {"login_by": rule}
    assert clerk.log_in(password=PASSWORD).status_code == password
    assert clerk.log_in(card=clerk.proof()).status_code == card
    assert clerk.log_in(password=PASSWORD, card=clerk.proof()).status_code == both


def test_who_may_bind_cards_and_what_unbinding_ends(service: ServiceProcess, tenant: Tenant) -> None:
    clerk = Clerk(tenant)
    clerk.caller.token = clerk.log_in(card=clerk.proof()).json()["access_token"]
    assert clerk.caller.get(clerk.path).json()["holder"] == Person().holder
    assert clerk.caller.send("PUT", clerk.path, json={"certificate": _pem(clerk.card)}).status_code == 403
    assert clerk.caller.send("PUT", "/v1/tokens/rule", json={"login_by": "password"}).status_code == 403
    assert clerk.caller.get(Clerk(tenant).path).status_code == 403
    foreign = new_tenant(service).admin
    for method in ("GET", "PUT", "DELETE"):
        answer = foreign.send(method, clerk.path, json={"certificate": _pem(clerk.card)})
        assert answer.status_code == 404, method
    wrong = tenant.admin.send("PUT", clerk.path, json={"certificate": "no certificate"})
    assert wrong.json()["errors"][0]["pointer"] == "/certificate"
    assert tenant.admin.send("DELETE", clerk.path).status_code == 204
    assert tenant.admin.get(clerk.path).status_code == 404
    assert clerk.log_in(card=clerk.proof()).status_code == 401
    assert is_refused(clerk.caller, service, "/v1/me")
