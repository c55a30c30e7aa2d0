"""What entry's events tell of goods, taken into `learnt_goods` for many documents at once.

The rows of the 料号 concerned are read without their contents; in memory each event is applied to them in its order, and what
came of it is written: what customs said of sendings, what is too much, what is new.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import DocumentDeclared, DocumentProgressed
from customs.documents import KINDS
from customs.documents.changing import without_removed
from customs.documents.life import Purpose
from customs.master.learning import Lesson, lesson_of, standing_of
from services.reference.learning import NEWEST, NOBODY

_TELLS = frozenset({Purpose.FILING.value, Purpose.CHANGE.value})
_LARGE_ROWS = 200


class Place(NamedTuple):
    """A 料号 of a client firm and of the firm in whose name it is declared."""

    tenant_id: UUID
    client_id: UUID
    principal: str
    material_no: str


class Sending(NamedTuple):
    """An attempt of a document."""

    document_id: UUID
    attempt_no: int


class Said(NamedTuple):
    """What customs said of a sending, by the version of its document."""

    standing: str
    version: int


@dataclass(slots=True)
class _Row:
    """A row of `learnt_goods`, there or to come."""

    sending: Sending
    said: Said
    declared_at: datetime
    times: int
    there: tuple[int, int] | None
    """Where the table has it; None: it is new."""
    event: DocumentDeclared | None = None
    content: Mapping[str, str] = field(default_factory=dict)


async def take(connection: Connection, events: Sequence[Received]) -> None:
    """Declared documents, and what became of them, in their order. Told again they change nothing."""
    lessons = await _lessons(events)
    told = Learning(await _read(connection, sorted({place for each in lessons.values() for place in each})))
    for received in events:
        event = received.event
        if isinstance(event, DocumentProgressed):
            told.judge(event)
        elif isinstance(event, DocumentDeclared) and received.id in lessons:
            told.learn(event, lessons[received.id])
            # A large batch is worked on for a while.
            await asyncio.sleep(0)
    await told.write(connection)


async def _lessons(events: Sequence[Received]) -> dict[UUID, dict[Place, Mapping[str, str]]]:
    """By event, what is to be remembered at which place."""
    found = {}
    for received in events:
        event = received.event
        if not isinstance(event, DocumentDeclared) or event.kind not in KINDS or event.purpose not in _TELLS:
            continue
        rows = sum(len(section) for section in event.document.values() if isinstance(section, list))
        lesson = await asyncio.to_thread(_lesson, event) if rows > _LARGE_ROWS else _lesson(event)
        owner = (event.tenant_id, event.client_id or NOBODY, lesson.principal)
        if lesson.goods:
            found[received.id] = {
                Place(*owner, material): lesson.goods[material] for material in sorted(lesson.goods)
            }
    return found


def _lesson(event: DocumentDeclared) -> Lesson:
    kind = KINDS[event.kind]
    return lesson_of(kind, without_removed(kind, event.document))


class Learning:
    """Rows of some places, as one event after the other changes them."""

    def __init__(self, there: Mapping[Place, list[_Row]]) -> None:
        self._there = dict(there)
        self._rows: dict[Sending, list[_Row]] = {}
        for row in (row for rows in there.values() for row in rows):
            self._rows.setdefault(row.sending, []).append(row)
        self._said: dict[Sending, Said] = {}
        self._gone: list[_Row] = []

    def learn(self, event: DocumentDeclared, goods: Mapping[Place, Mapping[str, str]]) -> None:
        """Remember the goods of a declared document."""
        sending = Sending(event.document_id, event.attempt_no)
        for place, content in goods.items():
            rows = self._there.setdefault(place, [])
            if all(row.sending != sending for row in rows):
                again = any(row.sending.document_id == event.document_id for row in rows)
                times = max((row.times for row in rows), default=0) + (0 if again else 1)
                said = Said("declared", event.version)
                row = _Row(sending, said, event.occurred_at, times, None, event, content)
                rows.append(row)
                self._rows.setdefault(sending, []).append(row)
            self._shorten(place, rows)

    def judge(self, event: DocumentProgressed) -> None:
        """Customs agreed to what was declared, or returned it; the newest version of the document counts."""
        kind, attempt_no = KINDS.get(event.kind), event.fact.attempt_no
        if kind is None or attempt_no is None:
            return
        standing = standing_of(kind, event.open_round.state if event.open_round else event.state)
        if standing is None:
            return
        sending, said = Sending(event.document_id, attempt_no), Said(standing, event.version)
        known = self._said.get(sending)
        if known is None or known.version < said.version:
            self._said[sending] = said
        for row in self._rows.get(sending, ()):
            if row.said.version < said.version:
                row.said = said

    def _shorten(self, place: Place, rows: list[_Row]) -> None:
        """The newest stay, and the newest that customs approved."""
        rows.sort(key=_newest_first)
        approved = next((row for row in rows if row.said.standing == "approved"), None)
        kept = [row for at, row in enumerate(rows) if at < NEWEST or row is approved]
        self._gone += [row for row in rows if row.there is not None and not any(row is each for each in kept)]
        self._there[place] = kept

    async def write(self, connection: Connection) -> None:
        """What became of it all."""
        if self._gone:
            await connection.execute(
                "DELETE FROM learnt_goods WHERE ctid = ANY($1::tid[])", [row.there for row in self._gone]
            )
        if self._said:
            ordered = sorted(self._said)
            await connection.execute(
                _JUDGE,
                [sending.document_id for sending in ordered],
                [sending.attempt_no for sending in ordered],
                [self._said[sending].standing for sending in ordered],
                [self._said[sending].version for sending in ordered],
            )
        await _insert(connection, self._new())

    def _new(self) -> Iterable[tuple[Place, _Row, DocumentDeclared]]:
        for place, rows in self._there.items():
            for row in rows:
                if row.there is None and row.event is not None:
                    yield place, row, row.event


def _newest_first(row: _Row) -> tuple[float, UUID, int]:
    return -row.declared_at.timestamp(), row.sending.document_id, -row.sending.attempt_no


# Looked for row by row on purpose: of a table that grew by thousands of rows just now the planner thinks there are none.
_READ = """
SELECT g.tenant_id, g.client_id, g.principal, g.material_no, l.*
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS g (tenant_id, client_id, principal, material_no)
CROSS JOIN LATERAL (
  SELECT l.document_id, l.attempt_no, l.standing, l.document_version, l.declared_at, l.times, l.ctid AS there
  FROM learnt_goods AS l
  WHERE l.tenant_id = g.tenant_id AND l.client_id = g.client_id AND l.material_no = g.material_no AND l.principal = g.principal
  OFFSET 0
) AS l
"""


async def _read(connection: Connection, places: Sequence[Place]) -> dict[Place, list[_Row]]:
    found: dict[Place, list[_Row]] = {}
    if places:
        for row in await connection.fetch(_READ, *zip(*places, strict=True)):
            place = Place(row["tenant_id"], row["client_id"], row["principal"], row["material_no"])
            found.setdefault(place, []).append(
                _Row(
                    Sending(row["document_id"], row["attempt_no"]),
                    Said(row["standing"], row["document_version"]),
                    row["declared_at"],
                    row["times"],
                    row["there"],
                )
            )
    return found


_JUDGE = """
UPDATE learnt_goods AS l SET standing = j.standing, document_version = j.version
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[]) AS j (document_id, attempt_no, standing, version)
WHERE l.document_id = j.document_id AND l.attempt_no = j.attempt_no AND l.document_version < j.version
"""

_INSERT = """
INSERT INTO learnt_goods (tenant_id, client_id, principal, material_no, document_id, attempt_no, enterprise_id, team_id, kind,
  internal_no, content, standing, document_version, declared_at, times)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::int[], $7::uuid[], $8::uuid[], $9::text[],
  $10::text[], $11::jsonb[], $12::text[], $13::int[], $14::timestamptz[], $15::int[])
ON CONFLICT DO NOTHING
"""


async def _insert(connection: Connection, new: Iterable[tuple[Place, _Row, DocumentDeclared]]) -> None:
    rows = [
        (
            *place,
            *row.sending,
            event.enterprise_id,
            event.team_id,
            event.kind,
            event.internal_no,
            dict(row.content),
            row.said.standing,
            row.said.version,
            row.declared_at,
            row.times,
        )
        for place, row, event in sorted(new, key=lambda each: (each[0], each[1].sending))
    ]
    if rows:
        await connection.execute(_INSERT, *zip(*rows, strict=True))
