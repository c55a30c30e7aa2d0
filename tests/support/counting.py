"""How much work something was, counted: a busy machine changes times, not counts."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from types import FrameType

from backbone import postgres
from backbone.migrate import Database
from tests.support.patience import SECONDS


def calls(work: Callable[[], object]) -> int:
    """How many functions were called, of Python and of C."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


async def rows_read(database: Database, before: int, at_least: int) -> int:
    """Rows that the tables of the service gave out since `before`, once at least so many are told.

    PostgreSQL tells what a transaction read as a whole, but up to some seconds late.
    """
    deadline = time.monotonic() + SECONDS
    while (read := await rows_read_ever(database) - before) < at_least:
        assert time.monotonic() < deadline, f"{read} rows read are told"
        await asyncio.sleep(0.2)
    return read


async def rows_read_ever(database: Database) -> int:
    """Rows that scans of tables and of indexes gave out."""
    connection = await postgres.connect(database.worker_dsn, name="counting")
    try:
        read = await connection.fetchval(
            "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint FROM pg_stat_user_tables"
        )
    finally:
        await connection.close()
    assert isinstance(read, int)
    return read
