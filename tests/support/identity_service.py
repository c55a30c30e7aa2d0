"""Identity as it runs for real: its own database, one or more processes."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from backbone.migrate import Database
from tests.support.identity_client import OPERATOR_SECRET
from tests.support.infrastructure import Servers
from tests.support.service_process import ServiceProcess, free_port, running_service

MASTER_KEY = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@contextmanager
def running_identity(
    servers: Servers, database: Database, settings: Mapping[str, str] | None = None, *, waits: bool = True
) -> Iterator[ServiceProcess]:
    """A process of identity that verifies its own tokens, unless `settings` (without prefix) say otherwise."""
    port = free_port()
    environment = {
        "MASTER_KEY": MASTER_KEY,
        "OPERATOR_SECRET": OPERATOR_SECRET,
        "JWKS_URL": f"http://127.0.0.1:{port}/.well-known/jwks.json",
        **(settings or {}),
    }
    with running_service("identity", database, servers, environment, port=port, waits=waits) as service:
        yield service
