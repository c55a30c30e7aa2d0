"""What the master key protects: private keys at rest, and fingerprints of bodies that may hold a password."""

from __future__ import annotations

import hmac

from backbone import postgres, sealing
from backbone.postgres import Pool
from backbone.sealing import MasterKeys, SealedColumn

_FINGERPRINTS = "fingerprints"


def of_signing_key(key_id: str) -> str:
    return f"signing-key/{key_id}"


SEALED = (
    SealedColumn("signing_keys", "key_id", of_signing_key),
    SealedColumn("sealed_secrets", "name", lambda name: f"secret/{name}"),
)
"""All that is sealed here."""


class Sealer(sealing.Sealer):
    """Seals, and knows the key of fingerprints, which stays the same when the master key turns."""

    def __init__(self, keys: MasterKeys) -> None:
        super().__init__(keys, derived_as=b"bondgate/identity/seal")
        self._fingerprint_key = hmac.digest(keys.current, b"bondgate/identity/fingerprint", "sha256")
        self._is_kept = False

    def fingerprint(self, body: bytes) -> bytes:
        """Equal for equal bodies, and of no use for guessing a password in one to who has only the database."""
        return hmac.digest(self._fingerprint_key, body, "sha256")

    async def keep_fingerprints(self, pool: Pool) -> None:
        """Take the kept key of fingerprints, or keep the one that follows from the master key. Raises SealBroken.

        To be called when it is known that the master key fits.
        """
        if self._is_kept:
            return
        purpose = f"secret/{_FINGERPRINTS}"
        mine = self.seal(self._fingerprint_key, purpose)
        async with postgres.transaction(pool) as connection:
            await connection.execute(_KEEP, _FINGERPRINTS, mine.text, mine.by)
            kept = await connection.fetchval(
                "SELECT sealed FROM sealed_secrets WHERE name = $1", _FINGERPRINTS
            )
        self._fingerprint_key = self.open(kept, purpose)
        self._is_kept = True


_KEEP = "INSERT INTO sealed_secrets (name, sealed, sealed_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
