"""Which key signs, which are published, when a successor is due; and what the master key protects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import RSAKey

from backbone.refusals import Unavailable
from backbone.sealing import MasterKeys, SealBroken
from services.identity.keyring import Keyring, Schedule, SigningKey, is_due, signer
from services.identity.sealing import Sealer

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SCHEDULE = Schedule(lifetime=timedelta(minutes=15), max_age=30 * DAY, lead=timedelta(minutes=1))
SECRET = RSAKey.generate_key(2048)


def key(name: str, signs_from: datetime, published_until: datetime | None = None) -> SigningKey:
    return SigningKey(name, SECRET, {"kid": name}, signs_from, published_until)


def test_a_new_key_is_published_before_it_signs() -> None:
    old = key("old", NOW - DAY, NOW + timedelta(hours=2))
    new = key("new", NOW + timedelta(hours=1))
    ring = Keyring(SCHEDULE)
    ring.keys = (old, new)
    assert ring.signer() is old
    assert [k["kid"] for k in ring.jwks()["keys"]] == ["old", "new"]
    assert signer(ring.keys, NOW + timedelta(hours=1)) is new


def test_an_ended_key_is_neither_published_nor_used() -> None:
    ring = Keyring(SCHEDULE)
    ring.keys = (key("ended", NOW - DAY, NOW),)
    with pytest.raises(Unavailable):
        ring.signer()
    with pytest.raises(Unavailable):
        ring.jwks()


@pytest.mark.parametrize(
    ("keys", "due"),
    [
        ((), True),
        ((key("young", NOW - DAY),), False),
        ((key("old", NOW - 31 * DAY),), True),
        ((key("old", NOW - 31 * DAY, NOW + DAY), key("waits", NOW + timedelta(minutes=1))), False),
        ((key("ended", NOW - DAY, NOW - timedelta(hours=1)),), True),
    ],
)
def test_when_a_successor_is_due(keys: tuple[SigningKey, ...], due: bool) -> None:
    assert is_due(keys, SCHEDULE, NOW) is due


def test_a_seal_opens_only_with_its_key_for_its_purpose_unchanged() -> None:
    sealer = Sealer(MasterKeys.of(b"k" * 32))
    sealed = sealer.seal(b"secret", "a").text
    assert b"secret" not in sealed
    assert sealer.open(sealed, "a") == b"secret"
    assert sealer.seal(b"secret", "a").text != sealed
    for broken, with_key, purpose in (
        (sealed, Sealer(MasterKeys.of(b"x" * 32)), "a"),
        (sealed, sealer, "b"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealer, "a"),
        (b"", sealer, "a"),
    ):
        with pytest.raises(SealBroken):
            with_key.open(broken, purpose)


def test_a_fingerprint_depends_on_the_master_key() -> None:
    assert Sealer(MasterKeys.of(b"k" * 32)).fingerprint(b"body") == Sealer(
        MasterKeys.of(b"k" * 32)
    ).fingerprint(b"body")
    assert Sealer(MasterKeys.of(b"k" * 32)).fingerprint(b"body") != Sealer(
        MasterKeys.of(b"x" * 32)
    ).fingerprint(b"body")
