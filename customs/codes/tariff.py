"""The goods codes of the tariff with their statutory units, as the check asks them. None is loaded until somebody says so.

The edition of the release is a file beside the code tables; `reference` puts the same file into its database (ADR 60).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

RELEASED_EDITION, RELEASED_FROM = "2018-2020", date(2020, 1, 1)
RELEASED_FILE = Path(__file__).parent / "goods_codes" / f"{RELEASED_EDITION}.csv"


@dataclass(frozen=True, slots=True)
class TariffCode:
    """Statutory units of one goods code."""

    unit: str
    second_unit: str | None


@dataclass(frozen=True, slots=True)
class Tariff:
    """An edition: the codes that hold from its first day until the next edition is used."""

    edition: str
    codes: Mapping[str, TariffCode]


@cache
def released() -> Tariff:
    """The edition that came with the release, read once."""
    with RELEASED_FILE.open(encoding="utf-8", newline="") as lines:
        codes = {
            row["code"]: TariffCode(row["unit"], row["second_unit"] or None) for row in csv.DictReader(lines)
        }
    return Tariff(RELEASED_EDITION, codes)


_used: Tariff | None = None


def use(tariff: Tariff | None) -> None:
    """Ask this tariff from now on in this process; None: say nothing about goods codes."""
    global _used
    _used = tariff


def in_use() -> Tariff | None:
    """What the check asks."""
    return _used
