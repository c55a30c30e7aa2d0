"""集装箱号 by ISO 6346: four letters, six digits and a check digit."""

from __future__ import annotations

import re

_ISO = re.compile(r"[A-Z]{4}[0-9]{7}", re.ASCII)
_BETWEEN = re.compile(r"[\s,;/|\\，；、]+")
# Letters count from 10, leaving out the multiples of 11.
_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))


def numbers_in(text: str) -> list[str]:
    """The numbers a field holds, as they are compared: in capitals."""
    return [number.upper() for number in _BETWEEN.split(text) if number]


def check_digit(number: str) -> str:
    """Of the first ten characters."""
    total = sum((_LETTERS[c] if c in _LETTERS else int(c)) << place for place, c in enumerate(number[:10]))
    return str(total % 11 % 10)


def has_wrong_check_digit(number: str) -> bool:
    """Whether it has the shape of a container number and its last digit is not the one that follows from the others."""
    return bool(_ISO.fullmatch(number)) and check_digit(number) != number[10]
