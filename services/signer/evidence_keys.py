"""The installation's evidence key: kept sealed, followed by a new one while every signer runs, each vouched for by the last.

Who seals a link asks for the current key in the transaction of the link, so the first link after a rotation is of the new key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from backbone import log, postgres
from backbone.ids import new_id
from backbone.postgres import Connection, Pool, Record
from backbone.sealing import SealBroken, Sealer
from services.signer import software_key
from services.signer.evidence import ALGORITHM, sha256, utc
from services.signer.gateway import SigningKey
from services.signer.software_key import SoftwareKey
from services.signer.vouching import Introduced

_LOCK = 7_206_201
CurrentKey = Callable[[Connection], Awaitable[SigningKey]]
"""Asked within the transaction of a link."""


def new_key_id() -> str:
    return f"software-{new_id()}"


class EvidenceKeys:
    """The current key as the database has it; opened ones are remembered."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer
        self._opened: dict[str, SoftwareKey] = {}

    async def start(self) -> SoftwareKey:
        """The current key, made when there is none, whoever starts first. Raises SealBroken."""
        async with postgres.transaction(self._pool) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if await connection.fetchval(_CURRENT_ID) is None:
                await _add(connection, self._sealer, software_key.make(new_key_id()), None)
            return await self.current(connection)

    async def current(self, connection: Connection) -> SoftwareKey:
        """Raises SealBroken."""
        key_id: str = await connection.fetchval(_CURRENT_ID)
        if key_id not in self._opened:
            row = await connection.fetchrow("SELECT * FROM software_keys WHERE key_id = $1", key_id)
            assert row is not None
            self._opened = {key_id: _open(self._sealer, row)}
        return self._opened[key_id]


async def rotate(pool: Pool, sealer: Sealer, key_id: str, *, lost: bool = False) -> bool:
    """Follow the current key by a new one of this id; False when that was done already.

    `lost`: the current key cannot be opened any more, so that it vouches for nothing. Raises SealBroken.
    """
    made = software_key.make(key_id)
    async with postgres.transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if await connection.fetchval("SELECT true FROM software_keys WHERE key_id = $1", key_id):
            return False
        row = await connection.fetchrow(
            "SELECT * FROM software_keys WHERE followed_at IS NULL ORDER BY made_at DESC, key_id DESC LIMIT 1"
        )
        before = None if row is None or lost else _open(sealer, row)
        await _add(connection, sealer, made, before)
        # What was followed seals nothing any more, and nobody should be able to.
        await connection.execute(
            "UPDATE software_keys SET sealed = '', followed_at = now() WHERE followed_at IS NULL AND key_id <> $1",
            key_id,
        )
    log.get().info("evidence_key_made", key_id=key_id)
    return True


async def _add(connection: Connection, sealer: Sealer, made: SoftwareKey, before: SoftwareKey | None) -> None:
    sealed = sealer.seal(made.private_bytes(), made.key_id)
    handover = None if before is None else _handover(made, before)
    await connection.execute(
        "INSERT INTO software_keys (key_id, sealed, sealed_by, certificate, certificate_serial, handover, handover_signature) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        made.key_id,
        sealed.text,
        sealed.by,
        made.certificate,
        made.certificate_serial,
        handover,
        None if before is None or handover is None else before.sign(handover, ALGORITHM),
    )


def _handover(made: SoftwareKey, before: SoftwareKey) -> bytes:
    said = {
        "form": 1,
        "key_id": made.key_id,
        "certificate_sha256": sha256(made.certificate),
        "after_key_id": before.key_id,
        "after_certificate_sha256": sha256(before.certificate),
        "at": utc(datetime.now(UTC)),
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _open(sealer: Sealer, row: Record) -> SoftwareKey:
    """Raises SealBroken."""
    plain = sealer.open(row["sealed"], row["key_id"])
    private_key = serialization.load_der_private_key(plain, password=None)
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise SealBroken(row["key_id"])
    return SoftwareKey(row["key_id"], private_key, x509.load_der_x509_certificate(row["certificate"]))


_CURRENT_ID = """
SELECT key_id FROM software_keys WHERE followed_at IS NULL ORDER BY made_at DESC, key_id DESC LIMIT 1
"""


async def introduced(pool: Pool) -> list[Introduced]:
    rows = await pool.fetch(
        "SELECT key_id, certificate, handover, handover_signature FROM software_keys ORDER BY made_at, key_id"
    )
    return [Introduced(*row) for row in rows]
