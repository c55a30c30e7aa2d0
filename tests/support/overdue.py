"""Time travel for one document of a whole platform."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from tests.support.desk import Desk, Sent


def make_overdue(desk: Desk, sent: Sent) -> None:
    """The hour of waiting for the Single Window is over."""

    async def travel() -> None:
        connection = await asyncpg.connect(desk.platform.dsn("entry", "worker"))
        await connection.execute(
            "UPDATE documents SET deadline_at = now() - interval '1 s' WHERE document_id = $1::uuid",
            sent.document_id,
        )
        await connection.close()

    # The thread of a test of the page has a loop of its own already, which Playwright runs.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(lambda: asyncio.run(travel())).result()
