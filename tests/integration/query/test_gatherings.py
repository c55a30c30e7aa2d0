"""集报 on real rows: which 出入库单 wait, since when, until when, and who may see it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from backbone.auth import Grant, Principal
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events.entry import DocumentVersion
from contracts.permissions import DOCUMENT_READ
from services.query.gatherings import gatherings
from services.query.projections import VIEWS
from tests.support.life import Life
from tests.support.receipts_bench import received

pytestmark = pytest.mark.anyio
FORM_NO = "A3105W26000001"
JANUARY = datetime(2026, 1, 15, 1, 0, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 3, 1, 0, tzinfo=UTC)
TODAY = date(2026, 2, 20)


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Pool]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=2)
    await pool.execute("TRUNCATE documents, timeline, messages")
    yield pool
    await pool.close()


def caller(tenant_id: UUID, **limits: frozenset[UUID]) -> Principal:
    grant = Grant(permissions=frozenset({DOCUMENT_READ}), **limits)
    return Principal("user-1", "示例录入员", tenant_id, (grant,), float("inf"))


async def apply(pool: Pool, *events: Sequence[DocumentVersion]) -> None:
    for each in events:
        async with postgres.transaction(pool) as connection:
            batch = [received(event, tenant_id=event.tenant_id) for event in each]
            await VIEWS["documents"].apply(connection, batch)


class Area:
    """One 区内企业 with its forms, bills, passes and 清单."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.enterprise_id = uuid4()
        self._number = 0

    def _life(self, kind: str, begin: datetime) -> Life:
        self._number += 1
        return Life(
            self.tenant_id,
            kind=kind,
            internal_no=f"{kind}-{self._number}",
            begin=begin,
            enterprise_id=self.enterprise_id,
        )

    def form(self) -> list[DocumentVersion]:
        life = self._life("business_form", JANUARY)
        head = {"business_type": "A", "valid_until": "20261231"}
        return [
            life.saved(1, head),
            life.progressed(2, "sending", "approved", numbers={"customs_no": FORM_NO}),
        ]

    def bill(self, customs_no: str, approved: datetime, **head: str) -> list[DocumentVersion]:
        """Approved in the minute after its save."""
        life = self._life("stock_bill", approved - timedelta(minutes=2))
        about = {
            "business_form_no": FORM_NO,
            "business_type": "A",
            "direction": "I",
            "area_code": "3105W60ABC",
        }
        numbers = {"customs_no": customs_no}
        return [
            life.saved(1, {**about, **head}),
            life.progressed(2, "sending", "approved", numbers=numbers),
        ]

    def marked(self, bill: list[DocumentVersion], **authority: str) -> list[DocumentVersion]:
        """The same, with what customs told of it later."""
        last = bill[-1]
        again = last.model_copy(update={"version": 3, "previous_state": "approved", "authority": authority})
        return [*bill, again]

    def voided(self, bill: list[DocumentVersion]) -> list[DocumentVersion]:
        last = bill[-1]
        return [
            *bill,
            last.model_copy(update={"version": 3, "previous_state": "approved", "state": "voided"}),
        ]

    def gate_pass(self, at: datetime, state: str, *numbers: str) -> list[DocumentVersion]:
        life = self._life("gate_pass", at - timedelta(minutes=2))
        linked = [{"linked_type": "2", "bill_no": number} for number in numbers]
        document = {"head": {"internal_no": life.about["internal_no"]}, "linked_documents": linked}
        return [
            life.saved(1, document=document),
            life.progressed(2, "approved", state),
        ]

    def inventory(self, state: str, *numbers: str) -> list[DocumentVersion]:
        life = self._life("inventory", FEBRUARY)
        bills = [{"stock_bill_no": number} for number in numbers]
        document = {"head": {"internal_no": life.about["internal_no"]}, "goods": [], "stock_bills": bills}
        return [
            life.saved(1, document=document),
            life.progressed(2, "draft", state),
        ]


async def found(app: Pool, who: Principal, **asked: object) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await gatherings(app, who, asked, TODAY))["items"]
    return items


async def test_the_clock_of_a_form(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    area = Area(tenant_id)
    await apply(
        worker,
        area.form(),
        area.bill("X1", JANUARY),
        area.bill("X2", FEBRUARY),
        area.bill("X3", JANUARY, business_type="G"),
        area.bill("X4", JANUARY)[:1],
        area.voided(area.bill("X5", JANUARY)),
    )
    [item] = await found(app, caller(tenant_id))
    assert (item["business_form_no"], item["bills"], item["being_gathered"]) == (FORM_NO, 2, 0)
    assert (item["earliest"], item["earliest_by"]) == (date(2026, 1, 15), "approval")
    assert (item["deadline"], item["days_left"], item["overdue"]) == (date(2026, 2, 28), 8, False)
    assert (item["direction"], item["area_code"]) == ("I", "3105W60ABC")
    assert item["form"]["state_label"] == "通过"
    assert item["form"]["valid_until"] == "20261231"
    late = await gatherings(app, caller(tenant_id), {}, date(2026, 3, 1))
    assert (late["items"][0]["days_left"], late["items"][0]["overdue"]) == (-1, True)
    assert (await gatherings(app, caller(tenant_id), {"overdue": False}, date(2026, 3, 1)))["items"] == []


async def test_gathered_bills_leave_it(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    area = Area(tenant_id)
    await apply(
        worker,
        area.marked(area.bill("X1", JANUARY), gathered_mark="2"),
        area.marked(area.bill("X2", JANUARY), related_inventory_no="QD310526I000000001"),
        area.marked(area.bill("X3", FEBRUARY), gathered_mark="1"),
        # Taken in by a 清单 customs agreed to, of which the bill's own receipt is still missing.
        area.bill("X4", JANUARY),
        area.inventory("pre_deducted", "X4"),
    )
    [item] = await found(app, caller(tenant_id))
    assert (item["bills"], item["earliest"], item["form"]) == (1, date(2026, 2, 3), None)
    # A 清单 under way does not stop the clock, and one that was deleted takes nothing in.
    await apply(worker, area.inventory("manual_review", "X3"))
    [item] = await found(app, caller(tenant_id))
    assert (item["bills"], item["being_gathered"]) == (1, 1)
    assert item["deadline"] == date(2026, 3, 31)
    await apply(worker, area.bill("X6", FEBRUARY), area.inventory("deleted", "X6"))
    [item] = await found(app, caller(tenant_id))
    assert (item["bills"], item["being_gathered"]) == (2, 1)


async def test_the_gate_starts_the_clock(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    area = Area(tenant_id)
    await apply(
        worker,
        area.bill("X1", JANUARY),
        area.gate_pass(FEBRUARY, "passed", "X1", "ELSEWHERE"),
        area.gate_pass(JANUARY, "gate_refused", "X1"),
    )
    [item] = await found(app, caller(tenant_id))
    assert (item["earliest"], item["earliest_by"]) == (date(2026, 2, 3), "gate")
    assert item["deadline"] == date(2026, 3, 31)
    # Of several cars the first counts.
    await apply(worker, area.gate_pass(JANUARY + timedelta(days=2), "passed_second", "X1"))
    [item] = await found(app, caller(tenant_id))
    assert (item["earliest"], item["deadline"]) == (date(2026, 1, 17), date(2026, 2, 28))


async def test_a_day_is_a_day_of_shanghai(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    area = Area(tenant_id)
    # 00:10 of the 1st of February in Shanghai.
    await apply(worker, area.bill("X1", datetime(2026, 1, 31, 16, 10, tzinfo=UTC)))
    [item] = await found(app, caller(tenant_id))
    assert (item["earliest"], item["deadline"]) == (date(2026, 2, 1), date(2026, 3, 31))


async def test_a_bill_taken_over_counts_from_when_it_was(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id, kind="stock_bill", begin=JANUARY)
    head = {"business_form_no": FORM_NO, "business_type": "A", "direction": "E"}
    await apply(worker, [life.adopted(1, "approved", head, numbers={"customs_no": "X1"})])
    [item] = await found(app, caller(tenant_id))
    assert (item["bills"], item["earliest"]) == (1, date(2026, 1, 15))
    again = life.adopted(2, "approved", {**head, "gathered_mark": "2"}, numbers={"customs_no": "X1"})
    await apply(worker, [again])
    assert await found(app, caller(tenant_id)) == []


async def test_only_what_lies_within_the_grants(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    mine, other, stranger = Area(tenant_id), Area(tenant_id), Area(uuid4())
    await apply(
        worker,
        other.form(),
        mine.bill("X1", FEBRUARY),
        other.bill("X2", JANUARY),
        other.bill("X3", JANUARY, business_form_no="A3105W26000002"),
        stranger.bill("X4", JANUARY),
        stranger.inventory("deducted", "X1", "X2"),
    )
    everything = await found(app, caller(tenant_id))
    assert [(item["business_form_no"][-1], item["enterprise_id"]) for item in everything] == [
        ("1", other.enterprise_id),
        ("2", other.enterprise_id),
        ("1", mine.enterprise_id),
    ]
    [item] = await found(app, caller(tenant_id, enterprises=frozenset({mine.enterprise_id})))
    assert (item["enterprise_id"], item["bills"], item["form"]) == (mine.enterprise_id, 1, None)
    assert await found(app, caller(tenant_id, teams=frozenset({uuid4()}))) == []
    assert await found(app, Principal("user-1", "示例", tenant_id, (), float("inf"))) == []
    assert len(await found(app, caller(tenant_id), enterprise_id=other.enterprise_id)) == 2
    assert len(await found(app, caller(tenant_id), business_form_no=FORM_NO)) == 2
    limited = await gatherings(app, caller(tenant_id), {"limit": 1}, TODAY)
    assert (len(limited["items"]), limited["total"]) == (1, 3)
