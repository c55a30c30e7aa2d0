"""What hangs together with a document, both ways, as far as the caller may see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import Event
from contracts.permissions import DOCUMENT_READ
from customs.documents import KINDS
from tests.support.entry_service import refused
from tests.support.life import Life
from tests.support.query_views import Views

pytestmark = pytest.mark.anyio
FORM, BILL, PASS, PLATE = "A3105W26000001", "S3105W26000001", "P3105W2600000000000001", "浙B12345"


class Chain:
    """A form, a bill of it on a pass with a vehicle, a 集报清单 that takes the bill in, and a copy of the bill."""

    def __init__(self, tenant_id: UUID, scoped: UUID | None = None) -> None:
        self.form = self._life(tenant_id, "business_form")
        self.bill = self._life(tenant_id, "stock_bill")
        self.copy = self._life(tenant_id, "stock_bill", "copy")
        self.gate_pass = self._life(tenant_id, "gate_pass", enterprise_id=scoped)
        self.vehicle = self._life(tenant_id, "vehicle")
        self.inventory = self._life(tenant_id, "inventory")
        self.names = {
            str(getattr(self, name).document_id): name
            for name in ("form", "bill", "copy", "gate_pass", "vehicle", "inventory")
        }

    @staticmethod
    def _life(tenant_id: UUID, kind: str, internal_no: str = "", **more: Any) -> Life:
        return Life(tenant_id, kind=kind, internal_no=internal_no or kind, **more)

    def events(self) -> list[Event]:
        linked = {
            "head": {"internal_no": "gate_pass", "linked_type": "2", "vehicle_no": PLATE},
            "linked_documents": [
                {"linked_type": "2", "bill_no": BILL},
                {"linked_type": "1", "bill_no": "QD1"},
            ],
        }
        gathered = {"head": {"internal_no": "inventory"}, "stock_bills": [{"stock_bill_no": BILL}]}
        return [
            self.form.saved(state="approved", numbers={"customs_no": FORM}),
            self.bill.saved(1, {"business_form_no": FORM}, state="approved", numbers={"customs_no": BILL}),
            self.copy.saved(1, {"business_form_no": FORM}, copied_from=self.bill.document_id),
            self.gate_pass.saved(document=linked, numbers={"customs_no": PASS}, state="approved"),
            self.vehicle.saved(1, {"vehicle_no": PLATE}, state="approved", numbers={"customs_no": "V1"}),
            self.inventory.saved(document=gathered),
        ]

    def told(self, answer: dict[str, Any]) -> set[tuple[object, ...]]:
        return {
            (
                self.names.get(item["id"], item["number"]) if item["id"] else item["standing"],
                item["direction"],
                item["level"],
                item["relation"],
                self.names[item["of"]],
            )
            for item in answer["items"]
        }


def path(life: Life) -> str:
    return f"{KINDS[str(life.about['kind'])].url}/{life.document_id}/relations"


async def test_both_ways_and_level_by_level(query: Views) -> None:
    chain = Chain(query.tenant_id)
    await query.tell(chain.events())
    assert chain.told(await query.get(path(chain.form))) == {
        ("bill", "down", 1, "依据", "form"),
        ("copy", "down", 1, "依据", "form"),
        ("gate_pass", "down", 2, "载运", "bill"),
        ("inventory", "down", 2, "集报", "bill"),
        ("vehicle", "down", 3, "车辆", "gate_pass"),
        ("elsewhere", "down", 3, "载运", "gate_pass"),
    }
    assert chain.told(await query.get(path(chain.gate_pass))) == {
        ("bill", "up", 1, "载运", "gate_pass"),
        ("vehicle", "up", 1, "车辆", "gate_pass"),
        ("elsewhere", "up", 1, "载运", "gate_pass"),
        ("form", "up", 2, "依据", "bill"),
    }
    assert chain.told(await query.get(path(chain.vehicle), levels=1)) == {
        ("gate_pass", "down", 1, "车辆", "vehicle"),
        ("bill", "down", 2, "载运", "gate_pass"),
        ("elsewhere", "down", 2, "载运", "gate_pass"),
    }
    assert ("copy", "down", 1, "复制自", "bill") in chain.told(await query.get(path(chain.bill)))
    assert ("bill", "up", 1, "复制自", "copy") in chain.told(await query.get(path(chain.copy)))
    (elsewhere,) = (
        each for each in (await query.get(path(chain.gate_pass)))["items"] if each["standing"] == "elsewhere"
    )
    assert (elsewhere["kind"], elsewhere["number"], elsewhere["id"]) == ("inventory", "QD1", None)
    refused(await query.client.get(f"/v1/{path(chain.form)}", params={"levels": "9"}), 422, "invalid_request")


async def test_a_link_that_was_taken_out_is_gone_and_a_late_document_is_found(query: Views) -> None:
    chain = Chain(query.tenant_id)
    form, bill, *rest = chain.events()
    await query.tell([bill, *rest])
    (up,) = (await query.get(path(chain.bill)))["items"][:1]
    assert (up["standing"], up["number"]) == ("elsewhere", FORM)
    await query.tell([form])
    (up,) = (await query.get(path(chain.bill)))["items"][:1]
    assert (up["standing"], up["id"]) == ("known", str(chain.form.document_id))
    await query.tell([chain.inventory.saved(2), chain.copy.deleted(2)])
    assert {name for name, *_ in chain.told(await query.get(path(chain.bill)))} == {
        "form",
        "gate_pass",
        "vehicle",
        "elsewhere",
    }


async def test_what_the_caller_may_not_read_is_hidden_and_ends_the_way(query: Views) -> None:
    secret = uuid4()
    chain = Chain(query.tenant_id, scoped=secret)
    await query.tell(chain.events())
    seen = [
        str(life.about["enterprise_id"])
        for life in (chain.form, chain.bill, chain.copy, chain.vehicle, chain.inventory)
    ]
    clerk = query.client_of(grants=[{"permissions": [DOCUMENT_READ], "enterprises": seen}])
    answered = (await clerk.get(f"/v1/{path(chain.form)}")).json()
    assert ("hidden", "down", 2, "载运", "bill") in chain.told(answered)
    (hidden,) = (each for each in answered["items"] if each["standing"] == "hidden")
    assert hidden == {
        "level": 2,
        "direction": "down",
        "relation": "载运",
        "of": str(chain.bill.document_id),
        "standing": "hidden",
        "kind": "gate_pass",
        "kind_label": "核放单",
        "id": None,
        "number": None,
    }
    assert "vehicle" not in {name for name, *_ in chain.told(answered)}
    assert PASS not in str(answered) and PLATE not in str(answered)
    refused(await clerk.get(f"/v1/{path(chain.gate_pass)}"), 404, "not_found")
    stranger = query.client_of(uuid4())
    refused(await stranger.get(f"/v1/{path(chain.form)}"), 404, "not_found")


async def test_a_list_shows_and_asks_for_the_passes_of_a_bill(query: Views) -> None:
    chain = Chain(query.tenant_id, scoped=uuid4())
    await query.tell(chain.events())
    seq_no = "202600000000000456"
    await query.tell(
        [
            chain.gate_pass.told(
                type(chain.gate_pass.deleted(2)),
                2,
                "approved",
                numbers={"customs_no": PASS, "seq_no": seq_no},
                deleted_by={"id": "u", "name": "示例"},
            )
        ],
        "documents",
    )
    page = await query.get("stock-bills", internal_no="stock_bill")
    assert set(page["items"][0]["used_by_nos"]) == {seq_no, "inventory"}
    assert {each["kind"] for each in page["items"][0]["used_by"]} == {"gate_pass", "inventory"}
    found = await query.get("stock-bills", used_by_no=seq_no)
    assert [item["id"] for item in found["items"]] == [str(chain.bill.document_id)]
    bill_firm = str(chain.bill.about["enterprise_id"])
    clerk = query.client_of(grants=[{"permissions": [DOCUMENT_READ], "enterprises": [bill_firm]}])
    told = (await clerk.get("/v1/stock-bills")).json()["items"]
    assert [item["used_by"] for item in told] == [[]]
    assert (await clerk.get("/v1/stock-bills", params={"used_by_no": seq_no})).json()["items"] == []
