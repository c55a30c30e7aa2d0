"""What tells the lines of a book apart: 料件 or 成品, and the 备案序号, or the 料号 while customs has given none."""

from __future__ import annotations

from typing import NamedTuple

_BY_MATERIAL = "M:"
MARKS = frozenset({"I", "E"})
"""料件成品标志: 料件 (or the goods of a 物流账册), 成品."""


class Line(NamedTuple):
    """One line of a book. Lines are locked in the order of this tuple."""

    book_no: str
    mark: str
    key: str

    @property
    def line_no(self) -> int | None:
        """备案序号; None for a line that customs has not numbered yet."""
        return int(self.key) if self.key.isdigit() else None


def line_key(line_no: int | None, material_no: str | None) -> str | None:
    """The digits of the 备案序号, else the 料号 behind `M:`; None where neither is known. 0 is no 备案序号."""
    if line_no:
        return str(line_no)
    return f"{_BY_MATERIAL}{material_no}" if material_no else None


def by_material(key: str) -> str | None:
    """The 料号 of a line that customs has not numbered yet; None for a numbered one."""
    return key[len(_BY_MATERIAL) :] if key.startswith(_BY_MATERIAL) else None
