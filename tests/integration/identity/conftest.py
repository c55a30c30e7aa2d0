"""Fixtures for identity on real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backbone.migrate import Database
from tests.support.identity_client import Tenant, new_tenant
from tests.support.identity_service import running_identity
from tests.support.infrastructure import Servers
from tests.support.service_process import ServiceProcess


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("identity")


@pytest.fixture(scope="module")
def service(servers: Servers, database: Database) -> Iterator[ServiceProcess]:
    with running_identity(servers, database) as running:
        yield running


@pytest.fixture
def tenant(service: ServiceProcess) -> Tenant:
    return new_tenant(service)
