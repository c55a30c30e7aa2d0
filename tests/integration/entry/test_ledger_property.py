"""Receipts, passages and truths in any order, repeated and in batches: the live tables are what is computed from nothing.

Two tenants hear the same in different orders. What their tables hold must be the same, must add up, and must be what a
rebuild of emptied tables makes of the attempts and facts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backbone import postgres
from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.migrate import Database
from contracts.events.receipts import ReceiptReceived
from services.entry.ledger.rebuild import rebuild
from services.entry.life import absorbing
from tests.support.books import Books, Goods, book_row, listing
from tests.support.entry_service import on
from tests.support.feeding import sample
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
START = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
_DESCRIBES = ("material_no", "hs_code", "name", "unit")
_books = count(100_000)
_DOCUMENTS = {
    "out": "inventory",
    "in": "inventory",
    "part": "gate_pass",
    "rest": "gate_pass",
    "whole": "gate_pass",
}


@pytest.fixture
async def pair(database: Database, issuer: Issuer) -> AsyncIterator[tuple[Books, Books]]:
    async with on(database, issuer) as one, on(database, issuer) as other:
        yield Books(one), Books(other)


@dataclass(frozen=True, slots=True)
class Word:
    """A receipt about one of the documents. The same id is the same receipt."""

    about: str
    outcome: str
    minute: int
    receipt_id: UUID
    declaration_type: str | None = None
    body: tuple[tuple[str, Any], ...] = ()
    numbered: bool = True


def words() -> st.SearchStrategy[Word]:
    def word(about: str, outcomes: Sequence[str], **more: Any) -> st.SearchStrategy[Word]:
        return st.builds(
            Word,
            st.just(about),
            st.sampled_from(outcomes),
            st.integers(0, 30),
            st.uuids(version=4),
            **{
                name: given if isinstance(given, st.SearchStrategy) else st.just(given)
                for name, given in more.items()
            },
        )

    def body(*choices: dict[str, Any]) -> st.SearchStrategy[tuple[tuple[str, Any], ...]]:
        return st.sampled_from([tuple(each.items()) for each in choices])

    rows: tuple[dict[str, Any], ...] = (
        {"book_rows": [book_row(12, "100", "20")]},
        {"book_rows": [book_row(12, "140", "25.5", limit_date="20301231"), book_row(13, "9", "0")]},
        {"book_rows": [book_row(31, "7", "0", customs_no="NUMBER", inventory_line_no="2")]},
        {},
    )
    filing = {"declaration_type": "1"}
    goods: tuple[dict[str, Any], ...] = (
        {"goods": [{"line_no": 2, "book_line_no": 31}]},
        {"goods": [{"line_no": 2, "book_line_no": 32}]},
        {},
    )
    return st.one_of(
        word("out", ["stored", "returned", "store_failed", "approved", "pre_deducted"], **filing),
        word("out", ["deducted"], **filing, body=body(*rows)),
        word("out", ["deleted"], declaration_type="3"),
        word("in", ["approved", "pre_deducted"], **filing, body=body(*goods), numbered=st.booleans()),
        word("in", ["deducted"], **filing, body=body(*rows, *goods)),
        *(
            word(each, ["gate_passed_first", "gate_passed", "gate_not_passed", "gate_released", "voided"])
            for each in ("part", "rest", "whole")
        ),
    )


@dataclass(frozen=True, slots=True)
class World:
    """The documents of one tenant in one book, each declared."""

    books: Books
    number: str
    ids: dict[str, str]

    async def hear(self, batches: Sequence[Sequence[Word]]) -> None:
        """Each batch in one transaction, as the consumer takes them."""
        for batch in batches:
            async with postgres.transaction(self.books.entry.worker_pool) as connection:
                await absorbing.absorb(connection, [self._received(word) for word in batch])

    def _received(self, word: Word) -> Received:
        at = START + timedelta(minutes=word.minute)
        kind = _DOCUMENTS[word.about]
        body = {
            name: [{**row, **({"customs_no": self.number} if "customs_no" in row else {})} for row in rows]
            for name, rows in word.body
        }
        event = ReceiptReceived(
            tenant_id=self.books.entry.tenant_id,
            document_id=UUID(self.ids[word.about]),
            enterprise_id=self.books.entry.enterprise_id,
            kind=kind,
            internal_no="T",
            receipt_id=word.receipt_id,
            raw_id=word.receipt_id,
            mailbox="m1",
            file_name="Receipt_1.INV",
            message_type="INV201",
            code="1",
            outcome=word.outcome,
            declaration_type=word.declaration_type,
            change_count=0,
            customs_no=self.number if word.about == "in" and word.numbered else None,
            message_id=word.receipt_id.hex,
            authority_at=at,
            received_at=at,
            body={"head": {"material_mark": "I", "book_no": self.books.book_no}, **body},
            raw="<a/>",
            raw_sha256="0" * 64,
        )
        return Received(
            event=event,
            id=new_id(),
            source="/bondgate/receipts",
            type=event.type,
            tenant_id=event.tenant_id,
            time=at,
            topic="receipts-events",
            partition=0,
            offset=0,
            traceparent=None,
        )

    async def told(self) -> tuple[set[Any], set[Any]]:
        """Postings and lines without what differs between tenants."""
        names = {UUID(document_id): name for name, document_id in self.ids.items()}
        pool, tenant_id = self.books.entry.worker_pool, self.books.entry.tenant_id
        postings = await pool.fetch(
            "SELECT * FROM ledger_postings WHERE tenant_id = $1 AND book_no = $2",
            tenant_id,
            self.books.book_no,
        )
        lines = await pool.fetch(
            "SELECT * FROM ledger_lines WHERE tenant_id = $1 AND book_no = $2", tenant_id, self.books.book_no
        )
        hidden = {"tenant_id", "document_id", "source_id", "cause", "at"}
        return (
            {
                (
                    names[row["document_id"]],
                    names[row["source_id"]],
                    row["cause"].replace(str(row["source_id"]), names[row["source_id"]]),
                    row["at"] if not row["cause"].startswith("attempt/") else None,
                    *((name, value) for name, value in row.items() if name not in hidden),
                )
                for row in postings
            },
            # What a line is called is what the first row or the newest truth called it.
            {
                tuple(
                    (name, tuple(value) if isinstance(value, list) else value)
                    for name, value in row.items()
                    if name not in {*hidden, *_DESCRIBES}
                )
                for row in lines
            },
        )


async def world(books: Books, book_no: str, number: str) -> World:
    """Nothing is answered yet, so the 核放单 name a 清单 whose number is not known here."""
    books.book_no = book_no
    goods = {
        "out": ("export", [Goods(12, "30"), Goods(12, "5"), Goods(13, "7")]),
        "in": ("import", [Goods(12, "100"), Goods(None, "50", "WINE-0750")]),
    }
    ids = {}
    for name, (like, rows) in goods.items():
        ids[name] = await books.saved("inventory", listing(like, rows, book_no=book_no))
    parts: dict[str, tuple[str, ...]] = {"part": ("60", "20"), "rest": ("30", "30"), "whole": ()}
    for name, quantities in parts.items():
        ids[name] = await books.saved("gate_pass", truck(number, quantities))
    for name, kind in _DOCUMENTS.items():
        answer = await books.declare(kind, ids[name])
        assert answer.status_code == 202, answer.text
    return World(books, number, ids)


def truck(number: str, quantities: Sequence[str]) -> dict[str, Any]:
    document = sample("gate_pass", "many-trucks" if quantities else "one-bill")
    document["head"].update(linked_nos=number, linked_type="1")
    document["linked_documents"] = [{"linked_type": "1", "bill_no": number}]
    if quantities:
        (like, *_) = document["goods"]
        document["goods"] = [
            {**like, "line_no": row, "related_line_no": row, "quantity": quantity}
            for row, quantity in enumerate(quantities, start=1)
        ]
    return document


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[list[Word]], list[list[Word]]]:
    """What is heard, in batches: the same words in two orders, some of them twice."""
    heard = draw(st.lists(words(), min_size=1, max_size=9, unique_by=lambda word: word.receipt_id))
    told = []
    for _ in range(2):
        order = list(draw(st.permutations(heard)))
        order += draw(st.lists(st.sampled_from(heard), max_size=3))
        size = draw(st.integers(1, 4))
        told.append([order[start : start + size] for start in range(0, len(order), size)])
    return told[0], told[1]


@given(orders())
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_live_tables_are_what_is_computed_from_nothing(
    database: Database, pair: tuple[Books, Books], told: tuple[list[list[Word]], list[list[Word]]]
) -> None:
    book_no, number = f"T3105W{next(_books)}", f"QD310526I{uuid4().int % 10**9:09d}"
    worlds = [await world(books, book_no, number) for books in pair]
    for each, batches in zip(worlds, told, strict=True):
        await each.hear(batches)
    pool = worlds[0].books.entry.worker_pool
    assert await pool.fetch(_WRONG_SUMS) == []
    live = [await each.told() for each in worlds]
    assert live[0] == live[1]
    await pool.execute("DELETE FROM ledger_postings")
    await pool.execute("DELETE FROM ledger_lines")
    await rebuild(database.worker_dsn)
    again = [await each.told() for each in worlds]
    assert again == live


_WRONG_SUMS = """
SELECT l.*, s.* FROM ledger_lines AS l CROSS JOIN LATERAL (
  SELECT coalesce(sum(quantity) FILTER (WHERE account = 'pre_in'), 0) AS a,
    coalesce(sum(quantity) FILTER (WHERE account = 'pre_out'), 0) AS b,
    coalesce(sum(quantity) FILTER (WHERE account = 'real_in' AND (l.base_at IS NULL OR counted_at IS NULL OR counted_at > l.base_at)), 0) AS c,
    coalesce(sum(quantity) FILTER (WHERE account = 'real_out' AND (l.base_at IS NULL OR counted_at IS NULL OR counted_at > l.base_at)), 0) AS d
  FROM ledger_postings AS p WHERE p.tenant_id = l.tenant_id AND p.book_no = l.book_no AND p.mark = l.mark AND p.line_key = l.line_key
) AS s WHERE (l.pre_in, l.pre_out, l.since_in, l.since_out) <> (s.a, s.b, s.c, s.d)
"""
