"""An edition of a published code table: compared with what holds, put in place over it, and told to the other services.

A code that the edition lacks ends the day before it begins and keeps its name, so that what was declared with it stays explained.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from backbone import outbox
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.events.reference import CodesPlaced, PlacedCode
from contracts.problems import Problem, problem
from customs.codes import Code, Table, placing
from customs.codes.editions import year_of
from customs.codes.loader import released
from customs.sheets.plain_table import UnreadableTableError, read_table
from customs.sheets.published_codes import Changes, changes
from services.reference.refusals import EditionOutdated
from services.reference.sent_tables import TableUnreadable

_PLATFORM = UUID(int=0)
_LOCK = 7_206_121
_SHOWN = 50
_MOST_NAME = 256


@dataclass(frozen=True)
class Sent:
    """An edition as it was sent: not yet compared."""

    edition: str
    valid_from: date
    data: bytes


async def current(connection: Connection, name: str) -> Table:
    """The table as it holds by the database: the newest edition in place, else that of the release."""
    row = await connection.fetchrow(
        "SELECT edition, valid_from, codes FROM code_editions WHERE table_name = $1 ORDER BY revision DESC LIMIT 1",
        name,
    )
    if row is None:
        return released(name)
    codes = [PlacedCode.model_validate(code) for code in row["codes"]]
    return _with_days(released(name), row["edition"], row["valid_from"], codes)


def _with_days(table: Table, edition: str, valid_from: date, codes: Sequence[PlacedCode]) -> Table:
    rows = {code.code: Code(**code.model_dump()) for code in codes}
    holding = frozenset(code for code, row in rows.items() if row.valid_until is None)
    return replace(table, edition=edition, valid_from=valid_from, rows=rows, codes=holding)


async def compare(connection: Connection, name: str, sent: Sent) -> Changes:
    """What the edition does to the codes that hold. Raises TableUnreadable, InvalidRequest, EditionOutdated."""
    table = await current(connection, name)
    newest = table.valid_from or date.min
    older = sent.valid_from < newest or (year_of(sent.edition) or 0) < (year_of(table.edition) or 0)
    if older and sent.edition != table.edition:
        raise EditionOutdated(f"{table.label}现为{table.edition}版")
    try:
        found = changes(table, read_table(sent.data))
    except UnreadableTableError as error:
        raise TableUnreadable(str(error)) from None
    if wrong := _wrong(table, found):
        raise InvalidRequest(f"{len(wrong)}个代码有误，没有导入", problems=wrong[:1_000])
    return found


def _wrong(table: Table, found: Changes) -> list[Problem]:
    """Codes unlike all others of the table, and names too long to be one."""
    widths = {len(code) for code in released(table.name).codes}
    longest = max(widths)
    wrong = []
    for row in found.rows:
        place_of = f"/{row.code[:20]}"
        if not row.code.isascii() or not row.code.isalnum() or not min(widths) <= len(row.code) <= longest:
            field = f"「{row.name[:40]}」的代码"
            wrong.append(problem("wrong_length", place_of, field=field, length=longest, actual=len(row.code)))
        if len(row.name) > _MOST_NAME:
            field = f"代码{row.code[:20]}的名称"
            wrong.append(problem("too_long", place_of, field=field, length=len(row.name), limit=_MOST_NAME))
    return wrong


async def put_in_place(connection: Connection, name: str, sent: Sent, by: str) -> Changes:
    """In the transaction of the caller, one at a time; the same edition again corrects itself."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    found = await compare(connection, name, sent)
    table = await current(connection, name)
    if not found.any and table.edition == sent.edition:
        return found
    codes = [PlacedCode(**_plain(row)) for row in _rows(table, found, sent.valid_from)]
    revision = await connection.fetchval(
        "INSERT INTO code_editions (table_name, edition, valid_from, sha256, codes, placed_by) "
        "VALUES ($1, $2, $3, $4, $5, $6) RETURNING revision",
        name,
        sent.edition,
        sent.valid_from,
        hashlib.sha256(sent.data).digest(),
        [code.model_dump(mode="json", exclude_none=True) for code in codes],
        by,
    )
    event = CodesPlaced(
        tenant_id=_PLATFORM,
        table=name,
        edition=sent.edition,
        valid_from=sent.valid_from,
        revision=revision,
        codes=codes,
        placed_at=datetime.now(UTC),
    )
    await outbox.append(connection, [event], tenant_id=_PLATFORM)
    return found


def _rows(table: Table, found: Changes, valid_from: date) -> list[Code]:
    """The edition's rows with their days, and behind them what has ended, now or before."""
    holding = [
        replace(row, valid_from=table.rows[row.code].valid_from if row.code in table.codes else valid_from)
        for row in found.rows
    ]
    given = {row.code for row in found.rows}
    last = valid_from - timedelta(days=1)
    ended = [
        row if row.valid_until is not None else replace(row, valid_until=last)
        for row in table
        if row.code not in given
    ]
    return [*holding, *ended]


def _plain(row: Code) -> dict[str, Any]:
    return {name: getattr(row, name) for name in PlacedCode.model_fields}


async def lay_over(connection: Connection, known: dict[str, int]) -> list[str]:
    """Lay newer editions than `known` (revision by table) over the release in this process. Answers which."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (table_name) table_name, revision, edition, valid_from, codes "
        "FROM code_editions ORDER BY table_name, revision DESC"
    )
    return placing.lay_over([dict(row) for row in rows], known)


def told(found: Changes) -> dict[str, Any]:
    """Counts, and the first of each."""
    return {
        "added": len(found.added),
        "changed": len(found.renamed),
        "ended": len(found.gone),
        "unchanged": len(found.rows) - len(found.added) - len(found.renamed),
        "notes": list(found.notes[:_SHOWN]),
        "ended_codes": [row.code for row in found.gone],
        "examples": {
            "added": [_shown(row) for row in found.added[:_SHOWN]],
            "changed": [{"before": _shown(a), "after": _shown(b)} for a, b in found.renamed[:_SHOWN]],
            "ended": [_shown(row) for row in found.gone[:_SHOWN]],
        },
    }


def _shown(row: Code) -> dict[str, str | None]:
    return {"code": row.code, "name": row.name, "alpha": row.alpha, "full_name": row.full_name}
