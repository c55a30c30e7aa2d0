"""INV211 against what was known here: for every truth the figures we would have had then, and what explains the difference."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from backbone.auth import Principal
from backbone.postgres import Connection, Record
from customs.documents.amounts import plain
from customs.ledger.accounts import ACCOUNTS, Account
from services.entry.ledger import store
from services.entry.ledger.sources import documents_of
from services.entry.ledger.told_bases import TOLD

MOST = 1_000
_NAMED = 10
_NOTHING = Decimal(0)

_COMPARED = f"""
WITH {TOLD}, chained AS (
  SELECT *, lag(at) OVER line AS before_at, lag(quantity_in) OVER line AS before_in, lag(quantity_out) OVER line AS before_out
  FROM told WINDOW line AS (PARTITION BY book_no, mark, line_key ORDER BY at, kind)
), compared AS (
  SELECT c.*, coalesce(s.came, 0) AS came, coalesce(s.went, 0) AS went, c.before_in + coalesce(s.came, 0) AS our_in, c.before_out + coalesce(s.went, 0) AS our_out
  FROM chained AS c LEFT JOIN LATERAL (
    SELECT sum(p.quantity) FILTER (WHERE p.account = 'real_in') AS came,
      sum(p.quantity) FILTER (WHERE p.account = 'real_out') AS went
    FROM ledger_postings AS p WHERE p.book_no = c.book_no AND p.mark = c.mark AND p.line_key = c.line_key
    AND p.account IN ('real_in', 'real_out') AND (c.before_at IS NULL OR p.counted_at > c.before_at) AND p.counted_at <= c.at
  ) AS s ON true
  WHERE c.kind = 'receipt'
), differing AS (
  -- A line that customs made for documents of ours began at nothing: they are all it tells of.
  SELECT * FROM compared WHERE (coalesce(our_in, came), coalesce(our_out, went)) <> (quantity_in, quantity_out)
    OR before_at IS NULL AND came = 0 AND went = 0
)
"""  # noqa: S608 - our own text


async def counts(connection: Connection) -> dict[str, int]:
    """How many differences each book has."""
    rows = await connection.fetch(
        f"{_COMPARED} SELECT book_no, count(*) AS number FROM differing GROUP BY book_no",  # noqa: S608 - our own text
        None,
    )
    return {row["book_no"]: row["number"] for row in rows}


async def lines_differing(connection: Connection, book_no: str) -> tuple[list[str], list[str]]:
    """Marks and keys of the lines that have a difference."""
    rows = await connection.fetch(f"{_COMPARED} SELECT DISTINCT mark, line_key FROM differing", book_no)  # noqa: S608 - our own text
    return [row["mark"] for row in rows], [row["line_key"] for row in rows]


async def differences(connection: Connection, caller: Principal, book_no: str) -> dict[str, Any]:
    """Newest first, at most MOST; and documents that are expected to move the book longer than they should."""
    async with store.many(connection):
        rows = await connection.fetch(
            f"{_COMPARED} SELECT d.*, l.line_no, l.material_no, l.name FROM differing AS d LEFT JOIN ledger_lines AS l "  # noqa: S608 - our own text
            "ON l.book_no = d.book_no AND l.mark = d.mark AND l.line_key = d.line_key "
            "ORDER BY d.at DESC, d.mark, d.line_key LIMIT $2",
            book_no,
            MOST + 1,
        )
    shown = rows[:MOST]
    movements = await _movements(connection, book_no, shown)
    late = await _late(connection, book_no)
    ids = {p["document_id"] for near in movements for p in near} | {row["document_id"] for row in late}
    ids |= {row["document_id"] for row in shown if row["document_id"] is not None}
    documents = await documents_of(connection, caller, ids)
    changing = await connection.fetch(
        "SELECT document_id FROM documents WHERE document_id = ANY($1::uuid[]) AND round_purpose IS NOT NULL",
        list(ids),
    )
    under_way = {row["document_id"] for row in changing}
    items = [_told(row, near, documents, under_way) for row, near in zip(shown, movements, strict=True)]
    return {
        "book_no": book_no,
        "items": items,
        "more": len(rows) > MOST,
        "overdue": [
            {
                "document": documents.get(row["document_id"]),
                "account": row["account"],
                "account_label": ACCOUNTS[Account(row["account"])],
                "lines": row["lines"],
                "deadline_at": row["deadline_at"],
                "message": f"{ACCOUNTS[Account(row['account'])]}的单证已超过应有答复的时间",
            }
            for row in late
        ],
    }


async def _movements(connection: Connection, book_no: str, rows: Sequence[Record]) -> list[list[Record]]:
    """Of each difference: what was posted in its time, and what had passed and was not counted by then."""
    found: list[list[Record]] = [[] for _ in rows]
    for each in await connection.fetch(
        "SELECT k.place, p.document_id, p.account, p.quantity, p.unit, p.counted_at IS NULL OR p.counted_at > k.at AS uncounted "
        "FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) WITH ORDINALITY "
        "AS k (mark, line_key, before_at, at, place) CROSS JOIN LATERAL ("
        "SELECT document_id, account, sum(quantity) AS quantity, min(unit) AS unit, max(counted_at) AS counted_at "
        "FROM ledger_postings AS i WHERE i.book_no = $1 AND i.mark = k.mark AND i.line_key = k.line_key "
        "AND i.account IN ('real_in', 'real_out') AND ((i.counted_at > k.before_at AND i.counted_at <= k.at) "
        "OR (i.at <= k.at AND (i.counted_at IS NULL OR i.counted_at > k.at))) "
        "GROUP BY document_id, account HAVING sum(quantity) <> 0 ORDER BY abs(sum(quantity)) DESC LIMIT 50) AS p",
        book_no,
        [row["mark"] for row in rows],
        [row["line_key"] for row in rows],
        [row["before_at"] for row in rows],
        [row["at"] for row in rows],
    ):
        found[each["place"] - 1].append(each)
    return found


async def _late(connection: Connection, book_no: str) -> list[Record]:
    return await connection.fetch(
        "SELECT p.document_id, p.account, count(DISTINCT (p.mark, p.line_key)) AS lines, min(d.deadline_at) AS deadline_at "
        "FROM documents AS d JOIN ledger_postings AS p ON p.document_id = d.document_id "
        "WHERE d.deadline_at < now() AND p.book_no = $1 AND p.account IN ('pre_in', 'pre_out') "
        "GROUP BY p.document_id, p.account HAVING sum(p.quantity) <> 0 ORDER BY min(d.deadline_at) LIMIT $2",
        book_no,
        MOST,
    )


def _told(
    row: Record,
    near: Sequence[Record],
    documents: dict[UUID, dict[str, Any]],
    under_way: set[UUID],
) -> dict[str, Any]:
    known = row["before_at"] is not None
    by_in = row["quantity_in"] - row["our_in"] if known else None
    by_out = row["quantity_out"] - row["our_out"] if known else None
    causes = _causes(row, by_in, by_out, near, under_way)
    return {
        "mark": row["mark"],
        "line_key": row["line_key"],
        "line_no": row["line_no"],
        "material_no": row["material_no"],
        "name": row["name"],
        "at": row["at"],
        "receipt_id": row["ref"],
        "document": documents.get(row["document_id"]) if row["document_id"] else None,
        "customs_in": plain(row["quantity_in"]),
        "customs_out": plain(row["quantity_out"]),
        "our_in": plain(row["our_in"]) if known else None,
        "our_out": plain(row["our_out"]) if known else None,
        "difference_in": None if by_in is None else plain(by_in),
        "difference_out": None if by_out is None else plain(by_out),
        "causes": [
            {**cause, "documents": [documents[i] for i in cause["documents"][:_NAMED] if i in documents]}
            for cause in causes
        ],
    }


def _cause(code: str, message: str, ids: Sequence[UUID] = ()) -> dict[str, Any]:
    return {"code": code, "message": message, "documents": list(dict.fromkeys(ids))}


def _causes(
    row: Record,
    by_in: Decimal | None,
    by_out: Decimal | None,
    near: Sequence[Record],
    under_way: set[UUID],
) -> list[dict[str, Any]]:
    """What can be known of why; what cannot is 原因不明."""
    if by_in is None or by_out is None:
        return [_cause("no_opening", "期初未导入，本系统此前没有这一项的余量")]
    causes: list[dict[str, Any]] = []
    units = {p["unit"] for p in near if p["unit"]} - {row["unit"]}
    if row["unit"] is not None and units:
        causes.append(
            _cause(
                "unit_differs",
                f"海关账册的计量单位是{row['unit']}，本系统的单证用的是{'、'.join(sorted(units))}",
                [p["document_id"] for p in near if p["unit"] in units],
            )
        )
    if changing := [p["document_id"] for p in near if p["document_id"] in under_way]:
        causes.append(
            _cause("change_under_way", "单证正在变更或删除，海关与本系统所记的可能不是同一版本", changing)
        )
    for account, difference in ((Account.REAL_IN, by_in), (Account.REAL_OUT, by_out)):
        own = [p for p in near if p["account"] == account]
        if difference > 0:
            causes.append(_more_there(account, difference, [p for p in own if p["uncounted"]]))
        elif difference < 0 and (counted := [p for p in own if not p["uncounted"]]):
            causes.append(
                _cause(
                    "not_at_customs",
                    f"本系统已记{ACCOUNTS[account]}而海关当时未记：{plain(-difference)}",
                    [p["document_id"] for p in counted],
                )
            )
    return causes or [_cause("unknown", "原因不明")]


def _more_there(account: Account, difference: Decimal, waiting: Sequence[Record]) -> dict[str, Any]:
    """Customs has more: of documents of ours whose 核扣回执 has not come, or of what was declared elsewhere."""
    if waiting and sum((p["quantity"] for p in waiting), _NOTHING) >= difference:
        return _cause(
            "receipt_missing",
            f"海关多记{ACCOUNTS[account]}{plain(difference)}，本系统有已过卡、尚未收到核扣回执的单证",
            [p["document_id"] for p in waiting],
        )
    return _cause(
        "declared_elsewhere",
        f"海关多记{ACCOUNTS[account]}{plain(difference)}：本系统未见的单证（在别处申报）",
    )
