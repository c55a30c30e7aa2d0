"""The same events one by one and in batches: every row of every table is the same afterwards.

Each way runs in a transaction that is rolled back, so that both begin with the same rows and make them under the same ids.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backbone import compress
from backbone.cloudevents import Received
from backbone.consume import DeadLetter
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from contracts.events import Event
from contracts.events.receipts import ReceiptReceived
from contracts.events.signer import DocumentSigned
from contracts.events.submission import DeliveryUnknown, MessageDelivered, MessageRefused, MessageTaken
from services.entry import consumer
from services.entry.life import absorbing
from tests.integration.entry.test_late_answers import changing, given_up
from tests.integration.entry.test_ledger_property import World, world
from tests.support.books import Books, book_row
from tests.support.entry_service import Entry, on
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
NOW = datetime.now(UTC).replace(microsecond=0)
NUMBER = "QD310526I000000606"
_STEPS: Mapping[str, type[Any]] = {
    "signed": DocumentSigned,
    "delivered": MessageDelivered,
    "taken": MessageTaken,
    "transport_refused": MessageRefused,
    "unknown": DeliveryUnknown,
}
_OUTCOMES = (
    *("acknowledged", "refused", "stored", "returned", "approved", "pre_deducted", "deducted", "deleted"),
    *("gate_passed_first", "gate_passed", "gate_not_passed", "declaration_generated", "paused"),
)


class _Standing(datetime):
    """The clock stands, so that versions and events of both ways bear the same time."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Word:
    """An event about one of the documents; the same id is the same event told again."""

    about: str
    says: str
    minute: int
    id: UUID
    declaration_type: str
    body: tuple[tuple[str, Any], ...]
    numbered: bool
    attempt_no: int


def words() -> st.SearchStrategy[Word]:
    rows: tuple[dict[str, Any], ...] = (
        {"book_rows": [book_row(12, "100", "20")]},
        {"book_rows": [book_row(12, "140", "25.5"), book_row(13, "9", "0")]},
        {"goods": [{"line_no": 2, "book_line_no": 31}]},
        {"goods": [{"line_no": 2, "book_line_no": 32}]},
        {"head": {"entry_no": "310520261050000001"}},
        {},
    )
    return st.builds(
        Word,
        st.sampled_from(
            ["out", "in", "part", "rest", "whole", "changed", "withdrawn", "deleted", "gone", "nowhere"]
        ),
        st.sampled_from([*_STEPS, *_OUTCOMES, *_OUTCOMES]),
        st.integers(0, 30),
        st.uuids(version=4),
        st.sampled_from(["1", "1", "2", "3"]),
        st.sampled_from([tuple(each.items()) for each in rows]),
        st.booleans(),
        st.integers(1, 2),
    )


@dataclass(frozen=True, slots=True)
class Office:
    """Documents of which something may be told."""

    there: World
    ids: Mapping[str, str]
    kinds: Mapping[str, str]
    attempts: Mapping[tuple[UUID, int], UUID]

    @property
    def pool(self) -> Pool:
        return self.there.books.entry.worker_pool

    def received(self, word: Word) -> Received:
        event = self._step(word) if word.says in _STEPS else self._receipt(word)
        return Received(
            event=event,
            id=new_id(),
            source="/bondgate/test",
            type=type(event).type,
            tenant_id=self.there.books.entry.tenant_id,
            time=NOW,
            topic="any",
            partition=0,
            offset=0,
            traceparent=None,
        )

    def _about(self, word: Word) -> dict[str, Any]:
        entry = self.there.books.entry
        return {
            "tenant_id": entry.tenant_id,
            "document_id": UUID(self.ids[word.about]),
            "enterprise_id": entry.enterprise_id,
            "kind": self.kinds.get(word.about, "inventory"),
            "internal_no": "T",
        }

    def _attempt(self, word: Word) -> UUID:
        return self.attempts.get((UUID(self.ids[word.about]), word.attempt_no), word.id)

    def _step(self, word: Word) -> Event:
        at = NOW + timedelta(minutes=word.minute)
        told = {
            **self._about(word),
            "attempt_id": self._attempt(word),
            "attempt_no": word.attempt_no,
            "mailbox": "m1",
            "message_type": "INV101",
            "message_id": word.id.hex,
            "file_name": "a.zip",
            "occurred_at": at,
            "reason": "超时",
            "try_no": 1,
        }
        of = _STEPS[word.says]
        if of is DocumentSigned:
            told |= {"signed_at": at, "sha256": "0" * 64, "size": 1}
        event: Event = of.model_construct(**told)
        return event

    def _receipt(self, word: Word) -> ReceiptReceived:
        at = NOW + timedelta(minutes=word.minute)
        number = NUMBER if word.about == "in" else f"QD310526I00000{self.ids[word.about][-4:]}"
        body = dict(word.body)
        head = {"material_mark": "I", "book_no": self.there.books.book_no, **body.pop("head", {})}
        return ReceiptReceived(
            **self._about(word),
            attempt_id=self._attempt(word) if word.says in ("acknowledged", "refused") else None,
            receipt_id=word.id,
            raw_id=word.id,
            mailbox="m1",
            file_name="Receipt_1.INV",
            message_type="INV201",
            code="1",
            outcome=word.says,
            declaration_type=word.declaration_type,
            change_count=0,
            seq_no="202600000000000777" if word.about in ("gone", "deleted") else None,
            customs_no=number if word.numbered else None,
            message_id=word.id.hex,
            authority_at=at,
            received_at=at,
            body={"head": head, **body},
            raw="<a/>",
            raw_sha256="0" * 64,
        )


@pytest.fixture
async def office(database: Database, issuer: Issuer) -> AsyncIterator[Office]:
    async with on(database, issuer) as entry:
        there = await world(Books(entry), "T3105W200001", NUMBER)
        more = {"changed": await changing(entry), "withdrawn": await changing(entry)}
        await given_up(entry, more["withdrawn"])
        more |= {"deleted": await _deleted(entry), "gone": await _deleted(entry, taken=True)}
        rows = await entry.worker_pool.fetch("SELECT document_id, attempt_no, attempt_id FROM attempts")
        yield Office(
            there,
            {**there.ids, **more, "nowhere": str(uuid4())},
            dict.fromkeys(("part", "rest", "whole"), "gate_pass"),
            {(row["document_id"], row["attempt_no"]): row["attempt_id"] for row in rows},
        )


async def _deleted(entry: Entry, *, taken: bool = False) -> str:
    """A draft whose sending came to nothing, deleted; `taken`: its number was given to another."""
    number = f"T-{uuid4().hex[:12]}"
    made = await entry.saved(internal_no=number)
    document_id = str(made.json()["id"])
    assert (await entry.act(document_id, "declare")).status_code == 202
    await entry.worker_pool.execute(
        "UPDATE documents SET state = 'deleted' WHERE document_id = $1::uuid", document_id
    )
    if taken:
        await entry.saved(internal_no=number)
    return document_id


@st.composite
def heard(draw: st.DrawFn) -> tuple[list[Word], int]:
    """What is heard, some of it twice, and how many a batch."""
    told = draw(st.lists(words(), min_size=1, max_size=25, unique_by=lambda word: word.id))
    told += draw(st.lists(st.sampled_from(told), max_size=4))
    return told, draw(st.integers(2, len(told) + 1))


@given(heard(), st.sampled_from([1, 4 * 1024 * 1024]))
@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_batches_leave_the_rows_that_single_events_leave(
    office: Office, monkeypatch: pytest.MonkeyPatch, told: tuple[list[Word], int], part: int
) -> None:
    monkeypatch.setattr(absorbing, "datetime", _Standing)
    monkeypatch.setattr(absorbing, "_PART_BYTES", part)
    words, size = told
    events = [office.received(word) for word in words]
    singly = await _after(office.pool, [[event] for event in events])
    together = await _after(
        office.pool, [events[start : start + size] for start in range(0, len(events), size)]
    )
    assert singly.keys() == together.keys()
    for name, rows in singly.items():
        assert together[name] == rows, name


async def _after(pool: Pool, batches: Sequence[Sequence[Received]]) -> dict[str, Any]:
    """What the tables hold after these batches, each handled as the consumer does. Nothing of it stays."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            for batch in batches:
                if len(batch) == 1:
                    await _alone(connection, batch[0])
                else:
                    await consumer.take(connection, batch)
            return await _tables(connection)
        finally:
            await transaction.rollback()


async def _alone(connection: Connection, received: Received) -> None:
    try:
        await consumer.handlers()[received.type](connection, received)
    except DeadLetter:
        return


_OF_THE_RUN = frozenset({"event_id", "seq", "recorded_at", "traceparent"})


async def _tables(connection: Connection) -> dict[str, Any]:
    """Every row, but for what names a single run of events. Events stay in the order of their document."""
    names = await connection.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
        "AND c.relname <> 'schema_migrations' ORDER BY 1"
    )
    found: dict[str, Any] = {}
    for (name,) in names:
        rows = await connection.fetch(f"SELECT * FROM {name}")
        if name == "events":
            rows.sort(key=lambda row: (row["key"], row["seq"]))
        cells = [
            {column: _plain(row, column) for column in sorted(row.keys() - _OF_THE_RUN)}
            for row in map(dict, rows)
        ]
        found[name] = cells if name == "events" else sorted(cells, key=repr)
    return found


def _plain(row: Mapping[str, Any], column: str) -> Any:
    """Packed contents are compared as they read."""
    if column == "body" and row.get("compressed"):
        return compress.unpack(row["body"])
    return row[column]
