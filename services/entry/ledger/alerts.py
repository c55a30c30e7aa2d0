"""What will soon run out or already has: lines, books, 申报表 and guarantees near their end, and lines below nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from backbone import metrics
from backbone.auth import Principal
from backbone.periodic import Periodic
from backbone.postgres import Connection, Pool
from contracts.permissions import DOCUMENT_READ
from customs import clock
from customs.documents import KINDS
from customs.documents.amounts import plain
from customs.documents.balances import ENDED
from services.entry.document import store
from services.entry.document.versions import approved_document

DAYS = 30
MOST = 500
_SOON_DAYS = 7
_EVERY_SECONDS = 60
_LEFT = "base_in + since_in - base_out - since_out"

_LINES = f"""
SELECT book_no, mark, line_key, line_no, material_no, limit_date, {_LEFT} AS quantity, unit FROM ledger_lines
WHERE limit_date <= $1 AND (base_kind IS NULL OR {_LEFT} > 0) ORDER BY limit_date, book_no, mark, line_key LIMIT $2
"""  # noqa: S608 - our own text
_NEGATIVE = f"""
SELECT book_no, mark, line_key, line_no, material_no, {_LEFT} - pre_out AS quantity, unit FROM ledger_lines
WHERE {_LEFT} - pre_out < 0 ORDER BY book_no, mark, line_key LIMIT $1
"""  # noqa: S608 - our own text
_COUNTS = f"""
SELECT 'line_ends' AS kind, count(*) AS number FROM ledger_lines WHERE limit_date <= $1 AND (base_kind IS NULL OR {_LEFT} > 0)
UNION ALL SELECT 'negative', count(*) FROM ledger_lines WHERE {_LEFT} - pre_out < 0
UNION ALL SELECT 'book_ends', count(*) FROM ledgers WHERE valid_until <= $1
UNION ALL SELECT 'guarantee_ends', count(*) FROM guarantees WHERE valid_until <= $1
"""  # noqa: S608 - our own text


async def listed(connection: Connection, caller: Principal, days: int) -> dict[str, Any]:
    """The most urgent first, at most MOST; `more` says whether there are others."""
    until = clock.today() + timedelta(days=days)
    found = [
        *await _negative(connection),
        *await _lines(connection, until),
        *await _books(connection, until),
        *await _forms(connection, caller, until),
        *await _guarantees(connection, until),
    ]
    found.sort(key=lambda alert: (_RANKS[alert["severity"]], alert["due"] or "", alert["text"]))
    return {"days": days, "items": found[:MOST], "more": len(found) > MOST}


_RANKS = {"critical": 0, "warning": 1, "notice": 2}


def _severity(due: date) -> str:
    left = (due - clock.today()).days
    return "critical" if left < 0 else "warning" if left <= _SOON_DAYS else "notice"


def _alert(kind: str, text: str, due: date | None, **links: Any) -> dict[str, Any]:
    named = {"book_no": None, "mark": None, "line_key": None, "document_id": None, "guarantee_no": None}
    return {
        "kind": kind,
        "severity": "critical" if due is None else _severity(due),
        "text": text,
        "due": None if due is None else due.isoformat(),
        **named,
        **links,
    }


def _ends(due: date) -> str:
    return f"已于{due.isoformat()}到期" if due < clock.today() else f"将于{due.isoformat()}到期"


def _line_name(row: Any) -> str:
    own = f"备案序号{row['line_no']}" if row["line_no"] is not None else f"料号{row['material_no']}"
    return f"账册{row['book_no']}{own}"


async def _negative(connection: Connection) -> Iterable[dict[str, Any]]:
    rows = await connection.fetch(_NEGATIVE, MOST + 1)
    return [
        _alert(
            "negative",
            f"{_line_name(row)}的可用余量为{plain(row['quantity'])}",
            None,
            **{name: row[name] for name in ("book_no", "mark", "line_key")},
        )
        for row in rows
    ]


async def _lines(connection: Connection, until: date) -> Iterable[dict[str, Any]]:
    rows = await connection.fetch(_LINES, until, MOST + 1)
    return [
        _alert(
            "line_ends",
            f"{_line_name(row)}{_ends(row['limit_date'])}，余量"
            + ("未知" if row["quantity"] is None else plain(row["quantity"])),
            row["limit_date"],
            **{name: row[name] for name in ("book_no", "mark", "line_key")},
        )
        for row in rows
    ]


async def _books(connection: Connection, until: date) -> Iterable[dict[str, Any]]:
    rows = await connection.fetch(
        "SELECT book_no, name, valid_until FROM ledgers WHERE valid_until <= $1 ORDER BY valid_until LIMIT $2",
        until,
        MOST + 1,
    )
    return [
        _alert(
            "book_ends",
            f"账册{row['book_no']}{_ends(row['valid_until'])}",
            row["valid_until"],
            book_no=row["book_no"],
        )
        for row in rows
    ]


async def _guarantees(connection: Connection, until: date) -> Iterable[dict[str, Any]]:
    rows = await connection.fetch(
        "SELECT guarantee_no, book_no, valid_until FROM guarantees WHERE valid_until <= $1 ORDER BY valid_until LIMIT $2",
        until,
        MOST + 1,
    )
    return [
        _alert(
            "guarantee_ends",
            f"担保{row['guarantee_no']}{_ends(row['valid_until'])}",
            row["valid_until"],
            guarantee_no=row["guarantee_no"],
            book_no=row["book_no"],
        )
        for row in rows
    ]


async def _forms(connection: Connection, caller: Principal, until: date) -> Iterable[dict[str, Any]]:
    """Approved documents of kinds that run out, among those the caller may read."""
    kinds = [kind.name for kind in KINDS.values() if kind.valid_until is not None]
    rows = await connection.fetch(
        "SELECT document_id, enterprise_id, team_id, client_id FROM documents WHERE kind = ANY($1::text[]) "
        "AND approved_attempt_no IS NOT NULL AND state <> ALL($2::text[])",
        kinds,
        list(ENDED),
    )
    found = []
    for row in rows:
        scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
        if not caller.may(DOCUMENT_READ, **scope):
            continue
        document = await store.find(connection, row["document_id"])
        assert document is not None
        kind = document.of_kind
        head = (await approved_document(connection, document)).get("head")
        given = head.get(kind.valid_until or "") if isinstance(head, dict) else None
        try:
            due = date.fromisoformat(str(given or ""))
        except ValueError:
            continue
        if due <= until:
            number = document.customs_no or document.internal_no
            text = f"{kind.label}{number}{_ends(due)}"
            found.append(
                _alert("document_ends", text, due, document_id=row["document_id"], document_kind=kind.name)
            )
    return found


def counting(pool: Pool) -> Periodic:
    """Keeps the gauge `ledger_alerts`: what ends within DAYS, over all tenants."""

    async def count() -> None:
        for row in await pool.fetch(_COUNTS, clock.today() + timedelta(days=DAYS)):
            metrics.gauge("ledger_alerts").labels(row["kind"]).set(row["number"])

    return Periodic("alert-count", count, _EVERY_SECONDS)
