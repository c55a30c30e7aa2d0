"""Documents a receipt could be for, out of what receipts knows of them."""

from __future__ import annotations

from uuid import UUID

from backbone import scope
from backbone.auth import Principal
from backbone.postgres import Connection, Record
from contracts.answers.receipts import Candidate, Candidates
from customs.documents import KINDS
from services.receipts.domain import kinds_meant

MOST = 20


# Neither the clerk's turn nor the end: the authority is expected to say something.
_WAITING = [
    (kind.name, state.code)
    for kind in KINDS.values()
    for state in kind.life.states.values()
    if not state.editable and not state.terminal
]
_COLUMNS = "document_id, kind, internal_no, seq_no, customs_no, state, round_state, happened_at"
_FROM = (
    "FROM documents JOIN unnest($4::text[], $5::text[]) AS w (waiting_kind, waiting_state) "
    "ON kind = waiting_kind AND coalesce(round_state, state) = waiting_state"
)
_WANTED = "tenant_id = $1 AND enterprise_id = $2 AND NOT deleted AND ($3::text[] IS NULL OR kind = ANY($3))"


async def candidates_for(
    connection: Connection, caller: Principal, permission: str, row: Record
) -> Candidates:
    """Documents of the mailbox's enterprise and of the receipt's kind. `row` is the file's; none once it is told."""
    if row["state"] != "unmatched":
        return Candidates(items=[])
    arguments: list[object] = [
        row["tenant_id"],
        row["enterprise_id"],
        kinds_meant(row["kind"]),
        [kind for kind, _ in _WAITING],
        [state for _, state in _WAITING],
    ]
    within = scope.within(caller.grants_for(permission), arguments)
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE {_WANTED} AND {within} "
        f"ORDER BY happened_at DESC NULLS LAST, document_id DESC LIMIT {MOST}",
        *arguments,
    )
    return Candidates(items=[_candidate(each) for each in rows])


def _candidate(row: Record) -> Candidate:
    kind = KINDS[row["kind"]]
    state = kind.life.states[row["state"]]
    return Candidate(**dict(row), kind_label=kind.label, state_label=state.label)


async def is_within(
    connection: Connection, caller: Principal, permission: str, kind: str, document_id: UUID
) -> bool:
    """Whether there is such a document, not deleted and within the caller's grants."""
    row = await connection.fetchrow(
        "SELECT enterprise_id, team_id, client_id FROM documents "
        "WHERE tenant_id = $1 AND document_id = $2 AND kind = $3 AND NOT deleted",
        caller.tenant_id,
        document_id,
        kind,
    )
    return row is not None and caller.may(permission, **dict(row))
