"""Every operation of reference, walked once with a good answer: each is as OpenAPI says, and none is left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.reference.test_learning import ROW, Clerk
from tests.support.reference_service import ARTICLE, COMPANY, HS_CSV, Reference

pytestmark = pytest.mark.anyio
TEMPLATE = {"name": "甲", "kind": "inventory", "document": {"head": {"direction": "I"}}}
VEHICLE = {"vehicle_no": "沪A00001", "vehicle_weight": "8000"}
UNITS_CSV = "code,name\n035,千克\n011,件\n"


async def _good(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code < 400, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer


async def test_every_operation_answers_as_described(reference: Reference) -> None:
    firm = await reference.client_firm()
    await _codes(reference)
    await _records(reference)
    await _learnt(reference)
    await _authorisations(reference, str(firm))
    assert reference.witness.unheard("reference") == []


async def _codes(reference: Reference) -> None:
    year = f"{datetime.now(UTC):%Y}"
    await _good(await reference.put_codes(HS_CSV, f"{year}-0", "20240101", preview="true"))
    await _good(await reference.put_codes(HS_CSV, year, "20240101"))
    await _good(await reference.put_codes(UNITS_CSV, f"{year}-9", "20240101", table="units", preview="true"))
    for path in ("/v1/codes", "/v1/codes/units", "/v1/codes/units/035"):
        await _good(await reference.client.get(path))
    for path in ("/v1/codes/hs_codes?q=8471", "/v1/codes/hs_codes/8471701000", "/v1/codes/units?q=千"):
        await _good(await reference.client.get(path))


async def _records(reference: Reference) -> None:
    bodies = {"companies": COMPANY, "goods": ARTICLE, "vehicle-records": VEHICLE, "templates": TEMPLATE}
    for path, body in bodies.items():
        of = f"/v1/{path}"
        made = await reference.made(of, body)
        one = f"{of}/{made['id']}"
        await _good(await reference.client.get(of, params={"limit": 1}))
        seen = (await _good(await reference.client.get(one))).headers["etag"]
        changed = await _good(await reference.client.put(one, json=body, headers={"if-match": seen}))
        if path == "goods":
            await _fill(reference, made["content"]["material_no"])
        await _good(await reference.client.delete(one, headers={"if-match": changed.headers["etag"]}))
        if path != "templates":
            for mode in ("preview", "all"):
                await _good(await reference.post(f"{of}/imports", [body], params={"mode": mode}))


async def _fill(reference: Reference, material_no: str) -> None:
    document = {"head": {}, "goods": [{"line_no": 1, "material_no": material_no}]}
    filled = await _good(await reference.post("/v1/fill", {"kind": "inventory", "document": document}))
    assert filled.json()["filled"]


async def _learnt(reference: Reference) -> None:
    clerk = Clerk(reference, await reference.client_firm())
    await clerk.declares()
    of: dict[str, Any] = {"client_id": str(clerk.client_id), "material_no": ROW["material_no"]}
    listed = await _good(await reference.client.get("/v1/learnt-goods", params=of))
    assert len(listed.json()["items"]) == 1
    await _good(await reference.client.delete("/v1/learnt-goods", params=of))


async def _authorisations(reference: Reference, firm: str) -> None:
    body = {"client_id": firm, "valid_from": "2026-01-01", "valid_until": "2099-12-31"}
    kept = await reference.made("/v1/authorisations", body)
    one = f"/v1/authorisations/{kept['id']}"
    await _good(await reference.client.get("/v1/authorisations"))
    asked = {"client_id": firm, "kind": "inventory"}
    await _good(await reference.client.get("/v1/authorisations/check", params=asked))
    enterprise = str(await reference.enterprise())
    await _good(
        await reference.client.get(
            "/v1/authorisations/check", params={**asked, "enterprise_id": enterprise, "on": "20200101"}
        )
    )
    seen = (await _good(await reference.client.get(one))).headers["etag"]
    await _good(
        await reference.client.delete(one, headers={"if-match": seen, "idempotency-key": str(uuid4())})
    )
    await _good(await reference.client.get(one))
