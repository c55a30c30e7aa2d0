"""Fixtures for print on real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.infrastructure import Servers
from tests.support.issuer import Issuer
from tests.support.print_service import Office, open_office


@pytest.fixture(scope="module")
def office(servers: Servers, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(servers, issuer, tmp_path_factory.mktemp("print-data")) as opened:
        yield opened
