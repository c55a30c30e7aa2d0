"""Approved forms, bills, passes and lists in entry, for tests of documents that are made from one another."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson

from contracts.events.receipts import Outcome
from customs.documents import KINDS
from services.entry.drafts import making_api
from tests.support.entry_service import Entry

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts/examples"
_ANSWERED_BY = {
    "business_form": "SAS201",
    "stock_bill": "SAS211",
    "gate_pass": "SAS221",
    "inventory": "INV201",
}
_numbers = count(1)
UNTOLD = {"origin_country": "136", "destination_country": "142", "levy_mode": "3"}
"""What a form does not tell of a bill's rows."""


def sample(kind: str, name: str, **head: Any) -> dict[str, Any]:
    """A sample with an internal number of its own."""
    document: dict[str, Any] = json.loads((EXAMPLES / kind / f"{name}.json").read_text(encoding="utf-8"))
    document["head"].update({"internal_no": f"F-{uuid4().hex[:12]}", **head})
    return document


def form(quantity: str = "60") -> dict[str, Any]:
    """A 业务申报表 of one row."""
    document = sample("business_form", "gathered-out")
    (row, *_) = document["goods"]
    row.update(quantity=quantity, unit_price="2", total_price=f"{int(quantity) * 2}.00")
    document["goods"] = [row]
    return document


class Feeding:
    """A clerk who makes documents from others, and customs that answers."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        if not any(str(getattr(route, "path", "")).endswith("/remaining") for route in entry.app.routes):
            for kind in KINDS.values():
                entry.app.include_router(making_api.routes(kind, entry.pool, lambda: None))

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"idempotency-key": str(uuid4()), **{n.replace("_", "-"): v for n, v in headers.items()}}
        content = orjson.dumps({} if body is None else body)
        return await self.entry.client.post(f"/v1/{path}", content=content, headers=sent)

    async def get(self, path: str) -> dict[str, Any]:
        response = await self.entry.client.get(f"/v1/{path}")
        assert response.status_code == 200, response.text
        content: dict[str, Any] = response.json()
        return content

    async def saved(self, kind: str, document: dict[str, Any]) -> str:
        made = await self.post(KINDS[kind].url, document)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def declare(self, kind: str, document_id: str) -> httpx.Response:
        path = f"{KINDS[kind].url}/{document_id}"
        version = (await self.get(path))["version"]
        return await self.post(f"{path}/declare", if_match=f'"{version}"')

    async def answered(self, kind: str, document_id: str, outcome: Outcome, **more: Any) -> None:
        """What customs says about the last declaration."""
        number = next(_numbers)
        told = {
            "message_type": _ANSWERED_BY[kind],
            "seq_no": f"2026{int(document_id.replace('-', ''), 16) % 10**14:014d}",
            "change_count": 0,
            "message_id": f"m{number}",
            **more,
        }
        await self.entry.told(document_id, outcome, kind=kind, **told)

    async def approve(self, kind: str, document_id: str) -> str:
        """Declared and approved; answers the customs number."""
        declared = await self.declare(kind, document_id)
        assert declared.status_code == 202, declared.text
        customs_no = f"{kind[0].upper()}3105{uuid4().hex[:13].upper()}"
        outcome: Outcome = "pre_deducted" if kind == "inventory" else "approved"
        await self.answered(kind, document_id, outcome, customs_no=customs_no)
        return customs_no

    async def approved(self, kind: str, document: dict[str, Any]) -> tuple[str, str]:
        """Id and customs number."""
        document_id = await self.saved(kind, document)
        return document_id, await self.approve(kind, document_id)

    async def bill(self, form_no: str, quantity: str, **head: Any) -> tuple[str, str]:
        """An approved 出入库单 of one row."""
        return await self.approved("stock_bill", bill(form_no, quantity, **head))

    async def void(self, kind: str, document_id: str) -> None:
        """Asked for and agreed to."""
        path = f"{KINDS[kind].url}/{document_id}"
        version = (await self.get(path))["version"]
        opened = await self.post(
            f"{path}/cancellation-requests", {"reason": "客户取消"}, if_match=f'"{version}"'
        )
        assert opened.status_code == 202, opened.text
        await self.answered(kind, document_id, "voided", declaration_type="3", change_count=1)
        assert (await self.get(path))["state"] == "voided"

    async def left(self, kind: str, document_id: str, by: str) -> list[dict[str, Any]]:
        """The rows of `remaining` by one kind."""
        told = await self.get(f"{KINDS[kind].url}/{document_id}/remaining")
        (found,) = (each for each in told["by_kind"] if each["kind"] == by)
        rows: list[dict[str, Any]] = found["rows"]
        return rows

    async def complete(self, made: dict[str, Any], **row: Any) -> None:
        """Type what the form did not tell into a bill."""
        document = made["document"]
        for each in document["goods"]:
            each.update({**UNTOLD, "second_statutory_quantity": "1", **row})
        path = f"/v1/{KINDS['stock_bill'].url}/{made['id']}"
        body = orjson.dumps(document)
        saved = await self.entry.client.put(path, content=body, headers={"if-match": '"1"'})
        assert saved.status_code == 200, saved.text


def bill(form_no: str, quantity: str, **head: Any) -> dict[str, Any]:
    """A 出入库单 of one row of the form above; weights follow the quantity."""
    document = sample("stock_bill", "out", business_form_no=form_no, **head)
    (row, *_) = document["goods"]
    row.update(
        quantity=quantity,
        statutory_quantity=quantity,
        unit_price="2",
        total_price=f"{int(quantity) * 2}.00",
        gross_weight=str(int(quantity) * 3),
        net_weight=str(int(quantity) * 2),
        second_statutory_quantity="1",
    )
    document["goods"] = [row]
    document["head"].update(gross_weight=row["gross_weight"], net_weight=row["net_weight"])
    return document
