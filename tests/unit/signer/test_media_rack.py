"""The rack and its supervisors, with key files: processes, order, refused PINs, rest after faults."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from services.signer.cards.card_key import CardKey
from services.signer.gateway import KeyUnavailable
from services.signer.media import certificates
from services.signer.media.configured import KeyFileOfSandbox
from services.signer.media.port import CardOut, MediumFault, PinMissing, Quarantined, WrongPin
from services.signer.media.rack import Rack
from services.signer.media.supervisor import Bounds, ReaderState
from tests.support.certificates import certificate

pytestmark = pytest.mark.anyio
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PIN = SecretStr("secret-1")
_CARD = "9000000000001"
_BOUNDS = Bounds(probe_every_seconds=0.1, faults_before_quarantine=2)


def _file(folder: Path) -> KeyFileOfSandbox:
    path = folder / "key.pem"
    private = _KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate(_KEY).public_bytes(serialization.Encoding.PEM))
    return KeyFileOfSandbox(kind="key_file", path=path, passphrase=_PIN, card_no=_CARD)


@asynccontextmanager
async def _running(
    file: KeyFileOfSandbox, pins: dict[str, SecretStr], *, production: bool = False
) -> AsyncIterator[Rack]:
    async def pin_of(card_no: str) -> SecretStr | None:
        return pins.get(card_no)

    rack = Rack([file], pin_of=pin_of, production=production, bounds=_BOUNDS)
    stop = asyncio.Event()
    running = asyncio.create_task(rack.run(stop))
    try:
        yield rack
    finally:
        stop.set()
        await running


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)


async def test_many_signatures_come_from_the_card_they_are_asked_of(tmp_path: Path) -> None:
    async with _running(_file(tmp_path), {_CARD: _PIN}) as rack:
        await _until(lambda: bool(rack.cards()))
        texts = [f"text {number}".encode() for number in range(40)]
        made = await asyncio.gather(*(rack.sign(_CARD, text) for text in texts))
        for text, signature in zip(texts, made, strict=True):
            assert certificates.read(signature.certificate).verifies(text, signature.value, "rsa-sha256")
        (report,) = rack.readers()
        assert (report.state, report.signatures, report.waiting) == (ReaderState.READY, 40, 0)
        with pytest.raises(CardOut):
            await rack.sign("9000000000002", b"text")


async def test_a_refused_pin_is_not_tried_again_before_another_was_checked(tmp_path: Path) -> None:
    pins = {_CARD: SecretStr("wrong")}
    async with _running(_file(tmp_path), pins) as rack:
        await _until(lambda: bool(rack.cards()))
        for _ in range(3):
            with pytest.raises(WrongPin):
                await rack.sign(_CARD, b"text")
        (report,) = rack.readers()
        assert (report.faults, report.last_error) == (1, "wrong_pin")
        pins[_CARD] = _PIN
        await rack.check_pin(_CARD, _PIN)
        assert await rack.sign(_CARD, b"text")
        pins.clear()
        with pytest.raises(PinMissing):
            await rack.sign(_CARD, b"text")


async def test_a_card_of_the_rack_is_a_key_for_the_thread_of_a_job(tmp_path: Path) -> None:
    pins = {_CARD: _PIN}
    loop = asyncio.get_running_loop()
    async with _running(_file(tmp_path), pins) as rack:
        await _until(lambda: bool(rack.cards()))
        key = CardKey(rack, rack.cards()[0], loop)
        made = await asyncio.to_thread(key.sign, b"text", "rsa-sha256")
        assert certificates.read(key.certificate).verifies(b"text", made, "rsa-sha256")
        pins.clear()
        with pytest.raises(KeyUnavailable, match="没有这张卡的密码") as refused:
            await asyncio.to_thread(key.sign, b"text", "rsa-sha256")
        assert not refused.value.may_have_signed


async def test_a_medium_that_never_opens_rests_and_says_why(tmp_path: Path) -> None:
    async with _running(_file(tmp_path), {_CARD: _PIN}, production=True) as rack:
        await _until(lambda: any(one.state is ReaderState.QUARANTINED for one in rack.readers()))
        (report,) = rack.readers()
        assert report.last_error == "not_allowed"
        assert report.retry_at is not None
        assert rack.cards() == []


async def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    file = _file(tmp_path)
    async with _running(file, {_CARD: _PIN}) as rack:
        await _until(lambda: bool(rack.cards()))
        file.path.rename(tmp_path / "away")
        (supervisor,) = rack._supervisors.values()
        assert supervisor.process_id is not None
        os.kill(supervisor.process_id, signal.SIGKILL)
        await _until(lambda: rack.cards() == [])
        with pytest.raises(MediumFault):
            await rack.sign(_CARD, b"text")
        (tmp_path / "away").rename(file.path)
        await _until(lambda: bool(rack.cards()))
        assert await rack.sign(_CARD, b"text")


def test_a_rest_tells_its_reason() -> None:
    assert "暂停使用" in Quarantined("timed_out").told
