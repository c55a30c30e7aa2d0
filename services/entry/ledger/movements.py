"""What moved a line, newest first, each movement with its document, its cause and what was left after it."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from backbone.auth import Principal
from backbone.postgres import Connection
from customs.documents.amounts import plain
from customs.ledger.accounts import ACCOUNTS, Account
from customs.ledger.causes import cause_label
from services.entry.ledger import book_lines
from services.entry.ledger.books import OLDEST_YEAR
from services.entry.ledger.sources import documents_of, outcome_label

_FAR = 2**63


class MovementCursor(NamedTuple):
    """The movement a page ended with."""

    at: datetime
    document_id: UUID
    row_no: int
    account: str
    cause: str


def decode(text: str) -> MovementCursor:
    """Raises ValueError for what no page gave."""
    try:
        at, document_id, row_no, account, cause = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        cursor = MovementCursor(
            datetime.fromisoformat(at), UUID(document_id), int(row_no), str(account), str(cause)
        )
    except (binascii.Error, orjson.JSONDecodeError, UnicodeEncodeError, TypeError, AttributeError) as error:
        raise ValueError("not a cursor") from error
    if cursor.at.tzinfo is None or cursor.at.year < OLDEST_YEAR or not abs(cursor.row_no) < _FAR:
        raise ValueError("not a cursor")
    if "\x00" in cursor.account + cursor.cause:
        raise ValueError("not a cursor")
    return cursor


def _encode(row: Any) -> str:
    at = row["at"].astimezone(UTC).isoformat()
    place = [at, str(row["document_id"]), row["row_no"], row["account"], row["cause"]]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode()


# What is left after a movement: what is left now without everything that came later.
_PAGE = """
SELECT p.*, f.outcome FROM (
  SELECT *, sum(CASE account WHEN 'real_in' THEN quantity WHEN 'pre_in' THEN 0 ELSE -quantity END)
    OVER (ORDER BY at DESC, document_id DESC, row_no DESC, account DESC, cause DESC ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW)
    AS later
  FROM ledger_postings WHERE book_no = $1 AND mark = $2 AND line_key = $3
) AS p LEFT JOIN facts AS f ON f.document_id = p.document_id AND f.key = p.cause
WHERE $4::timestamptz IS NULL
  OR (p.at, p.document_id, p.row_no, p.account, p.cause) < ($4, $5::uuid, $6::bigint, $7::text, $8::text)
ORDER BY p.at DESC, p.document_id DESC, p.row_no DESC, p.account DESC, p.cause DESC LIMIT $9
"""


async def page(
    connection: Connection,
    caller: Principal,
    book_no: str,
    mark: str,
    line_key: str,
    cursor: MovementCursor | None,
    limit: int,
) -> dict[str, Any]:
    """A page of the movements of a line. Raises NotFound for a line that is not there."""
    line = book_lines.told(await book_lines.one(connection, book_no, mark, line_key))
    after = cursor or (None, None, None, None, None)
    rows = await connection.fetch(_PAGE, book_no, mark, line_key, *after, limit + 1)
    shown = rows[:limit]
    ids = {row["document_id"] for row in shown} | {row["source_id"] for row in shown}
    documents = await documents_of(connection, caller, ids)
    available = None if line["available"] is None else Decimal(line["available"])
    items = []
    for row in shown:
        document = documents.get(row["document_id"])
        later = row["later"] or Decimal(0)
        outcome = None if document is None else outcome_label(document["kind"], row["outcome"])
        items.append(
            {
                "at": row["at"],
                "account": row["account"],
                "account_label": ACCOUNTS[Account(row["account"])],
                "quantity": plain(row["quantity"]),
                "unit": row["unit"],
                "cause": row["cause"],
                "cause_label": cause_label(
                    row["cause"], row["account"], adds=row["quantity"] > 0, outcome=outcome
                ),
                "counted_at": row["counted_at"],
                "row_no": row["row_no"],
                "document": document,
                "source": documents.get(row["source_id"]) if row["source_id"] != row["document_id"] else None,
                "receipt_id": row["receipt_id"],
                "available_after": None if available is None else plain(available - later),
            }
        )
    next_cursor = _encode(shown[-1]) if len(rows) > limit else None
    return {"book_no": book_no, "line": line, "items": items, "next_cursor": next_cursor}
