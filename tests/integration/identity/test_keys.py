"""Signing keys shared by replicas: a rotation nobody notices, a revocation everybody does, a master key that must fit."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backbone import postgres
from backbone.migrate import Database
from backbone.sealing import MasterKeys, SealBroken, name_of, rewrap, sealed_by
from services.identity.keyring import KeyKeeper, Keyring, Schedule
from services.identity.sealing import SEALED, Sealer
from services.identity.tokens import Holder, Issuer
from tests.support.identity_client import new_tenant, operator
from tests.support.identity_service import running_identity
from tests.support.infrastructure import Servers
from tests.support.patience import SECONDS as PATIENCE

MASTER_KEY = secrets.token_bytes(32)
LEAD, LIFETIME = timedelta(minutes=1), timedelta(minutes=2.5)
WHOSE = Holder(uuid4(), "示例", UUID(int=1), [])


class Replica:
    """One process's worth of identity: its keys as it knows them."""

    def __init__(self, pool: postgres.Pool, *master_keys: bytes) -> None:
        self.keyring = Keyring(Schedule(LIFETIME, timedelta(days=30), LEAD))
        self.sealer = Sealer(MasterKeys.of(*(master_keys or (MASTER_KEY,))))
        self.keeper = KeyKeeper(pool, self.sealer, self.keyring)

    def token(self) -> str:
        return Issuer(self.keyring, "bondgate", "bondgate", 60).issue(WHOSE)

    def accepts(self, token: str) -> bool:
        try:
            jwt.decode(token, KeySet.import_key_set(self.keyring.jwks()), algorithms=["RS256"])  # type: ignore[arg-type]
        except (JoseError, ValueError):
            return False
        return True


@asynccontextmanager
async def pool_of(database: Database) -> AsyncIterator[postgres.Pool]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=4)
    try:
        yield pool
    finally:
        await pool.close()


async def fresh(pool: postgres.Pool) -> tuple[Replica, Replica]:
    await pool.execute("TRUNCATE signing_keys")
    replicas = Replica(pool), Replica(pool)
    await asyncio.gather(*(replica.keeper.refresh() for replica in replicas))
    return replicas


def test_replicas_that_start_together_make_one_key(database: Database) -> None:
    async def check() -> None:
        async with pool_of(database) as pool:
            first, second = await fresh(pool)
            assert await pool.fetchval("SELECT count(*) FROM signing_keys") == 1
            assert second.accepts(first.token())
            assert first.accepts(second.token())
            sealed = await pool.fetchval("SELECT sealed FROM signing_keys")
            assert b"PRIVATE" not in sealed

    asyncio.run(check())


async def later(pool: postgres.Pool, replicas: Sequence[Replica], by: timedelta) -> None:
    """Every time that anybody knows of a key lies so much further back."""
    await pool.execute(
        "UPDATE signing_keys SET signs_from = signs_from - $1::interval, published_until = published_until - $1::interval",
        by,
    )
    for replica in replicas:
        replica.keyring.keys = tuple(
            replace(
                key,
                signs_from=key.signs_from - by,
                published_until=key.published_until and key.published_until - by,
            )
            for key in replica.keyring.keys
        )


def test_a_rotation_has_no_gap(database: Database) -> None:
    """Whoever signs and whoever verifies, at every moment; the second replica learns of everything a little late."""

    async def check() -> None:
        async with pool_of(database) as pool:
            replicas = await fresh(pool)
            signed: list[tuple[timedelta, str]] = []
            used: set[str] = set()
            await replicas[0].keeper.rotate()
            step = timedelta(seconds=3)
            for number in range(100):
                now = number * step
                if number % 10 == 9:
                    for replica in replicas:
                        await replica.keeper.refresh()
                for replica in replicas:
                    signed.append((now, replica.token()))
                    used.add(replica.keyring.signer().key_id)
                living = [token for at, token in signed if now - at < LIFETIME]
                for token in (living[0], living[len(living) // 2], *living[-2:]):
                    assert all(replica.accepts(token) for replica in replicas)
                await later(pool, replicas, step)
            assert len(used) == 2

    asyncio.run(check())


def test_an_old_key_gets_one_successor_from_many_replicas(database: Database) -> None:
    async def check() -> None:
        async with pool_of(database) as pool:
            first, second = await fresh(pool)
            await pool.execute("UPDATE signing_keys SET signs_from = now() - interval '31 days'")
            await asyncio.gather(first.keeper.refresh(), second.keeper.refresh())
            await asyncio.gather(first.keeper.refresh(), second.keeper.refresh())
            assert await pool.fetchval("SELECT count(*) FROM signing_keys") == 2
            assert len(first.keyring.jwks()["keys"]) == 2

    asyncio.run(check())


def test_a_revocation_ends_every_token(database: Database) -> None:
    async def check() -> None:
        async with pool_of(database) as pool:
            first, second = await fresh(pool)
            leaked = first.token()
            await first.keeper.rotate(revoke_previous=True)
            await second.keeper.refresh()
            assert not first.accepts(leaked)
            assert not second.accepts(leaked)
            assert second.accepts(first.token())

    asyncio.run(check())


def test_another_master_key_does_not_open_the_keys(database: Database) -> None:
    async def check() -> None:
        async with pool_of(database) as pool:
            await fresh(pool)
            with pytest.raises(SealBroken):
                await Replica(pool, secrets.token_bytes(32)).keeper.refresh()

    asyncio.run(check())


def test_a_master_key_turns_while_replicas_run(database: Database) -> None:
    """Replica after replica learns of the new key, seals with it, and everything that was sealed before is sealed again."""
    new = secrets.token_bytes(32)

    async def check() -> None:
        async with pool_of(database) as pool:
            await pool.execute("TRUNCATE signing_keys, sealed_secrets")
            old = Replica(pool)
            await old.keeper.turn()
            fingerprint, token = old.sealer.fingerprint(b"body"), old.token()
            learning, turned = Replica(pool, MASTER_KEY, new), Replica(pool, new, MASTER_KEY)
            await learning.keeper.turn()
            await turned.keeper.turn()
            await turned.keeper.rotate()
            await learning.keeper.refresh()
            assert await sealed_by(pool, SEALED) == {name_of(MASTER_KEY): 2, name_of(new): 1}
            await asyncio.gather(*(rewrap(pool, turned.sealer, SEALED) for _ in range(3)))
            assert await sealed_by(pool, SEALED) == {name_of(new): 3}
            alone = Replica(pool, new)
            await alone.keeper.turn()
            assert alone.accepts(token)
            # A repeated Idempotency-Key finds the same fingerprint on either side of the rotation.
            for replica in (learning, turned, alone):
                assert replica.sealer.fingerprint(b"body") == fingerprint
            with pytest.raises(SealBroken):
                await Replica(pool).keeper.refresh()

    asyncio.run(check())


def test_two_processes_accept_each_others_tokens_and_a_wrong_master_key_is_not_ready(
    servers: Servers,
) -> None:
    database = servers.database("identity")
    with running_identity(servers, database) as one, running_identity(servers, database) as two:
        tenant = new_tenant(one)
        elsewhere = tenant.admin
        elsewhere.service = two
        assert elsewhere.get("/v1/me").status_code == 200
        assert elsewhere.post("/v1/keys/rotations", {}).status_code == 403
        rotated = operator(two).post("/v1/keys/rotations", {})
        assert rotated.status_code == 201
        assert operator(one).get("/v1/tenants").status_code == 200
        published = httpx.get(f"{two.url}/.well-known/jwks.json", trust_env=False).json()["keys"]
        assert rotated.json()["key_id"] in [key["kid"] for key in published]
        assert all("d" not in key and key["use"] == "sig" for key in published)
    wrong = {"MASTER_KEY": "A" * 43}
    with running_identity(servers, database, wrong, waits=False) as third:
        deadline = time.monotonic() + PATIENCE
        while "signing_keys_sealed" not in third.output() and time.monotonic() < deadline:
            time.sleep(0.1)
        ready = httpx.get(f"{third.url}/readyz", trust_env=False)
        assert ready.status_code == 503
        assert ready.json()["checks"]["signing-keys"] is False
        assert "BONDGATE_MASTER_KEY" in third.output()
