"""Numbers the authority gives out, drawn from the seed and the document, not from the order of arrival."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random


def stream(seed: int, *parts: str | int) -> Random:
    """A source of chance that depends only on the seed and the parts."""
    text = "\x1f".join([str(seed), *map(str, parts)])
    # Chance for a test tool, not for secrets.
    return Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))  # noqa: S311


def digits(chance: Random, count: int) -> str:
    """`count` decimal digits."""
    return f"{chance.randrange(10**count):0{count}d}"


def free_number(first: int, size: int, make: Callable[[int], str], used: Callable[[str], bool]) -> str:
    """The first number from `first` on, modulo `size`, that is not in use."""
    for step in range(size):
        number = make((first + step) % size)
        if not used(number):
            return number
    raise RuntimeError("no number left")


def seq_no(chance: Random, year: int, used: Callable[[str], bool]) -> str:
    """预录入统一编号: 4-digit year and 14 digits (production receipts 2024, H)."""
    size = 10**9
    return free_number(chance.randrange(size), size, lambda n: f"{year:04d}{n:014d}", used)


def numbered(chance: Random, head: str, places: int, used: Callable[[str], bool]) -> str:
    """A customs number: its fixed head and a serial of that many digits, at most nine of them drawn."""
    size = 10 ** min(places, 9)
    return free_number(chance.randrange(size), size, lambda n: f"{head}{n:0{places}d}", used)


def office(code: str) -> str:
    """The 4-digit 关区 as it stands inside numbers."""
    return f"{code:0>4.4}"


def entry_seq_no(chance: Random, year: int, direction: str) -> str:
    """报关单统一编号: E or I, 4-digit year, 13 digits (production receipts 2024, H)."""
    return f"{direction}{year:04d}{chance.randrange(10**9):013d}"


def customs_message_id(chance: Random, stamp: str) -> str:
    """CUS0000E010000, 14-digit time, 11-digit serial (production receipts 2019–2024, H)."""
    return f"CUS0000E010000{stamp}{digits(chance, 11)}"


def data_centre_message_id(chance: Random, receiver: str, stamp: str) -> str:
    """DXPEDCINVT000001, the enterprise's DXP address, 14-digit time, 11-digit serial (INV202 of 2024, H)."""
    return f"DXPEDCINVT000001{receiver}{stamp}{digits(chance, 11)}"
