"""Which media a machine has, from a TOML file: `[[medium]]` with a kind, and what that kind needs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter


class _Configured(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: dict[str, str] = Field(default_factory=dict)
    """Set for the process that speaks with it, e.g. SOFTHSM2_CONF, PCSCLITE_CSOCK_NAME."""


class PcscReaders(_Configured):
    """Every reader of the machine, or those whose name matches."""

    kind: Literal["pcsc"]
    readers: str = ".*"
    """Regular expression, somewhere in the name."""
    profiles: Path | None = None
    """A folder of APDU profiles, looked at before those that come with the program."""


class Pkcs11Tokens(_Configured):
    """Every token of a PKCS#11 module."""

    kind: Literal["pkcs11"]
    module: Path
    tokens: str = ".*"
    """Regular expression, somewhere in the label."""


class EportService(_Configured):
    """The e-port local signing service."""

    kind: Literal["eport"]
    url: str = "ws://127.0.0.1:61232"
    certificate_of_service: Path | None = None
    """For wss with a certificate of the site's own: PEM of who signed it."""


class KeyFileOfSandbox(_Configured):
    """A key in a file, PEM or PKCS#12."""

    kind: Literal["key_file"]
    path: Path
    passphrase: SecretStr
    card_no: str | None = None
    allowed_in_production: bool = False


Configured = Annotated[
    PcscReaders | Pkcs11Tokens | EportService | KeyFileOfSandbox, Field(discriminator="kind")
]
_ALL: TypeAdapter[tuple[Configured, ...]] = TypeAdapter(tuple[Configured, ...])
_ONE: TypeAdapter[Configured] = TypeAdapter(Configured)


def load(path: Path) -> tuple[Configured, ...]:
    """Raises OSError, TOMLDecodeError, ValidationError."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return _ALL.validate_python(told.get("medium", []))


def one(told: object) -> Configured:
    """From what `told` wrote. Raises ValidationError."""
    return _ONE.validate_python(told)


def told(configured: Configured) -> dict[str, object]:
    """For the process that opens it, secrets in the clear: it goes through a pipe and nowhere else."""
    written: dict[str, object] = configured.model_dump(mode="json")
    if isinstance(configured, KeyFileOfSandbox):
        written["passphrase"] = configured.passphrase.get_secret_value()
    return written
