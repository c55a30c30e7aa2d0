"""Whether a row says of a line of a book what the book says of it: 料号, 商品编码, unit, name. Pure.

What the book says is what an opening or customs told. What only other declared rows said proves nothing and at most warns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Set
from types import MappingProxyType
from typing import Any, NamedTuple

from customs.codes import table
from customs.documents.booking import Citing
from customs.documents.comparing import is_gone
from customs.documents.findings import Findings, shown
from customs.ledger.lines import MARKS, Line, by_material, line_key
from customs.ledger.versions import Goods

_OTHER = MappingProxyType({"I": "E", "E": "I"})


class Cited(NamedTuple):
    """A row that names a line."""

    place: int
    line: Line
    row: Mapping[str, Any]


class Registered(NamedTuple):
    """What is said of a line, and which of it the book itself says."""

    goods: Goods
    told: Set[str]


def cited(citing: Citing, document: Mapping[str, Any]) -> list[Cited]:
    """The rows that name a line by its 备案序号, else by its 料号, without those sent to be deleted."""
    head = document.get("head") or {}
    book = head.get(citing.book)
    if not isinstance(book, str):
        return []
    found = []
    for place, row in enumerate(document.get(citing.section) or ()):
        key = line_key(row.get(citing.line_no), row.get(citing.material_no))
        mark = row.get(citing.mark, head.get(citing.mark))
        if key is not None and mark in MARKS and not is_gone(row):
            found.append(Cited(place, Line(book, mark, key), row))
    return found


def other_marks(rows: list[Cited]) -> set[Line]:
    """The same numbers under the other 料件成品标志."""
    return {each.line._replace(mark=_OTHER[each.line.mark]) for each in rows}


def named(line: Line) -> str:
    """A line as a clerk calls it."""
    material = by_material(line.key)
    number = f"备案序号{line.key}" if material is None else f"料号{material}"
    return f"账册{line.book_no}{number}"


def agree(
    citing: Citing, rows: list[Cited], known: Mapping[Line, Registered], findings: Findings, *, refuses: bool
) -> None:
    """Reports each row that says something else than its line: problems in a book that `refuses`, else warnings."""
    for each in rows:
        line = known.get(each.line)
        if line is None or not line.told:
            _other_mark(citing, each, known, findings, refuses=refuses)
        if line is None:
            continue
        for name, code, value, booked, certain in _differences(citing, each, line):
            report = findings.problem if certain and refuses else findings.warning
            values = {"value": shown(value), "booked": shown(booked), "unit": booked}
            report(citing.section, each.place, name, code, line=named(each.line), **values)


def _differences(citing: Citing, each: Cited, line: Registered) -> Iterator[tuple[str, str, str, str, bool]]:
    plain: Callable[[str], str] = str.strip
    for told, name, code, alike, certain in (
        ("material_no", citing.material_no, "ledger_material_differs", plain, True),
        ("hs_code", citing.hs_code, "ledger_hs_code_differs", plain, True),
        ("unit", citing.unit, "ledger_unit_differs", plain, True),
        ("name", citing.name, "ledger_name_differs", _folded, False),
    ):
        value, booked = each.row.get(name), line.goods.get(told)
        # Of what only rows said, units alone are told: they are added up all the same.
        if value is None or booked is None or not (told in line.told or told == "unit"):
            continue
        if alike(value) != alike(booked):
            yield name, code, value, booked, certain and told in line.told


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _other_mark(
    citing: Citing, each: Cited, known: Mapping[Line, Registered], findings: Findings, *, refuses: bool
) -> None:
    """The line is not in the book under this mark; under the other it is, with the very 料号 of the row."""
    other = each.line._replace(mark=_OTHER[each.line.mark])
    line, material = known.get(other), each.row.get(citing.material_no)
    if (
        other.line_no is None
        or line is None
        or "material_no" not in line.told
        or line.goods.get("material_no") != material
    ):
        return
    marks = {row.code: row.name for row in table("material_marks").holding()}
    report = findings.problem if refuses else findings.warning
    own = citing.mark in each.row
    report(
        citing.section if own else "head",
        each.place if own else None,
        citing.mark,
        "ledger_mark_differs",
        value=marks.get(each.line.mark, each.line.mark),
        booked=marks.get(other.mark, other.mark),
        line=named(each.line),
        material=shown(material),
    )
