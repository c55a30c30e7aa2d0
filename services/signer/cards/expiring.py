"""How many cards end soon, as a metric; `GET /v1/cards?expiring=60` names them to the tenant."""

from __future__ import annotations

from backbone import metrics
from backbone.postgres import Pool
from services.signer.cards import rows
from services.signer.cards.checking import WARN_DAYS, warning_of


async def gauge_expiry(worker_pool: Pool) -> None:
    warnings = [warning_of(days) for days in await rows.ending(worker_pool)]
    for within in ("expired", *map(str, WARN_DAYS)):
        metrics.gauge("cards_expiring").labels(within).set(warnings.count(within))
