"""Code tables, goods codes, filling and 委托 over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from backbone.migrate import Database
from customs.codes import TABLES
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.reference_service import ARTICLE, CODE, COMPANY, HS_CSV, Reference, on

pytestmark = pytest.mark.anyio
NEXT_CSV = "编码,名称,普通税率,第一法定单位,第二法定单位\n8471701000,硬盘驱动器,0,001,\n8471709000,其他存储部件,0.1,001,035\n"


@pytest.fixture
def database(servers: Servers) -> Database:
    """Of each test its own: goods codes are the platform's, not a tenant's."""
    return servers.database("reference")


@pytest.fixture
async def reference(database: Database, issuer: Issuer) -> AsyncIterator[Reference]:
    async with on(database, issuer) as made:
        await made.book.refresh(made.worker_pool)
        yield made


async def found(reference: Reference, table: str, **params: str) -> list[str]:
    answer = await reference.client.get(f"/v1/codes/{table}", params=params)
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


async def test_every_table_is_listed_with_its_edition_and_age(reference: Reference) -> None:
    items = (await reference.client.get("/v1/codes")).json()["items"]
    assert {item["name"] for item in items} == {*TABLES, "hs_codes"}
    units = next(item for item in items if item["name"] == "units")
    assert (units["edition"], units["older"], units["rows"]) == ("2018-2020", True, len(TABLES["units"]))
    assert "2018-2020版" in units["note"]
    goods = next(item for item in items if item["name"] == "hs_codes")
    assert (goods["edition"], goods["note"]) == (None, "尚未导入")


async def test_search_by_code_letters_name_and_initials(reference: Reference) -> None:
    assert await found(reference, "units", q="qk", limit="1") == ["035"]
    assert (await found(reference, "currencies", q="usd"))[0] == "502"
    assert (await found(reference, "countries", q="日本"))[0] == "116"
    assert (await found(reference, "units", limit="2")) == sorted(TABLES["units"].codes)[:2]
    after = (await found(reference, "units", limit="2"))[-1]
    assert (await found(reference, "units", limit="1", after=after)) == sorted(TABLES["units"].codes)[2:3]
    assert await found(reference, "units", q="没有这样的单位") == []
    assert (await reference.client.get("/v1/codes/colours")).status_code == 404
    one = (await reference.client.get("/v1/codes/units/035")).json()
    assert (one["name"], one["table"]["label"]) == ("千克", "计量单位代码表")
    assert (await reference.client.get("/v1/codes/units/999")).status_code == 404


async def test_an_edition_is_previewed_put_in_place_and_followed_by_the_next(reference: Reference) -> None:
    preview = (await reference.put_codes(HS_CSV, "2024", "20240101", preview="true")).json()
    assert (preview["added"], preview["preview"]) == (3, True)
    assert await found(reference, "hs_codes", q="8471") == []
    assert (await reference.put_codes(HS_CSV, "2024", "20240101")).json()["added"] == 3
    again = (await reference.put_codes(HS_CSV, "2024", "20240101")).json()
    assert (again["added"], again["changed"], again["ended"], again["unchanged"]) == (0, 0, 0, 3)
    assert await found(reference, "hs_codes", q="8471") == ["8471701000", "8471702000"]
    assert await found(reference, "hs_codes", q="ypqdq") == ["8471701000"]
    one = (await reference.client.get("/v1/codes/hs_codes/8471701000")).json()
    assert (one["unit_label"], one["second_unit_label"]) == ("台", "千克")
    assert [p["field"] for p in one["prompts"]] == ["statutory_quantity", "second_statutory_quantity"]
    told = (await reference.put_codes(NEXT_CSV, "2025", "20250101")).json()
    assert (told["added"], told["changed"], told["units_changed"], told["ended"]) == (1, 1, 1, 2)
    assert await found(reference, "hs_codes", q="8471") == ["8471701000", "8471709000"]
    ended = (await reference.client.get("/v1/codes/hs_codes/8471702000")).json()
    assert (ended["valid_from"], ended["valid_until"]) == ("2024-01-01", "2024-12-31")
    assert "8471702000" in await found(reference, "hs_codes", q="8471", on="20240601")
    assert "8471702000" in await found(reference, "hs_codes", q="8471", ended="true")
    older = await reference.put_codes(HS_CSV, "2024", "20240101")
    assert (older.status_code, older.json()["code"]) == (409, "edition_outdated")


async def test_an_edition_with_faults_changes_nothing_and_only_the_operator_imports(
    reference: Reference,
) -> None:
    bad = "code,name,unit,second_unit\n847170,硬盘,001,\n8471702000,,999,001\n"
    answer = await reference.put_codes(bad, "2024", "20240101")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/2/code", "wrong_length"),
        ("/3/unit", "unknown_code"),
        ("/3/name", "required"),
    ]
    missing = await reference.put_codes("编码,名称\n8471701000,硬盘\n", "2024", "20240101")
    assert "第一法定单位" in missing.json()["detail"]
    clerk = await reference.client.put("/v1/codes/hs_codes", content=HS_CSV.encode())
    assert clerk.status_code == 403
    nameless = await reference.operator.put(
        "/v1/codes/hs_codes", content=b"x", headers={"content-type": "text/csv"}
    )
    assert {e["pointer"] for e in nameless.json()["errors"]} == {"/edition", "/valid_from"}
    early = await reference.put_codes(HS_CSV, "2099", "20990101")
    assert [e["pointer"] for e in early.json()["errors"]] == ["/valid_from"]
    assert await found(reference, "hs_codes") == []


async def test_another_process_sees_a_new_edition(
    reference: Reference, database: Database, issuer: Issuer
) -> None:
    async with on(database, issuer) as second:
        await second.book.refresh(second.worker_pool)
        await reference.put_codes(HS_CSV, "2024", "20240101")
        await second.book.refresh(second.worker_pool)
        assert second.book.hs.edition == "2024" and len(second.book.hs.index) == 3


async def filled(reference: Reference, **body: Any) -> dict[str, Any]:
    answer = await reference.client.post("/v1/fill", json=body)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def test_one_step_fills_a_document_and_says_from_where(reference: Reference) -> None:
    year = datetime.now(UTC).year
    await reference.put_codes(HS_CSV, str(year - 1), f"{year - 1}0101")
    client_id = str(await reference.client_firm())
    await reference.made("/v1/companies", COMPANY)
    await reference.made("/v1/goods", ARTICLE | {"name": "共用的名称"})
    await reference.made("/v1/goods", ARTICLE, client_id=client_id)
    template = await reference.made(
        "/v1/templates",
        {
            "name": "示例模板",
            "kind": "inventory",
            "document": {"head": {"operating_code": CODE, "direction": "I"}},
        },
    )
    document = {
        "head": {"direction": "E"},
        "goods": [{"material_no": "M-001", "quantity": "3"}, {"material_no": "无"}],
    }
    done = await filled(
        reference, kind="inventory", document=document, client_id=client_id, template_id=template["id"]
    )
    head, (first, second) = done["document"]["head"], done["document"]["goods"]
    assert (head["direction"], head["operating_name"]) == ("E", COMPANY["name"])
    assert first == {
        **{name: ARTICLE[name] for name in ARTICLE if name != "elements"},
        "quantity": "3",
        "specification": ARTICLE["elements"],
        "statutory_unit": "001",
        "second_statutory_unit": "035",
        "statutory_quantity": "3",
        "total_price": "37.5",
        "line_no": 1,
        "change_mark": "3",
    }
    assert second == {"material_no": "无", "line_no": 2, "change_mark": "3"}
    sources = {each["pointer"]: each["source"] for each in done["filled"]}
    assert sources["/head/operating_code"]["type"] == "template"
    assert sources["/head/operating_name"]["label"] == COMPANY["name"]
    assert sources["/goods/0/hs_code"]["type"] == "goods"
    assert sources["/goods/0/statutory_unit"]["edition"] == str(year - 1)
    assert [p["pointer"] for p in done["prompts"]] == ["/goods/0/second_statutory_quantity"]
    assert f"{year - 1}版" in done["notes"][0]
    assert done["filled_count"] == len(done["filled"])


async def test_an_edition_of_this_year_needs_no_note(reference: Reference) -> None:
    year = datetime.now(UTC).year
    await reference.put_codes(HS_CSV, str(year), f"{year}0101")
    done = await filled(reference, kind="inventory", document={"goods": [{"hs_code": "3901100001"}]})
    assert done["document"]["goods"][0]["statutory_unit"] == "035"
    assert (done["notes"], done["filled"][0]["source"]["edition"]) == ([], None)


async def test_the_enterprise_that_declares_is_filled_in(reference: Reference) -> None:
    enterprise = await reference.enterprise()
    for given in ({}, {"enterprise_id": str(enterprise)}):
        done = await filled(reference, kind="stock_bill", document={}, **given)
        assert done["document"]["head"]["declaring_code"] == CODE
        sources = {each["pointer"]: each["source"] for each in done["filled"]}
        assert (sources["/head/input_uscc"]["type"], sources["/head/input_uscc"]["id"]) == (
            "enterprise",
            str(enterprise),
        )
    await reference.enterprise()
    assert (
        "declaring_code" not in (await filled(reference, kind="stock_bill", document={}))["document"]["head"]
    )


async def test_filling_refuses_what_is_not_the_callers_or_of_another_kind(reference: Reference) -> None:
    other = await reference.client_firm()
    template = await reference.made(
        "/v1/templates", {"name": "甲", "kind": "gate_pass", "document": {}}, client_id=str(other)
    )
    body = {"kind": "inventory", "document": {}, "template_id": template["id"]}
    wrong = await reference.client.post("/v1/fill", json=body)
    assert wrong.json()["errors"][0]["pointer"] == "/template_id"
    caller = reference.of_clients(uuid4())
    assert (await caller.post("/v1/fill", json=body)).status_code == 404
    assert (await caller.post("/v1/fill", json={**body, "client_id": str(other)})).status_code == 403
    assert (await reference.client.post("/v1/fill", json={**body, "kind": "x"})).status_code == 422


async def test_an_authorisation_holds_for_its_days_and_scope_until_withdrawn(reference: Reference) -> None:
    client_id, enterprise_id = str(await reference.client_firm()), str(await reference.enterprise())
    body = {
        "client_id": client_id,
        "enterprise_id": enterprise_id,
        "kinds": ["inventory"],
        "agreement_no": "WT-2026-001",
        "valid_from": "2026-01-01",
        "valid_until": "2099-12-31",
    }
    made = await reference.made("/v1/authorisations", body)
    path = f"/v1/authorisations/{made['id']}"
    assert {name: made[name] for name in body} == body

    async def verdict(**params: str) -> dict[str, Any]:
        asked = {"client_id": client_id, "enterprise_id": enterprise_id, "kind": "inventory", **params}
        answer = await reference.client.get("/v1/authorisations/check", params=asked)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    assert await verdict() == {"allowed": True, "authorisation_id": made["id"], "reason": ""}
    assert (await verdict(kind="gate_pass"))["reason"] == "委托范围不含核放单"
    assert "2026-01-01" in (await verdict(on="20251231"))["reason"]
    assert not (await verdict(enterprise_id=str(await reference.enterprise())))["allowed"]
    assert (await verdict(client_id=str(await reference.client_firm())))["reason"] == "该客户没有登记委托"
    listed = await reference.client.get(
        "/v1/authorisations", params={"client_id": client_id, "on": "20260601"}
    )
    assert [each["id"] for each in listed.json()["items"]] == [made["id"]]
    assert (await reference.client.delete(path)).status_code == 428
    assert (await reference.client.delete(path, headers={"if-match": '"1"'})).status_code == 204
    again = await reference.client.delete(path, headers={"if-match": '"2"'})
    assert again.json()["code"] == "authorisation_withdrawn"
    assert "撤销" in (await verdict())["reason"]
    assert (await reference.client.get(path)).json()["withdrawn_on"] is not None
    clerk = reference.of_clients(uuid4())
    assert (await clerk.get(path)).status_code == 404
    assert (await clerk.post("/v1/authorisations", json=body)).status_code == 403


async def test_an_authorisation_with_faults_is_refused(reference: Reference) -> None:
    body = {
        "client_id": str(uuid4()),
        "kinds": ["inventory", "letter"],
        "valid_from": "2026-02-01",
        "valid_until": "2026-01-01",
    }
    answer = await reference.post("/v1/authorisations", body)
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/valid_until", "/kinds/1"}
    empty = await reference.post("/v1/authorisations", {})
    assert {e["pointer"] for e in empty.json()["errors"]} == {"/client_id", "/valid_from", "/valid_until"}
