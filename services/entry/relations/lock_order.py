"""In which order documents are locked: those that lean before those they lean on, and of one kind by their ids.

A declaration locks its own document and then what it leans on; a batch of answers may tell of both. With one order for all,
two transactions may wait for one another's locks, but never both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from graphlib import TopologicalSorter
from uuid import UUID

from backbone.postgres import Connection
from customs.documents import KINDS, Kind
from customs.documents.leaning import Lean


def _leant_on(kind: Kind) -> set[str]:
    takes = () if kind.leaning is None else kind.leaning.takes
    return {making.source for making in kind.made_from} | {taking.kind for taking in takes}


LOCK_ORDER: Sequence[str] = tuple(
    reversed([*TopologicalSorter({kind.name: _leant_on(kind) for kind in KINDS.values()}).static_order()])
)
"""Kinds by name."""
ORDERED = "array_position($1::text[], kind), document_id"


async def lock(connection: Connection, ids: Collection[UUID]) -> dict[UUID, int]:
    """Lock these documents, in their order. Answers the packed size of each that is there."""
    rows = await connection.fetch(
        "SELECT document_id, octet_length(content) AS size FROM documents WHERE document_id = ANY($2::uuid[]) "  # noqa: S608 - our own text
        f"ORDER BY {ORDERED} FOR UPDATE",
        list(LOCK_ORDER),
        list(ids),
    )
    return {row["document_id"]: row["size"] for row in rows}


async def lock_leant_on(connection: Connection, enterprise_id: UUID, leans: Collection[Lean]) -> None:
    """Lock the documents that are leaned on, in their order."""
    if not leans:
        return
    by = {name: [each for each in leans if each.by == name] for name in ("customs_no", "handle")}
    found = " UNION ALL ".join(
        f"SELECT d.document_id FROM documents AS d JOIN unnest(${at}::text[], ${at + 1}::text[]) AS n (kind, number) "  # noqa: S608
        f"ON d.kind = n.kind AND d.{name} = n.number WHERE d.enterprise_id = $2 AND d.approved_attempt_no IS NOT NULL"
        for at, name in ((3, "customs_no"), (5, "handle"))
    )
    await connection.execute(
        f"SELECT FROM documents WHERE document_id IN ({found}) ORDER BY {ORDERED} FOR UPDATE",
        list(LOCK_ORDER),
        enterprise_id,
        *(values for name in by for values in ([e.kind for e in by[name]], [e.number for e in by[name]])),
    )
