"""Reading one value: a field's declaration becomes a function from JSON value to normal form."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from functools import lru_cache

from contracts.characters import KeyFault, unseen_fault, wide_fault, without_unseen
from customs.codes import table
from customs.documents.fields import DECIMAL_PATTERN, FieldSpec, Form
from customs.documents.findings import shown
from customs.documents.uscc import is_uscc

# What XML 1.0 cannot carry, and lone surrogates, which UTF-8 cannot.
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
BLANK = " \t\r\n\u3000\u00a0\ufeff"
"""What counts as nothing at the ends of a text."""
_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)
_WORD = re.compile(r"[0-9A-Z_]+", re.ASCII)
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]+", re.ASCII)
_MAX_CHOICES = 10

Reader = Callable[[object], str | int]


class UnfitError(Exception):
    """The value cannot stand; `code` and `values` are for contracts.problems."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values_of_text = values


def width(text: str) -> int:
    """Length as the authority counts: a character outside ASCII is 2."""
    return len(text) if text.isascii() else sum(1 if c < "\x80" else 2 for c in text)


def reader(spec: FieldSpec) -> Reader:
    """The function that normalises values of this field: "" means absent; raises UnfitError."""
    if spec.type == "integer":
        return _integer(spec)
    if spec.type == "decimal":
        return _decimal(spec)
    if spec.type == "date":
        return _date(spec)
    if spec.table:
        return _code(spec, spec.table)
    return _text(spec)


def refused(_: object) -> str:
    """Reader of a field that only the system fills."""
    raise UnfitError("system_field")


def _string(value: object) -> str:
    if type(value) is not str:
        raise UnfitError("wrong_type", expected="字符串")
    text = value.strip(BLANK)
    if not text.isprintable() and (found := _UNCARRIABLE.search(text)):
        raise UnfitError("invalid_character", codepoint=f"{ord(found[0]):04X}")
    return text


def _refuse(fault: KeyFault | None) -> None:
    if fault is not None:
        raise UnfitError(fault.code, **fault.values)


def _plainly_written(text: str) -> None:
    """A code or number that stands in ASCII or not at all: names what only looks like it."""
    if not (text.isascii() and text.isprintable()):
        _refuse(unseen_fault(text) or wide_fault(text, signs=True))


def _is_seen(text: str, form: Form) -> None:
    if not (text.isascii() and text.isprintable()):
        _refuse(unseen_fault(text) or (wide_fault(text) if form == "key" else None))


def _fits_form(text: str, form: Form) -> None:
    if form == "digits":
        if not (text.isascii() and text.isdigit()):
            raise UnfitError("not_digits", value=shown(text))
    elif form in ("word", "party", "book"):
        # The entry page compares the four letters NULL without regard to case.
        rest = text[4:] if form == "book" and text[:4].upper() == "NULL" else text
        if (rest or form != "book") and not _WORD.fullmatch(rest):
            raise UnfitError("not_a_word", value=shown(text))
    elif form == "uscc":
        if not _USCC.fullmatch(text):
            raise UnfitError("not_a_word", value=shown(text))
        if not is_uscc(text):
            raise UnfitError("wrong_checksum", value=text)


def _text(spec: FieldSpec) -> Reader:
    limit, exact, form = spec.max_length, spec.exact, spec.form
    # A party without a customs code is written NO.
    party, free, spelt = form == "party", spec.is_free, spec.is_spelt

    def read(value: object) -> str:
        text = _string(value)
        if free:
            text = without_unseen(text)[0].strip(BLANK)
        elif spelt:
            _plainly_written(text)
        else:
            _is_seen(text, form)
        if not text:
            return ""
        if len(text) * 2 > limit and (length := width(text)) > limit:
            if exact:
                raise UnfitError("wrong_length", length=limit, actual=length)
            raise UnfitError("too_long", length=length, limit=limit)
        if exact and len(text) != limit:
            raise UnfitError("wrong_length", length=limit, actual=len(text))
        if spelt:
            _fits_form(text, form)
        if party and len(text) != limit and text != "NO":
            raise UnfitError("wrong_length", length=limit, actual=len(text))
        return text

    return read


def _code(spec: FieldSpec, table_name: str) -> Reader:
    listed = table(table_name)
    # A code that has ended is still known; who declares is told (`code_ended`).
    codes, as_text = listed.rows.keys(), _text(spec)
    choices = ""
    if len(listed) <= _MAX_CHOICES:
        choices = "：" + "、".join(f"{row.code} {row.name}" for row in listed.holding())

    def read(value: object) -> str | int:
        if type(value) is str and value in codes:
            return value
        if listed.open:
            return as_text(value)
        text = _string(value)
        if text and text not in codes:
            _plainly_written(text)
            raise UnfitError("unknown_code", value=shown(text), table=listed.label, choices=choices)
        return text

    return read


def _integer(spec: FieldSpec) -> Reader:
    assert spec.digits is not None
    limit, positive = spec.digits[0], spec.sign == "positive"
    bound = 10**limit

    def read(value: object) -> int | str:
        if type(value) is not int:
            if isinstance(value, str) and not value.strip(BLANK):
                return ""
            raise UnfitError("wrong_type", expected="整数")
        if value < positive:
            raise UnfitError("not_positive" if positive else "negative")
        if value >= bound:
            raise UnfitError("too_many_digits", actual=len(str(value)), limit=limit)
        return value

    return read


def _decimal(spec: FieldSpec) -> Reader:
    assert spec.digits is not None
    (total, decimals), sign = spec.digits, spec.sign

    def read(value: object) -> str:
        if type(value) is not str:
            if isinstance(value, int | float) and not isinstance(value, bool):
                raise UnfitError("decimal_as_string")
            raise UnfitError("wrong_type", expected="数字字符串")
        text = value.strip(BLANK)
        if not text:
            return ""
        found = _DECIMAL.fullmatch(text)
        if found is None:
            _plainly_written(text)
            raise UnfitError("not_a_decimal", value=shown(text))
        fraction = len(found[2]) - 1 if found[2] else 0
        if fraction > decimals:
            raise UnfitError("too_many_decimals", actual=fraction, limit=decimals)
        whole = len(found[1]) if found[1] != "0" else 0
        if whole + fraction > total:
            raise UnfitError("too_many_digits", actual=whole + fraction, limit=total)
        if sign != "any" and text[0] == "-":
            raise UnfitError("negative" if sign == "not_negative" else "not_positive")
        if sign == "positive" and not text.strip("0."):
            raise UnfitError("not_positive")
        return text

    return read


@lru_cache(maxsize=4096)
def is_date(text: str) -> bool:
    """Whether the 8 digits are a day of the calendar."""
    try:
        datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return True


def _date(spec: FieldSpec) -> Reader:
    as_text = _text(spec)

    def read(value: object) -> str | int:
        text = as_text(value)
        if text and not is_date(str(text)):
            raise UnfitError("invalid_date", value=shown(text))
        return text

    return read
