"""Kafka in: what a poll brings is decoded once, and every view writes its rows of it in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from backbone import log, metrics, postgres
from backbone.cloudevents import Received
from backbone.consume import Consumer
from backbone.postgres import Connection, Pool
from services.query.projections import VIEWS, changes
from services.query.projections.view import Apply

GROUP = "query"
HANDLES: frozenset[str] = frozenset(changes.WORK).union(*(view.handles for view in VIEWS.values()))
TOPICS: frozenset[str] = frozenset(changes.WORK_TOPICS).union(*(view.topics for view in VIEWS.values()))
REBUILD_LOCK = 7_206_119
"""Shared by what keeps the views, and taken alone by what builds one again."""
# The list is last: it numbers its changes under a lock that is held until the commit.
_PARTS: Sequence[tuple[str, frozenset[str], Apply]] = (
    *((view.name, view.handles, view.apply) for name, view in VIEWS.items() if name != "documents"),
    ("documents", VIEWS["documents"].handles, VIEWS["documents"].apply),
    ("work", frozenset(changes.WORK), changes.tell_work),
)


def consumer(pool: Pool, bootstrap: str, after_commit: Callable[[], None]) -> Consumer:
    """Keeps every view, and tells the live stream what moved beside documents."""
    return Consumer(
        group=GROUP,
        pool=pool,
        bootstrap=bootstrap,
        topics=sorted(TOPICS),
        batch=apply,
        handles=HANDLES,
        after_commit=[after_commit],
    )


async def apply(connection: Connection, events: Sequence[Received]) -> dict[UUID, str]:
    """All views, or none. Of an event that comes alone a view that fails is left out, and the event given up with its name."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", REBUILD_LOCK)
    failed: list[str] = []
    for name, handles, part in _PARTS:
        mine = [event for event in events if event.type in handles]
        if not mine:
            continue
        if len(events) > 1:
            await part(connection, mine)
        elif (reason := await _alone(connection, name, part, mine)) is not None:
            failed.append(reason)
            continue
        _say_lag(name, mine)
    return {events[0].id: "; ".join(failed)} if failed else {}


async def _alone(connection: Connection, name: str, part: Apply, events: Sequence[Received]) -> str | None:
    """Why the view could not take it, its own rows taken back."""
    try:
        async with connection.transaction():
            await part(connection, events)
    except postgres.OUTAGES:
        raise
    except Exception as error:  # noqa: BLE001 - what one view cannot take the others need
        log.get().error("view_failed", name=name, event_id=str(events[0].id), exc_info=error)
        return f"view {name}: {type(error).__name__}"
    return None


def _say_lag(name: str, events: Sequence[Received]) -> None:
    newest = max(received.time for received in events)
    lag = (datetime.now(UTC) - newest).total_seconds()
    metrics.gauge("projection_lag_seconds").labels(name).set(max(0.0, lag))
