"""What moves documents in their books, read from the rows of entry: their steps, with versions and passages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from backbone import compress
from backbone.postgres import Connection
from contracts.documents import KINDS, Kind
from contracts.documents.life import Purpose
from contracts.documents.making import Making, Use
from contracts.ledger.lines import Line
from contracts.ledger.postings import Posting, Step, postings_of
from contracts.ledger.versions import Goods, Version, version_of
from services.entry import facts
from services.entry.checking import beside_loop
from services.entry.domain import fold
from services.entry.ledger.telling import steps_of
from services.entry.told import Attempt, Told

_RECEIPT = "receipt/"


class Known(NamedTuple):
    """What is known of a document without its content."""

    document_id: UUID
    tenant_id: UUID
    kind: str
    state: str
    seq_no: str | None
    customs_no: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """An approved document's goods, or a part of them, at the gate."""

    pass_id: UUID
    making: Making
    content: bytes
    at: datetime
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a document should have posted, and what its rows say of the lines they move."""

    postings: Sequence[Posting]
    goods: Mapping[Line, Goods]


def passing(kind: Kind) -> list[Making]:
    """How documents of this kind take goods of kinds that move a book through the gate."""
    return [m for m in kind.made_from if m.passed and KINDS[m.source].booking is not None]


async def postings_wanted(connection: Connection, rows: Sequence[Known]) -> dict[UUID, Wanted]:
    """What these documents should have posted."""
    ids = [row.document_id for row in rows]
    attempts, told = await _attempts(connection, ids), await _facts(connection, ids)
    steps: dict[UUID, tuple[Step, ...]] = {}
    for row in rows:
        own, kind = row.document_id, KINDS[row.kind]
        if kind.booking is None or (row.state == "deleted" and row.seq_no is None):
            # A draft that was deleted here moves nothing, whatever is still told of it.
            steps[own] = ()
            continue
        standing = fold(kind.life, attempts[own], told[own])
        steps[own] = steps_of(kind, standing, attempts[own], told[own])
    moving = [row for row in rows if steps[row.document_id]]
    contents = await _contents(connection, steps)
    numbers = await _numbers(connection, [row.document_id for row in moving])
    passages = await _passages(connection, moving)
    wanted = {document_id: Wanted((), {}) for document_id in ids}
    for row in moving:
        own = row.document_id
        sent = contents.get(own, {})
        size = 8 * sum(map(len, sent.values()))
        wanted[own] = await beside_loop(
            size,
            _posted,
            KINDS[row.kind],
            row.customs_no,
            steps[own],
            sent,
            numbers.get(own, {}),
            passages.get((row.tenant_id, row.kind, row.customs_no), ()),
        )
    return wanted


def _posted(
    kind: Kind,
    customs_no: str | None,
    steps: Sequence[Step],
    contents: Mapping[int, bytes],
    numbers: Mapping[int, int],
    passages: Collection[Passage],
) -> Wanted:
    assert kind.booking is not None
    documents = {number: orjson.loads(compress.unpack(content)) for number, content in contents.items()}
    versions = {n: version_of(kind.booking, document, numbers) for n, document in documents.items()}
    complete = [
        replace(step, version=versions[step.attempt_no])
        if step.does == "sent" and step.attempt_no in versions
        else step
        for step in steps
    ]
    if passages and not all(version.outward for version in versions.values()):
        complete += _gone(customs_no or "", steps, documents, versions, passages)
    goods = {row.line: row.goods for version in versions.values() for row in version.rows.values()}
    return Wanted(postings_of(complete), goods)


def _gone(
    number: str,
    steps: Sequence[Step],
    documents: Mapping[int, Mapping[str, Any]],
    versions: Mapping[int, Version],
    passages: Collection[Passage],
) -> list[Step]:
    """Passages of goods that come in; what goes out is 实减 with 核扣 alone."""
    first = min(step.at for step in steps if step.does == "sent")
    last = documents[max(documents)]
    found = []
    for passage in passages:
        use = passage.making.uses(orjson.loads(compress.unpack(passage.content)), number, last)
        if not use:
            continue
        found.append(
            Step(
                "passed",
                passage.at,
                f"passage/{passage.pass_id}",
                passed=None if use.whole else _by_row(use),
                not_before=first,
                source_id=str(passage.pass_id),
                receipt_id=passage.receipt_id,
            )
        )
    return found


def _by_row(use: Use) -> dict[int, Any]:
    return {int(key[0]): quantity for key, quantity in use.rows.items() if key[0] is not None}


async def _attempts(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    found: dict[UUID, list[Attempt]] = {document_id: [] for document_id in ids}
    rows = await connection.fetch(
        "SELECT document_id, attempt_no, round_no, declare_flag = '1' AS declares, ordered_at, purpose, "
        "upload = 'resend' AS asks_again FROM attempts WHERE document_id = ANY($1::uuid[]) ORDER BY attempt_no",
        ids,
    )
    for row in rows:
        found[row["document_id"]].append(
            Attempt(
                row["attempt_no"],
                row["round_no"],
                row["declares"],
                row["ordered_at"],
                Purpose(row["purpose"]),
                row["asks_again"],
            )
        )
    return found


async def _facts(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Told]]:
    found: dict[UUID, list[Told]] = {document_id: [] for document_id in ids}
    rows = await connection.fetch(
        "SELECT document_id, told FROM facts WHERE document_id = ANY($1::uuid[])", ids
    )
    for row in rows:
        found[row["document_id"]].append(facts.restored(row["told"]))
    return found


async def _contents(
    connection: Connection, steps: Mapping[UUID, Sequence[Step]]
) -> dict[UUID, dict[int, bytes]]:
    """Packed, by document and attempt, of every version that was sent."""
    needed = [(own, s.attempt_no) for own, all_of in steps.items() for s in all_of if s.does == "sent"]
    if not needed:
        return {}
    rows = await connection.fetch(
        "SELECT a.document_id, a.attempt_no, a.content FROM attempts AS a "
        "JOIN unnest($1::uuid[], $2::int[]) AS n (document_id, attempt_no) USING (document_id, attempt_no)",
        [own for own, _ in needed],
        [number for _, number in needed],
    )
    found: dict[UUID, dict[int, bytes]] = {}
    for row in rows:
        found.setdefault(row["document_id"], {})[row["attempt_no"]] = row["content"]
    return found


async def _numbers(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[int, int]]:
    found: dict[UUID, dict[int, int]] = {}
    if not ids:
        return found
    rows = await connection.fetch(
        "SELECT document_id, row_no, line_no FROM ledger_line_numbers WHERE document_id = ANY($1::uuid[])",
        ids,
    )
    for row in rows:
        found.setdefault(row["document_id"], {})[row["row_no"]] = row["line_no"]
    return found


_PASSED = """
SELECT d.tenant_id, l.on_no, d.document_id, d.content, f.key, f.at
FROM leanings AS l JOIN documents AS d USING (document_id)
CROSS JOIN LATERAL (
  SELECT key, coalesce(authority_at, occurred_at) AS at FROM facts
  WHERE document_id = d.document_id AND outcome = ANY($5::text[]) ORDER BY 2, 1 LIMIT 1
) AS f
WHERE l.tenant_id = ANY($1::uuid[]) AND l.on_kind = $2 AND l.on_no = ANY($3::text[]) AND d.kind = $4 AND d.state = ANY($6::text[])
"""


async def _passages(
    connection: Connection, rows: Sequence[Known]
) -> dict[tuple[UUID, str, str | None], list[Passage]]:
    """By tenant, kind and customs number of the documents whose goods passed."""
    found: dict[tuple[UUID, str, str | None], list[Passage]] = {}
    for target in KINDS.values():
        for making in passing(target):
            own = [row for row in rows if row.kind == making.source and row.customs_no is not None]
            if not own:
                continue
            told = await connection.fetch(
                _PASSED,
                list({row.tenant_id for row in own}),
                making.source,
                [row.customs_no for row in own],
                target.name,
                _outcomes(target, making),
                list(making.passed),
            )
            for row in told:
                found.setdefault((row["tenant_id"], making.source, row["on_no"]), []).append(
                    Passage(row["document_id"], making, row["content"], row["at"], _receipt(row["key"]))
                )
    return found


def _outcomes(kind: Kind, making: Making) -> list[str]:
    """Answers that tell of a passage."""
    steps = {**kind.life.course, **kind.life.happenings}
    return [outcome for outcome, step in steps.items() if step.state in making.passed]


def _receipt(key: str) -> str | None:
    return key.removeprefix(_RECEIPT) if key.startswith(_RECEIPT) else None
