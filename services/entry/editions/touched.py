"""Which drafts use codes that end, or have ended, with an edition of a code table: what a clerk must mend before declaring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from backbone import compress, postgres
from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.postgres import Pool, Record
from contracts.permissions import DOCUMENT_READ, PLATFORM_OPERATE
from customs.documents import KINDS, Kind
from customs.documents.findings import pointer_of
from services.entry.document.store import stored_document

MOST_LISTED = 50
MOST_SEEN = 20_000
_AT_ONCE = 200
_MOST_PLACES = 20
# What has not been declared, or came back.
_DRAFTS = ("draft", "stored", "failed", "returned", "registration_failed")
_SELECT = (
    "SELECT document_id, tenant_id, kind, internal_no, state, enterprise_id, team_id, client_id, content, catalogue_version "
    "FROM documents "
    "WHERE state = ANY($1::text[]) AND ($2::uuid IS NULL OR document_id < $2) ORDER BY document_id DESC LIMIT $3"
)


@dataclass
class Touched:
    """`complete` False: there are more drafts than were looked at, the newest of them first."""

    drafts: int = 0
    seen: int = 0
    complete: bool = True
    by_tenant: dict[UUID, int] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)

    def told(self, *, platform: bool) -> dict[str, Any]:
        """For the platform's operator counts alone: whose drafts they are is the tenant's business."""
        facts = {"drafts": self.drafts, "looked_at": self.seen, "complete": self.complete}
        if platform:
            tenants = [{"tenant_id": key, "drafts": count} for key, count in sorted(self.by_tenant.items())]
            return {**facts, "tenants": tenants}
        return {**facts, "items": self.items}


async def touched(
    pool: Pool, worker_pool: Pool, caller: Principal, table: str, codes: frozenset[str]
) -> dict[str, Any]:
    """Drafts that the caller may read and that use one of the codes of the table; the platform's operator gets counts."""
    platform = bool(caller.grants_for(PLATFORM_OPERATE))
    found, last = Touched(), None
    while codes:
        if platform:
            async with postgres.transaction(worker_pool) as connection:
                rows = await connection.fetch(_SELECT, _DRAFTS, last, _AT_ONCE)
        else:
            async with postgres.tenant_transaction(pool, caller.tenant_id) as connection:
                rows = await connection.fetch(_SELECT, _DRAFTS, last, _AT_ONCE)
        size = sum(len(row["content"]) for row in rows)
        for row, places in await beside_loop(size * 8, _look, rows, table, codes):
            scope = {name: row[name] for name in ("enterprise_id", "team_id", "client_id")}
            if platform or caller.may(DOCUMENT_READ, **scope):
                _note(found, row, places)
        found.seen += len(rows)
        if len(rows) < _AT_ONCE:
            break
        if found.seen >= MOST_SEEN:
            found.complete = False
            break
        last = rows[-1]["document_id"]
    return found.told(platform=platform)


def _note(found: Touched, row: Record, places: list[dict[str, str]]) -> None:
    found.drafts += 1
    found.by_tenant[row["tenant_id"]] = found.by_tenant.get(row["tenant_id"], 0) + 1
    if len(found.items) < MOST_LISTED:
        kind = KINDS[row["kind"]]
        found.items.append(
            {
                "id": row["document_id"],
                "kind": row["kind"],
                "kind_label": kind.label,
                "internal_no": row["internal_no"],
                "state": row["state"],
                "state_label": kind.life.states[row["state"]].label,
                "places": places[:_MOST_PLACES],
                "more_places": max(0, len(places) - _MOST_PLACES),
            }
        )


def _look(rows: list[Record], table: str, codes: frozenset[str]) -> list[tuple[Record, list[dict[str, str]]]]:
    """Rows with places, each a pointer and its code."""
    needles = [orjson.dumps(code) for code in codes]
    found = []
    for row in rows:
        content = compress.unpack(row["content"])
        if not any(needle in content for needle in needles):
            continue
        kind = KINDS[row["kind"]]
        places = [
            {"pointer": pointer, "code": code}
            for pointer, code in _places(kind, stored_document(kind, row), table)
            if code in codes
        ]
        if places:
            found.append((row, places))
    return found


def _places(kind: Kind, document: Mapping[str, Any], table: str) -> Iterator[tuple[str, str]]:
    for section in kind.sections:
        names = [name for name, spec in section.fields.items() if spec.table == table]
        part = document.get(section.name)
        if not names or not part:
            continue
        rows = enumerate(part) if section.many else [(None, part)]
        for number, row in rows:
            for name in names:
                if isinstance(row, Mapping) and isinstance(row.get(name), str):
                    yield pointer_of(section, number, name), row[name]
