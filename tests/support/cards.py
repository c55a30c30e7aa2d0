"""Virtual cards behind a real pcscd: who needs them asks for the fixture `bench` of `card_bench`."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from local import pcsc_daemon
from local.pcsc_daemon import PcscDaemon, VirtualReader
from services.signer.media.configured import Configured, PcscReaders
from services.signer.media.rack import Rack
from services.signer.media.supervisor import Bounds
from simulators.card.issuing import KeyKind, Person, issue
from simulators.card.machine import Card
from simulators.card.reader_link import Slot

PIN = SecretStr("88888888")
BOUNDS = Bounds(probe_every_seconds=0.1, faults_before_quarantine=3)
_FIRST_PORT = 3000


@dataclass
class CardBench:
    """A daemon with so many readers; a card goes into the first slot of each."""

    daemon: PcscDaemon
    names: Sequence[str]
    slots: Sequence[Slot]

    def insert(
        self, number: int = 0, kind: KeyKind = "rsa-sha256", *, days: int = 365, **person: str
    ) -> Card:
        card = Card(issue(Person(**person), kind, days=days))
        self.slots[number].insert(card)
        return card

    def empty(self) -> None:
        for slot in self.slots:
            slot.pull()

    def plug(self, *names: str) -> None:
        self.daemon.set_readers(
            [VirtualReader(name, _FIRST_PORT + 2 * self.names.index(name)) for name in names]
        )

    def start(self) -> None:
        self.daemon.start()
        for slot in self.slots:
            slot.move(self.daemon.process_id)

    def restart(self, *names: str) -> None:
        """With the named readers only."""
        self.daemon.kill()
        self.plug(*names)
        self.start()

    @property
    def configured(self) -> PcscReaders:
        """The first slot of every reader."""
        environment = {"PCSCLITE_CSOCK_NAME": str(self.daemon.socket)}
        return PcscReaders(kind="pcsc", readers="00 00$", environment=environment)


@contextmanager
def card_bench(readers: int) -> Iterator[CardBench]:
    """Skips, with the line that would change it, where the machine has no pcscd or may not run one."""
    if (reason := pcsc_daemon.missing()) is not None:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="cards-") as folder:
        daemon = PcscDaemon(Path(folder))
        names = [f"Bench {number}" for number in range(readers)]
        bench = CardBench(daemon, names, [Slot(_FIRST_PORT + 2 * number) for number in range(readers)])
        bench.plug(*names)
        try:
            bench.start()
            yield bench
        finally:
            bench.empty()
            daemon.stop()


@asynccontextmanager
async def running_rack(
    *media: Configured, pins: dict[str, SecretStr] | None = None, bounds: Bounds = BOUNDS
) -> AsyncIterator[Rack]:
    """Every card has the same PIN unless told otherwise."""

    async def pin_of(card_no: str) -> SecretStr | None:
        return PIN if pins is None else pins.get(card_no)

    rack = Rack(media, pin_of=pin_of, production=False, bounds=bounds)
    stop = asyncio.Event()
    running = asyncio.create_task(rack.run(stop))
    try:
        yield rack
    finally:
        stop.set()
        await running


async def until(true: Callable[[], bool]) -> None:
    """Wait for a state."""
    async with asyncio.timeout(120):
        while not true():
            await asyncio.sleep(0.02)


async def until_cards(rack: Rack, *card_nos: str) -> None:
    await until(lambda: {card.card_no for card in rack.cards()} == set(card_nos))
