"""Settings of the signer. Environment, prefix `BONDGATE_`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from backbone.sealing import MasterKeySettings
from services.signer.retention import LEAST_YEARS


class Settings(MasterKeySettings):
    evidence_years: Annotated[int, Field(ge=LEAST_YEARS)] | None = None
    """The bytes of messages are dropped this long after their release; None keeps them for ever, as links are kept."""
