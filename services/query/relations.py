"""What a document hangs together with: what it leans on, what leans on it, and what those lean on besides, level by level.

Numbers are looked up when asked, so a document that comes later is found. Downwards, each document is shown with what it
leans on besides (a 核放单 with its 车辆), which is not followed further: a vehicle would lead to all its journeys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from backbone import parameters, postgres
from backbone.auth import Principal
from backbone.parameters import Asked
from backbone.postgres import Connection, Pool, Record
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS, Kind
from services.query.one_document import visible
from services.query.projections.relations import OF_AN_ATTEMPT
from services.query.wording import state_label

MOST_LEVELS, DEFAULT_LEVELS = 4, 3
MOST_ITEMS = 500
COPY = "复制自"


class LevelsAsked(Asked):
    """How far."""

    levels: Annotated[int, parameters.number("levels", "层数", MOST_LEVELS)] = DEFAULT_LEVELS


Direction = Literal["up", "down"]

_NAMED = f"""
SELECT document_id, relation, to_kind, to_number, copied_from FROM relations
WHERE document_id = ANY($1) AND place < {OF_AN_ATTEMPT} AND (place > 0 OR copied_from IS NOT NULL) ORDER BY document_id, place
"""  # noqa: S608 - our own numbers
_NAMING = f"""
SELECT r.* FROM unnest($1::text[], $2::text[]) AS own (kind, number) CROSS JOIN LATERAL (
  SELECT document_id, relation, to_kind, to_number, NULL::uuid AS copied_from FROM relations
  WHERE to_kind = own.kind AND to_number = own.number AND place > 0 AND place < {OF_AN_ATTEMPT} ORDER BY document_id DESC LIMIT $4) AS r
UNION ALL
(SELECT document_id, '', to_kind, NULL, copied_from FROM relations WHERE copied_from = ANY($3)
ORDER BY document_id DESC LIMIT $4)
"""  # noqa: S608 - our own numbers
_COLUMNS = "document_id, kind, enterprise_id, team_id, client_id, internal_no, seq_no, customs_no, state, round_no, version"
_BY_ID = f"SELECT {_COLUMNS} FROM documents WHERE document_id = ANY($1) AND state <> 'deleted'"  # noqa: S608
_BY_NUMBER = f"""
SELECT {_COLUMNS}, customs_no AS number FROM documents
WHERE customs_no = ANY($1) AND kind = ANY($2) AND state <> 'deleted' ORDER BY updated_at DESC, document_id
"""  # noqa: S608 - our own column names
_BY_HANDLE = f"""
SELECT {_COLUMNS}, r.number FROM documents
JOIN (SELECT document_id, to_number AS number FROM relations
  WHERE place = 0 AND to_kind = ANY($2) AND to_number = ANY($1)) AS r USING (document_id)
WHERE state <> 'deleted' ORDER BY updated_at DESC, document_id
"""  # noqa: S608 - our own column names


class _Edge(NamedTuple):
    """`number` None: by id, of a copy."""

    of: UUID
    relation: str
    to_kind: str
    number: str | None
    to_id: UUID | None


@dataclass
class _Walk:
    """What was found so far. `seen`: documents and numbers by the one they hang on."""

    caller: Principal
    start: UUID
    items: list[dict[str, Any]] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)
    truncated: bool = False

    def add(self, key: object, **item: Any) -> bool:
        """Whether it is new and there is room."""
        if key in self.seen:
            return False
        if len(self.items) >= MOST_ITEMS:
            self.truncated = True
            return False
        self.seen.add(key)
        self.items.append(item)
        return True


async def relations(
    pool: Pool, caller: Principal, kind: Kind, document_id: UUID, levels: int = DEFAULT_LEVELS
) -> dict[str, Any]:
    """`items` by level; `direction` up: leant on, down: leaning. `standing` known, hidden (not for the caller) or elsewhere.

    Raises NotFound.
    """
    async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
        await visible(connection, caller, kind.name, document_id)
        (start,) = await connection.fetch(_BY_ID, [document_id]) or (None,)
        walk = _Walk(caller, document_id)
        walk.seen.add(document_id)
        if start is not None:
            await _up(connection, walk, [start], levels)
            await _down(connection, walk, [start], levels)
    walk.items.sort(key=lambda item: (item["direction"] == "down", item["level"]))
    return {"id": document_id, "levels": levels, "items": walk.items, "truncated": walk.truncated}


async def _up(connection: Connection, walk: _Walk, rows: Sequence[Record], levels: int) -> None:
    for level in range(1, levels + 1):
        rows = await _leant_on(connection, walk, rows, level, "up")
        if not rows:
            return


async def _down(connection: Connection, walk: _Walk, rows: Sequence[Record], levels: int) -> None:
    for level in range(1, levels + 1):
        rows = await _leaning(connection, walk, rows, level)
        if not rows:
            return
        await _leant_on(connection, walk, rows, level + 1, "down")


async def _leant_on(
    connection: Connection, walk: _Walk, rows: Sequence[Record], level: int, direction: Direction
) -> list[Record]:
    """Adds what the rows lean on; answers those to go on from."""
    edges = []
    for row in await connection.fetch(_NAMED, [row["document_id"] for row in rows]):
        if row["copied_from"] is not None:
            edges.append(_Edge(row["document_id"], COPY, row["to_kind"], None, row["copied_from"]))
        else:
            edges.append(_Edge(row["document_id"], row["relation"], row["to_kind"], row["to_number"], None))
    by_number = await _numbered(connection, edges)
    by_id = {
        row["document_id"]: [row]
        for row in await connection.fetch(_BY_ID, [edge.to_id for edge in edges if edge.to_id])
    }
    found = []
    for edge in edges:
        told = {"level": level, "direction": direction, "relation": edge.relation, "of": edge.of}
        there = by_id.get(edge.to_id, []) if edge.to_id else by_number.get((edge.to_kind, edge.number), [])
        for row in there:
            if _shown(walk, row, told, number=edge.number):
                found.append(row)
        if not there and edge.number is not None:
            label = KINDS[edge.to_kind].label
            walk.add(
                (edge.to_kind, edge.number),
                **told,
                standing="elsewhere",
                kind=edge.to_kind,
                kind_label=label,
                id=None,
                number=edge.number,
            )
    return found


async def _leaning(connection: Connection, walk: _Walk, rows: Sequence[Record], level: int) -> list[Record]:
    """Adds what leans on the rows; answers those to go on from."""
    own = {(row["kind"], row["customs_no"]): row["document_id"] for row in rows if row["customs_no"]}
    for row in await connection.fetch(
        "SELECT document_id, to_kind, to_number FROM relations WHERE document_id = ANY($1) AND place = 0 "
        "AND to_number IS NOT NULL",
        [row["document_id"] for row in rows],
    ):
        own[row["to_kind"], row["to_number"]] = row["document_id"]
    ids = [row["document_id"] for row in rows]
    named = await connection.fetch(
        _NAMING, [kind for kind, _ in own], [number for _, number in own], ids, MOST_ITEMS + 1
    )
    walk.truncated |= len(named) > MOST_ITEMS
    there = {
        row["document_id"]: row
        for row in await connection.fetch(_BY_ID, list({each["document_id"] for each in named}))
    }
    found = []
    for each in named:
        if each["document_id"] not in there:
            continue
        row = there[each["document_id"]]
        copied_from = each["copied_from"]
        of = copied_from or own[each["to_kind"], each["to_number"]]
        relation = COPY if copied_from else each["relation"]
        told = {"level": level, "direction": "down", "relation": relation, "of": of}
        if _shown(walk, row, told, number=None):
            found.append(row)
    return found


async def _numbered(
    connection: Connection, edges: Iterable[_Edge]
) -> dict[tuple[str, str | None], list[Record]]:
    found: dict[tuple[str, str | None], list[Record]] = {}
    wanted = {(edge.to_kind, edge.number) for edge in edges if edge.number is not None}
    for statement, by_handle in ((_BY_NUMBER, False), (_BY_HANDLE, True)):
        asked = [pair for pair in wanted if (KINDS[pair[0]].handle is not None) is by_handle]
        if not asked:
            continue
        rows = await connection.fetch(
            statement, [number for _, number in asked], sorted({kind for kind, _ in asked})
        )
        for row in rows:
            found.setdefault((row["kind"], row["number"]), []).append(row)
    return found


def _shown(walk: _Walk, row: Record, told: dict[str, Any], *, number: str | None) -> bool:
    """Whether the document is new to the walk and one the caller may read, so that it goes on from there."""
    scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
    about = {"kind": row["kind"], "kind_label": KINDS[row["kind"]].label}
    if not walk.caller.may(DOCUMENT_READ, **scope):
        # Who named it knows the number; that it exists is all the rest that is told.
        walk.add(row["document_id"], **told, standing="hidden", **about, id=None, number=number)
        return False
    return walk.add(
        row["document_id"],
        **told,
        standing="known",
        **about,
        id=row["document_id"],
        number=number or row["customs_no"],
        internal_no=row["internal_no"],
        seq_no=row["seq_no"],
        customs_no=row["customs_no"],
        state=row["state"],
        state_label=state_label(row["kind"], row["state"]),
        version=row["version"],
    )
