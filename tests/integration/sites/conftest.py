"""One platform for the room; every test has a tenant and a site of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.import_client import ImportClient, working_client
from tests.support.infrastructure import Servers
from tests.support.site import Platform, Site, running_platform, site_of


@pytest.fixture(scope="session")
def platform(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(servers, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture
def site(platform: Platform, tmp_path: Path) -> Iterator[Site]:
    with site_of(platform, tmp_path) as made:
        yield made


@pytest.fixture
def client(site: Site) -> Iterator[ImportClient]:
    with working_client(site.folder) as working:
        yield working
