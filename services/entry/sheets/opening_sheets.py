"""A workbook of openings, read and judged in the process that reads workbooks; told to the service as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import orjson

from contracts.problems import CellProblem
from customs.ledger.lines import Line
from customs.ledger.opening import OPENING, Opened, rows_checked
from customs.sheets.places import Listing
from customs.sheets.taking import take_rows


@dataclass(frozen=True, slots=True)
class Read:
    """The rows that are right, what is wrong, and what took understanding."""

    rows: Sequence[Opened]
    problems: Sequence[CellProblem]
    notices: Sequence[CellProblem] = ()


def of_rows(book_no: str, rows: Sequence[object]) -> Read:
    """Rows as JSON has them."""
    found = Listing()
    return Read(rows_checked(book_no, rows, None, found), found.result())


def read(book_no: str, data: bytes) -> bytes:
    """What the workbook says, for `heard`. Raises UnreadableBook."""
    taken = take_rows(OPENING, data)
    opened: list[Opened] = []
    if OPENING.name in taken.places:
        given = taken.document[OPENING.name]
        assert isinstance(given, list)
        opened = rows_checked(book_no, given, taken.places[OPENING.name], taken.problems)
    return orjson.dumps(
        {
            "rows": [
                [
                    row.line.mark,
                    row.line.key,
                    str(row.quantity_in),
                    str(row.quantity_out),
                    row.unit,
                    row.limit_date,
                    row.hs_code,
                    row.name,
                    row.material_no,
                ]
                for row in opened
            ],
            "problems": [each.model_dump() for each in taken.problems.result()],
            "notices": [each.model_dump() for each in taken.notices.result()],
        }
    )


def heard(book_no: str, said: bytes) -> Read:
    """What `read` told."""
    told = orjson.loads(said)
    rows = [
        Opened(
            Line(book_no, mark, key),
            Decimal(came),
            Decimal(went),
            unit,
            date.fromisoformat(until) if until else None,
            hs_code,
            name,
            material_no,
        )
        for mark, key, came, went, unit, until, hs_code, name, material_no in told["rows"]
    ]
    problems, notices = (
        [CellProblem.model_validate(each) for each in told[name]] for name in ("problems", "notices")
    )
    return Read(rows, problems, notices)
