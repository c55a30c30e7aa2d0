"""Every handler of every service survives the same events twice: the second telling leaves every table as it was.

Told with new event ids, so that the inbox cannot help: what holds here also holds after a refill of a lost broker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from backbone import postgres
from backbone.cloudevents import Received
from backbone.consume import DeadLetter, Handler
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from contracts.events import EVENT_TYPES
from services.entry import consumer as entry
from services.print import consumer as printing
from services.query.projections import VIEWS
from services.receipts import consumer as receipts
from services.reference import consumer as reference
from services.signer import consumer as signer
from services.submission import consumer as submission
from tests.support.infrastructure import Servers
from tools.samples import samples

pytestmark = pytest.mark.anyio


async def _project(connection: Connection, received: Received) -> None:
    for view in VIEWS.values():
        await view.apply(connection, [received])


async def _learn(connection: Connection, received: Received) -> None:
    await receipts.learn(connection, [received])


HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "entry": entry.handlers(),
    "signer": signer.handlers(),
    "submission": submission.handlers(),
    "receipts": dict.fromkeys(receipts.HANDLES, _learn),
    "reference": reference.handlers(),
    "print": printing.handlers(),
    "query": dict.fromkeys(frozenset().union(*(view.handles for view in VIEWS.values())), _project),
}
# A life in its order; within a type the samples' own.
ORDER = (
    "enterprise.registered.v1",
    "team.registered.v1",
    "client.registered.v1",
    "access.revoked.v1",
    "authorisation.changed.v1",
    "codes.placed.v1",
    "goods_codes.placed.v1",
    "document.saved.v1",
    "document.adopted.v1",
    "document.attached.v1",
    "document.detached.v1",
    "document.round_opened.v1",
    "document.reviewed.v1",
    "document.declared.v1",
    "document.staged.v1",
    "receipts.requested.v1",
    "document.signed.v1",
    "signing.failed.v1",
    "message.delivered.v1",
    "message.taken.v1",
    "message.refused.v1",
    "delivery.unknown.v1",
    "receipt.received.v1",
    "document.progressed.v1",
    "document.round_withdrawn.v1",
    "document.deleted.v1",
)


def told(types: Iterable[str]) -> list[Received]:
    """Every sample of these types, each as a new event."""
    wanted = [sample for sample in samples() if sample.subject in types and sample.subject in EVENT_TYPES]
    wanted.sort(key=lambda sample: (ORDER.index(sample.subject), sample.name))
    events = [EVENT_TYPES[sample.subject].model_validate_json(sample.text()) for sample in wanted]
    return [
        Received(
            event=event,
            id=new_id(),
            source="/bondgate/sample",
            type=type(event).type,
            tenant_id=event.model_dump()["tenant_id"],
            time=datetime.now(UTC),
            topic="samples",
            partition=0,
            offset=number,
            traceparent=None,
        )
        for number, event in enumerate(events)
    ]


async def handle(pool: Pool, handlers: Mapping[str, Handler], events: Sequence[Received]) -> int:
    """How many had an effect or none; a dead letter is an answer too, and must leave nothing."""
    handled = 0
    for received in events:
        try:
            async with postgres.transaction(pool) as connection:
                await handlers[received.type](connection, received)
            handled += 1
        except DeadLetter:
            continue
    return handled


async def tables(pool: Pool) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database."""
    names = await pool.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
    )
    return {
        row["relname"]: sorted(
            (dict(each) for each in await pool.fetch(f"SELECT * FROM {row['relname']}")), key=repr
        )
        for row in names
        if row["relname"] != "schema_migrations"
    }


@pytest.fixture(scope="module")
def databases(servers: Servers) -> dict[str, Database]:
    return {name: servers.database(name) for name in HANDLERS}


@pytest.mark.parametrize("name", HANDLERS)
async def test_the_same_events_again_change_nothing(databases: dict[str, Database], name: str) -> None:
    handlers = HANDLERS[name]
    pool = await postgres.create_pool(databases[name].worker_dsn, name="twice", max_size=3)
    try:
        first = await handle(pool, handlers, told(handlers))
        assert first, "no sample has an effect: the test does not test"
        before = await tables(pool)
        assert any(before.values())
        assert await handle(pool, handlers, told(handlers)) == first
        assert await tables(pool) == before
        assert await handle(pool, handlers, list(reversed(told(handlers)))) == first
        assert await tables(pool) == before, "told again in the wrong order"
    finally:
        await pool.close()
