"""What moves documents in their books, read from the rows of entry: their steps, with versions and passages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from backbone.beside import beside_loop
from backbone.postgres import Connection, Record
from customs.documents import KINDS, JsonObject, Kind
from customs.documents.booking import Booking
from customs.documents.making import Making, Use
from customs.ledger.lines import Line
from customs.ledger.postings import Posting, Step, postings_of
from customs.ledger.versions import Goods, goods_of, has_open_rows, is_outward, version_of
from services.entry.document import histories
from services.entry.document.store import stored_document
from services.entry.fold.folding import Standing, fold
from services.entry.fold.told import Attempt, Told
from services.entry.ledger.telling import steps_of

_RECEIPT = "receipt/"


class Known(NamedTuple):
    """What is known of a document without its content."""

    document_id: UUID
    tenant_id: UUID
    kind: str
    state: str
    seq_no: str | None
    customs_no: str | None


class Moving(NamedTuple):
    """A document and the steps by which it moves its book, without what stands in other rows."""

    known: Known
    steps: Sequence[Step]


class Imagined(NamedTuple):
    """An attempt that is not ordered, as a preview imagines it."""

    attempt: Attempt
    document: JsonObject


Imagining = Mapping[UUID, Imagined]
"""By document."""
_NOTHING: Imagining = {}


@dataclass(frozen=True, slots=True)
class Passage:
    """An approved document's goods, or a part of them, at the gate."""

    pass_id: UUID
    making: Making
    stored: Record
    """Its row with `content` and `catalogue_version`."""
    carrier: Kind
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


def moving(known: Known, standing: Standing, attempts: Sequence[Attempt], told: Sequence[Told]) -> Moving:
    """Its steps by what the fold says. A draft that was deleted here moves nothing, whatever is still told of it."""
    if known.state == "deleted" and known.seq_no is None:
        return Moving(known, ())
    return Moving(known, steps_of(KINDS[known.kind], standing, attempts, told))


async def all_moving(
    connection: Connection, rows: Sequence[Known], imagined: Imagining = _NOTHING
) -> list[Moving]:
    """The documents with their steps, from their attempts and facts."""
    ids = [row.document_id for row in rows]
    ordered, told = await histories.attempts_of(connection, ids), await histories.facts_of(connection, ids)
    attempts = {document_id: list(own.values()) for document_id, own in ordered.items()}
    for document_id, more in imagined.items():
        attempts[document_id].append(more.attempt)
    found = []
    for row in rows:
        own = row.document_id
        standing = fold(KINDS[row.kind].life, attempts[own], told[own])
        found.append(moving(row, standing, attempts[own], told[own]))
    return found


@dataclass(slots=True)
class _Read:
    """A document whose versions are read."""

    known: Known
    steps: Sequence[Step]
    documents: Mapping[int, Mapping[str, Any]]
    size: int
    open: bool
    inward: bool

    @property
    def booking(self) -> Booking:
        booking = KINDS[self.known.kind].booking
        assert booking is not None
        return booking


async def postings_wanted(
    connection: Connection, rows: Sequence[Moving], imagined: Imagining = _NOTHING
) -> dict[UUID, Wanted]:
    """What these documents should have posted. What only some need, numbers and passages, is asked for those alone."""
    wanted = {row.known.document_id: Wanted((), {}) for row in rows}
    moves = [row for row in rows if row.steps]
    contents = await _contents(connection, moves)
    read = []
    for row in moves:
        own = contents.get(row.known.document_id, {})
        size = 8 * sum(len(content["content"]) for content in own.values())
        more = imagined.get(row.known.document_id)
        read.append(await beside_loop(size, _read, row, own, size, more))
    numbers = await _numbers(connection, [each.known.document_id for each in read if each.open])
    passages = await _passages(connection, [each.known for each in read if each.inward])
    for each in read:
        named = (each.known.tenant_id, each.known.kind, each.known.customs_no)
        own_numbers = numbers.get(each.known.document_id, {})
        wanted[each.known.document_id] = await beside_loop(
            each.size, _posted, each, own_numbers, passages.get(named, ())
        )
    return wanted


def _read(row: Moving, contents: Mapping[int, Record], size: int, more: Imagined | None) -> _Read:
    booking = KINDS[row.known.kind].booking
    assert booking is not None
    kind = KINDS[row.known.kind]
    documents = {number: stored_document(kind, content) for number, content in contents.items()}
    if more is not None:
        documents[more.attempt.attempt_no] = more.document
    return _Read(
        row.known,
        row.steps,
        documents,
        size,
        any(has_open_rows(booking, document) for document in documents.values()),
        any(not is_outward(booking, document) for document in documents.values()),
    )


def _posted(read: _Read, numbers: Mapping[int, int], passages: Collection[Passage]) -> Wanted:
    versions = {n: version_of(read.booking, document, numbers) for n, document in read.documents.items()}
    complete = [
        replace(step, version=versions[step.attempt_no])
        if step.does == "sent" and step.attempt_no in versions
        else step
        for step in read.steps
    ]
    if passages:
        complete += _gone(read.known.customs_no or "", read.steps, read.documents, passages)
    goods: dict[Line, Goods] = {}
    for version in versions.values():
        goods |= goods_of(read.booking, version)
    return Wanted(postings_of(complete), goods)


def _gone(
    number: str,
    steps: Sequence[Step],
    documents: Mapping[int, Mapping[str, Any]],
    passages: Collection[Passage],
) -> list[Step]:
    """Passages of goods that come in; what goes out is 实减 with 核扣 alone."""
    first = min(step.at for step in steps if step.does == "sent")
    last = documents[max(documents)]
    found = []
    for passage in passages:
        use = passage.making.uses(stored_document(passage.carrier, passage.stored), number, last)
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


async def _contents(connection: Connection, rows: Sequence[Moving]) -> dict[UUID, dict[int, Record]]:
    """Rows with `content`, packed, and `catalogue_version`, by document and attempt, of every version that was sent."""
    needed = [
        (row.known.document_id, step.attempt_no)
        for row in rows
        for step in row.steps
        if step.does == "sent" and step.attempt_no is not None
    ]
    found: dict[UUID, dict[int, Record]] = {}
    for (document_id, attempt_no), record in (await histories.snapshots(connection, needed)).items():
        found.setdefault(document_id, {})[attempt_no] = record
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
SELECT d.tenant_id, l.on_no, d.document_id, d.content, d.catalogue_version, f.key, f.at
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
    if not rows:
        return found
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
                    Passage(row["document_id"], making, row, target, row["at"], _receipt(row["key"]))
                )
    return found


def _outcomes(kind: Kind, making: Making) -> list[str]:
    """Answers that tell of a passage."""
    steps = {**kind.life.course, **kind.life.happenings}
    return [outcome for outcome, step in steps.items() if step.state in making.passed]


def _receipt(key: str) -> str | None:
    return key.removeprefix(_RECEIPT) if key.startswith(_RECEIPT) else None
