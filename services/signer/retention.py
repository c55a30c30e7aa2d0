"""How long the bytes of messages are kept. Links of evidence are kept for ever: without the bytes the chain still holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backbone import log, postgres
from backbone.postgres import Pool

LEAST_YEARS = 5
"""Bytes that are younger were taken away by nobody who may: the proof calls them missing. Customs may inspect for three
years after a bonded good has left its supervision (海关稽查条例), which begins long after the declaration."""
_YEAR = timedelta(days=365.25)
_AT_ONCE = 500


def is_past(released_at: datetime | None) -> bool:
    return released_at is not None and released_at < datetime.now(UTC) - LEAST_YEARS * _YEAR


async def drop(pool: Pool, *, years: int) -> int:
    """Empty the messages that were released longer ago; answers how many."""
    before, dropped = datetime.now(UTC) - years * _YEAR, 0
    while True:
        async with postgres.transaction(pool) as connection:
            status = await connection.execute(_DROP, before, _AT_ONCE)
        count = int(status.split()[-1])
        dropped += count
        if count < _AT_ONCE:
            break
    if dropped:
        log.get().info("messages_past_retention", count=dropped)
    return dropped


_DROP = """
UPDATE messages SET unsigned = '', released = NULL WHERE attempt_id IN (
  SELECT attempt_id FROM messages WHERE released_at < $1 AND length(unsigned) > 0 ORDER BY released_at LIMIT $2
)
"""
