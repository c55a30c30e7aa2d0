"""Pinyin initials, as clerks type them: 千克 is qk."""

from __future__ import annotations

import unicodedata

from pypinyin import Style, lazy_pinyin


def folded(text: str) -> str:
    """Text as search compares it: full-width forms made plain, small letters, no blanks around."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def initials(text: str) -> str:
    """First letters of the Chinese characters; Latin letters and digits stay, everything else goes."""
    parts = lazy_pinyin(folded(text), style=Style.FIRST_LETTER, strict=False)
    return "".join(c for part in parts for c in part if c.isascii() and c.isalnum())
