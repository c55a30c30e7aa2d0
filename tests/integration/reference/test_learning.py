"""What a clerk typed per 料号 is remembered from the declared documents and offered again."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from backbone import postgres
from backbone.migrate import Database
from contracts.events.entry import DocumentDeclared, DocumentProgressed
from services.reference import consumer
from services.reference.learning import NEWEST, sweep
from tests.support.counting import rows_read, rows_read_ever
from tests.support.issuer import Issuer
from tests.support.reference_service import ARTICLE, HS_CSV, Reference
from tests.support.told import tell

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).resolve().parents[3] / "contracts/examples"
DECLARED: dict[str, Any] = orjson.loads((EXAMPLES / "document.declared.v1/first.json").read_bytes())
TOLD: dict[str, Any] = orjson.loads((EXAMPLES / "document.progressed.v1/returned.json").read_bytes())
PRINCIPAL = DECLARED["document"]["head"]["operating_code"]
FIRST_DAY = datetime(2026, 3, 1, 1, tzinfo=UTC)
ROW = {
    "line_no": 1,
    "material_no": "M-001",
    "hs_code": "8471701000",
    "name": "硬盘驱动器",
    "specification": "4|3|存储|示例牌|X100",
    "unit": "001",
    "origin_country": "116",
    "currency": "502",
    "unit_price": "12.5",
    "quantity": "10",
}


class Clerk:
    """Declares documents of one client firm, a day after the other."""

    def __init__(self, reference: Reference, client_id: UUID | None = None) -> None:
        self.reference, self.client_id = reference, client_id
        self.days = 0

    async def declares(
        self, *rows: dict[str, Any], document_id: UUID | None = None, attempt_no: int = 1, **more: Any
    ) -> UUID:
        self.days += 1
        identity = document_id or uuid4()
        document = deepcopy(DECLARED["document"])
        document["goods"] = [{**ROW, **row} for row in rows or ({},)]
        document["head"].update(more.pop("head", {}))
        facts = {
            **DECLARED,
            "tenant_id": self.reference.tenant_id,
            "document_id": identity,
            "client_id": self.client_id,
            "team_id": None,
            "internal_no": f"T-{self.days}",
            "version": 10 * attempt_no,
            "attempt_no": attempt_no,
            "attempt_id": uuid4(),
            "occurred_at": FIRST_DAY + timedelta(days=self.days),
            "document": document,
            **more,
        }
        await self._tell(DocumentDeclared.model_validate(facts))
        return identity

    async def hears(self, document_id: UUID, state: str, *, attempt_no: int = 1, **more: Any) -> None:
        facts = {
            **TOLD,
            "tenant_id": self.reference.tenant_id,
            "document_id": document_id,
            "client_id": self.client_id,
            "version": 10 * attempt_no + 5,
            "state": state,
            "fact": {**TOLD["fact"], "attempt_no": attempt_no},
            **more,
        }
        await self._tell(DocumentProgressed.model_validate(facts))

    async def _tell(self, event: DocumentDeclared | DocumentProgressed) -> None:
        reference = self.reference
        await tell(reference.worker_pool, consumer.handlers(), reference.tenant_id, event)

    async def fills(self, *rows: dict[str, Any], head: dict[str, Any] | None = None) -> dict[str, Any]:
        if self.client_id is not None:
            await self.reference.client_firm(self.client_id)
        asked = {
            "kind": "inventory",
            "document": {
                "head": {"operating_code": PRINCIPAL} if head is None else head,
                "goods": list(rows),
            },
            **({} if self.client_id is None else {"client_id": str(self.client_id)}),
        }
        response = await self.reference.client.post("/v1/fill", content=orjson.dumps(asked))
        assert response.status_code == 200, response.text
        content: dict[str, Any] = response.json()
        return content

    async def price(self, **row: Any) -> object:
        filled = await self.fills({"material_no": "M-001", **row})
        return filled["document"]["goods"][0].get("unit_price")


def learnt_of(filled: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in filled["filled"] if each["source"]["type"] == "learnt"]


async def test_what_was_declared_is_offered_with_its_source(reference: Reference) -> None:
    clerk = Clerk(reference, await reference.client_firm())
    first = await clerk.declares()
    document_id = await clerk.declares({"unit_price": "13"})
    filled = await clerk.fills({"material_no": "M-001"}, {"material_no": "M-002"})
    row = filled["document"]["goods"][0]
    learnt = {name: ROW[name] for name in ("hs_code", "name", "specification", "unit", "origin_country")}
    assert {name: row.get(name) for name in learnt} == learnt
    assert (row["unit_price"], row["currency"]) == ("13", "502")
    assert filled["document"]["goods"][1] == {"material_no": "M-002", "line_no": 2, "change_mark": "3"}
    (told,) = [each for each in filled["filled"] if each["pointer"] == "/goods/0/specification"]
    assert told["source"] | {"edition": None} == {
        "type": "learnt",
        "id": str(document_id),
        "label": "T-2",
        "learnt_at": "2026-03-03T01:00:00Z",
        "times": 2,
        "edition": None,
    }
    assert str(first) not in str(filled["filled"])


async def test_a_record_of_the_clerk_goes_before_what_was_learnt(reference: Reference) -> None:
    clerk = Clerk(reference)
    await reference.made("/v1/goods", {**ARTICLE, "unit_price": "99", "origin_country": None})
    await clerk.declares()
    filled = await clerk.fills({"material_no": "M-001"})
    row = filled["document"]["goods"][0]
    assert (row["unit_price"], row["origin_country"]) == ("99", ROW["origin_country"])
    sources = {each["pointer"]: each["source"]["type"] for each in filled["filled"]}
    assert (sources["/goods/0/unit_price"], sources["/goods/0/origin_country"]) == ("goods", "learnt")
    await reference.made("/v1/goods", {"material_no": "M-003", "name": "示例软盘", "hs_code": "8471702000"})
    await clerk.declares({"material_no": "M-003"})
    other_code = (await clerk.fills({"material_no": "M-003"}))["document"]["goods"][0]
    assert (other_code["hs_code"], other_code.get("specification")) == ("8471702000", None)


async def test_returned_values_lose_to_approved_ones_and_come_back_when_declared_again(
    reference: Reference,
) -> None:
    clerk = Clerk(reference, await reference.client_firm())
    approved = await clerk.declares({"unit_price": "1"})
    await clerk.hears(approved, "pre_deducted")
    returned = await clerk.declares({"unit_price": "2"})
    assert await clerk.price() == "2", "under way: the newest"
    await clerk.hears(returned, "returned")
    assert await clerk.price() == "1"
    await clerk.declares({"unit_price": "3"}, document_id=returned, attempt_no=2)
    assert await clerk.price() == "3"
    await clerk.hears(returned, "sending", attempt_no=1, version=21)
    await clerk.hears(returned, "pre_deducted", attempt_no=2)
    assert await clerk.price() == "3"
    change = {"round_no": 2, "purpose": "change", "state": "returned"}
    await clerk.declares({"unit_price": "4"}, document_id=returned, attempt_no=3, purpose="change")
    await clerk.hears(returned, "pre_deducted", attempt_no=3, open_round=change)
    assert await clerk.price() == "3", "a returned 变更 is no approved version"


async def test_what_alone_was_returned_is_offered_with_a_word_of_care(reference: Reference) -> None:
    clerk = Clerk(reference, await reference.client_firm())
    await clerk.hears(await clerk.declares(), "returned")
    filled = await clerk.fills({"material_no": "M-001"})
    assert {each["source"]["label"] for each in learnt_of(filled)} == {"T-1（已退单，请核对）"}


async def test_two_firms_with_the_same_material_number_are_kept_apart(reference: Reference) -> None:
    clerk = Clerk(reference)
    await clerk.declares({"unit_price": "1"})
    assert learnt_of(await clerk.fills({"material_no": "M-001"}, head={}))
    await clerk.declares({"unit_price": "2"}, head={"operating_code": "3105W60XYZ"})
    assert await clerk.price() == "1"
    assert not learnt_of(await clerk.fills({"material_no": "M-001"}, head={}))
    assert await Clerk(reference, uuid4()).price() is None, "nor of another client"


async def test_rows_are_bounded_and_the_approved_one_stays(reference: Reference) -> None:
    clerk = Clerk(reference, await reference.client_firm())
    first = await clerk.declares({"unit_price": "1"})
    await clerk.hears(first, "pre_deducted")
    for price in range(2, 9):
        await clerk.hears(await clerk.declares({"unit_price": str(price)}), "returned")
    listed = await reference.client.get("/v1/learnt-goods", params={"client_id": str(clerk.client_id)})
    found = [(each["content"]["unit_price"], each["standing"]) for each in listed.json()["items"]]
    assert found == [("1", "approved"), ("8", "returned"), ("7", "returned"), ("6", "returned")]
    assert len(found) == NEWEST + 1
    assert await clerk.price() == "1"
    other = Clerk(reference, uuid4())
    await other.declares({}, {"material_no": "M-002"})
    await sweep(reference.worker_pool, most_rows=2)
    left = await reference.worker_pool.fetchval(
        "SELECT count(*) FROM learnt_goods WHERE tenant_id = $1", reference.tenant_id
    )
    assert left <= 2


async def test_forgetting_and_who_may(reference: Reference) -> None:
    mine, yours = uuid4(), uuid4()
    for client_id in (mine, yours, None):
        await Clerk(reference, client_id).declares({}, {"material_no": "M-002"})
    limited = reference.of_clients(mine)
    path = "/v1/learnt-goods"
    assert (await limited.delete(path, params={"client_id": str(yours)})).status_code == 403
    assert (await limited.delete(path)).status_code == 403
    assert (await limited.get(path, params={"client_id": str(yours)})).status_code == 403
    assert (await limited.get(path)).json()["items"] == [], "of a document one may not read nothing is told"
    one = await limited.delete(path, params={"client_id": str(mine), "material_no": "M-002"})
    assert one.json() == {"forgotten": 1}
    assert await Clerk(reference, mine).price() == ROW["unit_price"]
    assert (await limited.delete(path, params={"client_id": str(mine)})).json() == {"forgotten": 1}
    assert await Clerk(reference, mine).price() is None
    assert await Clerk(reference, yours).price() == ROW["unit_price"]
    page = await reference.client.get(path, params={"client_id": str(yours), "limit": "1"})
    assert len(page.json()["items"]) == 1
    rest = await reference.client.get(
        path, params={"client_id": str(yours), "cursor": page.json()["next_cursor"]}
    )
    assert [each["material_no"] for each in rest.json()["items"]] == ["M-002"]


async def test_another_tenant_learns_nothing(reference: Reference, issuer: Issuer) -> None:
    client_id = uuid4()
    await Clerk(reference, client_id).declares()
    stranger = reference.client_of(issuer.token(uuid4()))
    answer = await stranger.get("/v1/learnt-goods", params={"client_id": str(client_id)})
    assert answer.json()["items"] == []
    assert (await stranger.delete("/v1/learnt-goods", params={"client_id": str(client_id)})).json() == {
        "forgotten": 0
    }


async def test_ten_thousand_lines_are_learnt_in_one_go(reference: Reference, database: Database) -> None:
    """Also while the server's statistics are of the days when the table was small."""
    await Clerk(reference, uuid4()).declares()
    await analyse(database)
    clerk = Clerk(reference, await reference.client_firm())
    before = await rows_read_ever(database)
    await clerk.declares(*({"line_no": n, "material_no": f"M-{n:05}"} for n in range(10_000)))
    await clerk.declares(*({"line_no": n, "material_no": f"M-{n:05}"} for n in range(10_000)))
    # Looked for one by one among all goods, they would be lines times lines.
    assert await rows_read(database, before, at_least=10_000) < 200 * 10_000
    filled = await clerk.fills(*({"material_no": f"M-{n:05}"} for n in range(10_000)))
    assert filled["document"]["goods"][9_999]["specification"] == ROW["specification"]


async def analyse(database: Database) -> None:
    owner = await postgres.connect(database.owner_dsn, name="test")
    try:
        await owner.execute("ANALYZE learnt_goods")
    finally:
        await owner.close()


async def test_one_step_fills_from_every_source(reference: Reference) -> None:
    """Template, company, the clerk's goods record, an earlier document and the tariff, in one answer."""
    await reference.put_codes(HS_CSV, "2024", "20240101")
    await reference.book.refresh(reference.worker_pool)
    clerk = Clerk(reference, await reference.client_firm())
    await clerk.declares({"material_no": "M-009", "unit": "035"})
    company = {"name": "示例保税物流有限公司", "customs_code": PRINCIPAL}
    await reference.made("/v1/companies", company)
    await reference.made("/v1/goods", ARTICLE, client_id=str(clerk.client_id))
    template = await reference.made(
        "/v1/templates",
        {
            "name": "示例",
            "kind": "inventory",
            "document": {"head": {"operating_code": PRINCIPAL, "direction": "I"}},
        },
    )
    asked = {
        "kind": "inventory",
        "client_id": str(clerk.client_id),
        "template_id": template["id"],
        "document": {"goods": [{"material_no": "M-001", "quantity": "3"}, {"material_no": "M-009"}]},
    }
    answer = await reference.client.post("/v1/fill", content=orjson.dumps(asked))
    filled = answer.json()
    head = filled["document"]["head"]
    assert (head["operating_name"], head["direction"]) == ("示例保税物流有限公司", "I")
    assert "declaring_code" not in head, "nobody said who declares"
    kept, learnt = filled["document"]["goods"]
    assert (kept["specification"], kept["statutory_unit"], kept["statutory_quantity"]) == (
        ARTICLE["elements"],
        "001",
        "3",
    )
    assert (learnt["specification"], learnt["statutory_unit"]) == (ROW["specification"], "001")
    assert {each["source"]["type"] for each in filled["filled"]} == {
        "template",
        "company",
        "goods",
        "learnt",
        "hs_code",
        "document",
        "rule",
    }
