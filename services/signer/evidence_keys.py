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
from services.signer.gateway import KeyUnavailable, SigningKey
from services.signer.software_key import SoftwareKey
from services.signer.vouching import Introduced

_LOCK = 7_206_201
CurrentKey = Callable[[Connection], Awaitable[SigningKey]]
"""Asked within the transaction of a link."""


def new_key_id() -> str:
    return f"software-{new_id()}"


class InToken(KeyUnavailable):
    """The key lies in a token that is not at hand; the text is its id."""


class WasFollowed(Exception):
    """The token's key was followed by another already; the text is its id."""


class EvidenceKeys:
    """The current key as the database has it; opened ones are remembered. With `token` that is the key from its start on."""

    def __init__(self, pool: Pool, sealer: Sealer, token: SigningKey | None = None) -> None:
        self._pool = pool
        self._sealer = sealer
        self._token = token
        self._opened: dict[str, SoftwareKey] = {}

    async def start(self) -> SigningKey:
        """The current key, made when there is none, whoever starts first. Raises SealBroken, InToken, WasFollowed."""
        async with postgres.transaction(self._pool) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            key_id = await connection.fetchval(_CURRENT_ID)
            if self._token is not None and key_id != self._token.key_id:
                await self._bring_in(connection, self._token, is_first=key_id is None)
            elif key_id is None:
                await _add(connection, self._sealer, software_key.make(new_key_id()), None)
            return await self.current(connection)

    async def _bring_in(self, connection: Connection, token: SigningKey, *, is_first: bool) -> None:
        """The token's key follows the one before, which vouches for it."""
        if await connection.fetchval("SELECT true FROM software_keys WHERE key_id = $1", token.key_id):
            raise WasFollowed(token.key_id)
        before = None if is_first else await self.current(connection)
        await _add(connection, self._sealer, token, before)
        await connection.execute(_FOLLOWED, token.key_id)
        log.get().info("evidence_key_made", key_id=token.key_id)

    async def current(self, connection: Connection) -> SigningKey:
        """Raises SealBroken, InToken."""
        key_id: str = await connection.fetchval(_CURRENT_ID)
        if self._token is not None and key_id == self._token.key_id:
            return self._token
        if key_id not in self._opened:
            row = await connection.fetchrow("SELECT * FROM software_keys WHERE key_id = $1", key_id)
            assert row is not None
            self._opened = {key_id: _open(self._sealer, row)}
        return self._opened[key_id]


async def rotate(pool: Pool, sealer: Sealer, key_id: str, *, lost: bool = False) -> bool:
    """Follow the current key by a new one of this id; False when that was done already.

    `lost`: the current key cannot be opened any more, so that it vouches for nothing. Raises SealBroken, InToken.
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
        await connection.execute(_FOLLOWED, key_id)
    log.get().info("evidence_key_made", key_id=key_id)
    return True


async def _add(connection: Connection, sealer: Sealer, made: SigningKey, before: SigningKey | None) -> None:
    """Of a key in a token nothing is sealed here."""
    sealed = sealer.seal(made.private_bytes(), made.key_id) if isinstance(made, SoftwareKey) else None
    handover = None if before is None else _handover(made, before)
    await connection.execute(
        "INSERT INTO software_keys (key_id, sealed, sealed_by, certificate, certificate_serial, handover, handover_signature) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        made.key_id,
        b"" if sealed is None else sealed.text,
        None if sealed is None else sealed.by,
        made.certificate,
        made.certificate_serial,
        handover,
        None if before is None or handover is None else before.sign(handover, ALGORITHM),
    )


def _handover(made: SigningKey, before: SigningKey) -> bytes:
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
    """Raises SealBroken, InToken."""
    if not row["sealed"]:
        raise InToken(row["key_id"])
    plain = sealer.open(row["sealed"], row["key_id"])
    private_key = serialization.load_der_private_key(plain, password=None)
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise SealBroken(row["key_id"])
    return SoftwareKey(row["key_id"], private_key, x509.load_der_x509_certificate(row["certificate"]))


_CURRENT_ID = """
SELECT key_id FROM software_keys WHERE followed_at IS NULL ORDER BY made_at DESC, key_id DESC LIMIT 1
"""


# What was followed seals nothing any more, and nobody should be able to.
_FOLLOWED = (
    "UPDATE software_keys SET sealed = '', followed_at = now() WHERE followed_at IS NULL AND key_id <> $1"
)


async def introduced(pool: Pool) -> list[Introduced]:
    rows = await pool.fetch(
        "SELECT key_id, certificate, handover, handover_signature FROM software_keys ORDER BY made_at, key_id"
    )
    return [Introduced(*row) for row in rows]
