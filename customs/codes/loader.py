"""The code tables: `tables.toml` says what they are, `tables/<name>.csv` holds the rows of the release.

An edition that the operator put in place while the platform runs lies over that of the release (`place`).
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Code:
    """One row: the code, its Chinese name, and what else the table tells (`alpha`: ISO-like letters).

    Days are set where an edition put in place later brought the code or no longer has it.
    """

    code: str
    name: str
    alpha: str | None = None
    full_name: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    """Its last day; what was declared with it before stays explained."""


@dataclass(frozen=True, slots=True)
class Table:
    """A code table. `open`: known to grow, so that a code outside it is a warning and not an error."""

    name: str
    label: str
    edition: str
    source: str
    open: bool
    columns: tuple[str, ...]
    rows: Mapping[str, Code]
    """Also those that have ended."""
    codes: frozenset[str] = field(repr=False)
    """Those that hold."""
    published: bool = False
    """The authority publishes it as a spreadsheet, so that a new edition can be put in place while the platform runs."""
    valid_from: date | None = None
    """The first day of the edition, where it was put in place later than the release."""

    @property
    def ended(self) -> frozenset[str]:
        """Codes that an edition put in place no longer has."""
        return frozenset(self.rows) - self.codes

    def holding(self) -> Iterator[Code]:
        """Rows that hold, in the table's order."""
        return (row for row in self.rows.values() if row.code in self.codes)

    def get(self, code: str) -> Code | None:
        """The row of this code, or None."""
        return self.rows.get(code)

    def label_of(self, code: str | None) -> str:
        """The Chinese name of a code; the code itself where the table does not know it, "" for None."""
        if code is None:
            return ""
        row = self.rows.get(code)
        return row.name if row else code

    def search(self, query: str, limit: int = 20) -> list[Code]:
        """Rows whose code or alpha code begins with the query, then those whose name contains it."""
        wanted = query.strip().upper()
        first = [
            row
            for row in self.rows.values()
            if row.code.startswith(wanted) or (row.alpha or "").startswith(wanted)
        ]
        codes = {row.code for row in first}
        named = [row for row in self.rows.values() if row.code not in codes and wanted in row.name.upper()]
        return (first + named)[:limit]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Code]:
        return iter(self.rows.values())


def read_rows(path: Path, columns: tuple[str, ...]) -> dict[str, Code]:
    """Rows of a CSV file with exactly these columns. Raises ValueError that names file and line."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        head = tuple(next(reader, ()))
        if head != columns:
            raise ValueError(f"{path.name}: expected the columns {','.join(columns)}, found {','.join(head)}")
        rows: dict[str, Code] = {}
        for values in reader:
            where = f"{path.name}, line {reader.line_num}"
            if len(values) != len(columns):
                raise ValueError(f"{where}: {len(values)} values, expected {len(columns)}")
            given = dict(zip(columns, (value.strip() for value in values), strict=True))
            if not given["code"] or not given["name"]:
                raise ValueError(f"{where}: code and name must not be empty")
            if given["code"] in rows:
                raise ValueError(f"{where}: code {given['code']} appears twice")
            rows[given["code"]] = Code(
                given["code"], given["name"], given.get("alpha") or None, given.get("full_name") or None
            )
    return rows


@cache
def _declared() -> dict[str, dict[str, object]]:
    return tomllib.loads((FOLDER / "tables.toml").read_text(encoding="utf-8"))


def table(name: str) -> Table:
    """The table of this name as it holds now. Raises KeyError for an unknown name."""
    return _placed.get(name) or released(name)


@cache
def released(name: str) -> Table:
    """The table as it came with the release, loaded once. Raises KeyError for an unknown name."""
    facts = _declared()[name]
    listed = facts["columns"]
    assert isinstance(listed, list)
    columns = tuple(str(column) for column in listed)
    rows = read_rows(FOLDER / "tables" / f"{name}.csv", columns)
    return Table(
        name=name,
        label=str(facts["label"]),
        edition=str(facts["edition"]),
        source=str(facts["source"]),
        open=facts["open"] is True,
        columns=columns,
        rows=rows,
        codes=frozenset(rows),
        published=facts.get("published") is True,
    )


_placed: dict[str, Table] = {}
_changes = 0
_on_place: list[Callable[[], None]] = []


def on_place(forget: Callable[[], None]) -> None:
    """Have this called whenever an edition is put in place; for what was worked out from a table."""
    _on_place.append(forget)


def place(name: str, edition: str, valid_from: date, rows: Iterable[Code]) -> Table:
    """Lay an edition over that of the release. `rows`: also the ended ones. Raises KeyError for an unknown table."""
    every = {row.code: row for row in rows}
    holding = frozenset(row.code for row in every.values() if row.valid_until is None)
    _placed[name] = replace(released(name), edition=edition, valid_from=valid_from, rows=every, codes=holding)
    _changed()
    return _placed[name]


def withdraw() -> None:
    """Take every edition off again: what came with the release holds."""
    _placed.clear()
    _changed()


def _changed() -> None:
    global _changes
    _changes += 1
    for forget in _on_place:
        forget()


def changes() -> int:
    """How often editions were put in place or taken off in this process."""
    return _changes


def placed() -> list[Table]:
    """The tables that are not those of the release."""
    return list(_placed.values())


class _Tables(Mapping[str, Table]):
    """All tables by name; each is read when it is first asked for."""

    def __getitem__(self, name: str) -> Table:
        return table(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_declared())

    def __len__(self) -> int:
        return len(_declared())


TABLES: Mapping[str, Table] = _Tables()
