"""Settings of the signer. Environment, prefix `BONDGATE_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from backbone.sealing import MasterKeySettings
from services.signer.retention import LEAST_YEARS


class Settings(MasterKeySettings):
    readers: Path | None = None
    """A TOML file of the media of this machine (docs/signing-media.md); None: it has none."""
    sandbox: bool = False
    """Takes keys from files, as no production should."""
    evidence_token: Path | None = None
    """A TOML file with the PKCS#11 token that holds the evidence key; None: it is kept sealed in the database."""
    evidence_pin_file: Path | None = None
    evidence_years: Annotated[int, Field(ge=LEAST_YEARS)] | None = None
    """The bytes of messages are dropped this long after their release; None keeps them for ever, as links are kept."""
