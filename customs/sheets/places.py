"""What is wrong in a workbook, with the place a clerk looks for: sheet and cell beside the pointer into the document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from contracts.problems import CellProblem, Problem, problem
from customs.documents.findings import MAX_LISTED, place_of, pointer_of
from customs.documents.sections import Section
from customs.sheets.reading import column_letters


def in_book(found: Problem, sheet: str = "", cell: str = "") -> CellProblem:
    """The problem at this place of the book."""
    return CellProblem(**found.model_dump(), sheet=sheet, cell=cell)


@dataclass(slots=True)
class SheetPlace:
    """Where the fields of a section stand in the book. `rows` and `columns` count from 0 in the document."""

    section: Section
    sheet: str
    heading_row: int
    columns: dict[str, int] = field(default_factory=dict)
    """Column by field; of a single object empty."""
    rows: list[int] = field(default_factory=list)
    """Excel's number of each row of the document."""
    lines: dict[str, int] = field(default_factory=dict)
    """Excel's row by field, of a single object."""

    def cell(self, row: int | None, name: str | None) -> str:
        """The cell of a field; where it has no column, the first of its row."""
        if not self.section.many:
            return f"B{self.lines[name]}" if name in self.lines else ""
        if row is None or row >= len(self.rows):
            return f"A{self.heading_row}"
        column = self.columns.get(name or "", 0)
        return f"{column_letters(column)}{self.rows[row]}"

    def told(self, code: str, row: int | None, name: str | None, **values: object) -> CellProblem:
        """A problem at a field of this sheet."""
        found = problem(
            code,
            pointer_of(self.section, row, name),
            field=place_of(self.section, row, name),
            **values,
        )
        return in_book(found, self.sheet, self.cell(row, name))


class Listing:
    """Problems up to a bound, and then how many more there are."""

    def __init__(self) -> None:
        self.listed: list[CellProblem] = []
        self._pointers: set[str] = set()
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, found: CellProblem) -> None:
        self.count += 1
        if found.pointer:
            self._pointers.add(found.pointer)
        if len(self.listed) < MAX_LISTED:
            self.listed.append(found)

    def extend(self, found: Iterable[CellProblem]) -> None:
        for each in found:
            self.add(each)

    def has(self, pointer: str) -> bool:
        """Whether something was found at this place."""
        return pointer in self._pointers

    def result(self) -> list[CellProblem]:
        """Sheet by sheet and row by row, as a clerk goes through the book; what has no cell comes last."""
        sheets = {name: at for at, name in enumerate(dict.fromkeys(each.sheet for each in self.listed))}
        self.listed.sort(key=lambda each: (not each.cell, sheets[each.sheet], _in_sheet(each.cell)))
        hidden = self.count - len(self.listed)
        if hidden:
            return [*self.listed, in_book(problem("too_many_problems", "", count=hidden))]
        return list(self.listed)


def _in_sheet(cell: str) -> tuple[int, int, str]:
    """Order of a cell like B7: by row, then by column."""
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :] or 0), len(letters), letters
