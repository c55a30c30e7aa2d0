"""The documents behind movements, as far as the caller may read them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from backbone.auth import Principal
from backbone.postgres import Connection
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS


async def documents_of(
    connection: Connection, caller: Principal, ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """By id. Who may not read a document learns its kind and nothing else of it."""
    rows = await connection.fetch(
        "SELECT document_id, kind, internal_no, customs_no, state, enterprise_id, team_id, client_id "
        "FROM documents WHERE document_id = ANY($1::uuid[])",
        list(set(ids)),
    )
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        kind = KINDS[row["kind"]]
        told: dict[str, Any] = {"kind": kind.name, "kind_label": kind.label}
        scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
        if caller.may(DOCUMENT_READ, **scope):
            told |= {
                "id": row["document_id"],
                "url": f"/v1/{kind.url}/{row['document_id']}",
                "internal_no": row["internal_no"],
                "customs_no": row["customs_no"],
                "state": row["state"],
                "state_label": kind.life.states[row["state"]].label,
            }
        else:
            told["id"] = None
        found[row["document_id"]] = told
    return found


def outcome_label(kind_name: str, outcome: str | None) -> str | None:
    """What an answer of customs is called: by the state it leads to."""
    if outcome is None:
        return None
    life = KINDS[kind_name].life
    step = life.course.get(outcome)
    return life.states[step.state].label if step is not None and step.state in life.states else None
