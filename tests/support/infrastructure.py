"""Real PostgreSQL and real Kafka for integration tests, and a fresh database for whoever asks.

The servers are the embedded ones in a folder of their own; `BONDGATE_TEST_HOME` and `BONDGATE_TEST_PORT_BASE` move them, so
that several runs stand beside each other. `DATABASE_URL` and `KAFKA_BOOTSTRAP_SERVERS` replace them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from backbone import kafka, migrate
from backbone.migrate import Database, Passwords
from local.platform import Platform

TREE = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("BONDGATE_TEST_HOME", TREE / ".bondgate-test"))
PORT_BASE = int(os.environ.get("BONDGATE_TEST_PORT_BASE", "8300"))
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Servers:
    """Where the real servers answer."""

    admin_dsn: str
    bootstrap: str
    databases: list[str] = field(default_factory=list)

    def database(self, service: str | None = None) -> Database:
        """A new empty database with backbone's tables and, when named, those of a service. Its name is unique."""
        name = f"t{secrets.token_hex(3)}_{next(_numbers)}_{service or 'plain'}"
        passwords = Passwords(*(secrets.token_hex(8) for _ in range(3)))

        async def make() -> Database:
            made = await migrate.provision(self.admin_dsn, name, passwords)
            folders = [TREE / "services" / service / "migrations"] if service else []
            await migrate.migrate(made.owner_dsn, *folders)
            return made

        return asyncio.run(make())


def fresh(platform: Platform) -> Platform:
    """The installation without what an earlier run left in it."""
    platform.stop()
    platform.home.erase()
    return platform


@contextmanager
def running() -> Iterator[Servers]:
    """The servers, with every topic of contracts/topics.toml; stopped at the end."""
    with fresh(
        Platform(HOME / "servers", PORT_BASE, services=(), simulator=False, edge=False, watched=True)
    ) as platform:
        servers = Servers(platform.admin_dsn, platform.bootstrap_servers)
        asyncio.run(kafka.ensure_topics(servers.bootstrap))
        yield servers
