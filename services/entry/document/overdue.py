"""A stuck document is visible: documents past the deadline of their state are counted for the dashboards."""

from __future__ import annotations

from backbone import metrics
from backbone.periodic import Periodic
from backbone.postgres import Pool

_EVERY_SECONDS = 15


def counting(pool: Pool) -> Periodic:
    """Keeps the gauge `documents_overdue`."""
    seen: set[tuple[str, str]] = set()

    async def count() -> None:
        rows = await pool.fetch(
            "SELECT kind, state, count(*) AS number FROM documents WHERE deadline_at < now() GROUP BY kind, state"
        )
        gauge = metrics.gauge("documents_overdue")
        found = {(row["kind"], row["state"]): row["number"] for row in rows}
        for labels in seen | found.keys():
            gauge.labels(*labels).set(found.get(labels, 0))
        seen.update(found)

    return Periodic("overdue-count", count, _EVERY_SECONDS)
