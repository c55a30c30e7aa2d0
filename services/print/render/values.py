"""What a field's value looks like on paper: codes with their names, dates with dashes, numbers as declared."""

from __future__ import annotations

import re
from collections.abc import Callable

from customs.codes import TABLES, Table
from customs.documents import FieldSpec

Shown = Callable[[object], str]
_TIME = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d))?)?")


def shower(spec: FieldSpec) -> Shown:
    """The function from a value of this field to its text; "" for none."""
    if spec.table:
        return _code_shower(TABLES[spec.table])
    if spec.type in ("date", "datetime"):
        return _date
    return _plain


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _code_shower(table: Table) -> Shown:
    def show(value: object) -> str:
        code = _plain(value)
        row = table.get(code)
        return f"{row.name}({code})" if row else code

    return show


def _date(value: object) -> str:
    text = _plain(value)
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, minute, second = found.groups()
    date = f"{year}-{month}-{day}"
    return f"{date} {hour}:{minute}:{second or '00'}" if hour else date
