"""Documents and snapshots that were stored under an older catalogue are read, compared and declared as today's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from backbone import compress
from customs.documents import KINDS
from customs.documents.normal_form import JsonObject
from tests.support.books import Books, Goods

pytestmark = pytest.mark.anyio
OLD, NEW = "amount_of_goods", "quantity"


def _renamed(document: JsonObject, old: str, new: str) -> JsonObject:
    goods = document["goods"]
    assert isinstance(goods, list)
    rows = [{new if name == old else name: value for name, value in dict(row).items()} for row in goods]  # type: ignore[arg-type]
    return {**document, "goods": [*rows]}


@contextmanager
def next_catalogue() -> Iterator[None]:
    """The catalogue of today renamed a field of the one before."""
    kind = KINDS["inventory"]
    before = {"catalogue_version": kind.catalogue_version, "upcasts": kind.upcasts}
    object.__setattr__(kind, "catalogue_version", 2)
    object.__setattr__(kind, "upcasts", {1: lambda document: _renamed(document, OLD, NEW)})
    try:
        yield
    finally:
        for name, value in before.items():
            object.__setattr__(kind, name, value)


async def _as_before(books: Books, table: str) -> None:
    """What is stored, with the field under its old name."""
    pool = books.entry.worker_pool
    for row in await pool.fetch(f"SELECT ctid, content FROM {table} WHERE catalogue_version = 1"):
        old = _renamed(orjson.loads(compress.unpack(row["content"])), NEW, OLD)
        await pool.execute(
            f"UPDATE {table} SET content = $2 WHERE ctid = $1",
            row["ctid"],
            compress.pack(orjson.dumps(old)),
        )


async def _quantity(books: Books, document_id: str, **params: Any) -> Any:
    answer = await books.entry.client.get(f"/v1/inventories/{document_id}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["document"]["goods"][0].get(NEW)


async def test_what_was_stored_before_is_read_and_declared(books: Books) -> None:
    await books.follow("refuse")
    await books.open("12", "100")
    sent, draft = await books.out(Goods(12, "30")), await books.out(Goods(12, "71"))
    await books.declared(sent)
    for table in ("documents", "attempts"):
        await _as_before(books, table)
    with next_catalogue():
        assert await _quantity(books, sent) == "30"
        assert await _quantity(books, sent, attempt=1) == "30"
        checked = (await books.entry.client.post(f"/v1/inventories/{draft}/validate")).json()
        assert [each["code"] for each in checked["errors"]] == ["ledger_short"]
        # The books read the snapshot anew with every answer.
        await books.posted(sent)
        assert ("real_out", "30") in {(account, q) for _, account, _, q in await books.movements(sent)}
        await books.again(draft, Goods(12, "70"))
        assert await books.declared(draft) == []
        stored = await books.entry.worker_pool.fetch(
            "SELECT catalogue_version FROM attempts ORDER BY ordered_at"
        )
        assert [row["catalogue_version"] for row in stored] == [1, 2]
