"""A migration beside services that work."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from backbone import migrate, postgres
from tests.support.infrastructure import Servers


def test_a_migration_that_waits_for_a_busy_table_gives_up_and_leaves_nothing_behind(
    servers: Servers, tmp_path: Path
) -> None:
    database = servers.database()
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("CREATE TABLE made (id bigint)")
    (folder / "0002_busy.sql").write_text(
        "CREATE TABLE kept (id bigint); ALTER TABLE outbox ADD COLUMN later text"
    )

    async def run() -> tuple[list[str], list[str]]:
        holder = await postgres.connect(database.worker_dsn, name="holder")
        looking = await postgres.connect(database.owner_dsn, name="looking")
        try:
            async with holder.transaction():
                await holder.execute("SELECT count(*) FROM outbox")
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await migrate.migrate(database.owner_dsn, folder, lock_seconds=0.1)
            tables = await looking.fetch(
                "SELECT tablename FROM pg_tables WHERE tablename IN ('made', 'kept')"
            )
        finally:
            await holder.close()
            await looking.close()
        return [row["tablename"] for row in tables], await migrate.migrate(database.owner_dsn, folder)

    made, then = asyncio.run(run())
    assert made == ["made"]
    assert [name.rpartition("/")[2] for name in then] == ["0002_busy.sql"]
