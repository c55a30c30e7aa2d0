"""Which PostgreSQL and Kafka an installation uses: its own, or those named by the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from backbone import kafka, postgres
from local import broker, postgresql
from local.home import Home


class ServerUnreachable(Exception):
    """A server named by the environment does not answer; the text says which."""


@dataclass(frozen=True)
class Servers:
    """`own_*` says whether the installation runs it itself."""

    admin_dsn: str
    bootstrap: str
    own_postgresql: bool
    own_kafka: bool


def servers(home: Home, ports: Mapping[str, int]) -> Servers:
    """`DATABASE_URL` (an administrator's) and `KAFKA_BOOTSTRAP_SERVERS` replace the embedded servers."""
    named_dsn = os.environ.get("DATABASE_URL")
    named_kafka = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return Servers(
        admin_dsn=named_dsn or postgresql.admin_dsn(home, ports["postgres"]),
        bootstrap=named_kafka or broker.bootstrap_servers(ports["kafka"]),
        own_postgresql=not named_dsn,
        own_kafka=not named_kafka,
    )


async def check_named(used: Servers) -> None:
    """Raises ServerUnreachable."""
    if not used.own_postgresql:
        try:
            connection = await postgres.connect(used.admin_dsn, name="probe")
            await connection.close()
        except (OSError, asyncpg.PostgresError, ValueError) as error:
            raise ServerUnreachable(
                f"no PostgreSQL answers at DATABASE_URL: {type(error).__name__}: {error}"
            ) from error
    if not used.own_kafka and not await broker.serves(used.bootstrap):
        raise ServerUnreachable(f"no Kafka answers at KAFKA_BOOTSTRAP_SERVERS ({used.bootstrap})")


async def ensure_topics(bootstrap: str) -> list[str]:
    return await kafka.ensure_topics(bootstrap)
