"""All readers of this machine: finds them, keeps a supervisor for each, and sends work to the card it is for.

`Rack` is what the rest of the signer, and a site's agent, sees of media.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import SecretStr

from backbone import log
from backbone.backoff import WORK
from services.signer.media import opening
from services.signer.media.configured import Configured, EportService, KeyFileOfSandbox
from services.signer.media.port import (
    CardOut,
    CardSeen,
    MediumFault,
    Order,
    Signature,
    SignatureAlgorithm,
)
from services.signer.media.spoken import Spoken
from services.signer.media.supervisor import (
    Bounds,
    PinOfCard,
    PinRefused,
    ReaderReport,
    ReaderState,
    Supervisor,
)

_CALM_SECONDS = 0.05
"""Between two changes, so that a card that bounces in its reader keeps nobody busy."""


class Rack:
    """A component. It is ready when every configured medium was looked at once, whether or not it answered."""

    def __init__(
        self,
        media: Sequence[Configured],
        *,
        pin_of: PinOfCard,
        pin_refused: PinRefused | None = None,
        production: bool,
        bounds: Bounds | None = None,
    ) -> None:
        self.name = "cards"
        self.ready = asyncio.Event()
        self._media = tuple(media)
        self._pin_of = pin_of
        self._pin_refused = pin_refused
        self._production = production
        self._bounds = bounds or Bounds()
        self._supervisors: dict[tuple[int, str], Supervisor] = {}
        self._looked: set[int] = set()

    def readers(self) -> list[ReaderReport]:
        """Every reader that was ever seen since the start, gone ones too."""
        return sorted((one.report() for one in self._supervisors.values()), key=lambda report: report.reader)

    def cards(self) -> list[CardSeen]:
        """Every card that is in a reader now."""
        return [card for report in self.readers() for card in report.cards]

    def reader_of(self, card_no: str) -> ReaderReport | None:
        """Where the card is, or was last."""
        supervisor = self._holding(card_no)
        return None if supervisor is None else supervisor.report()

    async def sign(
        self, card_no: str, data: bytes, algorithm: SignatureAlgorithm | None = None, *, urgent: bool = False
    ) -> Signature:
        """By exactly this card. Raises MediumFault."""
        return await self._for(card_no).sign(card_no, Order(data, algorithm), urgent=urgent)

    async def check_pin(self, card_no: str, pin: SecretStr) -> None:
        """Raises MediumFault: WrongPin with the tries left, PinBlocked. After it took the PIN, signing goes on."""
        await self._for(card_no).check_pin(card_no, pin)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        if not self._media:
            self.ready.set()
            await stop.wait()
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = [
                    tasks.create_task(self._watch(number, configured))
                    for number, configured in enumerate(self._media)
                ]
                await stop.wait()
                for one in watching:
                    one.cancel()
        finally:
            self.ready.clear()

    def _for(self, card_no: str) -> Supervisor:
        supervisor = self._holding(card_no)
        if supervisor is None:
            raise CardOut(card_no)
        return supervisor

    def _holding(self, card_no: str) -> Supervisor | None:
        """Where the card is; else where it was seen last, which knows what is wrong there."""
        were = [one for one in self._supervisors.values() if card_no in one.known_cards]
        for supervisor in were:
            report = supervisor.report()
            if report.state is ReaderState.READY and card_no in {card.card_no for card in report.cards}:
                return supervisor
        return max(were, key=lambda one: one.known_cards[card_no], default=None)

    async def _watch(self, number: int, configured: Configured) -> None:
        """Keeps one supervisor for each place of a medium, until cancelled."""
        running: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}
        watch = _Watch(configured, self._production, self._bounds)
        failures = 0
        try:
            while True:
                try:
                    there, changed = await watch.changes()
                    failures = 0
                except MediumFault as fault:
                    failures += 1
                    await watch.close()
                    log.get().warning("readers_not_listed", kind=configured.kind, reason_code=fault.code)
                    there, changed = None, ()
                for place in there or ():
                    if place not in running or running[place][1].done():
                        running[place] = self._supervised(number, configured, place)
                    elif place in changed:
                        self._supervisors[number, place].look()
                for place in [] if there is None else running.keys() - set(there):
                    leave, _ = running[place]
                    leave.set()
                self._looked.add(number)
                if len(self._looked) == len(self._media):
                    self.ready.set()
                await asyncio.sleep(WORK.after(failures) if failures else _CALM_SECONDS)
        finally:
            await watch.close()
            for leave, _ in running.values():
                leave.set()
            await asyncio.gather(*(task for _, task in running.values()), return_exceptions=True)

    def _supervised(
        self, number: int, configured: Configured, place: str
    ) -> tuple[asyncio.Event, asyncio.Task[None]]:
        supervisor = Supervisor(
            configured,
            place,
            pin_of=self._pin_of,
            pin_refused=self._pin_refused,
            bounds=self._bounds,
            production=self._production,
        )
        self._supervisors[number, place] = supervisor
        leave = asyncio.Event()
        return leave, asyncio.create_task(supervisor.run(leave))


class _Watch:
    """Waits for changes in the places of a medium, in a process of its own where a library must be asked."""

    def __init__(self, configured: Configured, production: bool, bounds: Bounds) -> None:
        self._configured = configured
        self._production = production
        self._bounds = bounds
        self._spoken: Spoken | None = None
        self._looked = False

    async def changes(self) -> tuple[Sequence[str], Sequence[str]]:
        """As `opening.Changes`; the first time without waiting. Raises MediumFault."""
        bounds, wait = self._bounds, self._bounds.probe_every_seconds if self._looked else 0.0
        self._looked = True
        if isinstance(self._configured, EportService | KeyFileOfSandbox):
            await asyncio.sleep(wait)
            return opening.places(self._configured), ()
        if self._spoken is None:
            self._spoken = await Spoken.open(
                self._configured, None, production=self._production, seconds=bounds.open_seconds
            )
        return await self._spoken.changes(wait, bounds.probe_seconds)

    async def close(self) -> None:
        if self._spoken is not None:
            await self._spoken.close()
            self._spoken = None
        self._looked = False
