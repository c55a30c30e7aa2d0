"""What the readers see of registered cards, written beside the cards whenever it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backbone import metrics
from backbone.postgres import Pool
from services.signer.cards import rows
from services.signer.cards.holding import Holder, card_in
from services.signer.media.port import CardSeen
from services.signer.media.supervisor import ReaderReport, ReaderState

_OUT = "out"
"""The reader works, the card is not in it."""
_AGAIN = timedelta(seconds=30)
"""A card that stays where it is, is noted as seen this often."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One card as its reader has it now."""

    card_no: str
    state: str
    reader: str
    last_error: str | None
    latency_milliseconds: int | None
    card: CardSeen | None
    """While it is there."""


class Sightings:
    """`turn` is called every other second."""

    def __init__(self, worker_pool: Pool, holder: Holder) -> None:
        self._pool = worker_pool
        self._holder = holder
        self._written: dict[str, tuple[Sighting, datetime]] = {}

    async def turn(self) -> None:
        now = datetime.now(UTC)
        for row in await rows.standing(self._pool):
            number = row["number"]
            metrics.gauge("card_waiting").labels(number).set(row["waiting"])
            metrics.gauge("card_pin_refused").labels(number).set(row["pin_is_refused"])
            report = self._holder.reader_of(number)
            if report is None:
                continue
            seen = sighting_of(number, report)
            before = self._written.get(number)
            is_there = seen.card is not None
            metrics.gauge("card_ready").labels(number).set(is_there)
            if before is None or before[0] != seen or (is_there and now - before[1] > _AGAIN):
                await rows.sighted(
                    self._pool,
                    number,
                    state=seen.state,
                    reader=seen.reader,
                    last_error=seen.last_error,
                    latency_milliseconds=seen.latency_milliseconds,
                    at=now if is_there else None,
                    card=seen.card,
                )
                self._written[number] = seen, now


def sighting_of(card_no: str, report: ReaderReport) -> Sighting:
    card = card_in(report, card_no)
    works = report.state in (ReaderState.READY, ReaderState.EMPTY)
    return Sighting(
        card_no=card_no,
        state=_OUT if works and card is None else report.state.value,
        reader=report.reader,
        last_error=report.last_error_told,
        latency_milliseconds=None if report.latency_seconds is None else round(report.latency_seconds * 1000),
        card=card,
    )
