"""Editions of published code tables put in place over those of the release."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from backbone import postgres
from backbone.migrate import Database
from contracts.events.reference import GoodsCodesPlaced, PlacedGoodsCode
from customs.codes import TABLES
from customs.codes.loader import released, withdraw
from services.reference import hs_import
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.reference_service import HS_CSV, Reference, on

pytestmark = pytest.mark.anyio
MODES = "transaction_modes"


@pytest.fixture(autouse=True)
def without_editions() -> Iterator[None]:
    yield
    withdraw()


@pytest.fixture
def database(servers: Servers) -> Database:
    return servers.database("reference")


@pytest.fixture
async def reference(database: Database, issuer: Issuer) -> AsyncIterator[Reference]:
    async with on(database, issuer) as made:
        yield made


def published(without: str = "", **more: str) -> str:
    rows = {row.code: row.name for row in released(MODES) if row.code != without} | more
    return "代码,名称\n" + "".join(f"{code},{name}\n" for code, name in rows.items())


async def test_an_edition_is_compared_placed_told_and_searched(reference: Reference) -> None:
    ends = next(iter(released(MODES)))
    text = published(without=ends.code, **{"9": "示例新增方式"})
    preview = (await reference.put_codes(text, "2025", "20250601", MODES, preview="true")).json()
    assert (preview["added"], preview["ended_codes"], preview["changed"]) == (1, [ends.code], 0)
    assert ends.code in TABLES[MODES].codes
    placed = await reference.put_codes(text, "2025", "20250601", MODES)
    assert placed.status_code == 200, placed.text
    assert ends.code not in TABLES[MODES].codes and TABLES[MODES].label_of(ends.code) == ends.name
    listed = (await reference.client.get("/v1/codes")).json()["items"]
    table = next(each for each in listed if each["name"] == MODES)
    assert (table["edition"], table["valid_from"], table["published"]) == ("2025", "2025-06-01", True)
    one = (await reference.client.get(f"/v1/codes/{MODES}/{ends.code}")).json()
    assert one["valid_until"] == "2025-05-31"
    found = (await reference.client.get(f"/v1/codes/{MODES}", params={"q": "示例新增"})).json()
    assert [each["code"] for each in found["items"]] == ["9"]
    async with postgres.transaction(reference.worker_pool) as connection:
        events = await connection.fetch("SELECT type, key FROM events")
    assert [(row["type"], row["key"]) for row in events] == [("codes.placed.v1", MODES)]
    again = await reference.put_codes(text, "2025", "20250601", MODES)
    assert (again.json()["added"], again.json()["ended"]) == (0, 0)
    back = (await reference.put_codes(published(**{"9": "示例新增方式"}), "2026", "20260101", MODES)).json()
    assert (back["added"], back["ended"]) == (1, 0)
    assert ends.code in TABLES[MODES].codes
    older = await reference.put_codes(text, "2024", "20240101", MODES)
    assert (older.status_code, older.json()["code"]) == (409, "edition_outdated")


async def test_what_cannot_be_placed_is_refused_and_changes_nothing(reference: Reference) -> None:
    release = await reference.put_codes("代码,名称\n1,示例\n", "2026", "20260101", "change_marks")
    assert (release.status_code, release.json()["code"]) == (409, "table_of_release")
    unknown = await reference.put_codes("代码,名称\n1,示例\n", "2026", "20260101", "colours")
    assert unknown.status_code == 404
    headless = await reference.put_codes("甲,乙\n1,示例\n", "2026", "20260101", MODES)
    assert (headless.status_code, headless.json()["code"]) == (422, "table_unreadable")
    wide = await reference.put_codes(published(**{"123456": "过长"}), "2026", "20260101", MODES)
    assert [each["pointer"] for each in wide.json()["errors"]] == ["/123456"]
    early = await reference.put_codes(published(), "2099", "20990101", MODES)
    assert [each["pointer"] for each in early.json()["errors"]] == ["/valid_from"]
    for table in (MODES, "hs_codes"):
        undated = await reference.put_codes(published(), "V2", "20260101", table)
        assert [each["pointer"] for each in undated.json()["errors"]] == ["/edition"], table
    clerk = await reference.client.put(
        f"/v1/codes/{MODES}", content=b"x", headers={"content-type": "text/csv"}
    )
    assert clerk.status_code == 403
    async with postgres.transaction(reference.worker_pool) as connection:
        assert await connection.fetchval("SELECT count(*) FROM code_editions") == 0


async def test_two_at_once_are_placed_one_after_the_other(reference: Reference) -> None:
    texts = [published(**{str(n): f"示例方式{n}"}) for n in (8, 9)]
    answers = await asyncio.gather(*(reference.put_codes(text, "2025", "20250601", MODES) for text in texts))
    assert {answer.status_code for answer in answers} == {200}
    async with postgres.transaction(reference.worker_pool) as connection:
        rows = await connection.fetch("SELECT codes FROM code_editions ORDER BY revision")
    last = {code["code"]: code.get("valid_until") for code in rows[-1]["codes"]}
    assert len(rows) == 2 and sorted([last["8"], last["9"]], key=str) == ["2025-05-31", None]


async def test_an_edition_of_goods_codes_is_told_whole_and_that_of_the_release_is_not(
    reference: Reference,
) -> None:
    async with postgres.transaction(reference.worker_pool) as connection:
        await hs_import.seed(connection)
        assert await connection.fetchval("SELECT count(*) FROM events") == 0
    for text in (HS_CSV, HS_CSV.replace("8471702000,软盘驱动器,001,035\n", "")):
        placed = await reference.put_codes(text, "2026", "20260101")
        assert placed.status_code == 200, placed.text
    shown = await reference.put_codes(HS_CSV, "2026", "20260101", preview="true")
    assert shown.status_code == 200, shown.text
    async with postgres.transaction(reference.worker_pool) as connection:
        rows = await connection.fetch("SELECT * FROM events ORDER BY seq")
    told = [GoodsCodesPlaced.model_validate_json(row["body"]) for row in rows]
    assert [{each.code for each in event.codes} for event in told] == [
        {"8471701000", "8471702000", "3901100001"},
        {"8471701000", "3901100001"},
    ]
    assert told[0].revision < told[1].revision
    assert {(row["type"], row["key"]) for row in rows} == {("goods_codes.placed.v1", "hs_codes")}
    assert PlacedGoodsCode(code="3901100001", unit="035") in told[1].codes


async def test_goods_codes_of_the_release_are_there_from_the_first_day_and_give_way(
    reference: Reference,
) -> None:
    for expected in (True, False):
        async with postgres.transaction(reference.worker_pool) as connection:
            assert await hs_import.seed(connection) is expected
    await reference.book.refresh(reference.worker_pool)
    table = next(
        each
        for each in (await reference.client.get("/v1/codes")).json()["items"]
        if each["name"] == "hs_codes"
    )
    assert (table["edition"], table["older"]) == ("2018-2020", True)
    assert table["rows"] > 11_000 and "2018-2020版" in table["note"]
    newer = await reference.put_codes(
        "code,name,unit,second_unit\n8471701000,硬盘驱动器,001,035\n", "2026", "20260101"
    )
    assert newer.status_code == 200 and newer.json()["ended"] > 11_000
