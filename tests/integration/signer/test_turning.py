"""Keys of the signer turn while it signs; a kill in between leaves something that the same command goes on with."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

from backbone.sealing import MasterKeys, SealBroken, Sealed, Sealer, name_of, rewrap, sealed_by
from services.signer import evidence_keys, export, reads, sealing
from services.signer.evidence_keys import EvidenceKeys, new_key_id
from services.signer.proving import Walk
from tests.support.signer_bench import TENANT, Bench, Killed

pytestmark = pytest.mark.anyio
_OLD, _NEW = secrets.token_bytes(32), secrets.token_bytes(32)


def _sealer(*keys: bytes) -> Sealer:
    return sealing.sealer(MasterKeys.of(*keys))


async def _sign(bench: Bench, keys: EvidenceKeys, times: int = 1) -> None:
    for _ in range(times):
        await bench.signing(evidence_key=keys.current).do(await bench.declare())


async def _walk(bench: Bench, trusted: Sequence[str] = ()) -> Walk:
    walk = await reads.walked(bench.pool, TENANT, trusted)
    assert walk is not None
    return walk


async def test_the_key_is_made_once_and_needs_its_master_key(bench: Bench) -> None:
    made = await asyncio.gather(*(EvidenceKeys(bench.pool, _sealer(_OLD)).start() for _ in range(4)))
    assert len({key.key_id for key in made}) == 1
    assert await bench.count("SELECT count(*) FROM software_keys") == 1
    with pytest.raises(SealBroken):
        await EvidenceKeys(bench.pool, _sealer(_NEW)).start()


async def test_the_chain_names_the_key_of_each_link_and_holds_across_rotations(
    bench: Bench, tmp_path: Path
) -> None:
    sealer = _sealer(_OLD)
    # Two signers that run through it; neither is told.
    one, two = EvidenceKeys(bench.pool, sealer), EvidenceKeys(bench.pool, sealer)
    first = await one.start()
    await two.start()
    await _sign(bench, one, 2)
    ids = [new_key_id(), new_key_id()]
    for key_id in ids:
        assert await evidence_keys.rotate(bench.pool, sealer, key_id)
        # Killed before it was told, it is asked for again.
        assert not await evidence_keys.rotate(bench.pool, sealer, key_id)
        await _sign(bench, two)
        await _sign(bench, one)
    walk = await _walk(bench)
    assert walk.faults == []
    assert [(span.key_id, span.first, span.last) for span in walk.keys] == [
        (first.key_id, 1, 2),
        (ids[0], 3, 4),
        (ids[1], 5, 6),
    ]
    # Nobody can seal with a key that was followed.
    assert await bench.count("SELECT count(*) FROM software_keys WHERE length(sealed) > 0") == 1
    assert await reads.exported(bench.pool, tmp_path / "e.zip", UUID(TENANT)) == 6
    assert [walk.faults for walk in export.walks(tmp_path / "e.zip")] == [[]]

    await bench.pool.execute("UPDATE software_keys SET handover = handover || ' ' WHERE key_id = $1", ids[1])
    broken = await _walk(bench)
    assert [(fault.position, fault.code) for fault in broken.faults] == [(5, "key_unvouched")]
    assert (await _walk(bench, [broken.keys[2].certificate_sha256])).faults == []


async def test_a_lost_key_hands_over_to_nobody_and_what_it_sealed_still_holds(bench: Bench) -> None:
    keys = EvidenceKeys(bench.pool, _sealer(_OLD))
    await keys.start()
    await _sign(bench, keys)
    with pytest.raises(SealBroken):
        await evidence_keys.rotate(bench.pool, _sealer(_NEW), new_key_id())
    assert await evidence_keys.rotate(bench.pool, _sealer(_NEW), new_key_id(), lost=True)
    await _sign(bench, EvidenceKeys(bench.pool, _sealer(_NEW)))
    walk = await _walk(bench)
    assert [(fault.position, fault.code) for fault in walk.faults] == [(2, "key_unvouched")]
    assert (await _walk(bench, [walk.keys[1].certificate_sha256])).faults == []


async def test_rewrapping_that_is_killed_goes_on(bench: Bench) -> None:
    sealer = _sealer(_OLD)
    await EvidenceKeys(bench.pool, sealer).start()
    for number in range(4):
        sealed = sealer.seal(b"secret", f"other-{number}")
        await bench.pool.execute(
            "INSERT INTO software_keys (key_id, sealed, sealed_by, certificate, certificate_serial, made_at) "
            "VALUES ($1, $2, $3, '', '', now() - interval '1 day')",
            f"other-{number}",
            sealed.text,
            # As rows from before keys had names.
            sealed.by if number else None,
        )

    class Dying(Sealer):
        left = 2

        def seal(self, secret: bytes, purpose: str) -> Sealed:
            if not self.left:
                raise Killed
            self.left -= 1
            return super().seal(secret, purpose)

    with pytest.raises(Killed):
        await rewrap(bench.pool, Dying(MasterKeys.of(_NEW, _OLD), derived_as=None), sealing.SEALED)
    assert (await sealed_by(bench.pool, sealing.SEALED))[name_of(_NEW)] == 2
    # Signers go on meanwhile, and so does the rewrapping.
    await _sign(bench, EvidenceKeys(bench.pool, _sealer(_NEW, _OLD)))
    for _ in range(2):
        await rewrap(bench.pool, _sealer(_NEW, _OLD), sealing.SEALED)
        assert await sealed_by(bench.pool, sealing.SEALED) == {name_of(_NEW): 5}
    await _sign(bench, EvidenceKeys(bench.pool, _sealer(_NEW)))
    assert (await _walk(bench)).faults == []


async def test_what_no_key_opens_is_left_as_it_is(bench: Bench) -> None:
    await EvidenceKeys(bench.pool, _sealer(_OLD)).start()
    before = await bench.pool.fetchval("SELECT sealed FROM software_keys")
    await rewrap(bench.pool, _sealer(_NEW), sealing.SEALED)
    assert await bench.pool.fetchval("SELECT sealed FROM software_keys") == before
