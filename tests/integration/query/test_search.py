"""Substring search: what is found, by whom, by which index, and within which bounds."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from backbone.migrate import Database
from contracts.events.entry import DocumentVersion
from customs.documents import KINDS
from customs.sheets.reading import Book
from services.query import search, search_text
from services.query.projections import VIEWS
from services.query.rebuild import rebuild
from tests.support.entry_service import refused
from tests.support.life import Life
from tests.support.query_views import Views

pytestmark = pytest.mark.anyio
URL = KINDS["inventory"].url


def saved(
    tenant_id: UUID, internal_no: str, goods: Any = (), kind: str = "inventory", **head: Any
) -> DocumentVersion:
    life = Life(tenant_id, internal_no=internal_no, kind=kind)
    document = {"head": {"internal_no": internal_no, **head}, "goods": [*goods]}
    return life.saved(document=document)


async def found(query: Views, text: str, url: str = URL, **more: Any) -> set[str]:
    page = await query.get(url, q=text, **more)
    return {item["internal_no"] for item in page["items"]}


async def test_every_text_of_a_document_finds_it(query: Views) -> None:
    goods = [
        {
            "material_no": "MAT-0815",
            "hs_code": "8542310000",
            "name": "集成电路（存储器）",
            "specification": "4GB|无品牌",
        },
        {"material_no": "MAT-0816", "name": "印刷电路板", "remark": "易碎"},
    ]
    await query.tell(
        [
            saved(
                query.tenant_id, "NB-2026-001", goods, operating_name="示例保税物流有限公司", remark="加急"
            ),
            saved(query.tenant_id, "NB-2026-002", [{"name": "棉布"}], operating_name="样板纺织厂ＡＢ"),
            saved(query.tenant_id, "P-1", kind="gate_pass", vehicle_no="浙B·12345"),
            saved(uuid4(), "OTHER-1", goods),
        ]
    )
    one = {"NB-2026-001"}
    for text in (
        "电路",
        "集成电路",
        "存储",
        "成电路(存",
        "08-15",
        "854231",
        "保税物流",
        "加急",
        "易碎",
        "4gb",
        "２０２６－００１",
    ):
        assert await found(query, text) == one, text
    assert await found(query, "nb2026") == {"NB-2026-001", "NB-2026-002"}
    assert await found(query, "厂ab") == {"NB-2026-002"}
    assert await found(query, "电路 物流") == one
    assert await found(query, "电路 纺织") == set()
    # Neither across values, nor by a hash that only looks alike.
    assert await found(query, "品牌MAT") == set()
    assert await found(query, "浙b12", KINDS["gate_pass"].url) == {"P-1"}
    assert await found(query, "浙B12") == set(), "of this kind alone"
    assert await found(query, "电路", state="returned") == set()
    counts = await query.get(f"{URL}/counts", q="电路")
    assert counts["total"] == 1
    answered = await query.client.get(f"/v1/{URL}/list.xlsx", params={"q": "电路"})
    book = Book(answered.content)
    assert sum(1 for _ in book.rows(book.sheets[0])) == 2
    stranger = query.client_of(uuid4())
    assert (await stranger.get(f"/v1/{URL}", params={"q": "电路"})).json()["items"] == []


async def test_one_character_is_refused_with_the_reason(query: Views) -> None:
    for text in ("电", "电路 板", "（）", "a-", "", "词" * 33, "一二 三四 五六 七八 九十 甲乙 丙丁"):
        problems = refused(await query.client.get(f"/v1/{URL}", params={"q": text}), 422, "invalid_request")[
            "errors"
        ]
        assert [each["pointer"] for each in problems] == ["/q"], text
        assert "2至32个字" in problems[0]["message"]


async def test_numbers_come_with_receipts_and_content_with_edits(query: Views) -> None:
    life = Life(query.tenant_id, internal_no="N-1")
    document = {"head": {"internal_no": "N-1"}, "goods": [{"name": "集成电路"}]}
    await query.tell([life.saved(document=document)])
    numbers = {"seq_no": "202600000000000123", "customs_no": "QD310526I000000777"}
    await query.tell([life.progressed(2, "sending", "pre_deducted", numbers=numbers)])
    assert await found(query, "I000000777") == {"N-1"}
    assert await found(query, "电路") == {"N-1"}
    changed = {"head": {"internal_no": "N-1"}, "goods": [{"name": "印刷品"}]}
    await query.tell([life.saved(3, document=changed, state="pre_deducted", numbers=numbers)])
    assert await found(query, "电路") == set()
    assert await found(query, "印刷 000777") == {"N-1"}
    await query.tell([life.deleted(4)])
    assert await found(query, "印刷") == set()


async def test_waiting_for_a_write_waits_for_every_view_the_answer_rests_on(query: Views) -> None:
    bill = saved(query.tenant_id, "W-1", [{"name": "集成电路"}], kind="stock_bill")
    await query.tell([bill], "documents")
    wait_for = {"wait-for": f"{bill.document_id}@1"}

    async def stale(path: str, **params: str) -> bool:
        answered = await query.client.get(f"/v1/{path}", params=params, headers=wait_for)
        return bool(answered.json()["stale"])

    related = f"stock-bills/{bill.document_id}/relations"
    timeline = f"stock-bills/{bill.document_id}/timeline"
    makeable = "makeable/stock-bills/gate-passes"
    assert not await stale("stock-bills")
    assert await stale("stock-bills", q="电路")
    assert await stale(related) and await stale(makeable) and await stale(timeline)
    await query.tell([bill])
    await query.tell([bill], "timeline")
    assert not await stale("stock-bills", q="电路")
    assert not await stale(related) and not await stale(makeable) and not await stale(timeline)


async def test_a_status_change_does_not_touch_the_text(query: Views) -> None:
    life = Life(query.tenant_id)
    events = life.whole()
    await query.tell(events[:5])
    before = await query.worker.fetchval("SELECT xmin::text || ctid::text FROM searchable")
    await query.tell(events[5:])
    assert await query.worker.fetchval("SELECT xmin::text || ctid::text FROM searchable") == before


async def test_the_index_is_used_under_row_level_security(query: Views) -> None:
    await query.tell([saved(query.tenant_id, f"X-{n:03d}", [{"name": "集成电路"}]) for n in range(50)])
    wanted = search_text.grams(query.tenant_id, "inventory", "电路")
    patterns = [search_text.pattern("电路")]
    async with postgres.tenant_transaction(query.app, query.tenant_id) as connection:
        role = await connection.fetchval("SELECT current_user")
        assert role.endswith("_app")
        scans = "SELECT pg_stat_get_xact_numscans('searchable_grams'::regclass)"
        assert await connection.fetchval(scans) == 0
        assert len(await connection.fetch("SELECT found_documents($1, $2, 100)", wanted, patterns)) == 50
        assert await connection.fetchval(scans) == 1
        # Why the function is there: the same condition of the role itself may not use the index.
        await connection.execute("SET LOCAL enable_seqscan = off")
        plan = await connection.fetch(
            "EXPLAIN SELECT document_id FROM searchable WHERE (number_grams || content_grams) @> $1", wanted
        )
        assert not any("searchable_grams" in row[0] for row in plan)
    async with postgres.tenant_transaction(query.app, uuid4()) as connection:
        assert await connection.fetch("SELECT found_documents($1, $2, 100)", wanted, patterns) == []
    assert await query.app.fetch("SELECT found_documents($1, $2, 100)", wanted, patterns) == []


async def test_many_are_found_by_walking_the_list(query: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("集成电路", "棉布")
    await query.tell([saved(query.tenant_id, f"M-{n:03d}", [{"name": names[n % 2]}]) for n in range(40)])
    few = await query.get(URL, q="电路", limit=7)
    monkeypatch.setattr(search, "FEW", 5)
    seen: list[str] = []
    page = await query.get(URL, q="电路", limit=7)
    assert page["items"] == few["items"]
    seen += [item["internal_no"] for item in page["items"]]
    while page["next_cursor"]:
        page = await query.get(URL, q="电路", limit=7, cursor=page["next_cursor"])
        seen += [item["internal_no"] for item in page["items"]]
    assert sorted(seen) == [f"M-{n:03d}" for n in range(0, 40, 2)]
    assert (await query.get(f"{URL}/counts", q="电路"))["total"] == 20


async def test_a_search_that_takes_too_long_says_what_to_do(
    query: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    await query.tell([saved(query.tenant_id, "S-1", [{"name": "集成电路"}])])
    monkeypatch.setattr(search, "_FOUND", "SELECT found_documents($1, $2, $3) FROM pg_sleep(20)")
    monkeypatch.setattr(search, "SECONDS", 1)
    problem = refused(await query.client.get(f"/v1/{URL}", params={"q": "电路"}), 422, "search_too_broad")
    assert "更长" in problem["hint"]
    # The connection is as good as before.
    assert (await query.get(URL))["items"]


async def test_ten_thousand_lines_within_bounds_and_beyond_them_it_is_told(
    query: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = [{"line_no": n, "material_no": f"MAT{n:08d}", "name": f"商品{n % 50}号"} for n in range(10_000)]
    await query.tell([saved(query.tenant_id, "LONG-1", goods)])
    page = await query.get(URL, q="MAT00009999")
    assert [item["internal_no"] for item in page["items"]] == ["LONG-1"]
    assert page["search"] == {"searched_characters": 200_000, "not_wholly_searched": 0}
    monkeypatch.setattr(search_text, "MOST_CHARACTERS", 1_000)
    await query.tell([saved(query.tenant_id, "LONG-2", goods)])
    page = await query.get(URL, q="LONG2")
    assert page["search"]["not_wholly_searched"] == 1
    assert await found(query, "MAT00009999") == {"LONG-1"}


@pytest.mark.parametrize("view", ["searchable", "relations", "contents"])
async def test_order_and_repetition_change_nothing(query: Views, view: str) -> None:
    lives = [Life(query.tenant_id, internal_no=f"S-{n}", kind="stock_bill") for n in range(4)]
    events = [event for life in lives[:2] for event in life.whole()]
    head = {"direction": "E", "business_form_no": "A3105W26000001"}
    events += [*lives[2].with_rounds(), lives[3].adopted(1, "approved", head)]
    await query.tell(events, view)
    wanted = await query.rows(view)
    assert len({row["document_id"] for row in wanted}) == len(lives)
    for seed in range(8):
        assert await query.again(view, events, seed) == wanted, f"seed {seed}"


async def test_a_rebuild_empties_each_of_them(query: Views, database: Database) -> None:
    events = Life(query.tenant_id, kind="stock_bill").whole()
    await query.tell(events)
    for view in ("searchable", "relations", "contents"):
        before = await query.rows(view)
        generation = await query.worker.fetchval("SELECT generation FROM views WHERE name = $1", view)
        assert await rebuild(database.worker_dsn, view) == generation + 1
        assert await query.rows(view) == []
        await query.tell(events, view)
        assert await query.rows(view) == before
    assert VIEWS.keys() == {row["name"] for row in await query.worker.fetch("SELECT name FROM views")}
