"""Two consumers that hear of the trucks of one 清单, one of them also of the 清单: each waits, none is thrown out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backbone import postgres
from backbone.cloudevents import Received
from backbone.ids import new_id
from contracts.events.receipts import ReceiptReceived
from customs.documents import KINDS
from services.entry.ledger import posting
from services.entry.ledger.posting import Due
from services.entry.life import absorbing
from services.entry.relations.lock_order import LOCK_ORDER
from tests.integration.entry.test_ledger_property import truck
from tests.support.books import Books, Goods
from tests.support.patience import SECONDS as PATIENCE

pytestmark = pytest.mark.anyio
NUMBER = "QD310526I000000905"


def told(books: Books, document_id: str, kind: str, outcome: str, **more: Any) -> Received:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
    receipt_id = new_id()
    event = ReceiptReceived.model_validate(
        {
            "tenant_id": books.entry.tenant_id,
            "document_id": UUID(document_id),
            "enterprise_id": books.entry.enterprise_id,
            "kind": kind,
            "internal_no": "T",
            "receipt_id": receipt_id,
            "raw_id": receipt_id,
            "mailbox": "m1",
            "file_name": "Receipt_1.INV",
            "message_type": "INV201",
            "code": "1",
            "outcome": outcome,
            "change_count": 0,
            "message_id": receipt_id.hex,
            "authority_at": at,
            "received_at": at,
            "body": {},
            "raw": "<a/>",
            "raw_sha256": "0" * 64,
            **more,
        }
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


async def absorb(
    books: Books, batch: Sequence[Received], halfway: asyncio.Event, go_on: asyncio.Event
) -> None:
    """As the consumer takes a batch; between absorbing and settling it waits for `go_on`."""
    due = Due()
    async with postgres.transaction(books.entry.worker_pool) as connection:
        await absorbing.take_in(connection, batch, due)
        halfway.set()
        await go_on.wait()
        await posting.settle(connection, due)


async def waits_for_a_lock(books: Books) -> bool:
    return bool(
        await books.entry.worker_pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> 0")
    )


@pytest.mark.parametrize("first", ["one", "other"])
async def test_two_trucks_of_one_list_wait_for_one_another(books: Books, first: str) -> None:
    """One batch tells of a truck, the other of the list itself and of a second truck."""
    came = await books.coming(Goods(12, "100"))
    await books.declared(came)
    await books.answered("inventory", came, "pre_deducted", customs_no=NUMBER)
    trucks = []
    for part in ("60", "40"):
        document = truck(NUMBER, (part,))
        document["goods"] = document["goods"][:1]
        trucks.append(await books.saved("gate_pass", document))
        answer = await books.declare("gate_pass", trucks[-1])
        assert answer.status_code == 202, answer.text
    passed = [told(books, each, "gate_pass", "gate_passed", message_type="SAS223") for each in trucks]
    again = told(books, came, "inventory", "pre_deducted", customs_no=NUMBER, declaration_type="1")
    batches = {"one": [passed[0]], "other": [again, passed[1]]}
    second = next(name for name in batches if name != first)
    halfway, late, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    running = [asyncio.ensure_future(absorb(books, batches[first], halfway, go_on))]
    await asyncio.wait_for(halfway.wait(), PATIENCE)
    running.append(asyncio.ensure_future(absorb(books, batches[second], late, go_on)))
    while not (late.is_set() or await waits_for_a_lock(books)):
        await asyncio.sleep(0.01)
    go_on.set()
    await asyncio.wait_for(asyncio.gather(*running), PATIENCE)
    real = [quantity for _, account, _, quantity in await books.movements(came) if account == "real_in"]
    assert sorted(real) == ["40", "60"]


def test_what_leans_comes_before_what_it_leans_on() -> None:
    at = {name: place for place, name in enumerate(LOCK_ORDER)}
    assert at.keys() == KINDS.keys()
    for kind in KINDS.values():
        for making in kind.made_from:
            assert at[kind.name] < at[making.source], (kind.name, making.source)
