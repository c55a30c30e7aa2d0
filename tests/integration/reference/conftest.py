"""reference on a database of the module; a file whose tests place editions takes one of each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from backbone.migrate import Database
from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.reference_service import Reference, on


@pytest.fixture(scope="module")
def database(servers: Servers) -> Database:
    return servers.database("reference")


@pytest.fixture
async def reference(database: Database, issuer: Issuer) -> AsyncIterator[Reference]:
    async with on(database, issuer) as made:
        yield made
