"""reference under requests that Schemathesis makes up, for goods, companies, trucks, templates and codes that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from backbone.migrate import Database
from contracts.permissions import PLATFORM_OPERATE
from tests.support.fuzzing import Known, described, fuzzing
from tests.support.issuer import EVERYTHING, Issuer
from tests.support.reference_service import ARTICLE, COMPANY, HS_CSV, Reference, on

BODIES: dict[str, dict[str, Any]] = {
    "goods": ARTICLE,
    "companies": COMPANY,
    "vehicle-records": {"vehicle_no": "沪A00001", "vehicle_weight": "8000"},
    "templates": {"name": "甲", "kind": "inventory", "document": {"head": {"direction": "I"}}},
    "authorisations": {"valid_from": "2026-01-01", "valid_until": "2099-12-31"},
}
OWN = {
    "goods": ("material_no", "M-{}"),
    "companies": ("customs_code", "3105W{}"),
    "vehicle-records": ("vehicle_no", "沪A{}"),
    "templates": ("name", "模板{}"),
}
"""What no two of a kind have in common, and how it is made."""


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as made:
        yield made


@pytest.fixture
def service(portal: BlockingPortal, database: Database, issuer: Issuer) -> Iterator[Reference]:
    with portal.wrap_async_context_manager(on(database, issuer)) as made:
        made.client.headers["authorization"] = (
            f"Bearer {issuer.token(made.tenant_id, permissions=[*EVERYTHING, PLATFORM_OPERATE])}"
        )
        yield made


class Prepared:
    """What the requests are about; what one operation deletes the next finds again."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.firm = ""

    async def begin(self) -> None:
        self.firm = str(await self.reference.client_firm())
        await self.reference.put_codes(HS_CSV, f"{datetime.now(UTC):%Y}", "20240101")

    async def for_path(self, path: str) -> Known:
        values = {"client_id": [self.firm], "table": ["units", "hs_codes"], "code": ["8471701000", "011"]}
        kind = path.split("/")[2]
        bodies: list[Any] = []
        if kind in BODIES:
            body = BODIES[kind] | {"client_id": self.firm} if kind == "authorisations" else BODIES[kind]
            if kind in OWN:
                name, pattern = OWN[kind]
                body = body | {name: pattern.format(uuid4().hex[:5].upper())}
            bodies = [[body]] if path.endswith("/imports") else [body]
            if "{identity}" in path:
                values["identity"] = [str((await self.reference.made(f"/v1/{kind}", body))["id"])]
        elif path.endswith("/fill"):
            row = {"material_no": ARTICLE["material_no"]}
            bodies = [{"kind": "inventory", "document": {"head": {}, "goods": [row]}, "client_id": self.firm}]
        elif path.startswith("/v1/codes"):
            bodies = [HS_CSV.encode()]

        async def version(real: Mapping[str, str]) -> str | None:
            answer = await self.reference.client.get(path.format(**real))
            tag: str | None = answer.headers.get("etag")
            return tag

        return Known(values, bodies, version)


def test_nothing_made_up_breaks_reference(
    portal: BlockingPortal, service: Reference, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared = Prepared(service)
    portal.call(prepared.begin)
    with fuzzing(portal, service.client, capsys) as tries:
        for operation in described("reference"):
            tries.of(operation, portal.call(prepared.for_path, operation.path))
