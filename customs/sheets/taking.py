"""A workbook becomes a document: sheets to sections, headings to fields, cells to values, every doubt with its cell."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from contracts.problems import problem
from customs.documents.kinds import Kind
from customs.documents.normal_form import JsonObject
from customs.documents.sections import Section
from customs.documents.values import UnfitError
from customs.sheets.cells import read_cell
from customs.sheets.form import (
    CODES_SHEET,
    MARKS_SHEET,
    NOTES_SHEET,
    UNNUMBERED,
    VERTICAL_HEADINGS,
    sheets_of,
)
from customs.sheets.headings import ColumnMap, Guess, folded, guess, guesses
from customs.sheets.places import Listing, SheetPlace, in_book
from customs.sheets.reading import Area, Book, Cell, Sheet, UnreadableBook, column_letters
from customs.sheets.totals_rows import totals_cell

_HEADING_ROWS = 30
"""A heading row is looked for in so many rows of a customer's own table."""
_LINES = 1_000
"""So many lines of a sheet for a single object are looked at."""
MAX_CHARACTERS = 24 * 1024 * 1024
"""Of all values together; a text that many cells share counts every time."""
_SHOWN = 40
_MOST_MERGED = 100_000
"""So many cells under merged ones are looked at."""
_OURS = frozenset({MARKS_SHEET, CODES_SHEET, NOTES_SHEET})
Row = tuple[int, dict[int, Cell]]


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """A column as it was understood."""

    column: int
    heading: str
    guess: Guess


@dataclass(slots=True)
class Taken:
    """What the book says. `document` holds the sections the book has something for."""

    document: JsonObject = field(default_factory=dict)
    places: dict[str, SheetPlace] = field(default_factory=dict)
    columns: dict[str, list[ColumnRead]] = field(default_factory=dict)
    problems: Listing = field(default_factory=Listing)
    notices: Listing = field(default_factory=Listing)
    bad_rows: dict[str, set[int]] = field(default_factory=dict)
    unnumbered: set[str] = field(default_factory=set)
    """Sections whose rows came out of a document without numbers and go back without."""
    characters: int = 0


def take(
    kind: Kind, data: bytes, *, maps: Mapping[str, ColumnMap] | None = None, section: str | None = None
) -> Taken:
    """Read a book. `maps` by section; `section`: the whole book is rows of this one. Raises UnreadableBook."""
    book = Book(data)
    taken = Taken()
    titles = _marked(kind, book, taken)
    if taken.problems:
        return taken
    for sheet, part in _assigned(kind, book, maps or {}, section, titles, taken):
        chosen = (maps or {}).get(part.name)
        if part.many:
            _take_rows(book, sheet, part, chosen, taken)
        else:
            _take_single(book, sheet, part, chosen, taken)
    if not taken.document and not taken.problems:
        taken.problems.add(in_book(problem("nothing_to_import", "")))
    return taken


def take_rows(part: Section, data: bytes) -> Taken:
    """Rows that belong to no document, of the first sheet that has headings of theirs. Raises UnreadableBook."""
    book = Book(data)
    taken = Taken()
    for sheet in book.sheets:
        if not sheet.hidden and not taken.places:
            _take_rows(book, sheet, part, None, taken)
    if not taken.places and not taken.problems:
        taken.problems.add(in_book(problem("nothing_to_import", "")))
    return taken


def _marked(kind: Kind, book: Book, taken: Taken) -> dict[str, str]:
    """Sections by sheet title, as a book of ours says; a book of another kind is a problem."""
    marks: dict[str, str] = {}
    for sheet in book.sheets:
        if sheet.title == MARKS_SHEET and sheet.hidden:
            for _, cells in book.rows(sheet):
                if 0 in cells and 1 in cells and len(marks) < 100:
                    marks[cells[0].text] = cells[1].text
    if not marks:
        return {}
    if marks.get("kind") != kind.name:
        taken.problems.add(
            in_book(problem("wrong_book", "", found=_named(marks.get("kind", "")), expected=kind.label))
        )
    version = marks.get("catalogue_version", "")
    if version.isascii() and version.isdigit() and int(version) > kind.catalogue_version:
        taken.problems.add(
            in_book(problem("book_too_new", "", found=version[:9], expected=kind.catalogue_version))
        )
    known = {part.name for part in kind.sections}
    taken.unnumbered = {name for name in known if f"{UNNUMBERED}:{name}" in marks}
    return {
        title: name.removeprefix("sheet:")
        for name, title in marks.items()
        if name.removeprefix("sheet:") in known and name.startswith("sheet:")
    }


def _named(kind: str) -> str:
    from customs.documents import KINDS

    return KINDS[kind].label if kind in KINDS else kind[:_SHOWN]


def _assigned(
    kind: Kind,
    book: Book,
    maps: Mapping[str, ColumnMap],
    section: str | None,
    titles: Mapping[str, str],
    taken: Taken,
) -> Iterator[tuple[Sheet, Section]]:
    """Which sheet holds which section: by the book's own marks, a customer's choice, the title, or as asked."""
    shown = [sheet for sheet in book.sheets if not sheet.hidden and sheet.title not in _OURS]
    for sheet in book.sheets:
        if sheet.hidden and sheet.title not in _OURS:
            _ignore(taken, sheet, "工作表已隐藏")
    chosen = {folded(m.sheet): name for name, m in maps.items() if m.sheet}
    called = {folded(form.title): form.section.name for form in sheets_of(kind)}
    called |= {folded(part.name): part.name for part in kind.sections}
    found: dict[str, Sheet] = {}
    unnamed: list[Sheet] = []
    for sheet in shown:
        title = folded(sheet.title)
        name = titles.get(sheet.title) or chosen.get(title) or called.get(title)
        if name is None or name in found:
            unnamed.append(sheet)
        elif section is None or name == section:
            found[name] = sheet
        else:
            _ignore(taken, sheet, "只导入指定的部分")
    wanted = section or (None if found else _first_rows(kind))
    if wanted is not None and wanted not in found and unnamed:
        found[wanted] = unnamed.pop(0)
    for sheet in unnamed:
        _ignore(taken, sheet, "名称不是本单证任何部分的名称")
    for part in kind.sections:
        if part.name in found:
            yield found[part.name], part


def _first_rows(kind: Kind) -> str | None:
    return next((part.name for part in kind.sections if part.many), None)


def _ignore(taken: Taken, sheet: Sheet, why: str) -> None:
    found = problem("sheet_ignored", "", sheet=sheet.title[:_SHOWN], why=why)
    taken.notices.add(in_book(found, sheet.title))


def _take_single(book: Book, sheet: Sheet, part: Section, chosen: ColumnMap | None, taken: Taken) -> None:
    place = SheetPlace(part, sheet.title, 1)
    held: dict[str, Any] = {}
    columns: list[ColumnRead] = []
    known = False
    before = taken.problems.count
    for number, cells in book.rows(sheet):
        if len(columns) >= _LINES:
            break
        heading = cells[0].text if 0 in cells else ""
        if not heading.strip() or folded(heading) == folded(VERTICAL_HEADINGS[0]):
            continue
        found = guess(part, heading, chosen)
        columns.append(ColumnRead(number, heading, found))
        if found.field is None:
            if found.by is None and 1 in cells:
                _ignored_column(taken, sheet, f"A{number}", heading)
            continue
        known = True
        if found.field in place.lines:
            _repeated(taken, place, found.field, heading, f"A{number}")
            continue
        place.lines[found.field] = number
        if 1 in cells:
            _put(book, place, None, found.field, cells[1], held, taken)
    if not known:
        _ignore(taken, sheet, "没有可以识别的项目")
    elif held or taken.problems.count > before:
        taken.document[part.name] = held
        taken.places[part.name], taken.columns[part.name] = place, columns


def _take_rows(book: Book, sheet: Sheet, part: Section, chosen: ColumnMap | None, taken: Taken) -> None:
    rows = book.rows(sheet)
    first: list[Row] = []
    for row in rows:
        first.append(row)
        if len(first) >= _HEADING_ROWS:
            break
    at, headings = _heading_row(part, first, chosen)
    if at is None:
        if first:
            _ignore(taken, sheet, "没有找到列标题")
            _show_unknown(part, sheet, first, taken)
        return
    place = SheetPlace(part, sheet.title, first[at][0])
    columns = _columns(part, sheet, place, headings, chosen, taken)
    by_column = [(column, name) for name, column in place.columns.items()]
    held: list[Any] = []
    for number, cells in chain(first[at + 1 :], rows):
        if len(held) > part.max_rows:
            break
        _take_row(book, place, number, cells, by_column, held, taken)
    _refuse_merged(book.merged.get(sheet.part, ()), place, taken)
    if len(held) > part.max_rows:
        found = place.told("too_many_rows", None, None, count=f"{part.max_rows}以上", limit=part.max_rows)
        taken.problems.add(found)
        del held[part.max_rows :]
    if held:
        taken.document[part.name] = held
        taken.places[part.name], taken.columns[part.name] = place, columns


def _show_unknown(part: Section, sheet: Sheet, rows: Sequence[Row], taken: Taken) -> None:
    """Headings of which none is known, so that a clerk can say what they mean: the row with the most texts."""
    texts = [
        (number, {column: cell.text for column, cell in cells.items() if cell.kind == "text"})
        for number, cells in rows
    ]
    number, headings = max(texts, key=lambda row: len(row[1]))
    if len(headings) > 1:
        taken.places[part.name] = SheetPlace(part, sheet.title, number)
        taken.columns[part.name] = [
            ColumnRead(column, heading, Guess(None, None)) for column, heading in headings.items()
        ]


def _take_row(
    book: Book,
    place: SheetPlace,
    number: int,
    cells: Mapping[int, Cell],
    columns: Sequence[tuple[int, str]],
    held: list[Any],
    taken: Taken,
) -> None:
    if not any(column in cells for column, _ in columns):
        return
    if (at := totals_cell(cells, place.columns)) is not None:
        told = {"sheet": place.sheet[:_SHOWN], "row": number, "said": cells[at].text.strip()[:_SHOWN]}
        found = problem("totals_row_left_out", "", **told)
        taken.notices.add(in_book(found, place.sheet, f"{column_letters(at)}{number}"))
        return
    row: dict[str, Any] = {}
    place.rows.append(number)
    for column, name in columns:
        cell = cells.get(column)
        if cell is not None:
            _put(book, place, len(held), name, cell, row, taken)
    held.append(row)


def _refuse_merged(areas: Sequence[Area], place: SheetPlace, taken: Taken) -> None:
    """A merged cell has its value in one row: whether the others share it or it is a sum is not certain."""
    names = {column: name for name, column in place.columns.items()}
    looked_at = 0
    for area in areas:
        covered = [column for column in sorted(names) if area.left <= column <= area.right]
        for row in range(bisect_left(place.rows, area.top), len(place.rows)):
            number = place.rows[row]
            if number > area.bottom or not covered:
                break
            looked_at += len(covered)
            if looked_at > _MOST_MERGED:
                raise UnreadableBook("工作簿中的合并单元格过多")
            for column in covered:
                if (number, column) != (area.top, area.left):
                    taken.problems.add(place.told("cell_merged", row, names[column]))
                    taken.bad_rows.setdefault(place.section.name, set()).add(row)


def _put(
    book: Book,
    place: SheetPlace,
    row: int | None,
    name: str,
    cell: Cell,
    held: dict[str, Any],
    taken: Taken,
) -> None:
    try:
        found = read_cell(place.section.fields[name], cell, from_1904=book.from_1904)
    except UnfitError as unfit:
        taken.problems.add(place.told(unfit.code, row, name, **unfit.values_of_text))
        if row is not None:
            taken.bad_rows.setdefault(place.section.name, set()).add(row)
        return
    if found.value != "":
        held[name] = found.value
        taken.characters += len(str(found.value))
        if taken.characters > MAX_CHARACTERS:
            raise UnreadableBook("工作簿的内容过多，请拆分为多个文件")
        if found.notice is not None:
            read = str(found.value)[:_SHOWN]
            told = {"value": cell.text[:_SHOWN], "read": read, "character": found.character}
            taken.notices.add(place.told(found.notice, row, name, **told))


def _heading_row(
    part: Section, rows: Sequence[Row], chosen: ColumnMap | None
) -> tuple[int | None, dict[int, str]]:
    """The row with the most known headings; one alone is no heading row unless it stands by itself."""
    best: tuple[int, int | None, dict[int, str]] = (0, None, {})
    for at, (_, cells) in enumerate(rows):
        headings = {column: cell.text for column, cell in cells.items() if cell.kind == "text"}
        known = sum(each.field is not None for each in guesses(part, list(headings.values()), chosen))
        if known > best[0] and (known > 1 or len(headings) <= 2 or chosen is not None):
            best = (known, at, headings)
    return best[1], best[2]


def _columns(
    part: Section,
    sheet: Sheet,
    place: SheetPlace,
    headings: Mapping[int, str],
    chosen: ColumnMap | None,
    taken: Taken,
) -> list[ColumnRead]:
    read: list[ColumnRead] = []
    for column, heading in headings.items():
        found = guess(part, heading, chosen)
        read.append(ColumnRead(column, heading, found))
        cell = f"{column_letters(column)}{place.heading_row}"
        if found.field is None:
            if found.by is None:
                _ignored_column(taken, sheet, cell, heading)
        elif found.field in place.columns:
            _repeated(taken, place, found.field, heading, cell)
        else:
            place.columns[found.field] = column
    return read


def _ignored_column(taken: Taken, sheet: Sheet, cell: str, heading: str) -> None:
    found = problem("column_ignored", "", heading=heading.strip()[:_SHOWN])
    taken.notices.add(in_book(found, sheet.title, cell))


def _repeated(taken: Taken, place: SheetPlace, name: str, heading: str, cell: str) -> None:
    label = place.section.fields[name].label
    found = problem(
        "column_repeated", f"/{place.section.name}", field=f"「{label}」", heading=heading.strip()[:_SHOWN]
    )
    taken.problems.add(in_book(found, place.sheet, cell))
