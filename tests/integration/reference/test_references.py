"""Whom a body or a query of reference names: client firms and enterprises of the tenant, in use, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.reference import directory
from tests.support.reference_service import ARTICLE, Reference

pytestmark = pytest.mark.anyio
AUTHORISED = {"valid_from": "2026-01-01", "valid_until": "2099-12-31"}
TEMPLATE = {"name": "甲", "kind": "gate_pass", "document": {}}
Call = Callable[[Reference, UUID], Coroutine[Any, Any, httpx.Response]]
CALLS: dict[str, Call] = {
    "goods": lambda r, firm: r.post("/v1/goods", ARTICLE, params={"client_id": str(firm)}),
    "templates": lambda r, firm: r.post("/v1/templates", TEMPLATE, params={"client_id": str(firm)}),
    "goods imports, preview": lambda r, firm: r.post(
        "/v1/goods/imports", [ARTICLE], params={"client_id": str(firm)}
    ),
    "goods imports": lambda r, firm: r.post(
        "/v1/goods/imports", [ARTICLE], params={"client_id": str(firm), "mode": "all"}
    ),
    "authorisations": lambda r, firm: r.post("/v1/authorisations", {"client_id": str(firm), **AUTHORISED}),
    "check": lambda r, firm: r.client.get(
        "/v1/authorisations/check", params={"client_id": str(firm), "kind": "inventory"}
    ),
    "fill": lambda r, firm: r.post("/v1/fill", {"kind": "inventory", "document": {}, "client_id": str(firm)}),
}


@pytest.fixture
def unknown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "MOST_SECONDS", 0.0)


@pytest.mark.usefixtures("unknown_at_once")
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
async def test_a_client_firm_must_be_the_tenants_and_in_use(reference: Reference, call: Call) -> None:
    foreign = await reference.client_firm(tenant_id=uuid4())
    for unknown in (uuid4(), foreign):
        refused = await call(reference, unknown)
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["code"], error["pointer"]) == (
            422,
            "unknown_reference",
            "/client_id",
        )
    suspended = await reference.client_firm(status="suspended")
    assert (await call(reference, suspended)).json()["errors"][0]["code"] == "out_of_use"
    assert (await call(reference, await reference.client_firm())).status_code in (200, 201)


@pytest.mark.usefixtures("unknown_at_once")
async def test_an_enterprise_must_be_the_tenants(reference: Reference) -> None:
    firm = await reference.client_firm()
    foreign = await reference.enterprise(tenant_id=uuid4())
    body = {"client_id": str(firm), **AUTHORISED}
    for unknown in (uuid4(), foreign):
        refused = await reference.post("/v1/authorisations", {**body, "enterprise_id": str(unknown)})
        (error,) = refused.json()["errors"]
        assert (error["code"], error["pointer"]) == ("unknown_reference", "/enterprise_id")
        asked = {"client_id": str(firm), "kind": "inventory", "enterprise_id": str(unknown)}
        checked = await reference.client.get("/v1/authorisations/check", params=asked)
        assert checked.json()["errors"] == refused.json()["errors"]


async def test_what_identity_has_just_registered_is_waited_for(reference: Reference) -> None:
    firm = uuid4()
    asked = asyncio.create_task(CALLS["goods"](reference, firm))
    await reference.client_firm(firm)
    assert (await asked).status_code == 201
