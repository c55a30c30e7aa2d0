"""The opening of a book as it is imported: the columns as a small catalogue, and what is wrong with rows that were given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from contracts.problems import CellProblem, problem
from customs.documents.fields import Fields, FieldSpec, Part, Source
from customs.documents.findings import place_of, pointer_of, shown
from customs.documents.sections import section
from customs.documents.values import UnfitError, reader
from customs.ledger.lines import Line, line_key
from customs.sheets.places import Listing, SheetPlace, in_book

MAX_OPENING_ROWS = 50_000
_f = Fields(
    Source("Rows of a book as customs' query of 账册 shows them; lengths as on a 核注清单", "M"),
    receipts=False,
)
_PURPOSE = "导入期初"


class OpeningRow(Part):
    """One line of the book at the cut-over: 入账数量 and 出账数量, or 余量 alone."""

    mark: Annotated[str | None, _f.code("料件成品标志", None, 1, "material_marks", "save")] = None
    line_no: Annotated[
        int | None, _f.integer("备案序号", None, 18, "when", when="海关尚未给出序号的，填商品料号")
    ] = None
    material_no: Annotated[str | None, _f.text("商品料号", None, 32, "when", when="没有备案序号时必填")] = (
        None
    )
    name: Annotated[str | None, _f.text("商品名称", None, 512)] = None
    hs_code: Annotated[str | None, _f.exact("商品编码", None, 10, form="digits")] = None
    unit: Annotated[str | None, _f.code("计量单位", None, 3, "units", "save", exact=True, form="digits")] = (
        None
    )
    quantity_in: Annotated[
        str | None, _f.decimal("入账数量", None, 19, 5, "when", when="与出账数量一起填写")
    ] = None
    quantity_out: Annotated[
        str | None, _f.decimal("出账数量", None, 19, 5, "when", when="与入账数量一起填写")
    ] = None
    left: Annotated[
        str | None, _f.decimal("余量", None, 19, 5, "when", sign="any", when="不知道入账和出账数量时填写")
    ] = None
    limit_date: Annotated[str | None, _f.date("有效期", None)] = None


OPENING = section(
    "rows",
    "期初余量",
    OpeningRow,
    up=None,
    down=None,
    row_label="第{}行",
    max_rows=MAX_OPENING_ROWS,
    row_key="mark",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A row that is right."""

    line: Line
    quantity_in: Decimal
    quantity_out: Decimal
    unit: str
    limit_date: date | None
    hs_code: str | None
    name: str | None
    material_no: str | None


def rows_checked(
    book_no: str, rows: Sequence[object], place: SheetPlace | None, found: Listing
) -> list[Opened]:
    """The rows as openings of lines of this book; what is wrong goes to `found`, with its cell where `place` knows one."""
    read = {name: reader(spec) for name, spec in OPENING.fields.items()}
    telling = _Telling(place or SheetPlace(OPENING, "", 1), found, from_book=place is not None)
    opened: list[Opened] = []
    first: dict[Line, int] = {}
    for at, row in enumerate(rows):
        before = found.count
        if not isinstance(row, Mapping):
            telling.add("wrong_type", at, None, expected="JSON对象")
            continue
        values: dict[str, Any] = {}
        for name, given in row.items():
            if name not in read:
                telling.unknown(at, str(name))
                continue
            if given is None:
                continue
            try:
                value = read[name](given)
            except UnfitError as unfit:
                telling.add(unfit.code, at, name, **unfit.values_of_text)
                continue
            if value != "":
                values[name] = value
        quantities = _quantities(values, at, telling)
        for name in _missing(values):
            telling.add("required", at, name, purpose=_PURPOSE)
        if found.count != before or quantities is None:
            continue
        line = Line(book_no, values["mark"], line_key(values.get("line_no"), values.get("material_no")) or "")
        if line in first:
            telling.add("opening_repeated", at, "line_no", first=first[line] + 1)
            continue
        first[line] = at
        until = values.get("limit_date")
        opened.append(
            Opened(
                line,
                *quantities,
                unit=values["unit"],
                limit_date=date.fromisoformat(until) if until else None,
                hs_code=values.get("hs_code"),
                name=values.get("name"),
                material_no=values.get("material_no"),
            )
        )
    return opened


class _Telling:
    def __init__(self, place: SheetPlace, found: Listing, *, from_book: bool) -> None:
        self._place, self._found, self._from_book = place, found, from_book

    def add(self, code: str, row: int, name: str | None, **values: object) -> None:
        told = self._place.told(code, row, name, **values)
        if not self._found.has(told.pointer):
            self._found.add(told if self._from_book else CellProblem(**{**told.model_dump(), "cell": ""}))

    def unknown(self, row: int, name: str) -> None:
        where = pointer_of(OPENING, row, None)
        field = f"{place_of(OPENING, row, None)}「{shown(name)}」"
        self._found.add(in_book(problem("unknown_field", where, field=field)))


def _missing(values: Mapping[str, Any]) -> Iterator[str]:
    for name in ("mark", "unit"):
        if name not in values:
            yield name
    if "line_no" not in values and "material_no" not in values:
        yield "line_no"


def _quantities(values: Mapping[str, Any], at: int, telling: _Telling) -> tuple[Decimal, Decimal] | None:
    """入账 and 出账; of 余量 alone what is left counts as come, for what went before is not known."""
    came, went, left = (values.get(name) for name in ("quantity_in", "quantity_out", "left"))
    if left is not None and came is None and went is None:
        value = Decimal(left)
        return (value, Decimal(0)) if value >= 0 else (Decimal(0), -value)
    if left is not None or came is None or went is None:
        telling.add("opening_forms", at, "quantity_in")
        return None
    return Decimal(came), Decimal(went)


def headings() -> list[FieldSpec]:
    """The columns of the template, in order."""
    return list(OPENING.fields.values())
