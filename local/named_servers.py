"""`python -m local.named_servers`: databases, roles, migrations and topics on the servers the environment names.

For container set-ups: needs nothing of what runs servers of our own.
"""

from __future__ import annotations

import asyncio
import os
import sys

from backbone import kafka, migrate
from local.home import TREE, Home, home_from_environment
from local.plan import services_in_tree


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
    asyncio.run(prepare(home_from_environment(), admin_dsn, bootstrap))


if __name__ == "__main__":
    main()
