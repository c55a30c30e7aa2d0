"""PKCS#11 through a real module: SoftHSM2 with keys of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from services.signer.media import certificates
from services.signer.media.configured import Pkcs11Tokens
from services.signer.media.port import AlgorithmMissing, WrongPin
from tests.support.cards import running_rack, until
from tests.support.certificates import certificate
from tests.support.tokens import softhsm_or_skip

pytestmark = pytest.mark.anyio
_PIN = SecretStr("4321")


@dataclass
class Tokens:
    module: Path
    configuration: Path

    @property
    def configured(self) -> Pkcs11Tokens:
        environment = {"SOFTHSM2_CONF": str(self.configuration)}
        return Pkcs11Tokens(kind="pkcs11", module=self.module, tokens="^bench", environment=environment)


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[Tokens]:
    module, tool = softhsm_or_skip()
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n", encoding="utf-8")
    made = Tokens(module, configuration)
    for label in ("bench-1", "bench-2"):
        _initialise(made, tool, label, tmp_path)
    yield made


def _initialise(tokens: Tokens, tool: str, label: str, folder: Path) -> None:
    """A token with a key and its certificate, brought in by a process of its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = folder / f"{label}.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    found = folder / f"{label}.der"
    found.write_bytes(certificate(key).public_bytes(serialization.Encoding.DER))
    secret = _PIN.get_secret_value()
    common = ["--token", label, "--pin", secret, "--id", "01", "--label", "signing"]
    _run(tokens, tool, "--init-token", "--free", "--label", label, "--pin", secret, "--so-pin", "8765")
    _run(tokens, tool, "--import", private, *common)
    _run(tokens, sys.executable, "-c", _ADD_CERTIFICATE, tokens.module, label, secret, found)


_ADD_CERTIFICATE = """
import sys, pkcs11
from pathlib import Path
from pkcs11 import Attribute, CertificateType, ObjectClass
module, label, pin, found = sys.argv[1:]
der = Path(found).read_bytes()
with pkcs11.lib(module).get_token(token_label=label).open(user_pin=pin, rw=True) as session:
    session.create_object({
        Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True, Attribute.ID: b"\\x01", Attribute.LABEL: "signing",
        Attribute.SUBJECT: b"0", Attribute.VALUE: der,
    })
"""


def _run(tokens: Tokens, *command: str | Path) -> None:
    """In a process of its own: the module keeps state, and this process must not load it."""
    environment = {**os.environ, "SOFTHSM2_CONF": str(tokens.configuration)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_tokens_sign_and_check_their_pins(tokens: Tokens) -> None:
    async with running_rack(tokens.configured, pins={}) as rack:
        await until(lambda: len(rack.cards()) == 2)
        one, other = rack.cards()
        assert one.card_no != other.card_no
        assert (one.holder, one.firm_code) == ("张三", "4403161234")
        with pytest.raises(WrongPin):
            await rack.check_pin(one.card_no, SecretStr("0000"))

    async with running_rack(tokens.configured, pins={one.card_no: _PIN, other.card_no: _PIN}) as rack:
        await until(lambda: len(rack.cards()) == 2)
        for card in (one, other):
            made = await rack.sign(card.card_no, b"bytes")
            assert made.algorithm == "rsa-sha256"
            assert certificates.read(card.certificate).verifies(b"bytes", made.value, "rsa-sha256")
        assert (await rack.sign(one.card_no, b"bytes", "rsa-sha1")).algorithm == "rsa-sha1"
        with pytest.raises(AlgorithmMissing):
            await rack.sign(one.card_no, b"bytes", "sm2-sm3")
