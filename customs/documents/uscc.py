"""统一社会信用代码: 18 characters, the last one a check digit over the others (GB 32100)."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: number for number, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_digit(first17: str) -> str:
    """The 18th character for the first 17. Raises KeyError for a character outside the alphabet (no I O S V Z)."""
    total = sum(weight * _VALUE[character] for weight, character in zip(_WEIGHTS, first17, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    """Whether the code has 18 characters of the alphabet and the right check digit."""
    return len(code) == 18 and all(c in _VALUE for c in code) and check_digit(code[:17]) == code[17]
