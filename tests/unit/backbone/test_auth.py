"""Tokens: only the issuer's own, for us, in time; and what a grant covers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import RSAKey

from backbone.auth import Grant, Principal, Verifier
from backbone.refusals import Forbidden, Unauthenticated
from tests.support.issuer import AUDIENCE, ISSUER, Issuer, issuing

TENANT = UUID("00000000-0000-7000-8000-000000000001")


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


def verify(issuer: Issuer, token: str) -> Principal:
    verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
    return asyncio.run(verifier.verify(token))


def test_a_good_token_says_who_calls(issuer: Issuer) -> None:
    caller = verify(issuer, issuer.token(TENANT, subject="u7", name="示例用户"))
    assert (caller.id, caller.name, caller.tenant_id) == ("u7", "示例用户", TENANT)
    assert caller.may("document.declare", enterprise_id=uuid4())


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segment(content: object) -> str:
    return encoded(json.dumps(content).encode())


def forged(issuer: Issuer) -> dict[str, str]:
    good = issuer.token(TENANT)
    claims = good.split(".")[1]
    signed = f"{segment({'alg': 'HS256', 'kid': 'test-1'})}.{claims}"
    mac = hmac.digest(issuer.key.as_pem(private=False), signed.encode(), hashlib.sha256)
    return {
        "expired": issuer.token(TENANT, seconds=-60),
        "other key": issuer.token(TENANT, key=RSAKey.generate_key(2048, {"kid": "test-1"})),
        "unknown key": issuer.token(TENANT, key=RSAKey.generate_key(2048, {"kid": "other"})),
        "wrong audience": issuer.token(TENANT, aud="somebody"),
        "wrong issuer": issuer.token(TENANT, iss="somebody"),
        "no tenant": issuer.token(TENANT, tid=None),
        "no algorithm": f"{segment({'alg': 'none', 'kid': 'test-1'})}.{claims}.",
        "public key as secret": f"{signed}.{encoded(mac)}",
        "changed claims": ".".join([good.split(".")[0], segment({"sub": "x"}), good.split(".")[2]]),
        "no token": "abc",
    }


@pytest.mark.parametrize(
    "name",
    [
        "expired",
        "other key",
        "unknown key",
        "wrong audience",
        "wrong issuer",
        "no tenant",
        "no algorithm",
        "public key as secret",
        "changed claims",
        "no token",
    ],
)
def test_a_bad_token_is_refused(issuer: Issuer, name: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(issuer, forged(issuer)[name])


def test_a_token_is_not_believed_beyond_its_time(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verified token is kept; the kept one must end too."""

    async def twice() -> None:
        verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
        token = issuer.token(TENANT, seconds=3600)
        await verifier.verify(token)
        later = time.time() + 3700
        monkeypatch.setattr(time, "time", lambda: later)
        with pytest.raises(Unauthenticated):
            await verifier.verify(token)

    asyncio.run(twice())


def test_a_grant_covers_what_lies_in_all_its_scopes() -> None:
    here, there, team = uuid4(), uuid4(), uuid4()
    scoped = Grant(
        permissions=frozenset({"document.read"}), enterprises=frozenset({here}), teams=frozenset({team})
    )
    caller = Principal("u", "n", TENANT, (scoped,), 0)
    assert caller.may("document.read", enterprise_id=here, team_id=team)
    assert not caller.may("document.read", enterprise_id=there, team_id=team)
    assert not caller.may("document.read", enterprise_id=here)
    assert not caller.may("document.write", enterprise_id=here, team_id=team)
    caller.require_anywhere("document.read")
    with pytest.raises(Forbidden):
        caller.require_anywhere("document.write")
    with pytest.raises(Forbidden):
        caller.require("document.read", enterprise_id=there)
