"""What a workbook says, put into a document: a new one, or one that is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.problems import CellProblem, Problem
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section
from customs.sheets.places import in_book
from customs.sheets.taking import Taken


@dataclass(frozen=True, slots=True)
class Placed:
    """A document with the rows of a book in it. `rows` by section: which row of the book each is; None: was there."""

    document: JsonObject
    rows: Mapping[str, Sequence[int | None]]

    def row_of_book(self, problem: Problem) -> tuple[str, int] | None:
        """Section and row of the book that a problem of the document belongs to; None: to no row of the book."""
        section, row, _ = _parts(problem.pointer)
        if row is None or section not in self.rows or row >= len(self.rows[section]):
            return None
        found = self.rows[section][row]
        return None if found is None else (section, found)

    def located(self, taken: Taken, problem: Problem) -> CellProblem:
        """The problem with its cell, and with the pointer into the book's own document where it comes from the book."""
        section, row, name = _parts(problem.pointer)
        place = taken.places.get(section)
        if place is None:
            return in_book(problem)
        if not place.section.many or row is None:
            return in_book(problem, place.sheet, place.cell(None, name))
        of_book = self.row_of_book(problem)
        if of_book is None:
            return in_book(problem)
        pointer = f"/{section}/{of_book[1]}" + (f"/{name}" if name is not None else "")
        moved = problem.model_copy(update={"pointer": pointer})
        return in_book(moved, place.sheet, place.cell(of_book[1], name))


def placed(
    kind: Kind,
    taken: Taken,
    current: Mapping[str, Any] | None = None,
    *,
    append: bool = False,
    without: Mapping[str, Iterable[int]] | None = None,
) -> Placed:
    """Each section of the book replaces that of `current`; with `append` its rows come after those that are there.

    `without`: rows of the book to leave out, by section.
    """
    document: JsonObject = dict(current or {})
    origins: dict[str, list[int | None]] = {}
    for part in kind.sections:
        held = taken.document.get(part.name)
        if not isinstance(held, list):
            if held is not None:
                document[part.name] = held
            continue
        left_out = set((without or {}).get(part.name, ()))
        before = document.get(part.name)
        kept: list[Any] = list(before) if append and isinstance(before, list) else []
        rows = [(number, row) for number, row in enumerate(held) if number not in left_out]
        origins[part.name] = [None] * len(kept) + [number for number, _ in rows]
        fresh = [row for _, row in rows]
        numbered = fresh if part.name in taken.unnumbered else _numbered(part, kept, fresh)
        document[part.name] = [*kept, *numbered]
    return Placed(document, origins)


def _numbered(part: Section, before: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
    """A column of numbers that nobody filled in goes on after those that are there; one that somebody began stays."""
    spec = part.fields.get("line_no")
    if spec is None or spec.need == "system" or part.row_key != ("line_no",):
        return list(rows)
    if any("line_no" in row for row in rows):
        return list(rows)
    taken = [row["line_no"] for row in before if isinstance(row.get("line_no"), int)]
    return [{"line_no": number, **row} for number, row in enumerate(rows, max(taken, default=0) + 1)]


def _parts(pointer: str) -> tuple[str, int | None, str | None]:
    """Section, row and field that a pointer names."""
    steps = pointer.split("/")[1:]
    section = steps[0] if steps else ""
    if len(steps) > 1 and steps[1].isdigit():
        return section, int(steps[1]), steps[2] if len(steps) > 2 else None
    return section, None, steps[1] if len(steps) > 1 else None
