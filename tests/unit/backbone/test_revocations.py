"""Which tokens count no longer, and for how long that is remembered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import pytest

from backbone.auth import Principal, Verifier
from backbone.refusals import Unauthenticated
from backbone.revocations import Revoked
from contracts.events.identity import AccessRevoked
from tests.support.issuer import AUDIENCE, ISSUER, Issuer

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
TENANT, USER, SESSION = uuid4(), uuid4(), uuid4()


def told(
    scope: Literal["tenant", "holder", "session"], identity: UUID, generation: int = 1, minutes: int = 60
) -> AccessRevoked:
    return AccessRevoked(
        tenant_id=TENANT,
        scope=scope,
        id=identity,
        generation=generation,
        reason="suspended",
        until=NOW + timedelta(minutes=minutes),
        recorded_at=NOW,
    )


def caller(generation: int | None = 1, tenant_generation: int | None = 0) -> Principal:
    return Principal(
        str(USER),
        "示例",
        TENANT,
        (),
        0.0,
        str(SESSION),
        generation=generation,
        tenant_generation=tenant_generation,
    )


def after(*events: AccessRevoked) -> Revoked:
    revoked = Revoked()
    for event in events:
        revoked.add(event, NOW)
    return revoked


def test_tokens_of_an_earlier_generation_are_refused_in_whatever_order_it_is_told() -> None:
    for events in (
        [told("holder", USER, 2), told("holder", USER, 3)],
        [told("holder", USER, 3), told("holder", USER, 2)],
    ):
        assert after(*events).covers(caller(2))
        assert not after(*events).covers(caller(3))
    assert after(told("tenant", TENANT)).covers(caller())
    assert not after(told("tenant", TENANT)).covers(caller(tenant_generation=1))
    assert after(told("session", SESSION)).covers(caller())


def test_others_are_not_touched_nor_tokens_of_an_issuer_that_counts_nothing() -> None:
    everything = after(told("holder", uuid4(), 9), told("tenant", uuid4(), 9), told("session", uuid4()))
    assert not everything.covers(caller())
    assert not after(told("holder", USER, 9), told("tenant", TENANT, 9)).covers(caller(None, None))


def test_a_line_ends_with_the_last_token_it_could_refuse() -> None:
    revoked = after(
        told("holder", USER, 9), told("session", SESSION, minutes=5), told("tenant", TENANT, minutes=0)
    )
    assert len(revoked) == 2
    revoked.sweep(NOW + timedelta(minutes=5))
    assert len(revoked) == 1
    revoked.sweep(NOW + timedelta(hours=1))
    assert len(revoked) == 0


def test_a_token_that_was_verified_before_is_refused_too(issuer: Issuer) -> None:
    verifier = Verifier(jwks_url=issuer.jwks_url, issuer=ISSUER, audience=AUDIENCE)
    token = issuer.token(TENANT, subject=str(USER), gen=1, tgen=0, sid=str(SESSION))
    assert asyncio.run(verifier.verify(token)).session == str(SESSION)
    verifier.revoked.add(told("holder", USER, 2), NOW)
    with pytest.raises(Unauthenticated):
        asyncio.run(verifier.verify(token))
