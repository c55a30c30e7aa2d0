"""The views leave the same rows in whatever order and however often events come, and nobody sees another tenant's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone import paging, postgres
from backbone.auth import Grant, Principal
from backbone.cloudevents import Received
from backbone.migrate import Database
from backbone.postgres import Connection, Pool
from backbone.refusals import NotFound
from contracts.events import Event
from contracts.permissions import DOCUMENT_READ, MESSAGE_READ
from customs.documents import KINDS
from services.query import consumer, lists, one_document
from services.query.projections import VIEWS
from services.query.rebuild import NoSuchView, rebuild
from tests.support.life import BEGIN, Life
from tests.support.receipts_bench import received

pytestmark = pytest.mark.anyio
KIND = KINDS["inventory"]


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Pool]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=4)
    await pool.execute("TRUNCATE documents, timeline, messages")
    yield pool
    await pool.close()


def caller(tenant_id: UUID, *grants: Grant) -> Principal:
    everything = (Grant(permissions=frozenset({DOCUMENT_READ, MESSAGE_READ})),)
    return Principal("user-1", "示例录入员", tenant_id, grants or everything, float("inf"))


async def apply(pool: Pool, view: str, events: Sequence[Event]) -> None:
    async with postgres.transaction(pool) as connection:
        batch = [received(event, tenant_id=event.model_dump()["tenant_id"]) for event in events]
        await VIEWS[view].apply(connection, batch)


async def rows(pool: Pool, view: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await pool.fetch(f"SELECT * FROM {view} ORDER BY 1, 2")]


@pytest.mark.parametrize("view", ["documents", "timeline"])
@pytest.mark.parametrize("seed", range(12))
async def test_order_and_repetition_change_nothing(worker: Pool, view: str, seed: int) -> None:
    tenant_id = uuid4()
    lives = [Life(tenant_id, internal_no=f"S-{n}") for n in range(4)]
    events = [event for life in lives[:2] for event in life.whole()]
    events += [*lives[2].with_rounds(), lives[3].adopted(1, "approved", {"direction": "E"})]
    await apply(worker, view, events)
    wanted = await rows(worker, view)
    await worker.execute(f"TRUNCATE {view}")
    chance = random.Random(seed)
    shuffled = events + chance.choices(events, k=10)
    chance.shuffle(shuffled)
    assert len(wanted) == (len(lives) if view == "documents" else len(events))
    while shuffled:
        size = chance.randint(1, 6)
        await apply(worker, view, shuffled[:size])
        shuffled = shuffled[size:]
    assert await rows(worker, view) == wanted, f"seed {seed}"


async def test_a_row_says_what_the_last_events_said(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    await apply(worker, "documents", life.whole())
    page = await lists.listing(app, caller(tenant_id), KIND, {})
    [item] = page["items"]
    assert (item["version"], item["state"], item["state_label"]) == (7, "deducted", "已核扣")
    assert item["seq_no"] == f"2026{life.document_id.int % 10**14:014d}"
    assert (item["created_at"], item["updated_at"]) == (BEGIN, BEGIN + timedelta(minutes=7))
    assert item["declared_at"] == BEGIN + timedelta(minutes=3)
    assert (item["notes"], item["needs_operator"], item["overdue"]) == (["note 7"], False, False)
    assert page["next_cursor"] is None


async def test_a_deleted_draft_leaves_the_list_and_does_not_come_back(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    await apply(worker, "documents", [life.deleted(3)])
    await apply(worker, "documents", [life.saved(1), life.saved(2)])
    assert (await lists.listing(app, caller(tenant_id), KIND, {}))["items"] == []


async def test_conditions_narrow_the_list(worker: Pool, app: Pool) -> None:
    tenant_id, team_id, enterprise_id = uuid4(), uuid4(), uuid4()
    first = Life(tenant_id, internal_no="AB_1", team_id=team_id, enterprise_id=enterprise_id)
    second = Life(tenant_id, internal_no="ABX1", begin=BEGIN + timedelta(days=1))
    third = Life(tenant_id, internal_no="ab_1", begin=BEGIN + timedelta(days=2))
    await apply(
        worker,
        "documents",
        [
            *first.whole(),
            second.saved(1, {"direction": "E", "input_date": "20260116", "operating_code": "3105W60XYZ"}),
            third.saved(1, {"direction": "I", "input_date": "20260117"}),
            third.event(
                "declared", 2, "sending", attempt_id=third.attempt_id, deadline_at=BEGIN + timedelta(hours=1)
            ),
        ],
    )

    async def found(**asked: object) -> set[str]:
        page = await lists.listing(app, caller(tenant_id), KIND, asked)
        return {item["internal_no"] for item in page["items"]}

    assert await found() == {"AB_1", "ABX1", "ab_1"}
    assert await found(internal_no="AB") == {"AB_1", "ABX1"}
    assert await found(internal_no="AB_") == {"AB_1"}
    assert await found(internal_no="%") == set()
    assert await found(state=["draft", "sending"]) == {"ABX1", "ab_1"}
    assert await found(direction="E") == {"ABX1"}
    assert await found(operating_code="3105W60XYZ") == {"ABX1"}
    assert await found(input_date_from="20260116", input_date_to="20260116") == {"ABX1"}
    assert await found(team_id=team_id) == {"AB_1"}
    assert await found(enterprise_id=enterprise_id) == {"AB_1"}
    assert await found(overdue=True) == {"ab_1"}
    assert await found(overdue=False) == {"AB_1", "ABX1"}
    assert await found(updated_since=BEGIN + timedelta(days=1, minutes=2)) == {"ab_1"}
    assert await found(seq_no=f"2026{first.document_id.int % 10**14:014d}") == {"AB_1"}


async def test_pages_hold_while_documents_change(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    # Several of one moment, so that the id decides between them.
    lives = [
        Life(tenant_id, internal_no=f"S-{n:02d}", begin=BEGIN + timedelta(hours=n // 4)) for n in range(20)
    ]
    await apply(worker, "documents", [life.saved() for life in lives])
    seen: list[str] = []
    cursor: object = None
    for turn in range(50):
        page = await lists.listing(app, caller(tenant_id), KIND, {"limit": 3, "cursor": cursor})
        seen += [item["internal_no"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = paging.decode(page["next_cursor"])
        # A document of a page already seen changes and jumps to the top; a new one appears there.
        moved = next(life for life in lives if life.about["internal_no"] == seen[0])
        late = BEGIN + timedelta(days=1, hours=turn)
        await apply(
            worker,
            "documents",
            [moved.saved(turn + 2, occurred_at=late), Life(tenant_id, begin=late).saved()],
        )
    assert sorted(seen) == sorted(str(life.about["internal_no"]) for life in lives)


async def test_a_list_shows_what_lies_within_any_grant(worker: Pool, app: Pool) -> None:
    tenant_id, team_id, enterprise_id = uuid4(), uuid4(), uuid4()
    lives = {
        "team": Life(tenant_id, internal_no="team", team_id=team_id),
        "firm": Life(tenant_id, internal_no="firm", enterprise_id=enterprise_id),
        "both": Life(tenant_id, internal_no="both", team_id=team_id, enterprise_id=enterprise_id),
        "none": Life(tenant_id, internal_no="none"),
    }
    await apply(worker, "documents", [life.saved() for life in lives.values()])

    async def shown(*grants: Grant) -> set[str]:
        page = await lists.listing(app, caller(tenant_id, *grants), KIND, {})
        return {item["internal_no"] for item in page["items"]}

    read = frozenset({DOCUMENT_READ})
    team = Grant(permissions=read, teams=frozenset({team_id}))
    firm = Grant(permissions=read, enterprises=frozenset({enterprise_id}))
    narrow = Grant(permissions=read, teams=frozenset({team_id}), enterprises=frozenset({enterprise_id}))
    assert await shown(team) == {"team", "both"}
    assert await shown(firm) == {"firm", "both"}
    assert await shown(narrow) == {"both"}
    assert await shown(team, firm) == {"team", "firm", "both"}
    assert await shown(Grant(permissions=read, teams=frozenset())) == set()
    assert await shown(Grant(permissions=frozenset({MESSAGE_READ}))) == set()
    with pytest.raises(NotFound):
        await one_document.timeline(app, caller(tenant_id, team), KIND, lives["none"].document_id)


async def test_tenants_on_one_connection_never_meet(worker: Pool, app: Pool) -> None:
    tenants = [uuid4() for _ in range(3)]
    lives = {tenant: Life(tenant, internal_no=str(tenant)) for tenant in tenants}
    for tenant, life in lives.items():
        await apply(worker, "documents", life.whole())
        await apply(worker, "timeline", life.whole())
        await apply(worker, "messages", [life.signed(f"<a>{tenant}</a>")])

    async def look(mine: UUID, other: UUID, fail: bool) -> None:
        page = await lists.listing(app, caller(mine), KIND, {})
        assert [item["internal_no"] for item in page["items"]] == [str(mine)]
        with pytest.raises(NotFound):
            await one_document.message(app, caller(mine), lives[other].attempt_id)
        with pytest.raises(NotFound):
            await one_document.timeline(app, caller(mine), KIND, lives[other].document_id)
        if fail:
            async with postgres.tenant_transaction(app, mine) as connection:
                with pytest.raises(Exception, match="division by zero"):
                    await connection.execute("SELECT 1/0")

    chance = random.Random(1)
    pairs = [chance.sample(tenants, 2) for _ in range(30)]
    await asyncio.gather(*(look(mine, other, chance.random() < 0.3) for mine, other in pairs))
    for view in VIEWS:
        assert await app.fetchval(f"SELECT count(*) FROM {view}") == 0, "without a tenant there are no rows"


async def test_a_view_that_fails_leaves_the_others_their_rows(
    worker: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(connection: Connection, events: Sequence[Received]) -> None:
        await connection.execute("TRUNCATE timeline")
        raise ValueError("an event nobody foresaw")

    parts = [
        (name, handles, fails if name == "timeline" else part) for name, handles, part in consumer._PARTS
    ]
    monkeypatch.setattr(consumer, "_PARTS", parts)
    tenant_id = uuid4()
    first, second = (received(event, tenant_id=tenant_id) for event in Life(tenant_id).whole()[:2])
    with pytest.raises(ValueError, match="nobody foresaw"):
        async with postgres.transaction(worker) as connection:
            await consumer.apply(connection, [first, second])
    assert await rows(worker, "documents") == []
    async with postgres.transaction(worker) as connection:
        assert await consumer.apply(connection, [first]) == {first.id: "view timeline: ValueError"}
    assert len(await rows(worker, "documents")) == 1


async def test_a_rebuild_empties_and_raises_the_generation(database: Database, worker: Pool) -> None:
    await apply(worker, "documents", Life(uuid4()).whole())
    before = await worker.fetchval("SELECT generation FROM views WHERE name = 'documents'")
    assert await rebuild(database.worker_dsn, "documents") == before + 1
    assert await rows(worker, "documents") == []
    with pytest.raises(NoSuchView, match="documents, timeline, messages"):
        await rebuild(database.worker_dsn, "views")
