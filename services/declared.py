"""The services as `services/services.toml` declares them; who starts, routes, watches or tests services reads them here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).with_name("services.toml")


class Service(BaseModel):
    """One program. `port` is an offset from the installation's first port; `secrets` maps a setting to a secret's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    port: Annotated[int, Field(gt=0)]
    tests: str
    secrets: Mapping[str, str] = Field(default_factory=dict)
    calls: tuple[str, ...] = ()
    exchange: bool = False
    creates_mailboxes: bool = False
    keeps_files: bool = False
    edge: tuple[str, ...] = ()


def _declared() -> dict[str, Service]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: Service(name=name, **table) for name, table in tables.items()}


SERVICES: Mapping[str, Service] = MappingProxyType(_declared())
