"""Tokens as identity signs them are tokens as every service reads them; and another issuer can take its place."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from backbone.auth import Principal, Verifier
from backbone.refusals import Unauthenticated
from services.identity.authentication import narrowed
from services.identity.keyring import Keyring, Schedule, SigningKey
from services.identity.settings import IdentitySettings
from services.identity.tokens import PLATFORM_TENANT, Grant, Holder, Issuer
from tests.support import issuer as external

TENANT, ENTERPRISE, TEAM = uuid4(), uuid4(), uuid4()


@pytest.fixture(scope="module")
def outside() -> Iterator[external.Issuer]:
    with external.issuing() as made:
        yield made


def ours(key: RSAKey) -> Issuer:
    schedule = Schedule(timedelta(minutes=15), timedelta(days=30), timedelta(minutes=1))
    ring = Keyring(schedule)
    ring.keys = (SigningKey(str(key.kid), key, key.as_dict(private=False), datetime.now(UTC), None),)
    return Issuer(ring, "bondgate", "bondgate", 900)


def holder(tenant_id: UUID = TENANT) -> Holder:
    grants = [
        Grant(frozenset({"document.read", "document.write"}), enterprises=[ENTERPRISE], teams=[TEAM]),
        Grant(frozenset({"receipt.read", "platform.operate"})),
    ]
    return Holder(uuid4(), "示例录入员", tenant_id, grants)


def verify(token: str, jwks_url: str, issuer: str = "bondgate", audience: str = "bondgate") -> Principal:
    return asyncio.run(Verifier(jwks_url=jwks_url, issuer=issuer, audience=audience).verify(token))


def claims(token: str) -> dict[str, Any]:
    text = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def test_scopes_arrive_as_they_were_assigned(outside: external.Issuer) -> None:
    caller = verify(ours(outside.key).issue(holder()), outside.jwks_url)
    assert (caller.name, caller.tenant_id) == ("示例录入员", TENANT)
    assert caller.may("document.write", enterprise_id=ENTERPRISE, team_id=TEAM)
    assert not caller.may("document.write", enterprise_id=uuid4(), team_id=TEAM)
    assert not caller.may("document.write", enterprise_id=ENTERPRISE)
    assert caller.may("receipt.read", enterprise_id=uuid4())


def test_operating_the_platform_exists_in_one_tenant_only(outside: external.Issuer) -> None:
    issuer = ours(outside.key)
    assert not verify(issuer.issue(holder()), outside.jwks_url).may("platform.operate")
    assert verify(issuer.issue(holder(PLATFORM_TENANT)), outside.jwks_url).may("platform.operate")


def test_a_token_lives_fifteen_minutes_and_no_two_are_alike(outside: external.Issuer) -> None:
    issuer, whose = ours(outside.key), holder()
    first, second = claims(issuer.issue(whose)), claims(issuer.issue(whose))
    assert first["exp"] - first["iat"] == 900
    assert first["jti"] != second["jti"]


def test_a_narrowed_token_has_nothing_more() -> None:
    less = narrowed(holder(), frozenset({"document.read", "message.read"}))
    assert [grant.permissions for grant in less.grants] == [frozenset({"document.read"})]
    assert less.grants[0].enterprises == [ENTERPRISE]


def test_an_external_issuer_takes_the_place_of_identity(outside: external.Issuer) -> None:
    """By `BONDGATE_JWKS_URL`, `BONDGATE_TOKEN_ISSUER` and `BONDGATE_TOKEN_AUDIENCE` alone; see docs/external-issuer.md."""
    realm, audience = "https://login.example.com/realms/broker", "bondgate-api"
    grants: list[dict[str, object]] = [{"permissions": ["document.read"], "enterprises": [str(ENTERPRISE)]}]
    token = outside.token(
        TENANT,
        subject="248289761001",
        grants=grants,
        iss=realm,
        aud=[audience, "account"],
        azp="portal",
        scope="openid",
    )
    caller = verify(token, outside.jwks_url, realm, audience)
    assert (caller.id, caller.tenant_id) == ("248289761001", TENANT)
    assert caller.may("document.read", enterprise_id=ENTERPRISE)
    assert not caller.may("document.read", enterprise_id=uuid4())
    with external.issuing() as second:
        for wrong in (
            ours(second.key).issue(holder()),
            second.token(TENANT, iss=realm, aud=audience),
            outside.token(TENANT, aud=audience),
        ):
            with pytest.raises(Unauthenticated):
                verify(wrong, outside.jwks_url, realm, audience)


def test_settings_do_not_show_what_they_refuse() -> None:
    given: dict[str, Any] = {
        "database_url": "x",
        "worker_database_url": "x",
        "kafka_bootstrap_servers": "x",
        "jwks_url": "x",
    }
    good = base64.urlsafe_b64encode(b"k" * 32).decode()
    for fine in (good, good.rstrip("=")):
        assert IdentitySettings(**given, master_key=fine).master_keys().current == b"k" * 32
    for wrong in ("c2hvcnQtc2VjcmV0", "not base64 at all !!"):
        with pytest.raises(ValidationError) as caught:
            IdentitySettings(**given, master_key=wrong)
        assert wrong not in str(caught.value)
    assert good not in repr(IdentitySettings(**given, master_key=good))
