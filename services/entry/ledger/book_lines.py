"""The lines of a book, page by page in the order of 备案序号."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from backbone.postgres import Connection, Record
from backbone.refusals import NotFound
from customs.codes import table
from customs.documents.amounts import plain
from customs.ledger.balances import Balance

MOST = 200
_BEHIND_ALL = 2**63 - 1
_SUMS = ("base_in", "base_out", "since_in", "since_out", "pre_in", "pre_out")


class LineCursor(NamedTuple):
    """The line a page ended with: 料件成品, 备案序号 or what stands behind all, key."""

    mark: str
    line_no: int
    line_key: str


def encode(cursor: LineCursor) -> str:
    """For `next_cursor`."""
    return base64.urlsafe_b64encode(orjson.dumps(list(cursor))).decode()


def decode(text: str) -> LineCursor:
    """Raises ValueError for what `encode` did not write."""
    try:
        mark, line_no, line_key = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
    except (binascii.Error, orjson.JSONDecodeError, UnicodeEncodeError, TypeError) as error:
        raise ValueError("not a cursor") from error
    if (
        not (isinstance(mark, str) and type(line_no) is int and isinstance(line_key, str))
        or not 0 <= line_no <= _BEHIND_ALL
        or "\x00" in mark + line_key
    ):
        raise ValueError("not a cursor")
    return LineCursor(mark, line_no, line_key)


def line_no(text: str) -> int:
    """A 备案序号 as a query gives it. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < _BEHIND_ALL):
        raise ValueError("not a 备案序号")
    return int(text)


_AVAILABLE = "base_in + since_in - base_out - since_out - pre_out"
_CONDITIONS: Mapping[str, str] = {
    "mark": "mark = {}",
    "line_no": "line_no = {}",
    "material_no": "material_no = {}",
    "hs_code": "starts_with(hs_code, {})",
}
_FLAGS: Mapping[str, str] = {"unknown": "base_kind IS NULL", "short": f"{_AVAILABLE} < 0"}


async def page(
    connection: Connection,
    book_no: str,
    asked: Mapping[str, Any],
    only: tuple[list[str], list[str]] | None,
    cursor: LineCursor | None,
    limit: int,
) -> tuple[list[dict[str, Any]], str | None]:
    """Lines that fit `asked` (`_CONDITIONS`, `_FLAGS`) and lie among `only`; where the next page begins."""
    values: list[Any] = [book_no]
    where = ["book_no = $1"]
    for name, condition in _CONDITIONS.items():
        if name in asked:
            values.append(asked[name])
            where.append(condition.format(f"${len(values)}"))
    where += [f"({condition}) IS TRUE" for name, condition in _FLAGS.items() if asked.get(name)]
    where += [f"({condition}) IS NOT TRUE" for name, condition in _FLAGS.items() if asked.get(name) is False]
    if only is not None:
        values += only
        where.append(
            f"(mark, line_key) IN (SELECT * FROM unnest(${len(values) - 1}::text[], ${len(values)}::text[]))"  # noqa: S608 - our own text
        )
    order = f"mark, coalesce(line_no, {_BEHIND_ALL}), line_key"
    if cursor is not None:
        values += cursor
        n = len(values)
        where.append(f"({order}) > (${n - 2}::text, ${n - 1}::bigint, ${n}::text)")
    values.append(limit + 1)
    rows = await connection.fetch(
        f"SELECT * FROM ledger_lines WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ${len(values)}",  # noqa: S608 - our own text
        *values,
    )
    shown = rows[:limit]
    if len(rows) <= limit:
        return [told(row) for row in shown], None
    last = shown[-1]
    at = _BEHIND_ALL if last["line_no"] is None else last["line_no"]
    return [told(row) for row in shown], encode(LineCursor(last["mark"], at, last["line_key"]))


async def matching(
    connection: Connection, book_no: str, mark: str | None, text: str | None, limit: int
) -> list[dict[str, Any]]:
    """Lines whose 备案序号, 料号 or 商品编码 begins with `text`, or whose name contains it; those of that 备案序号 first."""
    rows = await connection.fetch(
        "SELECT * FROM ledger_lines WHERE book_no = $1 AND ($2::text IS NULL OR mark = $2) AND ($3::text IS NULL "
        "OR starts_with(line_no::text, $3) OR starts_with(upper(material_no), upper($3)) OR starts_with(hs_code, $3) "
        "OR position($3 in name) > 0) "
        "ORDER BY line_no::text IS DISTINCT FROM $3, mark, line_no, line_key LIMIT $4",
        book_no,
        mark,
        text,
        limit,
    )
    return [told(row) for row in rows]


async def one(connection: Connection, book_no: str, mark: str, line_key: str) -> Record:
    """Raises NotFound."""
    row = await connection.fetchrow(
        "SELECT * FROM ledger_lines WHERE book_no = $1 AND mark = $2 AND line_key = $3",
        book_no,
        mark,
        line_key,
    )
    if row is None:
        raise NotFound()
    return row


def told(row: Record) -> dict[str, Any]:
    """A line; what is not known is null."""
    balance = Balance(**{name: row[name] for name in _SUMS})
    return {
        "mark": row["mark"],
        "mark_label": name_of("material_marks", row["mark"]),
        "line_key": row["line_key"],
        "line_no": row["line_no"],
        "material_no": row["material_no"],
        "hs_code": row["hs_code"],
        "name": row["name"],
        "unit": row["unit"],
        "unit_name": name_of("units", row["unit"]),
        "limit_date": None if row["limit_date"] is None else row["limit_date"].isoformat(),
        "base": None
        if row["base_kind"] is None
        else {
            "kind": row["base_kind"],
            "at": row["base_at"],
            "ref": row["base_ref"],
            "quantity_in": known(row["base_in"]),
            "quantity_out": known(row["base_out"]),
        },
        "pre_in": plain(balance.pre_in),
        "pre_out": plain(balance.pre_out),
        "since_in": plain(balance.since_in),
        "since_out": plain(balance.since_out),
        "real_in": known(balance.real_in),
        "real_out": known(balance.real_out),
        "balance": known(balance.left),
        "available": known(balance.available),
    }


def known(quantity: Decimal | None) -> str | None:
    """A quantity as JSON has it; unknown is null, not zero."""
    return None if quantity is None else plain(quantity)


def name_of(codes: str, code: str | None) -> str | None:
    """What a code is called; the code where the table has none."""
    if code is None:
        return None
    row = table(codes).get(code)
    return code if row is None else row.name
