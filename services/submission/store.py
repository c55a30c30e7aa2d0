"""Rows of submission. A state changes only from the states it may follow, so that nothing is told twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backbone.postgres import Connection, Pool, Record
from services.submission.domain import Delivery, State

_FIELDS = tuple(Delivery.__dataclass_fields__)
# An acknowledgement is of the attempt, whichever of its files it was for.
_COLUMNS = ", ".join(
    "(SELECT min(a.acknowledged_at) FROM deliveries AS a WHERE a.attempt_id = d.attempt_id) AS acknowledged_at"
    if name == "acknowledged_at"
    else name
    for name in _FIELDS
)
_FRESH = ("acknowledged_at", "missing_since")
# How long a delivery told as unknown is still looked for.
_WATCH_UNKNOWN_DAYS = 7
_WATCHED = (
    "(state = 'delivered' OR (state = 'unknown' AND updated_at > now() - make_interval(days => "
    f"{_WATCH_UNKNOWN_DAYS})))"
)
_ONCE = (State.TAKEN, State.PUT_BACK, State.REFUSED, State.UNKNOWN, State.CLOSED)


async def intend(connection: Connection, delivery: Delivery, parcel: bytes) -> bool:
    """Add a try; False when it is there already."""
    names = [name for name in _FIELDS if name not in _FRESH]
    marks = ", ".join(f"${number}" for number in range(1, len(names) + 2))
    status = await connection.execute(
        f"INSERT INTO deliveries ({', '.join(names)}, parcel) VALUES ({marks}) "  # noqa: S608 - names of our own
        "ON CONFLICT (attempt_id, try_no) DO NOTHING",
        *(getattr(delivery, name) for name in names),
        parcel,
    )
    return status == "INSERT 0 1"


async def find(pool: Pool, attempt_id: UUID, try_no: int) -> Delivery | None:
    row = await pool.fetchrow(
        f"SELECT {_COLUMNS} FROM deliveries AS d WHERE attempt_id = $1 AND try_no = $2",  # noqa: S608 - names of our own
        attempt_id,
        try_no,
    )
    return None if row is None else _delivery(row)


async def find_with_parcels(
    pool: Pool, tries: Sequence[tuple[UUID, int]]
) -> dict[tuple[UUID, int], tuple[Delivery, bytes | None]]:
    """Tries by attempt and number, each with the file's bytes, None when they are not needed any more."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS}, parcel FROM deliveries AS d "  # noqa: S608 - names of our own
        "JOIN unnest($1::uuid[], $2::int[]) AS given (attempt_id, try_no) USING (attempt_id, try_no)",
        [attempt_id for attempt_id, _ in tries],
        [try_no for _, try_no in tries],
    )
    found = {}
    for row in rows:
        fields = dict(row)
        parcel = fields.pop("parcel")
        found[row["attempt_id"], row["try_no"]] = (_delivery(fields), parcel)
    return found


async def parcel_of(pool: Pool, delivery: Delivery) -> bytes | None:
    """The file's bytes; None when they are not needed any more."""
    parcel: bytes | None = await pool.fetchval(
        "SELECT parcel FROM deliveries WHERE attempt_id = $1 AND try_no = $2",
        delivery.attempt_id,
        delivery.try_no,
    )
    return parcel


async def move(
    connection: Connection,
    delivery: Delivery,
    state: State,
    *,
    after: Sequence[State],
    unless_acknowledged: bool = False,
) -> bool:
    """Change the state when it is one of `after`; False otherwise. Final states let go of the parcel."""
    moved = await move_all(
        connection, [delivery], state, after=after, unless_acknowledged=unless_acknowledged
    )
    return bool(moved)


async def move_all(
    connection: Connection,
    deliveries: Sequence[Delivery],
    state: State,
    *,
    after: Sequence[State],
    unless_acknowledged: bool = False,
) -> list[Delivery]:
    """As `move`, in one statement; answers those that moved, in the order given."""
    rows = await connection.fetch(
        "UPDATE deliveries AS d SET state = $3, missing_since = NULL, updated_at = now(), "
        "parcel = CASE WHEN $5 THEN NULL ELSE parcel END FROM unnest($1::uuid[], $2::int[]) AS given (attempt_id, try_no) "
        "WHERE d.attempt_id = given.attempt_id AND d.try_no = given.try_no AND state = ANY($4) "
        "AND NOT ($6 AND acknowledged_at IS NOT NULL) RETURNING d.attempt_id, d.try_no",
        [delivery.attempt_id for delivery in deliveries],
        [delivery.try_no for delivery in deliveries],
        state,
        list(after),
        state in _ONCE,
        unless_acknowledged,
    )
    moved = {(row["attempt_id"], row["try_no"]) for row in rows}
    return [delivery for delivery in deliveries if (delivery.attempt_id, delivery.try_no) in moved]


async def mark_missing(pool: Pool, delivery: Delivery, since: datetime | None) -> None:
    await pool.execute(
        "UPDATE deliveries SET missing_since = $3 WHERE attempt_id = $1 AND try_no = $2",
        delivery.attempt_id,
        delivery.try_no,
        since,
    )


async def acknowledge(connection: Connection, attempt_id: UUID, at: datetime) -> None:
    await connection.execute(
        "UPDATE deliveries SET acknowledged_at = $2 WHERE attempt_id = $1 AND acknowledged_at IS NULL",
        attempt_id,
        at,
    )


async def watched_mailboxes(pool: Pool) -> Sequence[str]:
    rows = await pool.fetch(f"SELECT DISTINCT mailbox FROM deliveries WHERE {_WATCHED}")  # noqa: S608
    return [row["mailbox"] for row in rows]


async def watched(pool: Pool, mailbox: str, after_stem: str, limit: int) -> Sequence[Delivery]:
    """The next deliveries to look for, by stem, so that a long queue is gone through piece by piece."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM deliveries AS d WHERE {_WATCHED} AND mailbox = $1 AND stem > $2 "  # noqa: S608
        "ORDER BY stem LIMIT $3",
        mailbox,
        after_stem,
        limit,
    )
    return [_delivery(row) for row in rows]


async def watched_named(pool: Pool, mailbox: str, stems: Sequence[str]) -> Sequence[Delivery]:
    """Those of the deliveries to look for that have one of these stems."""
    rows = await pool.fetch(
        f"SELECT {_COLUMNS} FROM deliveries AS d WHERE {_WATCHED} AND mailbox = $1 AND stem = ANY($2) "  # noqa: S608
        "ORDER BY stem",
        mailbox,
        list(stems),
    )
    return [_delivery(row) for row in rows]


def _delivery(row: Record | Mapping[str, Any]) -> Delivery:
    return Delivery(**{**row, "state": State(row["state"])})
