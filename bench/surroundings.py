"""What benchmarks run on: real servers in a folder of their own, a token issuer, entry as a process. Made when first asked for.

`BONDGATE_BENCH_HOME` and `BONDGATE_BENCH_PORT_BASE` move them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from backbone import kafka, postgres
from backbone.ids import new_id
from backbone.migrate import Database
from backbone.postgres import PlainConnection
from contracts.events.event import Route
from contracts.events.identity import EnterpriseRegistered
from local.platform import Platform
from services.entry.document import directory
from tests.support.documents import PARTY
from tests.support.infrastructure import TREE, Servers
from tests.support.issuer import Issuer, issuing
from tests.support.service_process import running_service

HOME = Path(os.environ.get("BONDGATE_BENCH_HOME", TREE / ".bondgate-bench"))
PORT_BASE = int(os.environ.get("BONDGATE_BENCH_PORT_BASE", "8500"))
_START_SECONDS = 1_200
"""Figures are compared, not the time until they can be taken; a machine may be as busy as it likes."""


@dataclass(frozen=True)
class Entry:
    """The entry service, and a caller of a tenant with one enterprise."""

    url: str
    database: Database
    headers: dict[str, str]
    tenant_id: UUID
    enterprise_id: UUID


@dataclass
class Surroundings:
    """`rounds` of `seconds` each; `quick` also takes fewer sizes, to see that everything runs."""

    quick: bool = False
    _stack: ExitStack = field(default_factory=ExitStack)

    @property
    def rounds(self) -> int:
        return 1 if self.quick else 5

    @property
    def seconds(self) -> float:
        return 0.2 if self.quick else 2.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._stack.close()

    @cached_property
    def servers(self) -> Servers:
        _forget_other_servers()
        platform = Platform(
            HOME / "servers", PORT_BASE, services=(), simulator=False, edge=False, watched=True
        )
        self._stack.callback(shutil.rmtree, platform.home.root, ignore_errors=True)
        self._stack.enter_context(platform)
        servers = Servers(platform.admin_dsn, platform.bootstrap_servers)
        asyncio.run(kafka.ensure_topics(servers.bootstrap))
        return servers

    @cached_property
    def issuer(self) -> Issuer:
        return self._stack.enter_context(issuing())

    @cached_property
    def entry(self) -> Entry:
        """entry on a new database, with a pool for 32 callers, logging warnings only."""
        database = self.servers.database("entry")
        environment = {"JWKS_URL": self.issuer.jwks_url, "POOL_MAX_SIZE": "32", "LOG_LEVEL": "warning"}
        process = self._stack.enter_context(running_service("entry", database, self.servers, environment))
        tenant_id, enterprise_id = uuid4(), new_id()
        asyncio.run(_register(database, tenant_id, enterprise_id))
        headers = {"authorization": f"Bearer {self.issuer.token(tenant_id)}"}
        return Entry(process.url, database, headers, tenant_id, enterprise_id)

    def platform(self, *simulator_arguments: str) -> Platform:
        """Every service, the simulator and the edge, stopped at the end."""
        _forget_other_servers()
        whole = Platform(
            HOME / "platform", PORT_BASE + 20, simulator_arguments=simulator_arguments, watched=True
        )
        self._stack.callback(shutil.rmtree, whole.home.root, ignore_errors=True)
        self._stack.callback(whole.stop)
        whole.start(seconds=_START_SECONDS)
        return whole


async def superuser(on: Surroundings, database: Database, stack: AsyncExitStack) -> PlainConnection:
    """A connection that row-level security does not hold, as COPY wants it, until the stack is left."""
    admin = urlsplit(on.servers.admin_dsn)._replace(path=f"/{database.name}")
    connection = await postgres.connect(urlunsplit(admin), name="bench")
    stack.push_async_callback(connection.close)
    return connection


def _forget_other_servers() -> None:
    """What benchmarks publish would be read by everybody else on the same Kafka."""
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"):
        os.environ.pop(name, None)


def route(mailbox: str) -> Route:
    return Route(
        mailbox=mailbox,
        sender_id="DXPENT0000000001",
        receiver_id="DXPEDCSAS0000001",
        sys_id="Z8",
        operator_customs_code=PARTY[0],
    )


async def _register(database: Database, tenant_id: UUID, enterprise_id: UUID) -> None:
    connection = await postgres.connect(database.worker_dsn, name="bench")
    code, name = PARTY
    enterprise = EnterpriseRegistered(
        tenant_id=tenant_id,
        enterprise_id=enterprise_id,
        version=1,
        name=name,
        customs_code=code,
        uscc="91330206EXAMPLE019",
        route=route("bench"),
        recorded_at=datetime.now(UTC),
    )
    await directory.keep_enterprises(connection, [enterprise])
    await connection.close()
