"""SoftHSM2, where the machine has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from services.signer.media.configured import Pkcs11Tokens
from tests.support.certificates import certificate

TOKEN_PIN = SecretStr("4321")

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def softhsm_or_skip() -> tuple[Path, str]:
    """The module and its tool; skips with the line that would install them."""
    module = next((Path(path) for path in _MODULES if Path(path).exists()), None)
    tool = shutil.which("softhsm2-util")
    if module is None or tool is None:
        pytest.skip("no SoftHSM2 here; as root: apt-get install -y softhsm2")
    return module, tool


@dataclass
class Tokens:
    module: Path
    configuration: Path

    @property
    def configured(self) -> Pkcs11Tokens:
        environment = {"SOFTHSM2_CONF": str(self.configuration)}
        return Pkcs11Tokens(kind="pkcs11", module=self.module, tokens="^bench", environment=environment)


def softhsm(folder: Path, *labels: str) -> Tokens:
    """A token of every label, each with an RSA key and its certificate; skips where there is no SoftHSM2."""
    module, tool = softhsm_or_skip()
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\n", encoding="utf-8")
    made = Tokens(module, configuration)
    for label in labels:
        _initialise(made, tool, label, folder)
    return made


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
    secret = TOKEN_PIN.get_secret_value()
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
