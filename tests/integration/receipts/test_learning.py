"""What receipts learns of others: a batch at once leaves the rows that its events leave one by one."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from backbone import postgres
from contracts.events import Event
from services.receipts.consumer import learn
from tests.support import answers
from tests.support.receipts_bench import Bench, Office, example, received

pytestmark = pytest.mark.anyio
_TABLES = {
    "mailboxes": "mailbox, tenant_id, enterprise_id",
    "documents": "*",
    "stems": "*",
    "seq_numbers": "*",
    "customs_numbers": "*",
}


def _named(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def _told(office: Office) -> list[Event]:
    """Newer before older, a delivery before its document, a number that two documents claim, and one word twice."""
    ours = {"tenant_id": office.tenant_id, "enterprise_id": office.enterprise_id}

    def saved(name: str, version: int, **numbers: str) -> Event:
        facts = {"document_id": _named(name), "internal_no": name, "version": version, "numbers": numbers}
        return example("document.saved.v1", **ours, **facts)

    def delivered(name: str, stem: str) -> Event:
        facts = {"document_id": _named(name), "internal_no": name, "stem": stem, "attempt_id": _named(stem)}
        return example("message.delivered.v1", **ours, mailbox=office.mailbox, **facts)

    registered = example("enterprise.registered.v1").model_dump()
    route = {**registered["route"], "mailbox": "card-of-a-batch"}
    deleted = {"document_id": _named("gone"), "internal_no": "gone", "version": 2}
    return [
        example("enterprise.registered.v1", **ours, route=route),
        delivered("delivered-first", "STEM-1"),
        saved("moving", 3, seq_no=answers.SEQ_NO, customs_no=answers.CUSTOMS_NO),
        saved("moving", 2, seq_no=answers.SEQ_NO),
        saved("delivered-first", 1),
        delivered("delivered-first", "STEM-1"),
        delivered("delivered-first", "STEM-2"),
        saved("another", 1, seq_no=answers.SEQ_NO),
        saved("gone", 1),
        example("document.deleted.v1", **ours, **deleted),
        saved("moving", 3, seq_no=answers.SEQ_NO, customs_no=answers.CUSTOMS_NO),
    ]


async def _rows(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    return {
        table: sorted(
            (dict(row) for row in await bench.pool.fetch(f"SELECT {columns} FROM {table}")), key=repr
        )
        for table, columns in _TABLES.items()
    }


async def test_a_batch_leaves_what_its_events_leave_one_by_one(bench: Bench) -> None:
    office = await bench.office()
    events = [received(event, tenant_id=office.tenant_id) for event in _told(office)]
    seen = []
    for batches in ([[event] for event in events], [events], [events, events]):
        await bench.clear()
        for batch in batches:
            async with postgres.transaction(bench.pool) as connection:
                await learn(connection, batch)
        seen.append(await _rows(bench))
    assert seen[0] == seen[1] == seen[2]
    assert [row["document_id"] for row in seen[0]["seq_numbers"]] == [_named("moving")]
    assert {row["internal_no"]: row["version"] for row in seen[0]["documents"]} == {
        "moving": 3,
        "delivered-first": 1,
        "another": 1,
        "gone": 2,
    }


async def test_a_batch_wakes_each_file_that_waited_once(bench: Bench) -> None:
    office = await bench.office()
    await office.keep("numbered.INV", answers.approval())
    await office.keep("named.INV", answers.approval(seq_no="202600000000000009", internal_no="another"))
    assert set((await bench.states()).values()) == {"unmatched"}
    async with postgres.transaction(bench.pool) as connection:
        await learn(connection, [received(event, tenant_id=office.tenant_id) for event in _told(office)])
    woken = "SELECT count(*) FROM jobs WHERE state = 'queued'"
    assert await bench.pool.fetchval(woken) == 2
    await bench.understand()
    assert (await bench.states())["numbered.INV"] == "matched"
