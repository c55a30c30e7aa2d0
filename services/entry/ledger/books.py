"""Books: those that are followed with their settings, and those of which only postings or openings tell."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from backbone.refusals import IfMatchMissing, NotFound, StaleVersion
from customs.ledger.accounts import CHECK_MODES, CheckMode
from services.entry.document.free_text import FreeText
from services.entry.ledger import reconciling

OLDEST_YEAR = 1991
"""No book is older: before it Shanghai had summer time, and no message tells of it."""
_DAY = re.compile(r"[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}")


def as_date(value: object) -> object:
    """yyyyMMdd or yyyy-MM-dd as a date; anything else as it came, for the model to refuse."""
    if not isinstance(value, str):
        return value
    try:
        return day_of(value)
    except ValueError:
        raise ValueError("应为yyyyMMdd格式的日期") from None


def day_of(text: str) -> date:
    """A day as yyyyMMdd or yyyy-MM-dd, from OLDEST_YEAR on. Raises ValueError."""
    day = date.fromisoformat(text) if _DAY.fullmatch(text) else date.min
    if day.year < OLDEST_YEAR:
        raise ValueError("not a day")
    return day


class BookSettings(BaseModel):
    """How a book is followed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: FreeText = Field("", max_length=200, title="账册名称")
    check_mode: CheckMode = Field(CheckMode.WARN, strict=False, title="余量检查")
    valid_until: date | None = Field(None, title="账册有效期", description="yyyyMMdd or yyyy-MM-dd")

    _read_date = field_validator("valid_until", mode="before")(as_date)


_BOOKS = """
SELECT coalesce(b.book_no, n.book_no) AS book_no, b.name, b.check_mode, b.valid_until, b.version, b.updated_at,
  coalesce(n.lines, 0) AS lines, coalesce(n.unknown, 0) AS unknown_lines, coalesce(n.negative, 0) AS negative_lines,
  coalesce(n.ending, 0) AS ending_lines, b.book_no IS NOT NULL AS followed
FROM ledgers AS b FULL JOIN (
  SELECT tenant_id, book_no, count(*) AS lines, count(*) FILTER (WHERE base_kind IS NULL) AS unknown,
    count(*) FILTER (WHERE base_in + since_in - base_out - since_out - pre_out < 0) AS negative,
    count(*) FILTER (WHERE limit_date <= $1 AND (base_kind IS NULL OR base_in + since_in - base_out - since_out > 0)) AS ending
  FROM ledger_lines WHERE $2::text IS NULL OR book_no = $2 GROUP BY tenant_id, book_no
) AS n ON n.tenant_id = b.tenant_id AND n.book_no = b.book_no
WHERE $2::text IS NULL OR coalesce(b.book_no, n.book_no) = $2 ORDER BY 1
"""


async def listed(connection: Connection, near: date) -> list[dict[str, Any]]:
    """Every book. `near`: lines and books that end by then count as alerts."""
    rows = await connection.fetch(_BOOKS, near, None)
    differing = await reconciling.counts(connection)
    return [{**_told(row, near), "differences": differing.get(row["book_no"], 0)} for row in rows]


async def settings(connection: Connection, book_no: str, near: date) -> dict[str, Any]:
    """A book without its counts, which are null, for a page that is not the first. Raises NotFound."""
    row = await connection.fetchrow(
        "SELECT b.*, k.book_no, b.book_no IS NOT NULL AS followed, NULL AS lines, NULL AS unknown_lines, "
        "NULL AS negative_lines, NULL AS ending_lines FROM (SELECT $1::text AS book_no) AS k "
        "LEFT JOIN ledgers AS b USING (book_no) WHERE b.book_no IS NOT NULL "
        "OR EXISTS (SELECT FROM ledger_lines AS l WHERE l.book_no = k.book_no)",
        book_no,
    )
    if row is None:
        raise NotFound()
    return _told(row, near)


async def one(connection: Connection, book_no: str, near: date) -> dict[str, Any]:
    """A book that is followed or of which anything tells. Raises NotFound."""
    row = await connection.fetchrow(_BOOKS, near, book_no)
    if row is None:
        raise NotFound()
    return _told(row, near)


def _told(row: Record, near: date) -> dict[str, Any]:
    mode = None if row["check_mode"] is None else CheckMode(row["check_mode"])
    until = row["valid_until"]
    return {
        "book_no": row["book_no"],
        "followed": row["followed"],
        "name": row["name"] or "",
        "check_mode": mode,
        "check_mode_label": None if mode is None else CHECK_MODES[mode],
        "valid_until": None if until is None else until.isoformat(),
        "version": row["version"],
        "updated_at": row["updated_at"],
        "lines": row["lines"],
        "unknown_lines": row["unknown_lines"],
        "negative_lines": row["negative_lines"],
        "alerts": None
        if row["lines"] is None
        else row["negative_lines"] + row["ending_lines"] + (until is not None and until <= near),
    }


async def put(
    connection: Connection,
    caller: Principal,
    book_no: str,
    given: BookSettings,
    seen: int | None,
    *,
    only_new: bool,
) -> tuple[int, bool]:
    """Follow a book, or change how; its version, and whether it is new. Raises IfMatchMissing, StaleVersion."""
    by = {"id": caller.id, "name": caller.name}
    version = await connection.fetchval(
        "INSERT INTO ledgers (tenant_id, book_no, name, check_mode, valid_until, changed_by) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (tenant_id, book_no) DO NOTHING RETURNING version"
        if seen is None
        else "UPDATE ledgers SET name = $3, check_mode = $4, valid_until = $5, changed_by = $6, version = version + 1, "
        "updated_at = now() WHERE tenant_id = $1 AND book_no = $2 AND version = $7 RETURNING version",
        caller.tenant_id,
        book_no,
        given.name,
        given.check_mode,
        given.valid_until,
        by,
        *([] if seen is None else [seen]),
    )
    if version is None:
        if seen is None and not only_new:
            raise IfMatchMissing()
        raise StaleVersion()
    return int(version), seen is None
