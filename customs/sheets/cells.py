"""One value between a document and a cell, both ways. What Excel made of a code is put right only where that is certain."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from functools import cache

from contracts.characters import without_silent
from customs.codes import table
from customs.codes.loader import on_place
from customs.documents.fields import FieldSpec
from customs.documents.findings import shown
from customs.documents.values import BLANK, UnfitError
from customs.sheets.reading import Cell

EXCEL_DIGITS = 15
"""Significant digits a number in Excel keeps."""
_ACTIVE = re.compile(r"'*(?:[=+\-@\t\r\n]|<r>)")
_ZEROS = re.compile(r"0+")
_FIXED = re.compile(r"[¥$€ ()]*[#,0]*0(?:\.(0+))?[ ()]*")
_DAY = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:\s+00?:00(?::00)?)?")
_SEPARATED = re.compile(r"-?[1-9][0-9]{0,2}(?:[,，][0-9]{3})+(?:\.[0-9]+)?", re.ASCII)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_NOT_IN_FORMATS = re.compile(r'\[[^\]]*\]|"[^"]*"|\\.|_.')


@dataclass(frozen=True, slots=True)
class Value:
    """What a cell says in the document's own form; `notice` is a problem code when it took understanding."""

    value: str | int
    notice: str | None = None
    character: str = ""
    """What was taken out because nobody sees it."""


def guarded(text: str) -> str:
    """The text so that no program takes it for a formula, wherever the cell is pasted or saved to."""
    return f"'{text}" if _ACTIVE.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _ACTIVE.match(text) else text


def read_cell(spec: FieldSpec, cell: Cell, *, from_1904: bool = False) -> Value:
    """The value of a field. Raises UnfitError where it is not certain what was meant."""
    if cell.kind == "error":
        raise UnfitError("cell_error", value=shown(cell.text))
    if cell.kind == "bool":
        raise UnfitError("cell_is_truth", value=cell.text)
    if cell.formula and not cell.text.strip():
        raise UnfitError("formula_without_value")
    found = _of_number(spec, cell, from_1904) if cell.kind == "number" else _of_text(spec, cell.text)
    if cell.formula and found.notice is None:
        return Value(found.value, "formula_valued")
    return found


def _of_text(spec: FieldSpec, given: str) -> Value:
    text, gone = without_silent(given)
    text = unguarded(text).strip(BLANK)
    separated = spec.type in ("decimal", "integer") and _SEPARATED.fullmatch(text) is not None
    read = _said(spec, re.sub("[,，]", "", text) if separated else text)
    if gone:
        return Value(read, "unseen_removed", gone)
    return Value(read, "separators_removed" if separated else None)


def _said(spec: FieldSpec, text: str) -> str | int:
    if spec.type == "integer":
        return int(text) if _INTEGER.fullmatch(text) else _no_integer(text)
    if spec.type == "date":
        day = _DAY.fullmatch(text)
        return f"{day[1]}{int(day[2]):02d}{int(day[3]):02d}" if day else text
    return _code(spec.table, text) if spec.table else text


def _no_integer(text: str) -> int | str:
    if text:
        raise UnfitError("not_an_integer", value=shown(text))
    return ""


def _code(name: str, text: str) -> str:
    """A code, a code with its name, a name or letters that only one code has; the check judges anything else."""
    listed = table(name)
    if text in listed.codes or not text:
        return text
    first, _, rest = text.partition(" ")
    if first in listed.codes and listed.rows[first].name == rest.strip():
        return first
    return _names(name).get(_folded(text), text)


@cache
def _names(name: str) -> dict[str, str]:
    found: dict[str, str | None] = {}
    for row in table(name).holding():
        for called in {_folded(row.name), _folded(row.full_name or ""), _folded(row.alpha or "")} - {""}:
            found[called] = row.code if called not in found else None
    return {called: code for called, code in found.items() if code is not None}


on_place(_names.cache_clear)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()


def _of_number(spec: FieldSpec, cell: Cell, from_1904: bool) -> Value:
    number = _number(cell.text)
    if _is_day(cell.format):
        return Value(_day(spec, number, cell, from_1904))
    if spec.type == "decimal":
        return Value(_decimal(spec, number, cell.format))
    if number != number.to_integral_value():
        if spec.type == "integer" or spec.is_spelt or spec.table:
            raise UnfitError("code_became_number", value=shown(cell.text), form=_wanted(spec))
        return Value(_plain(number), "number_read_as_text")
    digits = f"{number:f}".partition(".")[0]
    if spec.type == "integer":
        return Value(int(digits))
    if number < 0 or len(digits) > EXCEL_DIGITS or "E" in cell.format.upper():
        raise UnfitError("code_became_number", value=shown(cell.text), form=_wanted(spec))
    return _code_of_digits(spec, digits, cell)


def _number(text: str) -> Decimal:
    """Rounded to what Excel shows of a binary fraction: 30.299999999999997 is 30.3."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise UnfitError("not_a_decimal", value=shown(text)) from None
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise UnfitError("not_a_decimal", value=shown(text))
    with localcontext() as context:
        context.prec = EXCEL_DIGITS
        return +number if len(number.as_tuple().digits) > EXCEL_DIGITS else number


def _code_of_digits(spec: FieldSpec, digits: str, cell: Cell) -> Value:
    if _ZEROS.fullmatch(cell.format) and len(digits) < len(cell.format):
        # A format of zeros alone shows what was meant.
        return Value(digits.zfill(len(cell.format)), "zeros_restored")
    if spec.table:
        return _listed_code(spec, spec.table, digits, cell)
    if not (spec.is_spelt or spec.exact):
        return Value(digits, "number_read_as_text")
    if spec.exact and len(digits) == spec.max_length:
        return Value(digits)
    raise UnfitError("code_became_number", value=shown(cell.text), form=_wanted(spec))


def _listed_code(spec: FieldSpec, name: str, digits: str, cell: Cell) -> Value:
    """The one code of the table that reads as this number."""
    codes = table(name).codes
    if spec.exact:
        wanted = digits.zfill(spec.max_length)
        possible = [wanted] if wanted in codes else []
    else:
        possible = [
            code for n in range(len(digits), spec.max_length + 1) if (code := digits.zfill(n)) in codes
        ]
    if len(possible) != 1:
        raise UnfitError("code_became_number", value=shown(cell.text), form=_wanted(spec))
    return Value(possible[0], None if possible[0] == digits else "zeros_restored")


def _wanted(spec: FieldSpec) -> str:
    if spec.table:
        return f"{table(spec.table).label}中的代码"
    return f"{spec.max_length}位" if spec.exact else "文本"


def _decimal(spec: FieldSpec, number: Decimal, shown_as: str) -> str:
    """With as many decimals as the cell shows, where the field takes them: 12.5 shown as 12.50 is "12.50"."""
    assert spec.digits is not None
    text = _plain(number)
    fixed = _FIXED.fullmatch(_NOT_IN_FORMATS.sub("", shown_as.partition(";")[0]))
    wanted = min(len(fixed[1] or ""), spec.digits[1]) if fixed else 0
    have = len(text.partition(".")[2])
    if have >= wanted:
        return text
    return text + ("." if not have else "") + "0" * (wanted - have)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if number else "0"


def _is_day(shown_as: str) -> bool:
    letters = _NOT_IN_FORMATS.sub("", shown_as).lower()
    return "yy" in letters or ("d" in letters and "m" in letters)


def _day(spec: FieldSpec, number: Decimal, cell: Cell, from_1904: bool) -> str:
    """A date where one is wanted; anywhere else Excel made it of something like 1-2."""
    days = int(number)
    if spec.type not in ("date", "datetime") or not 60 < days < 100_000:
        raise UnfitError("cell_is_date", value=shown(cell.text))
    # Excel believes that 1900 had a 29 February.
    first = datetime.date(1904, 1, 1) if from_1904 else datetime.date(1899, 12, 30)
    day = first + datetime.timedelta(days=days)
    if spec.type == "date":
        return f"{day:%Y%m%d}"
    seconds = int((number - days) * 86_400 + Decimal("0.5"))
    clock = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(seconds=seconds)
    return f"{clock:%Y-%m-%d %H:%M:%S}"


def number_of(spec: FieldSpec, value: str | int) -> Decimal | None:
    """The value as a number that Excel keeps whole; None: only as text. The cell's format shows its decimals."""
    if spec.type not in ("decimal", "integer"):
        return None
    text = str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    digits = text.replace(".", "").lstrip("-0")
    if len(digits) > EXCEL_DIGITS or (text.startswith("-0") and not number):
        return None
    return number


def text_of(spec: FieldSpec, value: str | int) -> str:
    """The value as text: a code with its name, anything a user wrote made harmless."""
    text = str(value)
    if spec.type in ("decimal", "integer"):
        return text
    if spec.table and (row := table(spec.table).get(text)) is not None:
        return f"{row.code} {row.name}"
    return guarded(text)
