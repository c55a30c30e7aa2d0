"""`python -m local.named_servers`: databases, roles, migrations and topics on the servers the environment names.

For container set-ups: needs nothing of what runs servers of our own.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from aiokafka.errors import KafkaError

from backbone import kafka, migrate, postgres
from local.home import TREE, Home, home_from_environment
from local.plan import services_in_tree

_PATIENCE_SECONDS = 300.0
_AGAIN_SECONDS = 2.0


async def migrate_service(home: Home, admin_dsn: str, service: str) -> list[str]:
    """Make the service's database and roles, and apply its migrations. Answers the names applied."""
    database = await migrate.provision(admin_dsn, service, home.passwords(service))
    return await migrate.migrate(database.owner_dsn, TREE / "services" / service / "migrations")


async def prepare(home: Home, admin_dsn: str, bootstrap: str) -> None:
    """May be repeated. Raises what PostgreSQL and Kafka raise."""
    for service in services_in_tree():
        applied = await migrate_service(home, admin_dsn, service)
        print(f"{service}: {', '.join(applied) or 'nothing to do'}", flush=True)
    made = await kafka.ensure_topics(bootstrap)
    print(f"topics: {', '.join(made) or 'nothing to do'}", flush=True)


def main() -> None:
    """Exits 2 when the environment names no servers."""
    try:
        admin_dsn, bootstrap = os.environ["DATABASE_URL"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    except KeyError as missing:
        print(f"{missing.args[0]} is not set", file=sys.stderr)
        sys.exit(2)
    asyncio.run(_patiently(home_from_environment(), admin_dsn, bootstrap))


async def _patiently(home: Home, admin_dsn: str, bootstrap: str) -> None:
    """Servers that start at the same time are waited for. Raises what they raised when they did not come."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            await prepare(home, admin_dsn, bootstrap)
        except (*postgres.OUTAGES, KafkaError) as error:
            if time.monotonic() > deadline:
                raise
            print(f"waiting for PostgreSQL and Kafka: {type(error).__name__}", file=sys.stderr, flush=True)
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return


if __name__ == "__main__":
    main()
