"""What a batch that failed had left to be settled is not settled with the next one."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from backbone.cloudevents import Received
from backbone.postgres import Connection
from services.entry.consumer import _Books
from services.entry.ledger import posting
from services.entry.ledger.posting import Due
from services.entry.life import progress

pytestmark = pytest.mark.anyio


async def test_only_what_its_own_transaction_left(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[set[UUID]] = []

    async def take_in(connection: Connection, received: Any, due: Due) -> None:
        due.documents.add(received)

    async def settle(connection: Connection, due: Due) -> None:
        settled.append(set(due.documents))

    monkeypatch.setattr(progress, "take_in", take_in)
    monkeypatch.setattr(posting, "settle", settle)
    books = _Books()
    failed, fine = cast(Connection, object()), cast(Connection, object())
    one, two, three = (cast(Received, uuid4()) for _ in range(3))
    await books.take_in(failed, one)
    await books.take_in(fine, two)
    await books.take_in(fine, three)
    await books.settle(fine)
    assert settled == [{two, three}]
    await books.take_in(failed, one)
    # A batch of other events alone has nothing to settle.
    await books.settle(fine)
    assert len(settled) == 1
