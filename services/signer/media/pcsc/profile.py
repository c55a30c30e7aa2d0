"""APDU profiles: how a family of cards wants to be spoken to, as data (`profiles/*.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from services.signer.media.port import CardRefused, SignatureAlgorithm

_OWN = Path(__file__).parent / "profiles"
Hex = Annotated[bytes, BeforeValidator(lambda text: bytes.fromhex(text))]
Byte = Annotated[int, Field(ge=0, le=255)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pin(_Part):
    reference: Byte
    length: int = Field(0, ge=0, le=255)
    filler: Byte = 0xFF


class Files(_Part):
    certificate: Hex
    card_no: Hex | None = None
    holder: Hex | None = None
    firm_name: Hex | None = None
    firm_code: Hex | None = None
    firm_credit_code: Hex | None = None


class Algorithm(_Part):
    reference: Byte
    key: Byte
    input: Literal["digest_info", "digest"]


class Profile(_Part):
    name: str
    answer_to_reset: str
    application: Hex
    most_data: int = Field(255, ge=8, le=255)
    pin: Pin
    files: Files
    algorithms: Mapping[SignatureAlgorithm, Algorithm]


def profile_of(answer_to_reset: bytes, folder: Path | None) -> Profile:
    """The first that fits, those of `folder` before our own. Raises CardRefused."""
    told = answer_to_reset.hex().upper()
    for place in (folder, _OWN):
        for path in sorted(place.glob("*.toml")) if place is not None else ():
            profile = _read(path)
            if re.search(profile.answer_to_reset, told):
                return profile
    raise CardRefused(f"no profile fits the answer to reset {told}")


def _read(path: Path) -> Profile:
    try:
        return Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, ValueError) as error:
        raise CardRefused(f"{path.name}: {error}") from error
