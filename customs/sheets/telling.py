"""What was read of a workbook as JSON, so that it can be read in one process and used in another."""

from __future__ import annotations

from typing import Any

import orjson

from contracts.problems import CellProblem
from customs.documents.kinds import Kind
from customs.sheets.headings import Guess
from customs.sheets.places import Listing, SheetPlace
from customs.sheets.taking import ColumnRead, Taken


def told(taken: Taken) -> bytes:
    """As JSON."""
    return orjson.dumps(
        {
            "document": taken.document,
            "places": {
                name: [place.sheet, place.heading_row, place.columns, place.rows, place.lines]
                for name, place in taken.places.items()
            },
            "columns": {
                name: [[each.column, each.heading, each.guess.field, each.guess.by] for each in columns]
                for name, columns in taken.columns.items()
            },
            "problems": _listing(taken.problems),
            "notices": _listing(taken.notices),
            "bad_rows": {name: sorted(rows) for name, rows in taken.bad_rows.items()},
            "unnumbered": sorted(taken.unnumbered),
        }
    )


def heard(kind: Kind, said: bytes) -> Taken:
    """The same again."""
    given: dict[str, Any] = orjson.loads(said)
    return Taken(
        document=given["document"],
        places={name: SheetPlace(kind.section(name), *values) for name, values in given["places"].items()},
        columns={
            name: [ColumnRead(column, heading, Guess(field, by)) for column, heading, field, by in columns]
            for name, columns in given["columns"].items()
        },
        problems=_heard_listing(given["problems"]),
        notices=_heard_listing(given["notices"]),
        bad_rows={name: set(rows) for name, rows in given["bad_rows"].items()},
        unnumbered=set(given["unnumbered"]),
    )


def _listing(listing: Listing) -> dict[str, Any]:
    return {"count": listing.count, "listed": [each.model_dump() for each in listing.listed]}


def _heard_listing(given: dict[str, Any]) -> Listing:
    listing = Listing()
    listing.extend(CellProblem(**each) for each in given["listed"])
    listing.count = given["count"]
    return listing
