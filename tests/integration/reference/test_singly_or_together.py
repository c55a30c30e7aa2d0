"""Declared documents and what became of them, one by one and in batches: the same rows are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backbone.cloudevents import Received
from backbone.ids import new_id
from backbone.postgres import Pool
from contracts.events import Event
from contracts.events.entry import DocumentDeclared, DocumentProgressed
from services.reference import consumer
from tests.support.reference_service import Reference

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples"
DECLARED: dict[str, Any] = orjson.loads((EXAMPLES / "document.declared.v1/first.json").read_bytes())
TOLD: dict[str, Any] = orjson.loads((EXAMPLES / "document.progressed.v1/returned.json").read_bytes())
START = datetime(2026, 3, 1, tzinfo=UTC)


def declared() -> st.SearchStrategy[Event]:
    def event(document: int, attempt_no: int, day: int, client: int, materials: list[str]) -> Event:
        goods = [
            {
                **DECLARED["document"]["goods"][0],
                "line_no": n,
                "material_no": material,
                "unit_price": str(day),
            }
            for n, material in enumerate(materials, 1)
        ]
        changed = {
            "document_id": UUID(int=document),
            "client_id": UUID(int=client) if client else None,
            "attempt_no": attempt_no,
            "version": 10 * attempt_no,
            "occurred_at": START + timedelta(days=day),
            "document": {**DECLARED["document"], "goods": goods},
        }
        return DocumentDeclared.model_validate({**DECLARED, **changed})

    materials = st.lists(st.sampled_from("ABC"), min_size=1, max_size=3)
    return st.builds(
        event, st.integers(1, 6), st.integers(1, 2), st.integers(0, 9), st.integers(0, 1), materials
    )


def progressed() -> st.SearchStrategy[Event]:
    def event(document: int, attempt_no: int, version: int, state: str) -> Event:
        changed = {
            "document_id": UUID(int=document),
            "version": version,
            "state": state,
            "fact": {**TOLD["fact"], "attempt_no": attempt_no},
        }
        return DocumentProgressed.model_validate({**TOLD, **changed})

    states = st.sampled_from(["returned", "pre_deducted", "accepted"])
    return st.builds(event, st.integers(1, 6), st.integers(1, 2), st.integers(5, 30), states)


@given(st.lists(st.one_of(declared(), progressed()), min_size=2, max_size=20), st.integers(2, 20))
@settings(
    max_examples=80,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_batches_leave_the_rows_that_single_events_leave(
    reference: Reference, told: list[Event], size: int
) -> None:
    singly = await _after(reference.worker_pool, [[event] for event in told])
    batches = [told[start : start + size] for start in range(0, len(told), size)]
    assert await _after(reference.worker_pool, batches) == singly


async def _after(pool: Pool, batches: Sequence[Sequence[Event]]) -> list[Any]:
    """What is remembered after these batches. Nothing of it stays."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            for batch in batches:
                await consumer.take(connection, [_received(event) for event in batch])
            return sorted(
                (dict(row) for row in await connection.fetch("SELECT * FROM learnt_goods")), key=repr
            )
        finally:
            await transaction.rollback()


def _received(event: Event) -> Received:
    return Received(
        event=event,
        id=new_id(),
        source="/bondgate/entry",
        type=type(event).type,
        tenant_id=event.model_dump()["tenant_id"],
        time=START,
        topic="entry-events",
        partition=0,
        offset=0,
        traceparent=None,
    )
