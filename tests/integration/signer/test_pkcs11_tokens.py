"""PKCS#11 through a real module: SoftHSM2 with keys of our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.port import AlgorithmMissing, WrongPin
from tests.support.cards import running_rack, until
from tests.support.tokens import TOKEN_PIN, Tokens, softhsm

pytestmark = pytest.mark.anyio


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return softhsm(tmp_path, "bench-1", "bench-2")


async def test_tokens_sign_and_check_their_pins(tokens: Tokens) -> None:
    async with running_rack(tokens.configured, pins={}) as rack:
        await until(lambda: len(rack.cards()) == 2)
        one, other = rack.cards()
        assert one.card_no != other.card_no
        assert (one.holder, one.firm_code) == ("张三", "4403161234")
        with pytest.raises(WrongPin):
            await rack.check_pin(one.card_no, SecretStr("0000"))

    async with running_rack(
        tokens.configured, pins={one.card_no: TOKEN_PIN, other.card_no: TOKEN_PIN}
    ) as rack:
        await until(lambda: len(rack.cards()) == 2)
        for card in (one, other):
            made = await rack.sign(card.card_no, b"bytes")
            assert made.algorithm == "rsa-sha256"
            assert certificates.read(card.certificate).verifies(b"bytes", made.value, "rsa-sha256")
        assert (await rack.sign(one.card_no, b"bytes", "rsa-sha1")).algorithm == "rsa-sha1"
        with pytest.raises(AlgorithmMissing):
            await rack.sign(one.card_no, b"bytes", "sm2-sm3")
