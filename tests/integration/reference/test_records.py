"""Companies, goods, trucks and templates over HTTP: kept, searched, changed by one at a time, and seen by nobody else."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import httpx
import pytest

from backbone import postgres
from backbone.migrate import Database
from tests.support.reference_service import ARTICLE, CODE, COMPANY, Reference

pytestmark = pytest.mark.anyio


async def names(client: httpx.AsyncClient, path: str, **params: object) -> list[str]:
    found = await client.get(path, params={k: str(v) for k, v in params.items()})
    assert found.status_code == 200, found.text
    return [item["content"]["name"] for item in found.json()["items"]]


async def test_a_record_is_kept_changed_by_one_at_a_time_and_deleted(reference: Reference) -> None:
    made = await reference.made("/v1/companies", COMPANY)
    path = f"/v1/companies/{made['id']}"
    assert (made["version"], made["content"]) == (1, COMPANY)
    read = await reference.client.get(path)
    assert (read.headers["etag"], read.json()) == ('"1"', made)
    changed = COMPANY | {"contact": "示例联系人 021-00000000"}
    done = await reference.client.put(path, json=changed, headers={"if-match": '"1"'})
    assert (done.status_code, done.headers["etag"], done.json()["content"]) == (200, '"2"', changed)
    for headers, status in (({}, 428), ({"if-match": '"1"'}, 412)):
        assert (await reference.client.put(path, json=COMPANY, headers=headers)).status_code == status
        assert (await reference.client.delete(path, headers=headers)).status_code == status
    assert (await reference.client.delete(path, headers={"if-match": '"2"'})).status_code == 204
    assert (await reference.client.get(path)).status_code == 404


async def test_of_many_writers_with_the_same_version_one_wins(reference: Reference) -> None:
    made = await reference.made("/v1/vehicle-records", {"vehicle_no": "沪A00001", "vehicle_weight": "8000"})
    path = f"/v1/vehicle-records/{made['id']}"
    answers = await asyncio.gather(
        *(
            reference.client.put(
                path, json={"vehicle_no": "沪A00001", "remark": str(n)}, headers={"if-match": '"1"'}
            )
            for n in range(12)
        )
    )
    assert sorted(each.status_code for each in answers) == [200] + [412] * 11
    assert (await reference.client.get(path)).json()["version"] == 2


async def test_the_same_key_is_taken_once_per_client_firm_and_a_repeated_request_makes_one(
    reference: Reference,
) -> None:
    one, two = str(await reference.client_firm()), str(await reference.client_firm())
    await reference.made("/v1/goods", ARTICLE, client_id=one)
    await reference.made("/v1/goods", ARTICLE, client_id=two)
    await reference.made("/v1/goods", ARTICLE)
    for params in ({"client_id": one}, {}):
        again = await reference.post("/v1/goods", ARTICLE, params=params)
        assert (again.status_code, again.json()["code"]) == (409, "record_taken")
    key = {"idempotency-key": "once"}
    truck = {"vehicle_no": "沪A00002"}
    first = await reference.post("/v1/vehicle-records", truck, headers=key)
    second = await reference.post("/v1/vehicle-records", truck, headers=key)
    assert (first.status_code, second.json()) == (201, first.json())
    assert (await reference.client.post("/v1/vehicle-records", json=truck)).status_code == 400


async def test_everything_that_is_wrong_is_told_at_once(reference: Reference) -> None:
    wrong = ARTICLE | {"hs_code": "847", "currency": "999", "unit_price": 3, "colour": "red"}
    answer = await reference.post("/v1/goods", {k: v for k, v in wrong.items() if k != "material_no"})
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/hs_code", "wrong_length"),
        ("/currency", "unknown_code"),
        ("/unit_price", "decimal_as_string"),
        ("/colour", "unknown_field"),
        ("/material_no", "required"),
    }
    none = await reference.post("/v1/companies", {"name": "示例企业"})
    assert none.json()["errors"][0]["code"] == "required_when"


async def test_search_finds_codes_names_and_initials_and_pages_go_on(reference: Reference) -> None:
    for number in range(5):
        await reference.made(
            "/v1/companies", {"name": f"示例第{number}报关行", "customs_code": f"310{number}960AB{number}"}
        )
    await reference.made("/v1/companies", {"name": "无关企业_100%", "customs_code": "4401960ABC"})
    assert await names(reference.client, "/v1/companies", q="bgx", limit=3) == [
        "示例第4报关行",
        "示例第3报关行",
        "示例第2报关行",
    ]
    first = (await reference.client.get("/v1/companies", params={"q": "报关", "limit": "3"})).json()
    rest = await names(reference.client, "/v1/companies", q="报关", limit=3, cursor=first["next_cursor"])
    assert rest == ["示例第1报关行", "示例第0报关行"]
    assert await names(reference.client, "/v1/companies", q="4401960a") == ["无关企业_100%"]
    assert await names(reference.client, "/v1/companies", q="_100%") == ["无关企业_100%"]
    assert await names(reference.client, "/v1/companies", q="例_第") == []


async def test_a_caller_sees_and_changes_only_the_client_firms_of_its_grants(reference: Reference) -> None:
    mine, other = await reference.client_firm(), await reference.client_firm()
    kept = await reference.made("/v1/goods", ARTICLE | {"name": "本客户商品"}, client_id=str(mine))
    hidden = await reference.made("/v1/goods", ARTICLE | {"name": "其他客户商品"}, client_id=str(other))
    await reference.made("/v1/goods", ARTICLE | {"name": "共用商品"})
    caller = reference.of_clients(mine)
    assert sorted(await names(caller, "/v1/goods")) == ["共用商品", "本客户商品"]
    assert (await caller.get(f"/v1/goods/{kept['id']}")).status_code == 200
    assert (await caller.get(f"/v1/goods/{hidden['id']}")).status_code == 404
    put = await caller.put(f"/v1/goods/{hidden['id']}", json=ARTICLE, headers={"if-match": '"1"'})
    assert put.status_code == 404
    headers = {"idempotency-key": "k"}
    params = {"client_id": str(other)}
    assert (await caller.post("/v1/goods", json=ARTICLE, params=params, headers=headers)).status_code == 403
    reader = reference.client_of(reference.issuer.token(reference.tenant_id, permissions=["document.read"]))
    assert (await reader.post("/v1/goods", json=ARTICLE, headers=headers)).status_code == 403
    assert (await reader.get(f"/v1/goods/{kept['id']}")).status_code == 200
    gone = await reader.delete(f"/v1/goods/{kept['id']}", headers={"if-match": '"1"'})
    assert gone.status_code == 403


async def test_rows_of_another_tenant_do_not_exist(database: Database, reference: Reference) -> None:
    made = await reference.made("/v1/companies", COMPANY)
    await reference.made("/v1/goods", ARTICLE)
    stranger = reference.client_of(reference.issuer.token(uuid4()))
    assert (await stranger.get(f"/v1/companies/{made['id']}")).status_code == 404
    assert await names(stranger, "/v1/companies", q=CODE) == []
    pool = await postgres.create_pool(database.app_dsn, name="hostile", max_size=1)
    try:
        for table in ("records", "authorisations", "learnt_goods", "clients", "enterprises"):
            assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0, "no tenant, no rows"
        async with postgres.tenant_transaction(pool, uuid4()) as connection:
            assert await connection.execute("UPDATE records SET search = ''") == "UPDATE 0"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute("DELETE FROM authorisations")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute("DELETE FROM hs_codes")
    finally:
        await pool.close()


async def test_a_template_holds_a_part_of_a_document_that_is_right(reference: Reference) -> None:
    document = {"head": {"supervising_customs": "3105", "direction": "I", "internal_no": None}}
    body = {"name": "示例进口模板", "kind": "inventory", "document": document}
    made = await reference.made("/v1/templates", body)
    assert made["content"]["document"] == {"head": {"supervising_customs": "3105", "direction": "I"}}
    assert await names(reference.client, "/v1/templates", q="jkmb", kind="inventory") == ["示例进口模板"]
    assert await names(reference.client, "/v1/templates", kind="gate_pass") == []
    wrong = {"head": {"direction": "X", "seq_no": "202600000000000777"}, "wheels": []}
    answer = await reference.post("/v1/templates", body | {"document": wrong})
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/document/head/direction", "unknown_code"),
        ("/document/head/seq_no", "system_field"),
        ("/document/wheels", "unknown_field"),
    }
    unknown = await reference.post("/v1/templates", body | {"kind": "letter"})
    assert unknown.json()["errors"][0]["pointer"] == "/kind"


async def test_an_import_tells_every_cell_and_keeps_nothing_by_halves(reference: Reference) -> None:
    client_id = str(await reference.client_firm())
    csv = {"content-type": "text/csv"}
    bad = "商品料号,商品名称,商品编码\nA1,示例一,8471701000\nA2,,84\n\nA1,示例三,8471701000\n".encode()
    path = "/v1/goods/imports"
    preview = await reference.post(path, bad, params={"client_id": client_id}, headers=csv)
    told = preview.json()
    assert (told["lines"], told["added"], told["refused"]) == (3, 1, 2)
    assert [(e["pointer"], e["code"]) for e in told["errors"]] == [
        ("/3/hs_code", "wrong_length"),
        ("/3/name", "required"),
        ("/5/material_no", "number_repeated"),
    ]
    assert told["errors"][0]["message"].startswith("第3行「商品编码」")
    every = {"client_id": client_id, "mode": "all"}
    refused = await reference.post(path, bad, params=every, headers=csv)
    assert (refused.status_code, len(refused.json()["errors"])) == (422, 3)
    assert await names(reference.client, "/v1/goods", client_id=client_id) == []
    good_rows = await reference.post(path, bad, params=every | {"mode": "good-rows"}, headers=csv)
    assert (good_rows.status_code, good_rows.json()["added"]) == (200, 1)
    fixed = "material_no,name\nA1,示例一\nA2,示例二\nA3,示例三\n".encode("gb18030")
    done = (await reference.post(path, fixed, params=every, headers=csv)).json()
    assert (done["added"], done["changed"], done["unchanged"]) == (2, 1, 0)
    again = (await reference.post(path, fixed, params=every, headers=csv)).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)
    found = await reference.client.get("/v1/goods", params={"client_id": client_id, "q": "A1"})
    (item,) = found.json()["items"]
    assert (item["version"], item["content"]) == (2, {"material_no": "A1", "name": "示例一"})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空"),
        ("商品料号,颜色\n1,红\n".encode(), "颜色"),
        ("商品料号,商品料号\n1,2\n".encode(), "两次"),
        ("商品料号\n1,2\n".encode(), "第2行有2列"),
        (b"PK\x03\x04\x00\x00", "xlsx"),
        (b"\xff\xff\xff", "编码"),
    ],
)
async def test_a_table_that_cannot_be_read_says_why(reference: Reference, data: bytes, says: str) -> None:
    answer = await reference.post("/v1/goods/imports", data, headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (422, "table_unreadable")
    assert says in answer.json()["detail"]


async def test_ten_thousand_goods_come_in_at_once(reference: Reference) -> None:
    lines = "".join(f"P{n:05},示例商品{n},8471701000\n" for n in range(10_000))
    data = f"商品料号,商品名称,商品编码\n{lines}".encode()
    params = {"client_id": str(await reference.client_firm()), "mode": "all"}
    done = await reference.post(
        "/v1/goods/imports", data, params=params, headers={"content-type": "text/csv"}
    )
    assert (done.status_code, done.json()["added"]) == (200, 10_000)
    assert await names(reference.client, "/v1/goods", client_id=params["client_id"], q="p09999") == [
        "示例商品9999"
    ]
