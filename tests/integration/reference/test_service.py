"""reference as a process: ready, serving, and told by the database of an edition another process imported."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx

from contracts.permissions import PLATFORM_OPERATE
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.patience import SECONDS as PATIENCE
from tests.support.reference_service import HS_CSV
from tests.support.service_process import running_service


def test_two_processes_serve_one_edition(servers: Servers, issuer: Issuer) -> None:
    database = servers.database("reference")
    environment = {"JWKS_URL": issuer.jwks_url}
    operator = {"authorization": f"Bearer {issuer.token(uuid4(), permissions=[PLATFORM_OPERATE])}"}
    with (
        running_service("reference", database, servers, environment) as one,
        running_service("reference", database, servers, environment) as two,
    ):
        done = httpx.put(
            f"{one.url}/v1/codes/hs_codes",
            params={"edition": "2024", "valid_from": "20240101"},
            content=HS_CSV.encode(),
            headers={**operator, "content-type": "text/csv"},
            timeout=30,
        )
        assert done.json()["edition"] == "2024"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            seen = httpx.get(f"{two.url}/v1/codes/hs_codes/8471701000", headers=operator)
            if seen.json()["table"]["edition"] == "2024":
                break
            time.sleep(0.2)
        assert seen.json()["second_unit_label"] == "千克"
        assert "硬盘驱动器" not in one.output(), "content never reaches a log"
        assert httpx.get(f"{two.url}/readyz").json()["checks"]["code_book"] is True
