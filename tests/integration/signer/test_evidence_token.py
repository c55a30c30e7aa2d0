"""The evidence key in a PKCS#11 token (SoftHSM2): it follows the key of the database, seals, and hands over to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from backbone.backoff import AgainLater
from backbone.postgres import Connection
from backbone.sealing import MasterKeys
from services.signer import evidence_keys, export, reads, sealing
from services.signer.evidence_keys import EvidenceKeys, InToken, WasFollowed, new_key_id
from services.signer.evidence_token import NoEvidenceToken, TokenKey, rack_of, token_in
from services.signer.gateway import KeyUnavailable, SigningKey
from tests.support.cards import until
from tests.support.signer_bench import TENANT, Bench
from tests.support.tokens import TOKEN_PIN, Tokens, softhsm

pytestmark = pytest.mark.anyio
_SEALER = sealing.sealer(MasterKeys.of(bytes(32)))


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return softhsm(tmp_path, "evidence", "other")


def _settings(tokens: Tokens, folder: Path, pattern: str = "^evidence$") -> tuple[Path, Path]:
    """The file of the token and the file of its PIN."""
    media, pin = folder / "evidence.toml", folder / "pin"
    media.write_text(
        f'[[medium]]\nkind = "pkcs11"\nmodule = "{tokens.module}"\ntokens = "{pattern}"\n'
        f'environment = {{ SOFTHSM2_CONF = "{tokens.configuration}" }}\n',
        encoding="utf-8",
    )
    pin.write_text(f"{TOKEN_PIN.get_secret_value()}\n", encoding="utf-8")
    return media, pin


@asynccontextmanager
async def _key_in(tokens: Tokens, folder: Path) -> AsyncIterator[TokenKey]:
    """As the signer holds it while it runs."""
    rack = rack_of(*_settings(tokens, folder))
    seen = await token_in(rack)
    stop = asyncio.Event()
    running = asyncio.create_task(rack.run(stop))
    try:
        await until(lambda: bool(rack.cards()))
        yield TokenKey(rack, seen, asyncio.get_running_loop())
    finally:
        stop.set()
        await running


async def _sign(bench: Bench, keys: EvidenceKeys, times: int = 1) -> None:
    for _ in range(times):
        await bench.signing(evidence_key=keys.current).do(await bench.declare())


async def test_the_key_of_a_token_follows_that_of_the_database_and_is_vouched_for(
    bench: Bench, tokens: Tokens, tmp_path: Path
) -> None:
    before = EvidenceKeys(bench.pool, _SEALER)
    first = await before.start()
    await _sign(bench, before)
    async with _key_in(tokens, tmp_path) as key:
        keys = EvidenceKeys(bench.pool, _SEALER, key)
        assert (await keys.start()).key_id == key.key_id
        await _sign(bench, keys, 2)
        # Started again it is the same key.
        again = EvidenceKeys(bench.pool, _SEALER, key)
        assert (await again.start()).key_id == key.key_id
        await _sign(bench, again)
        # Nothing of any private key is kept here now.
        assert await bench.count("SELECT count(*) FROM software_keys WHERE length(sealed) > 0") == 0

        # A signer that runs without the token waits, and one that starts says so.
        with pytest.raises(AgainLater, match=key.key_id):
            await _sign(bench, before)
        with pytest.raises(InToken):
            await EvidenceKeys(bench.pool, _SEALER).start()
        # It hands over to nobody from outside.
        with pytest.raises(InToken):
            await evidence_keys.rotate(bench.pool, _SEALER, new_key_id())

    walk = await reads.walked(bench.pool, TENANT)
    assert walk is not None and walk.faults == []
    assert [(span.key_id, span.first, span.last) for span in walk.keys] == [
        (first.key_id, 1, 1),
        (key.key_id, 2, 4),
    ]
    assert await reads.exported(bench.pool, tmp_path / "e.zip", UUID(TENANT)) == 4
    assert [walk.faults for walk in export.walks(tmp_path / "e.zip")] == [[]]


async def test_a_token_that_was_given_up_does_not_come_back(
    bench: Bench, tokens: Tokens, tmp_path: Path
) -> None:
    async with _key_in(tokens, tmp_path) as key:
        keys = EvidenceKeys(bench.pool, _SEALER, key)
        assert (await keys.start()).key_id == key.key_id
        await _sign(bench, keys)
        assert await evidence_keys.rotate(bench.pool, _SEALER, new_key_id(), lost=True)
        # The running signer goes on with the new key.
        await _sign(bench, keys)
        with pytest.raises(WasFollowed):
            await EvidenceKeys(bench.pool, _SEALER, key).start()
    walk = await reads.walked(bench.pool, TENANT)
    assert walk is not None
    assert [(fault.position, fault.code) for fault in walk.faults] == [(2, "key_unvouched")]


async def test_a_message_waits_for_a_token_that_is_away(bench: Bench) -> None:
    async def away(_: Connection) -> SigningKey:
        raise KeyUnavailable("令牌不在")

    job = await bench.declare()
    with pytest.raises(AgainLater, match="令牌不在"):
        await bench.signing(evidence_key=away).do(job)
    assert await bench.count("SELECT count(*) FROM evidence") == 0
    await bench.signing().do(job)
    assert await bench.count("SELECT count(*) FROM evidence") == 1


async def test_a_setting_that_names_no_one_token_is_told(tokens: Tokens, tmp_path: Path) -> None:
    media, pin = _settings(tokens, tmp_path, "nowhere")
    with pytest.raises(NoEvidenceToken, match="within 2 s"):
        await token_in(rack_of(media, pin), 2)
    with pytest.raises(NoEvidenceToken, match="BONDGATE_EVIDENCE_PIN_FILE"):
        rack_of(media, None)
    with pytest.raises(NoEvidenceToken, match="nothing"):
        rack_of(tmp_path / "nothing", pin)
    media.write_text('[[medium]]\nkind = "pcsc"\n', encoding="utf-8")
    with pytest.raises(NoEvidenceToken, match="pkcs11"):
        rack_of(media, pin)


async def test_of_two_tokens_none_is_chosen(tokens: Tokens, tmp_path: Path) -> None:
    media, pin = _settings(tokens, tmp_path, ".")
    rack = rack_of(media, pin)
    with pytest.raises(NoEvidenceToken, match="2 tokens"):
        await token_in(rack)
