"""Under row-level security, as the application asks: lists and counts take the index made for them, in a table worth an index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from backbone import postgres
from backbone.auth import Grant, Principal
from backbone.migrate import Database
from backbone.postgres import Pool
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS
from services.query import conditions, lists, search
from services.query.search_text import grams, words

pytestmark = pytest.mark.anyio
TENANTS = [uuid4() for _ in range(4)]
FIRMS = [uuid4() for _ in range(4)]
_FILL = """
INSERT INTO documents (document_id, tenant_id, kind, enterprise_id, internal_no, version, state, customs_no, change_count,
  updated_at, content_version, listed, lines, created_version, declared_version, attempt_no, standing_version, deadline_at,
  needs_operator, notes, authority, review)
SELECT gen_random_uuid(), ($1::uuid[])[1 + n % 4], 'inventory', ($2::uuid[])[1 + n % 4], 'B-' || n, 1,
  CASE WHEN n % 20 = 0 THEN 'returned' ELSE 'deducted' END, 'QD' || n, 0, now() - n * interval '1 minute', 1,
  jsonb_build_object('filler', repeat('x', 600)) || $3::jsonb || jsonb_build_object('book_no', 'T' || n % 3000), 1, 1, 1, 1, 1,
  CASE WHEN n % 50 = 0 THEN now() - interval '1 day' END, n % 400 = 1, '{}', '{}', CASE WHEN n % 300 = 1 THEN 'requested' END
FROM generate_series(1, 20000) AS n
"""

COMMON = "示例有限公司"
_TEXTS = """
INSERT INTO searchable (document_id, tenant_id, kind, numbers, number_grams, content_version, digest, content, content_grams, cut)
SELECT document_id, tenant_id, kind, '{}', '{}', 1, '', $2, $3, false FROM documents WHERE tenant_id = $1
"""


@pytest.fixture(scope="module")
async def app(database: Database) -> AsyncIterator[Pool]:
    worker = await postgres.connect(database.worker_dsn, name="test")
    await worker.execute(_FILL, TENANTS, FIRMS, dict.fromkeys(conditions.SOUGHT, "T0"))
    pairs = grams(TENANTS[0], "inventory", COMMON)
    await worker.execute(_TEXTS, TENANTS[0], COMMON, pairs)
    await worker.close()
    owner = await postgres.connect(database.owner_dsn, name="test")
    await owner.execute("VACUUM (ANALYZE) documents, searchable")
    await owner.close()
    pool = await postgres.create_pool(database.app_dsn, name="test", max_size=1)
    yield pool
    await pool.close()


async def plan(pool: Pool, tenant_id: UUID, asked: dict[str, object], statement: str, grant: Grant) -> str:
    caller = Principal("user-1", "示例录入员", tenant_id, (grant,), float("inf"))
    arguments: list[object] = []
    condition = conditions.where(KINDS["inventory"], caller, asked, arguments)
    async with postgres.tenant_transaction(pool, tenant_id) as connection:
        rows = await connection.fetch(f"EXPLAIN {statement.format(condition=condition)}", *arguments)
    return "\n".join(row[0] for row in rows)


EVERYTHING = Grant(permissions=frozenset({DOCUMENT_READ}))
SOME_FIRMS = Grant(permissions=frozenset({DOCUMENT_READ}), enterprises=frozenset(FIRMS[:2]))
_PAGE = "SELECT * FROM documents WHERE {condition} ORDER BY updated_at DESC, document_id DESC LIMIT 51"
_COUNTS = lists._COUNTS


@pytest.mark.parametrize(
    ("asked", "statement", "grant", "wanted"),
    [
        ({}, _COUNTS, EVERYTHING, "Index Only Scan using documents_counted"),
        ({}, _COUNTS, SOME_FIRMS, "Index Only Scan using documents_counted"),
        ({"state": ["returned"]}, _COUNTS, EVERYTHING, "Index Only Scan using documents_counted"),
        ({}, _PAGE, EVERYTHING, "Index Scan using documents_by_time"),
        ({}, _PAGE, SOME_FIRMS, "Index Scan using documents_by_time"),
        ({"needs_operator": True}, _PAGE, EVERYTHING, "documents_for_operators"),
        ({"review": "requested"}, _PAGE, EVERYTHING, "documents_in_review"),
        ({"internal_no": "B-19"}, _PAGE, EVERYTHING, "documents_by_internal_no"),
        ({"book_no": "T1600"}, _PAGE, EVERYTHING, "documents_by_book_no"),
        ({"operating_code": "3105"}, _PAGE, EVERYTHING, "documents_by_operating_code"),
        ({"customs_no": "QD77"}, _PAGE, EVERYTHING, "documents_by_customs_no"),
    ],
)
async def test_the_index_is_taken(
    app: Pool, asked: dict[str, object], statement: str, grant: Grant, wanted: str
) -> None:
    found = await plan(app, TENANTS[0], asked, statement, grant)
    assert wanted in found, found


async def test_a_page_of_a_common_word_is_walked_in_its_order(app: Pool) -> None:
    """All 5,000 documents have it: 51 texts are looked at, not 5,000."""
    caller = Principal("user-1", "示例录入员", TENANTS[0], (EVERYTHING,), float("inf"))
    kind, asked, arguments = KINDS["inventory"], {"q": words(COMMON[2:4])}, list[object]()
    condition = conditions.where(kind, caller, asked, arguments)
    async with postgres.tenant_transaction(app, TENANTS[0]) as connection:
        condition += await search.condition(connection, caller, kind, asked, arguments)
        rows = await connection.fetch(f"EXPLAIN {_PAGE.format(condition=condition)}", *arguments)
    found = "\n".join(row[0] for row in rows)
    assert "searchable" in found
    assert "Index Scan using documents_by_time" in found, found


async def test_what_is_typed_by_hand_is_looked_for_by_an_index(app: Pool) -> None:
    """Every condition on content that has no list of codes; 车辆类型 is free text of a kind with few documents."""
    indexes = {
        row[0] for row in await app.fetch("SELECT indexname FROM pg_indexes WHERE tablename = 'documents'")
    }
    for kind in KINDS.values():
        fields = kind.section("head").fields
        free = {name for name in kind.conditions if not fields[name].table} - {"vehicle_type"}
        assert free <= conditions.SOUGHT, kind.name
        assert {f"documents_by_{name}" for name in free} <= indexes


async def test_every_plan_is_made_for_the_tenant_that_asks(app: Pool) -> None:
    assert await app.fetchval("SHOW plan_cache_mode") == "force_custom_plan"
