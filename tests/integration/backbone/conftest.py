"""Fixtures for backbone on real servers."""

from __future__ import annotations

import pytest

from backbone.migrate import Database
from tests.support.infrastructure import Servers


@pytest.fixture
def database(servers: Servers) -> Database:
    """Backbone's tables alone."""
    return servers.database()
