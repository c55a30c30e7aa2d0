"""Windows that have a document open: each renews itself, and what is not renewed is gone after `SILENT`.

Presence decides nothing: `If-Match` alone decides whose save counts. It only tells people of one another in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from backbone.auth import Principal
from backbone.postgres import Connection, Record

RENEW_SECONDS = 10
"""How often a window should renew itself."""
SILENT = timedelta(seconds=35)
MOST = 50
"""Windows of one document that are kept; one more is not noted, and sees the others all the same."""

_RENEW = """
INSERT INTO presence AS p (document_id, tenant_id, window_id, user_id, user_name, doing)
SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM presence WHERE document_id = $1 AND window_id <> $3) < $7
ON CONFLICT (document_id, window_id) DO UPDATE SET seen_at = now(),
  since = CASE WHEN p.doing = excluded.doing THEN p.since ELSE now() END,
  -- Who was taken over from reads on, until it takes over itself.
  doing = CASE WHEN p.taken_by IS NOT NULL AND NOT $8 THEN 'reading' ELSE excluded.doing END,
  taken_by = CASE WHEN $8 THEN NULL ELSE p.taken_by END
WHERE p.user_id = excluded.user_id
"""


async def renew(
    connection: Connection,
    caller: Principal,
    document_id: UUID,
    window_id: UUID,
    *,
    doing: str,
    takes_over: bool,
) -> Sequence[Record]:
    """Note the window; answers every window of the document, this one too, the longest open first."""
    await connection.execute(
        "DELETE FROM presence WHERE document_id = $1 AND seen_at < now() - $2::interval", document_id, SILENT
    )
    if takes_over:
        await connection.execute(
            "UPDATE presence SET doing = 'reading', taken_by = $3 "
            "WHERE document_id = $1 AND window_id <> $2 AND doing = 'typing'",
            document_id,
            window_id,
            caller.name,
        )
    await connection.execute(
        _RENEW,
        document_id,
        caller.tenant_id,
        window_id,
        caller.id,
        caller.name,
        doing,
        MOST,
        takes_over,
    )
    rows: Sequence[Record] = await connection.fetch(
        "SELECT window_id, user_id, user_name, doing, since, taken_by FROM presence WHERE document_id = $1 "
        "ORDER BY since, window_id",
        document_id,
    )
    return rows


async def leave(connection: Connection, caller: Principal, document_id: UUID, window_id: UUID) -> None:
    """Nothing happens for a window that is not there, or is somebody else's."""
    await connection.execute(
        "DELETE FROM presence WHERE document_id = $1 AND window_id = $2 AND user_id = $3",
        document_id,
        window_id,
        caller.id,
    )
