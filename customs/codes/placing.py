"""Laying editions over the tables of the release, from rows as services keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from contracts.events.reference import CodesPlaced, PlacedCode
from customs.codes.loader import Code, place, placed


def kept(event: CodesPlaced) -> list[dict[str, Any]]:
    """The codes of an edition as JSON to keep."""
    return [code.model_dump(mode="json", exclude_none=True) for code in event.codes]


def lay_over(rows: Iterable[Mapping[str, Any]], known: dict[str, int]) -> list[str]:
    """Lay those over that are newer than `known` (revision by table), and note them there. Answers which tables.

    `rows`: `table_name`, `revision`, `edition`, `valid_from` and `codes` as `kept` made them.
    """
    fresh = [row for row in rows if row["revision"] > known.get(row["table_name"], 0)]
    for row in fresh:
        _lay(row, row["valid_from"])
        known[row["table_name"]] = row["revision"]
    return [row["table_name"] for row in fresh]


def laid_over() -> list[dict[str, Any]]:
    """What lies over the release in this process, as JSON for another that works for it."""
    return [
        {
            "table_name": table.name,
            "edition": table.edition,
            "valid_from": table.valid_from,
            "codes": [asdict(code) for code in table],
        }
        for table in placed()
    ]


def take_over(rows: Iterable[Mapping[str, Any]]) -> None:
    """Lay over what the other process told by `laid_over`."""
    for row in rows:
        _lay(row, date.fromisoformat(row["valid_from"]))


def _lay(row: Mapping[str, Any], valid_from: date) -> None:
    codes = [Code(**PlacedCode.model_validate(code).model_dump()) for code in row["codes"]]
    place(row["table_name"], row["edition"], valid_from, codes)
