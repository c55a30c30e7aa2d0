"""Who takes what from a document, counted from the view `contents` by the same rules that entry counts by under its locks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from backbone import compress
from backbone.postgres import Connection, Record
from customs.documents import KINDS, JsonObject
from customs.documents.balances import ENDED, HOLDS_NOTHING, User, most_of, passed_part
from customs.documents.making import Use
from services.query.kind_facts import Pair, makings

_USERS = """
SELECT r.number, d.document_id, d.kind, d.enterprise_id, d.team_id, d.client_id, d.internal_no, d.seq_no,
  d.customs_no, d.state, d.round_purpose, d.round_state, d.created_at, w.content AS working, w.approved_attempt_no,
  sent.content AS approved_content
FROM (SELECT DISTINCT to_number AS number, document_id FROM relations
    WHERE to_kind = $1 AND to_number = ANY($2::text[]) AND kind = $3 AND place > 0) AS r
  JOIN documents AS d ON d.document_id = r.document_id
  JOIN contents AS w ON w.document_id = d.document_id AND w.part = 0
  LEFT JOIN contents AS sent ON sent.document_id = d.document_id AND sent.part = w.approved_attempt_no
WHERE d.state <> ALL($4::text[])
ORDER BY d.created_at, d.document_id
"""


@dataclass(frozen=True, slots=True)
class Using:
    """A document that takes from another."""

    row: Record
    user: User


class _Content(NamedTuple):
    working: JsonObject
    holds: JsonObject


def unpacked(content: bytes | None) -> JsonObject:
    """A document as the view keeps it."""
    found: JsonObject = orjson.loads(compress.unpack(content)) if content is not None else {}
    return found


async def users(
    connection: Connection, pair: Pair, sources: Mapping[str, JsonObject]
) -> dict[str, list[Using]]:
    """Documents of the pair's target that take from its sources, by their number; `sources`: number → approved content."""
    rows = await connection.fetch(_USERS, pair.source, list(sources), pair.target.name, list(ENDED))
    contents = await asyncio.to_thread(_contents, rows)
    passed = await _passed(connection, pair, rows, contents)
    return await asyncio.to_thread(_using, pair, sources, rows, contents, passed)


def _contents(rows: Iterable[Record]) -> dict[UUID, _Content]:
    found: dict[UUID, _Content] = {}
    for row in rows:
        if row["document_id"] not in found:
            working = unpacked(row["working"])
            found[row["document_id"]] = _Content(working, _held(row, working))
    return found


def _held(row: Record, working: JsonObject) -> JsonObject:
    """While a change is under way, the more of what is valid and what was sent."""
    if row["round_purpose"] is None or row["approved_content"] is None:
        return working
    valid = unpacked(row["approved_content"])
    if row["round_state"] in HOLDS_NOTHING:
        return valid
    return most_of(KINDS[row["kind"]], valid, working)


async def _passed(
    connection: Connection, pair: Pair, rows: Sequence[Record], contents: Mapping[UUID, _Content]
) -> dict[UUID, JsonObject]:
    """The content of each user, cut down to what of it has gone through the gate."""
    if pair.by.passed:
        return {
            row["document_id"]: contents[row["document_id"]].working
            for row in rows
            if row["state"] in pair.by.passed
        }
    known = {row["customs_no"]: row["document_id"] for row in rows if row["customs_no"] is not None}
    found: dict[UUID, JsonObject] = {}
    for further in makings():
        if further.source != pair.target.name or not further.by.passed or not pair.by.by_rows or not known:
            continue
        working = {number: contents[document_id].working for number, document_id in known.items()}
        for number, using in (await users(connection, further, working)).items():
            taking = [each.user for each in using]
            cut = await asyncio.to_thread(passed_part, pair.target, working[number], taking)
            found[known[number]] = cut
    return found


def _using(
    pair: Pair,
    sources: Mapping[str, JsonObject],
    rows: Iterable[Record],
    contents: Mapping[UUID, _Content],
    passed: Mapping[UUID, JsonObject],
) -> dict[str, list[Using]]:
    found: dict[str, list[Using]] = {number: [] for number in sources}
    for row in rows:
        number, content = row["number"], contents[row["document_id"]]
        use = pair.by.uses(content.holds, number, sources[number])
        if use:
            gone = passed.get(row["document_id"])
            through = pair.by.uses(gone, number, sources[number]) if gone is not None else Use()
            found[number].append(Using(row, User(use, _standing(row), through)))
    return found


def _standing(row: Record) -> Literal["draft", "declared", "approved"]:
    if row["state"] in HOLDS_NOTHING:
        return "draft"
    return "declared" if row["approved_attempt_no"] is None else "approved"


def known(using: Using) -> dict[str, Any]:
    """A user as an answer shows it to whoever may read it."""
    row = using.row
    return {
        "id": row["document_id"],
        "kind": row["kind"],
        "internal_no": row["internal_no"],
        "seq_no": row["seq_no"],
        "customs_no": row["customs_no"],
        "state": row["state"],
        "state_label": KINDS[row["kind"]].life.states[row["state"]].label,
        "standing": using.user.standing,
        "whole": using.user.use.whole,
    }
