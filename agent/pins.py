"""PINs of the cards here: from a file that only the agent's user reads, or asked at the start. They never leave the site."""

from __future__ import annotations

import getpass
import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr


class Unsafe(Exception):
    """Others may read the file."""


class Pins:
    """By card number. What is not known is asked for when there is somebody to ask."""

    def __init__(self, known: Mapping[str, SecretStr]) -> None:
        self._known = dict(known)

    async def of(self, card_no: str) -> SecretStr | None:
        return self._known.get(card_no)


def of_file(path: Path) -> Pins:
    """Lines `"2000000000001" = "…"`. Raises OSError, TOMLDecodeError, Unsafe."""
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unsafe(f"{path} is readable by others; chmod 600 it")
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return Pins({str(number): SecretStr(str(pin)) for number, pin in told.items()})


def asked() -> Pins:
    """By whoever starts the agent at a terminal; an empty number ends it."""
    known: dict[str, SecretStr] = {}
    if os.isatty(sys.stdin.fileno()):
        while number := input("card number (empty: no more): ").strip():
            known[number] = SecretStr(getpass.getpass("PIN: "))
    return Pins(known)
