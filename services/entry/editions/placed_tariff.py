"""The edition of the goods codes that the check asks: that of the release until the operator puts another in place.

Kept in the table `placed_tariff` as reference tells it, and read into the memory of every process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from backbone import log, postgres
from backbone.cloudevents import Received
from backbone.periodic import Periodic
from backbone.postgres import Connection, Pool
from contracts.events.reference import GoodsCodesPlaced
from customs.codes import tariff
from customs.codes.tariff import Tariff, TariffCode
from services.newest import newest

_LOOK_SECONDS = 2


async def remember(connection: Connection, events: Sequence[Received]) -> None:
    """The highest revision stays."""
    (event,) = newest(events, GoodsCodesPlaced, lambda _: 0, lambda e: e.revision)
    await connection.execute(
        "INSERT INTO placed_tariff AS t (revision, edition, valid_from, units) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (only_one) DO UPDATE SET revision = excluded.revision, edition = excluded.edition, "
        "valid_from = excluded.valid_from, units = excluded.units WHERE t.revision < excluded.revision",
        event.revision,
        event.edition,
        event.valid_from,
        {each.code: [each.unit, each.second_unit] for each in event.codes},
    )


def following(pool: Pool) -> Periodic:
    """Every process looks for itself: any of the group may have been the one that was told."""
    tariff.use(tariff.released())
    known = 0

    async def look() -> None:
        nonlocal known
        async with postgres.transaction(pool) as connection:
            row = await connection.fetchrow("SELECT * FROM placed_tariff WHERE revision > $1", known)
        if row is not None:
            tariff.use(await asyncio.to_thread(_placed, row["edition"], row["units"]))
            known = row["revision"]
            log.get().info("codes_loaded", kind="hs_codes", count=len(row["units"]), version=known)

    return Periodic("placed_tariff", look, _LOOK_SECONDS)


def _placed(edition: str, units: Mapping[str, Any]) -> Tariff:
    return Tariff(edition, {code: TariffCode(unit, second) for code, (unit, second) in units.items()})
