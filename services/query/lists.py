"""Lists of documents within the caller's grants, and how many there are of each state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from backbone import paging, postgres
from backbone.auth import Principal
from backbone.postgres import Pool, Record
from customs.codes import table
from customs.documents import KINDS, Kind
from services.query import search
from services.query.conditions import is_settled, where
from services.query.kind_facts import gone_through, settles, told_fields
from services.query.used_by_column import shown_users, used_by
from services.query.wording import open_round, round_label, state_label

DEFAULT_LIMIT = 50
_COUNTS = """
SELECT state, round_purpose, count(*) AS number,
  count(*) FILTER (WHERE deadline_at < now()) AS overdue,
  count(*) FILTER (WHERE needs_operator) AS needs_operator,
  count(*) FILTER (WHERE review = 'requested') AS review_requested
FROM documents WHERE {condition} GROUP BY state, round_purpose
"""


async def listing(pool: Pool, caller: Principal, kind: Kind, asked: Mapping[str, object]) -> dict[str, Any]:
    """One page, newest change first: `items`, and `next_cursor` when there is more."""
    arguments: list[object] = []
    condition = where(kind, caller, asked, arguments)
    cursor = asked.get("cursor")
    if isinstance(cursor, tuple):
        arguments.extend(cursor)
        condition += f" AND (updated_at, document_id) < (${len(arguments) - 1}, ${len(arguments)})"
    limit = asked.get("limit", DEFAULT_LIMIT)
    assert isinstance(limit, int)
    more_told: dict[str, object] = {}
    async with (
        postgres.tenant_transaction(pool, caller.tenant_id) as connection,
        search.bounded(connection, asked),
    ):
        condition += await search.condition(connection, caller, kind, asked, arguments)
        columns = f"*, {used_by(kind, caller, arguments)}"
        arguments.append(limit + 1)
        rows = await connection.fetch(
            f"SELECT {columns} FROM documents WHERE {condition} "  # noqa: S608 - conditions are ours
            f"ORDER BY updated_at DESC, document_id DESC LIMIT ${len(arguments)}",
            *arguments,
        )
        if "q" in asked:
            more_told["search"] = await search.not_wholly(connection, kind)
    page = rows[:limit]
    more = len(rows) > limit
    return {
        "items": [item(row) for row in page],
        "next_cursor": paging.encode(page[-1]["updated_at"], page[-1]["document_id"]) if more else None,
        **more_told,
    }


async def counts(pool: Pool, caller: Principal, kind: Kind, asked: Mapping[str, object]) -> dict[str, Any]:
    """How many documents the list has under the same conditions: of each state, in each round, and what waits for whom."""
    arguments: list[object] = []
    condition = where(kind, caller, asked, arguments)
    async with (
        postgres.tenant_transaction(pool, caller.tenant_id) as connection,
        search.bounded(connection, asked),
    ):
        condition += await search.condition(connection, caller, kind, asked, arguments)
        rows = await connection.fetch(_COUNTS.format(condition=condition), *arguments)
    by_state: Counter[str] = Counter()
    by_round: Counter[str] = Counter()
    for row in rows:
        by_state[row["state"]] += row["number"]
        by_round[row["round_purpose"] or ""] += row["number"]
    states = [state for state in kind.life.states if by_state[state]]
    return {
        "total": by_state.total(),
        "states": [
            {"state": state, "label": state_label(kind.name, state), "count": by_state[state]}
            for state in states
        ],
        "open_rounds": [
            {"purpose": each.value, "label": round_label(kind.name, each), "count": by_round[each.value]}
            for each in kind.life.rounds
        ],
        **{
            name: sum(row[name] for row in rows) for name in ("overdue", "needs_operator", "review_requested")
        },
    }


def item(row: Record) -> dict[str, Any]:
    """A row of a list; coded fields have their names in `labels`."""
    kind = KINDS[row["kind"]]
    fields = kind.section("head").fields
    known = {**row["listed"], **row["authority"]}
    listed = {
        name: (known if fields[name].need == "system" else row["listed"]).get(name) for name in kind.listed
    }
    told = {name: known.get(name) for name in told_fields(kind.name)}
    if gone_through(kind.name):
        told["through_gate"] = row["state"] in gone_through(kind.name)
    if settles(kind.name):
        mark = known.get("deduction_mark")
        told |= {"deducted_at": known.get("deducted_at"), "settled": is_settled(mark)}
    labels = {
        name: table(fields[name].table or "").label_of(str(value))
        for name, value in {**listed, **told}.items()
        if value is not None and name in fields and fields[name].table
    }
    return {
        **listed,
        **told,
        "id": row["document_id"],
        "kind": row["kind"],
        "version": row["version"],
        "internal_no": row["internal_no"],
        "state": row["state"],
        "state_label": state_label(kind.name, row["state"]),
        "state_since": row["state_since"],
        "open_round": row["round_no"]
        and open_round(kind.name, row["round_no"], row["round_purpose"], row["round_state"]),
        "review": row["review"],
        "seq_no": row["seq_no"],
        "customs_no": row["customs_no"],
        "entry_seq_no": row["entry_seq_no"],
        "change_count": row["change_count"],
        # Events of long ago do not tell it.
        "system": row["system"] or "",
        "enterprise_id": row["enterprise_id"],
        "team_id": row["team_id"],
        "client_id": row["client_id"],
        "lines": row["lines"],
        "attachments": row["attachments"],
        **shown_users(row),
        "labels": labels,
        "attempt_no": row["attempt_no"],
        "declared_at": row["declared_at"],
        "approved_at": row["approved_at"],
        "deadline_at": row["deadline_at"],
        "overdue": row["deadline_at"] is not None and row["deadline_at"] < datetime.now(UTC),
        "needs_operator": row["needs_operator"],
        "notes": row["notes"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
