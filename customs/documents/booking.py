"""How documents of a kind move a book, as data: where it stands what they move, and which answers mean what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Citing:
    """Where rows name a line of a book, and what they say of it."""

    book: str
    """Of the head: the 账册编号."""
    mark: str
    """料件成品标志: of the row where rows have one, else of the head."""
    section: str
    line_no: str
    material_no: str = "material_no"
    hs_code: str = "hs_code"
    name: str = "name"
    unit: str = "unit"


@dataclass(frozen=True, slots=True)
class Booking:
    """Names of fields are those of the catalogue; outcomes those of contracts/events/receipts."""

    book: str
    """Of the head: 账册编号. A document without it moves nothing."""
    mark: str
    """Of the head: 料件成品标志."""
    direction: str
    """Of the head: 进出口标记, I in and E out."""
    section: str
    """The rows that move."""
    row_no: str
    line_no: str
    """备案序号 of the row."""
    material_no: str
    quantity: str
    unit: str
    hs_code: str
    name: str
    expected: frozenset[str]
    """Answers from which on goods that come in are 预增."""
    real: frozenset[str]
    """Answers by which what moved becomes 实增 or 实减."""
    taken_back: frozenset[str]
    """Answers that end the document; everything it moved is taken back."""
    moves_nothing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the authority says of the head when the book is not moved at all: field → codes."""
    counted: str | None = None
    """The field of the head in which a document declared elsewhere says when it was deducted."""

    @property
    def citing(self) -> Citing:
        """Where its rows name the lines they move."""
        return Citing(
            self.book,
            self.mark,
            self.section,
            self.line_no,
            self.material_no,
            self.hs_code,
            self.name,
            self.unit,
        )
