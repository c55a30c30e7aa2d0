"""Keys that sign tokens: kept sealed in the database, shared by all replicas, followed by new ones without a gap.

A new key is published `lead` before it signs. The old one stays published until the last token it signed has expired.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import RSAKey

from backbone import log, postgres
from backbone.postgres import Connection, Pool
from backbone.refusals import Unavailable
from backbone.sealing import SealBroken
from services.identity import attempts
from services.identity.sealing import Sealer, of_signing_key

ALGORITHM = "RS256"
_BITS = 2048
REFRESH_SECONDS = 5.0
_SWEEP_SECONDS = 600.0
_LOCK = 7_206_201
# Clocks of verifiers may be behind, and they allow a leeway of their own.
_MARGIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Schedule:
    """When keys change. `lifetime` is that of the tokens they sign."""

    lifetime: timedelta
    max_age: timedelta
    lead: timedelta


@dataclass(frozen=True)
class SigningKey:
    key_id: str
    key: RSAKey
    public_jwk: dict[str, Any]
    signs_from: datetime
    published_until: datetime | None

    def is_published(self, now: datetime) -> bool:
        return self.published_until is None or self.published_until > now


def signer(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The newest key whose time has come."""
    usable = [key for key in keys if key.signs_from <= now and key.is_published(now)]
    return max(usable, key=lambda key: key.signs_from, default=None)


def is_due(keys: Sequence[SigningKey], schedule: Schedule, now: datetime) -> bool:
    """Whether a successor should be made; one that already waits for its time counts as made."""
    return all(key.signs_from <= now - schedule.max_age for key in keys if key.is_published(now))


class Keyring:
    """The keys as this replica knows them, at most REFRESH_SECONDS old."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.keys: tuple[SigningKey, ...] = ()

    def signer(self) -> SigningKey:
        """Raises Unavailable while no key is known."""
        found = signer(self.keys, datetime.now(UTC))
        if found is None:
            raise Unavailable("签发密钥尚未就绪")
        return found

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Public keys, also those which will sign soon or have signed lately. Raises Unavailable when there is none."""
        now = datetime.now(UTC)
        published = [key.public_jwk for key in self.keys if key.is_published(now)]
        if not published:
            raise Unavailable("签发密钥尚未就绪")
        return {"keys": published}


class KeyKeeper:
    """Keeps the keyring fresh, makes the first key and the successors; also sweeps old login attempts."""

    def __init__(self, pool: Pool, sealer: Sealer, keyring: Keyring) -> None:
        self._swept_at = float("-inf")
        self._pool = pool
        self._sealer = sealer
        self._keyring = keyring

    async def turn(self) -> None:
        """Raises SealBroken when the master key does not fit the stored keys, and on outages."""
        try:
            await self.refresh()
            await self._sealer.keep_fingerprints(self._pool)
        except SealBroken:
            log.get().error(
                "signing_keys_sealed", reason="BONDGATE_MASTER_KEY is not the one they were sealed with"
            )
            raise
        now = time.monotonic()
        if now - self._swept_at > _SWEEP_SECONDS:
            self._swept_at = now
            await attempts.sweep(self._pool)

    async def refresh(self) -> None:
        """Read the keys; make one when none is there or the newest is old."""
        async with postgres.transaction(self._pool) as connection:
            keys, now = await self._read(connection)
        if is_due(keys, self._keyring.schedule, now):
            await self._succeed(only_when_due=True)
        else:
            self._keyring.keys = keys

    async def rotate(self, *, revoke_previous: bool = False) -> SigningKey:
        """Make a new key now. `revoke_previous` also ends every token signed so far, within the verifiers' caching."""
        made = await self._succeed(revoke_previous=revoke_previous)
        assert made is not None
        return made

    async def _succeed(
        self, *, only_when_due: bool = False, revoke_previous: bool = False
    ) -> SigningKey | None:
        schedule = self._keyring.schedule
        key = await asyncio.to_thread(_generate)
        made = None
        async with postgres.transaction(self._pool) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            keys, now = await self._read(connection)
            if not only_when_due or is_due(keys, schedule, now):
                has_signer = signer(keys, now) is not None
                # One that must sign at once does so by any replica's clock.
                at_once = revoke_previous or not has_signer
                signs_from = now - _MARGIN if at_once else now + schedule.lead
                until = now if revoke_previous else signs_from + schedule.lifetime + _MARGIN
                await connection.execute(_RETIRE, until)
                await connection.execute(
                    "DELETE FROM signing_keys WHERE published_until < now() - interval '1 day'"
                )
                made = SigningKey(key.thumbprint(), key, key.as_dict(private=False), signs_from, None)
                await self._store(connection, made)
                keys, _ = await self._read(connection)
                log.get().info("signing_key_made", key_id=made.key_id)
        self._keyring.keys = keys
        return made

    async def _read(self, connection: Connection) -> tuple[tuple[SigningKey, ...], datetime]:
        rows = await connection.fetch("SELECT * FROM signing_keys ORDER BY signs_from")
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        known = {key.key_id: key for key in self._keyring.keys}
        keys = []
        for r in rows:
            key_id = r["key_id"]
            secret = known[key_id].key if key_id in known else self._open(key_id, r["sealed"])
            keys.append(SigningKey(key_id, secret, r["public_jwk"], r["signs_from"], r["published_until"]))
        return tuple(keys), now

    def _open(self, key_id: str, sealed: bytes) -> RSAKey:
        return RSAKey.import_key(self._sealer.open(sealed, of_signing_key(key_id)))

    async def _store(self, connection: Connection, made: SigningKey) -> None:
        sealed = self._sealer.seal(made.key.as_pem(private=True), of_signing_key(made.key_id))
        await connection.execute(
            "INSERT INTO signing_keys (key_id, public_jwk, sealed, sealed_by, signs_from) VALUES ($1, $2, $3, $4, $5)",
            made.key_id,
            made.public_jwk,
            sealed.text,
            sealed.by,
            made.signs_from,
        )


_RETIRE = """
UPDATE signing_keys SET published_until = $1 WHERE published_until IS NULL OR published_until > $1
"""


def _generate() -> RSAKey:
    key = RSAKey.generate_key(_BITS, {"use": "sig", "alg": ALGORITHM})
    key.ensure_kid()
    return key
