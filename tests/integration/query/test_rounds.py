"""What lists, counts and timelines show of rounds, reviews, attachments and documents that were taken over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from backbone.auth import Grant, Principal
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.events import EVENT_TYPES, Event
from contracts.events.entry import DocumentReviewed, DocumentVersion, RoundOpened
from contracts.permissions import DOCUMENT_READ, MESSAGE_READ
from customs.documents import KINDS
from customs.singlewindow.forms import receipt_types
from services.query import conditions, lists, one_document
from services.query.kind_facts import told_fields
from services.query.projections import VIEWS
from tests.support.life import ACTOR, BEGIN, REVIEWER, SHA, Life
from tests.support.receipts_bench import received

pytestmark = pytest.mark.anyio
INVENTORY = KINDS["inventory"]


@pytest.fixture
async def worker(database: Database) -> AsyncIterator[Pool]:
    pool = await postgres.create_pool(database.worker_dsn, name="test", max_size=2)
    await pool.execute("TRUNCATE documents, timeline, messages")
    yield pool
    await pool.close()


def caller(tenant_id: UUID, **limits: frozenset[UUID]) -> Principal:
    grant = Grant(permissions=frozenset({DOCUMENT_READ}), **limits)
    return Principal("user-1", "示例录入员", tenant_id, (grant,), float("inf"))


async def apply(pool: Pool, events: Sequence[Event]) -> None:
    async with postgres.transaction(pool) as connection:
        batch = [received(event, tenant_id=event.model_dump()["tenant_id"]) for event in events]
        for view in ("documents", "timeline"):
            await VIEWS[view].apply(connection, batch)


async def shown(app: Pool, life: Life, **asked: object) -> dict[str, Any]:
    tenant_id = UUID(str(life.about["tenant_id"]))
    kind = KINDS[str(life.about["kind"])]
    page = await lists.listing(app, caller(tenant_id), kind, asked)
    [item] = page["items"]
    return dict(item)


def at(minute: int) -> datetime:
    return BEGIN + timedelta(minutes=minute)


async def test_a_list_row_through_rounds(worker: Pool, app: Pool) -> None:
    """Version by version: the approved version stays what it is until customs agrees."""
    life = Life(uuid4())
    seen: dict[int, dict[str, Any]] = {}
    for event in life.with_rounds():
        await apply(worker, [event])
        seen[event.version] = await shown(app, life)
    assert (seen[1]["system"], seen[1]["attachments"], seen[1]["review"]) == ("Z8", 0, None)
    assert (seen[2]["attachments"], seen[13]["attachments"]) == (1, 0)
    assert [seen[version]["review"] for version in (3, 4, 5)] == ["requested", "approved", None]
    assert seen[7]["open_round"] == {
        "round_no": 2,
        "purpose": "change",
        "state": "draft",
        "label": "变更：草稿",
    }
    assert seen[10]["open_round"]["label"] == "变更：退单"
    assert {seen[version]["state"] for version in range(7, 16)} == {"pre_deducted"}
    # The working copy of the change is shown while it is open; withdrawing brings the approved version back.
    assert [(seen[v]["direction"], seen[v]["lines"]) for v in (7, 8, 9, 10)] == [
        ("I", 1),
        ("E", 2),
        ("E", 2),
        ("E", 2),
    ]
    assert (seen[11]["direction"], seen[11]["lines"], seen[11]["open_round"]) == ("I", 1, None)
    assert seen[15]["open_round"]["label"] == "删除：发送中"
    assert (seen[6]["approved_at"], seen[6]["state_since"]) == (at(6) - timedelta(seconds=30),) * 2
    assert seen[15]["approved_at"] == seen[15]["state_since"] == seen[6]["approved_at"]


async def test_an_answer_that_puts_another_content_in_its_place_is_shown(worker: Pool, app: Pool) -> None:
    """A withdrawn change was granted after all."""
    life = Life(uuid4())
    events = life.with_rounds()[:11]
    sent = next(e for e in events if getattr(e, "purpose", "") == "change").model_dump()["document"]
    await apply(worker, events)
    before = await shown(app, life)
    await apply(worker, [life.progressed(12, "pre_deducted", "pre_deducted", document=sent)])
    after = await shown(app, life)
    assert (before["direction"], after["direction"], after["lines"]) == ("I", "E", len(sent["goods"]))


async def test_asking_for_receipts_again_moves_nothing(worker: Pool, app: Pool) -> None:
    life = Life(uuid4())
    authority = {"deduction_mark": "1", "gate_status": "1"}
    told: dict[str, Any] = {"needs_operator": True, "notes": ["note"], "authority": authority}
    await apply(worker, life.whole())
    await apply(worker, [life.progressed(8, "deducted", "deducted", **told)])
    before = await shown(app, life)
    assert (before["needs_operator"], before["deduction_mark"], before["attempt_no"]) == (True, "1", 2)
    await apply(worker, [life.asked_again(9, "deducted", 3)])
    after = await shown(app, life)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"version", "updated_at", "seq_no"}


async def test_what_receipts_told_outlasts_a_later_round(worker: Pool, app: Pool) -> None:
    life = Life(uuid4())
    events = life.with_rounds()
    told = life.progressed(6, "sending", "pre_deducted", authority={"deduction_mark": "1"}, system="Z8")
    await apply(worker, [*events[:5], told, *events[6:9]])
    item = await shown(app, life)
    assert (item["deduction_mark"], item["labels"]["deduction_mark"]) == ("1", "预核扣")
    assert (item["attempt_no"], item["declared_at"]) == (2, at(9))
    # A new filing starts without the marks of the former one.
    await apply(worker, [life.event("declared", 16, "sending", attempt_id=uuid4(), attempt_no=5)])
    assert (await shown(app, life))["deduction_mark"] is None


async def test_a_document_taken_over_is_listed(worker: Pool, app: Pool) -> None:
    life = Life(uuid4(), kind="stock_bill", internal_no="OUTSIDE-1")
    numbers = {"seq_no": "202600000000000001", "customs_no": "X3105I26011500001", "change_count": 2}
    head = {"business_form_no": "A3105W26000001", "gathered_mark": "2"}
    await apply(worker, [life.adopted(1, "approved", head, numbers=numbers, system="Z7")])
    item = await shown(app, life, gathered_mark="2", system="Z7")
    assert (item["customs_no"], item["seq_no"], item["change_count"]) == (
        numbers["customs_no"],
        numbers["seq_no"],
        2,
    )
    assert (item["created_at"], item["lines"], item["state_label"]) == (BEGIN, 1, "通过")
    assert (item["gathered_mark"], item["labels"]["gathered_mark"]) == ("2", "已集报")
    found = await one_document.timeline(
        app, caller(UUID(str(life.about["tenant_id"]))), KINDS["stock_bill"], life.document_id
    )
    assert found["items"][0]["text"] == "接管单证（在官方页面申报）"
    assert found["items"][0]["actor"] == ACTOR


async def test_the_timeline_says_every_event_in_words(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    life = Life(tenant_id)
    refused = life.told(
        DocumentReviewed,
        16,
        "pre_deducted",
        action="rejected",
        comment="金额不符",
        reviewed_by=REVIEWER,
        review={"status": "rejected", "round_no": 3, "sha256": SHA, "by": REVIEWER},
    )
    recalled = life.told(DocumentReviewed, 17, "pre_deducted", action="recalled", reviewed_by=ACTOR)
    events = [*life.with_rounds(), refused, recalled, life.deleted(18)]
    await apply(worker, events)
    found = await one_document.timeline(app, caller(tenant_id), INVENTORY, life.document_id)
    assert [entry["text"] for entry in found["items"]] == [
        "保存",
        "添加随附单据：发票.pdf",
        "提交复核",
        "复核通过（已核对）",
        "下达申报（第1次发送）",
        "海关答复",
        "开始变更（原因：数量有误）",
        "保存",
        "下达变更申报（第2次发送）",
        "海关答复",
        "撤回变更",
        "请求补发回执（第3次发送）",
        "删除随附单据：发票.pdf",
        "开始删除（原因：重复申报）",
        "下达删除申报（第4次发送）",
        "复核不通过（金额不符）",
        "撤回复核",
        "删除草稿",
    ]
    by_version = {entry["version"]: entry for entry in found["items"]}
    assert by_version[10]["open_round"]["label"] == "变更：退单"
    assert by_version[11]["round"]["label"] == "变更：退单"
    assert by_version[2]["attachment"]["size"] == 1024
    assert by_version[4]["actor"] == REVIEWER
    told = {type(event).type for event in [*events, life.adopted(19, "draft", {})]}
    every = {name for name, event in EVENT_TYPES.items() if issubclass(event, DocumentVersion)}
    assert told | {"document.staged.v1"} == every, "an event without words"


async def test_rounds_are_named_as_the_kind_calls_them(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    for kind in KINDS.values():
        for number, (purpose, spec) in enumerate(kind.life.rounds.items(), 2):
            life = Life(tenant_id, kind=kind.name, internal_no=f"{kind.name}-{number}")
            opened = {"round_no": number, "purpose": purpose.value, "state": "manual_review"}
            await apply(
                worker,
                [
                    life.told(
                        RoundOpened,
                        1,
                        "approved",
                        round=opened,
                        open_round=opened,
                        reason="原因",
                        opened_by=ACTOR,
                    )
                ],
            )
            item = await shown(app, life, internal_no=f"{kind.name}-{number}")
            assert item["open_round"]["label"] == f"{spec.label}：转人工"
            assert item["state_label"] == kind.life.states["approved"].label
            text = (await one_document.timeline(app, caller(tenant_id), kind, life.document_id))["items"][0][
                "text"
            ]
            assert text == f"开始{spec.label}（原因：原因）"


async def test_conditions_of_rounds_reviews_and_dates(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    change = Life(tenant_id, internal_no="CHANGE")
    cancellation = Life(tenant_id, internal_no="CANCEL")
    plain = Life(tenant_id, internal_no="PLAIN", begin=BEGIN + timedelta(days=1))
    settled = Life(tenant_id, internal_no="SETTLED", begin=BEGIN + timedelta(days=2))
    deducted = {"authority": {"deduction_mark": "2", "deducted_at": "2026-01-18T09:00:00"}}
    await apply(
        worker,
        [
            *change.with_rounds()[:10],
            *cancellation.with_rounds(),
            *plain.with_rounds()[:3],
            settled.saved(1, system="Z7"),
            settled.event("declared", 2, "sending", attempt_id=uuid4()),
            settled.progressed(3, "sending", "deducted", **deducted),
        ],
    )

    async def found(**asked: object) -> set[str]:
        page = await lists.listing(app, caller(tenant_id), INVENTORY, asked)
        return {item["internal_no"] for item in page["items"]}

    assert await found(round="open") == {"CHANGE", "CANCEL"}
    assert await found(round="none") == {"PLAIN", "SETTLED"}
    assert await found(round="change") == {"CHANGE"}
    assert await found(round="cancellation") == {"CANCEL"}
    assert await found(round_state=["returned", "manual_review"]) == {"CHANGE"}
    assert await found(review="requested") == {"PLAIN"}
    assert await found(review="rejected") == set()
    assert await found(system="Z8") == {"CHANGE", "CANCEL", "PLAIN"}
    assert await found(settled=True) == {"SETTLED"}
    assert await found(settled=False) == {"CHANGE", "CANCEL", "PLAIN"}
    assert await found(deduction_mark="2") == {"SETTLED"}
    assert await found(approved_from="20260117") == {"SETTLED"}
    assert await found(approved_to="20260116") == {"CHANGE", "CANCEL"}
    # 01:00 UTC is 09:00 of the same day in Shanghai; days are Shanghai's.
    assert await found(declared_from="20260117", declared_to="20260117") == {"SETTLED"}
    item = await shown(app, settled, settled=True)
    assert (item["settled"], item["deducted_at"]) == (True, "2026-01-18T09:00:00")


async def test_days_are_days_of_shanghai(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    # 15:58 UTC is still the 15th in Shanghai, 16:00 is the 16th.
    late = Life(tenant_id, internal_no="LATE", begin=BEGIN.replace(hour=15, minute=53))
    next_day = Life(tenant_id, internal_no="NEXT", begin=BEGIN.replace(hour=15, minute=55))
    await apply(worker, [*late.with_rounds()[:5], *next_day.with_rounds()[:5]])

    async def found(**asked: object) -> set[str]:
        page = await lists.listing(app, caller(tenant_id), INVENTORY, asked)
        return {item["internal_no"] for item in page["items"]}

    assert await found(declared_to="20260115") == {"LATE"}
    assert await found(declared_from="20260116") == {"NEXT"}


async def test_counts_are_those_of_the_list(worker: Pool, app: Pool) -> None:
    tenant_id, enterprise_id = uuid4(), uuid4()
    lives = [
        Life(tenant_id, internal_no=f"S-{n}", enterprise_id=enterprise_id if n < 3 else None)
        for n in range(6)
    ]
    await apply(worker, [event for life in lives[:2] for event in life.whole()])
    await apply(worker, [event for life in lives[2:4] for event in life.with_rounds()])
    await apply(worker, lives[4].with_rounds()[:3])
    await apply(worker, [lives[5].saved(1), lives[5].deleted(2)])
    # Of another tenant, and of another kind.
    await apply(worker, [Life(uuid4()).saved(), Life(tenant_id, kind="vehicle").saved()])
    found = await lists.counts(app, caller(tenant_id), INVENTORY, {})
    assert found["total"] == 5
    assert found["states"] == [
        {"state": "draft", "label": "草稿", "count": 1},
        {"state": "pre_deducted", "label": "预核扣", "count": 2},
        {"state": "deducted", "label": "已核扣", "count": 2},
    ]
    assert found["open_rounds"] == [
        {"purpose": "change", "label": "变更", "count": 0},
        {"purpose": "cancellation", "label": "删除", "count": 2},
    ]
    assert (found["overdue"], found["needs_operator"], found["review_requested"]) == (2, 0, 1)
    narrowed = await lists.counts(app, caller(tenant_id), INVENTORY, {"state": ["deducted"]})
    assert narrowed["total"] == 2
    within = caller(tenant_id, enterprises=frozenset({enterprise_id}))
    assert (await lists.counts(app, within, INVENTORY, {}))["total"] == 3
    nobody = Principal("user-1", "示例录入员", tenant_id, (), float("inf"))
    assert (await lists.counts(app, nobody, INVENTORY, {}))["total"] == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: str(kind.name))
async def test_every_condition_of_every_kind_is_understood(worker: Pool, app: Pool, kind: Any) -> None:
    """Each alone finds nothing among documents that have none of it, and does not fail."""
    tenant_id = uuid4()
    life = Life(tenant_id, kind=kind.name)
    await apply(worker, [life.saved(1, dict.fromkeys(kind.conditions, "x"))])
    found = await shown(app, life)
    assert set(kind.listed) <= found.keys()
    samples: dict[str, object] = {"date": "20260101", "date-time": BEGIN, "uuid": uuid4()}
    plain: set[str] = set()
    for parameter in conditions.narrowing(kind):
        schema = dict(parameter.schema)
        value = samples.get(str(schema.get("format")))
        if parameter.name.endswith(("_from", "_to")):
            value = "20991231" if parameter.name.endswith("_from") else "20000101"
        elif parameter.name == "updated_since":
            value = BEGIN + timedelta(days=1)
        elif schema.get("type") == "boolean":
            value = True
        elif value is None:
            choices = schema.get("enum")
            value = choices[-1] if isinstance(choices, list) else parameter.read("none-such")
        page = await lists.listing(
            app, caller(tenant_id), kind, {parameter.name: [value] if parameter.many else value}
        )
        if page["items"]:
            plain.add(parameter.name)
    assert not plain, "conditions that do not narrow"
    own = set(kind.conditions) - {parameter.name for parameter in conditions.narrowing(kind)}
    assert not own


async def test_messages_of_every_type_are_kept(worker: Pool, app: Pool) -> None:
    tenant_id = uuid4()
    may = Grant(permissions=frozenset({DOCUMENT_READ, MESSAGE_READ}))
    reader = Principal("user-1", "示例录入员", tenant_id, (may,), float("inf"))
    for kind in KINDS.values():
        life = Life(tenant_id, kind=kind.name)
        types = ["CommonResponeMessage", *receipt_types(kind)]
        uploads = [
            life.signed("<a/>", attempt_id=uuid4(), message_type=name)
            for name in (kind.upload_type, "INV141")
        ]
        receipts = [life.receipt(f"<{name}/>", SHA, message_type=name) for name in types]
        await apply(worker, [life.saved()])
        async with postgres.transaction(worker) as connection:
            told = [received(event, tenant_id=tenant_id) for event in (*uploads, *receipts)]
            await VIEWS["messages"].apply(connection, told)
        found = (await one_document.messages(app, reader, kind, life.document_id))["items"]
        assert sorted(item["message_type"] for item in found) == sorted([kind.upload_type, "INV141", *types])
        assert {item["direction"] for item in found if item["message_type"] == "INV141"} == {"upload"}
        _, text = await one_document.message(app, reader, receipts[-1].raw_id)
        assert text.decode() == f"<{types[-1]}/>"


def test_no_field_of_a_kind_hides_a_column_of_the_list() -> None:
    columns = {"id", "kind", "version", "state", "open_round", "review", "system", "lines", "attachments"}
    columns |= {"labels", "notes", "overdue", "settled", "deducted_at", "attempt_no", "approved_at"}
    for kind in KINDS.values():
        assert not columns & ({*kind.listed} | told_fields(kind.name).keys()), kind.name
