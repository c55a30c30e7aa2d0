"""Clock in: what a revoked agent had is taken out of our OutBox, so that it is missed; and how much is with agents."""

from __future__ import annotations

import asyncio
from pathlib import Path

from backbone import log, metrics
from backbone.postgres import Pool
from services.submission.sites import mirror, rows

SECONDS = 5.0


async def turn(pool: Pool, exchange: Path) -> None:
    """What the box watcher then finds nowhere becomes unknown, for a person to look into."""
    for row in await rows.unsettled(pool):
        try:
            await asyncio.to_thread(mirror.take_away, exchange, row["mailbox"], row["file_name"])
        except OSError as error:
            log.get().warning("site_file_not_settled", mailbox=row["mailbox"], reason=error.strerror)
            continue
        await rows.settle(pool, row["mailbox"], row["file_name"])
        log.get().warning("site_file_lost", mailbox=row["mailbox"], file_name=row["file_name"])
    found = await rows.waiting(pool)
    metrics.gauge("site_files").labels("offered").set(found["offered"])
    metrics.gauge("site_files").labels("held").set(found["held"])
    metrics.gauge("site_files_oldest_seconds").set(found["oldest"])
