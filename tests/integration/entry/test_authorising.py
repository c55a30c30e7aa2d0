"""委托: a broker declares only for the firms that authorised it, and documents name only teams and clients there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backbone import postgres
from backbone.jobs import Job
from backbone.migrate import Database
from contracts.events import Event
from contracts.events.identity import ClientRegistered, TeamRegistered
from contracts.events.reference import AuthorisationChanged
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from customs import clock
from services.entry import consumer
from services.entry.batches.batch_store import QUEUE
from services.entry.batches.running import Doing
from tests.support import told
from tests.support.entry_service import URL, Entry, example, on, refused
from tests.support.issuer import Issuer

pytestmark = pytest.mark.anyio
RULE = "/v1/authorisation-rule"
HEAD = example()["head"]
POINTER = "/head/operating_code"
ENTRY = {"entry_no": "310520261050000001"}


def today() -> date:
    return clock.today()


async def tell(entry: Entry, event: Event) -> None:
    await told.tell(entry.worker_pool, consumer.handlers(), entry.tenant_id, event)


async def client(entry: Entry, **changes: Any) -> UUID:
    """A client firm with the codes of the sample's 经营企业."""
    facts: dict[str, Any] = {
        "tenant_id": entry.tenant_id,
        "client_id": uuid4(),
        "version": 1,
        "name": HEAD["operating_name"],
        "customs_code": HEAD["operating_code"],
        "uscc": HEAD["operating_uscc"],
        "recorded_at": datetime.now(UTC),
        **changes,
    }
    await tell(entry, ClientRegistered(**facts))
    return UUID(str(facts["client_id"]))


async def authorise(entry: Entry, client_id: UUID | None = None, **changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "tenant_id": entry.tenant_id,
        "authorisation_id": uuid4(),
        "version": 1,
        "client_id": client_id,
        "valid_from": today(),
        "valid_until": today(),
        "recorded_at": datetime.now(UTC),
        **changes,
    }
    await tell(entry, AuthorisationChanged(**facts))
    return facts


def missing(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if each["code"] == "not_authorised"]


async def declare(entry: Entry, **head: Any) -> Any:
    document_id = (await entry.saved(**head)).json()["id"]
    return await entry.act(document_id, "declare")


async def test_until_a_tenant_enters_any_it_is_only_warned(entry: Entry) -> None:
    saved = await entry.saved()
    (warning,) = missing(saved.json()["warnings"])
    assert warning["pointer"] == POINTER
    for part in (HEAD["operating_code"], HEAD["operating_name"], HEAD["declaring_name"], "保税核注清单"):
        assert part in warning["message"]
    assert "客户资料" in warning["message"]
    document_id = saved.json()["id"]
    checked = (await entry.post(f"/{document_id}/validate")).json()
    assert missing(checked["warnings"]) == [warning]
    assert missing((await entry.post("/validate", example())).json()["warnings"])
    declared = await entry.act(document_id, "declare")
    assert declared.status_code == 202
    assert missing(declared.json()["warnings"]) == [warning]
    assert (await entry.client.get(RULE)).json() | {"in_force": "warn", "mode": "auto"} == {
        "mode": "auto",
        "in_force": "warn",
        "authorisations": 0,
        "set_by": None,
        "set_at": None,
    }


async def test_who_declares_for_itself_needs_none(entry: Entry) -> None:
    await entry.client.put(RULE, json={"mode": "refuse"})
    own = {"operating_code": HEAD["declaring_code"], "operating_name": HEAD["declaring_name"]}
    declared = await declare(entry, **own, operating_uscc=HEAD["declaring_uscc"])
    assert declared.status_code == 202, declared.text
    assert missing(declared.json()["warnings"]) == []


@pytest.mark.parametrize("by", ["customs_code", "uscc"])
async def test_a_firm_is_known_by_either_code(entry: Entry, by: str) -> None:
    client_id = await client(entry, **{"customs_code": None, "uscc": None, by: HEAD[_FIELDS[by]]})
    await authorise(entry, client_id)
    declared = await declare(entry)
    assert declared.status_code == 202, declared.text
    assert missing(declared.json()["warnings"]) == []


_FIELDS = {"customs_code": "operating_code", "uscc": "operating_uscc"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"valid_from": date(2020, 1, 1), "valid_until": date(2020, 12, 31)}, "2020-12-31到期"),
        ({"valid_from": date(2099, 1, 1), "valid_until": date(2099, 1, 2)}, "自2099-01-01起"),
        ({"withdrawn_on": date(2024, 5, 6)}, "2024-05-06撤销"),
        ({"kinds": ("gate_pass",)}, "不含保税核注清单"),
        ({"enterprise_id": UUID(int=7)}, "受托企业不是"),
    ],
)
async def test_what_does_not_cover_the_document_is_refused(
    entry: Entry, changes: dict[str, Any], why: str
) -> None:
    await authorise(entry, await client(entry), **changes)
    answer = refused(await declare(entry), 422, "invalid_request")
    (found,) = answer["errors"]
    assert (found["code"], found["pointer"]) == ("not_authorised", POINTER)
    assert why in found["message"]


async def test_in_a_batch_only_the_documents_without_are_refused(entry: Entry) -> None:
    await entry.client.put(RULE, json={"mode": "refuse"})
    own = {"operating_code": HEAD["declaring_code"], "operating_uscc": HEAD["declaring_uscc"]}
    ids = [(await entry.saved(**head)).json()["id"] for head in ({}, own)]
    documents = [{"id": each, "version": 1} for each in ids]
    ordered = await entry.post("/batches", {"action": "declare", "documents": documents})
    names = ("job_id", "queue", "lane", "dedupe_key", "tenant_id", "payload", "traceparent", "tries")
    rows = await entry.worker_pool.fetch(
        "SELECT * FROM jobs WHERE queue = $1 AND tenant_id = $2", QUEUE, entry.tenant_id
    )
    for row in rows:
        await Doing(entry.pool, lambda: None).do(Job(**{name: row[name] for name in names}))
    done = (await entry.client.get(f"/v1/batches/{ordered.json()['id']}")).json()
    assert [each["status"] for each in done["items"]] == ["refused", "done"]
    assert done["items"][0]["problem"]["errors"][0]["code"] == "not_authorised"


async def test_staging_asks_as_declaring_does(entry: Entry) -> None:
    await client(entry)
    await entry.client.put(RULE, json={"mode": "refuse"})
    document_id = (await entry.saved()).json()["id"]
    refused(await entry.act(document_id, "stage"), 422, "invalid_request")
    assert (await entry.seen(document_id))["state"] == "draft"


async def test_withdrawn_in_between_holds_for_every_later_round(entry: Entry) -> None:
    client_id = await client(entry)
    held = await authorise(entry, client_id)
    document_id = await entry.approved()
    await authorise(entry, **{**held, "version": 2, "withdrawn_on": today()})
    await authorise(entry, **held)
    answer = await entry.act(document_id, "cancellation-requests", {"reason": "示例：重复申报"})
    (found,) = refused(answer, 422, "invalid_request")["errors"]
    assert f"{today().isoformat()}撤销" in found["message"]
    assert (await entry.seen(document_id))["open_round"] is None
    await entry.act(document_id, "marks", {"fields": ENTRY, "reason": "示例：报关单已申报"})
    changed = await entry.act(document_id, "change-requests", {"reason": "示例：更正备注"})
    assert changed.status_code == 202
    seen = await entry.seen(document_id)
    seen["document"]["head"]["remark"] = "变更后的备注"
    saved = await entry.client.put(
        f"{URL}/{document_id}", json=seen["document"], headers={"if-match": seen["etag"]}
    )
    assert missing(saved.json()["warnings"])
    refused(await entry.act(document_id, "declare"), 422, "invalid_request")
    await authorise(entry, client_id)
    assert (await entry.act(document_id, "declare")).status_code == 202


async def test_the_tenant_decides_by_its_rule(entry: Entry, issuer: Issuer) -> None:
    for mode, status in (("refuse", 422), ("warn", 202), ("off", 202), ("auto", 202)):
        answer = await entry.client.put(RULE, json={"mode": mode})
        assert (answer.status_code, answer.json()["mode"]) == (200, mode)
        declared = await declare(entry)
        assert declared.status_code == status, mode
        if status == 202:
            assert bool(missing(declared.json()["warnings"])) == (mode != "off")
    clerk = entry.client_of(issuer.token(entry.tenant_id, permissions=[DOCUMENT_READ, DOCUMENT_WRITE]))
    assert (await clerk.put(RULE, json={"mode": "off"})).status_code == 403
    assert (await clerk.get(RULE)).json()["set_by"]["name"] == "示例录入员"
    refused(await entry.client.put(RULE, json={"mode": "sometimes"}), 422, "invalid_request")


async def test_authorisations_of_others_do_not_count(
    entry: Entry, database: Database, issuer: Issuer
) -> None:
    async with on(database, issuer) as other:
        await authorise(other, await client(other))
        assert (await other.client.get(RULE)).json()["in_force"] == "refuse"
    assert (await entry.client.get(RULE)).json()["in_force"] == "warn"
    await entry.client.put(RULE, json={"mode": "refuse"})
    refused(await declare(entry), 422, "invalid_request")


async def test_copies_are_of_one_tenant_and_not_to_be_written(entry: Entry, database: Database) -> None:
    await authorise(entry, await client(entry))
    await entry.client.put(RULE, json={"mode": "warn"})
    pool = await postgres.create_pool(database.app_dsn, name="hostile", max_size=1)
    try:
        for table in ("clients", "teams", "authorisations", "authorisation_rules"):
            assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0, "no tenant, no rows"
            async with postgres.tenant_transaction(pool, uuid4()) as connection:
                assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"DELETE FROM {table}")
    finally:
        await pool.close()


async def test_a_tenant_nothing_was_told_about_is_not_locked_out(entry: Entry) -> None:
    answer = await entry.post(f"?team_id={uuid4()}&client_id={uuid4()}", example())
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("path", ["", "/imports", "/adoptions"])
async def test_unknown_and_suspended_teams_and_clients_are_refused(entry: Entry, path: str) -> None:
    team = {
        "tenant_id": entry.tenant_id,
        "team_id": uuid4(),
        "name": "进口一组",
        "recorded_at": datetime.now(UTC),
    }
    await tell(entry, TeamRegistered(**team, version=2, status="suspended"))
    await tell(entry, TeamRegistered(**team, version=1))
    await client(entry)
    query = f"?team_id={team['team_id']}&client_id={uuid4()}"
    answer = await _send(entry, path, query)
    found = refused(answer, 422, "invalid_request")["errors"]
    assert [(each["pointer"], each["code"]) for each in found] == [
        ("/team_id", "out_of_use"),
        ("/client_id", "unknown_reference"),
    ]
    assert "进口一组" in found[0]["message"]


async def _send(entry: Entry, path: str, query: str) -> Any:
    if path == "":
        return await entry.post(query, example())
    if path == "/adoptions":
        numbers = {"seq_no": "202600000000000888", "internal_no": "T-adopt", "reason": "示例：在单一窗口申报"}
        return await entry.post(f"{path}{query}", numbers)
    template = await entry.client.get(f"{URL}/imports/template.xlsx")
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return await entry.client.post(
        f"{URL}{path}{query}", content=template.content, headers={"content-type": book}
    )


async def test_clients_and_teams_that_are_known_are_taken(entry: Entry) -> None:
    client_id = await client(entry)
    team_id = uuid4()
    await tell(
        entry,
        TeamRegistered(
            tenant_id=entry.tenant_id,
            team_id=team_id,
            version=1,
            name="进口二组",
            recorded_at=datetime.now(UTC) - timedelta(days=1),
        ),
    )
    answer = await entry.post(f"?team_id={team_id}&client_id={client_id}", example())
    assert answer.status_code == 201, answer.text
