"""How old a code table is, and the sentence that goes with whatever an old one fills in."""

from __future__ import annotations

import re
from datetime import date

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def year_of(edition: str) -> int | None:
    """The last year an edition's name tells, e.g. 2020 of "2018-2020"; None where it tells none."""
    years = [int(year) for year in _YEAR.findall(edition)]
    return max(years) if years else None


def is_old(edition: str, today: date) -> bool:
    """Whether the edition is of an earlier year, or of no known one."""
    year = year_of(edition)
    return year is None or year < today.year


def note_of(label: str, edition: str, today: date) -> str | None:
    """What a clerk must read beside what the table filled in; None for an edition of this year."""
    if not is_old(edition, today):
        return None
    return f"{label}为{edition}版，早于{today.year}年，请核对后使用"
