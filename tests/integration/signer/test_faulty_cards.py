"""Documents signed by two cards behind a real pcscd while everything fails by chance: each is signed once, or waits and says why.

`make faults` does it for 1,000 documents; here it is twenty.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from backbone.jobs import Worker
from contracts.events.signer import DocumentSigned
from customs import singlewindow
from services.signer import reads
from services.signer.cards.choosing import CardKeys
from services.signer.commands import QUEUE
from services.signer.media import certificates
from services.signer.media.rack import Rack
from simulators.card.machine import Card
from tests.support.cards import BOUNDS, CardBench, card_bench, running_rack, until_cards
from tests.support.signer_bench import EXAMPLE, KEY, TENANT, Bench, Killed

pytestmark = pytest.mark.anyio
_DOCUMENTS = int(os.environ.get("BONDGATE_TEST_FAULTS", "20"))
_SEED = int(os.environ.get("BONDGATE_TEST_FAULTS_SEED", "1"))
_FIRM: dict[str, Any] = {"firm_code": "3105980ABD", "firm_credit_code": "91310000MA1FL0000N"}
_CARDS = ("8930000012345", "8930000012346")
_BOUNDS = replace(BOUNDS, sign_seconds=3.0, probe_seconds=5.0, pin_seconds=5.0)
_STEPS = ("composed", "frozen", "signed", "releasing")


@pytest.fixture(scope="module")
def readers() -> Iterator[CardBench]:
    with card_bench(2) as made:
        yield made


@dataclass
class Weather:
    """What goes wrong next, by chance; after every fault the thing is put right, as people would."""

    readers: CardBench
    rack: Rack
    cards: list[Card]
    chance: random.Random
    crash_at: str | None = None
    done: dict[str, int] = field(default_factory=dict)

    async def blow(self, left: Callable[[], Awaitable[int]], least: int) -> None:
        """Until so few documents are left; after every fault at least one gets through."""
        faults = (self._pulled, self._pulled_in_mid_signature, self._stuck, self._refused, self._wrong,
                  self._pcscd_killed, self._process_killed, self._crashed)  # fmt: skip
        turn: list[Callable[[int], Awaitable[None]]] = []
        while (before := await left()) > least:
            if not turn:
                turn = [*faults]
                self.chance.shuffle(turn)
            fault = turn.pop()
            name = fault.__name__.strip("_")
            self.done[name] = self.done.get(name, 0) + 1
            await fault(self.chance.randrange(len(self.cards)))
            while await left() >= before:
                await asyncio.sleep(0.1)

    async def _pulled(self, number: int) -> None:
        self.readers.slots[number].pull()
        await asyncio.sleep(self.chance.uniform(0.1, 1.0))
        self.readers.slots[number].insert(self.cards[number])

    async def _pulled_in_mid_signature(self, number: int) -> None:
        self.cards[number].orders.pull_at_signature = 1
        await asyncio.sleep(1.0)
        self.cards[number].orders.pull_at_signature = None
        # Nobody may have asked for one meanwhile, and a card is put in once.
        self.readers.slots[number].pull()
        self.readers.slots[number].insert(self.cards[number])

    async def _stuck(self, number: int) -> None:
        self.cards[number].orders.seconds_a_signature = 600
        await asyncio.sleep(4.0)
        self.cards[number].orders.seconds_a_signature = 0
        self.cards[number].wake()

    async def _refused(self, number: int) -> None:
        self.cards[number].orders.status = 0x6F00
        await asyncio.sleep(0.5)
        self.cards[number].orders.status = None

    async def _wrong(self, number: int) -> None:
        self.cards[number].orders.wrong_answers = True
        await asyncio.sleep(0.5)
        self.cards[number].orders.wrong_answers = False

    async def _pcscd_killed(self, _: int) -> None:
        self.readers.daemon.kill()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.readers.restart, *self.readers.names)

    async def _process_killed(self, _: int) -> None:
        for supervisor in self.rack._supervisors.values():
            if supervisor.process_id is not None:
                with suppress(ProcessLookupError):
                    os.kill(supervisor.process_id, signal.SIGKILL)

    async def _crashed(self, _: int) -> None:
        self.crash_at = self.chance.choice(_STEPS)

    def at(self, step: str) -> None:
        if step == self.crash_at:
            self.crash_at = None
            raise Killed


@asynccontextmanager
async def _signing(bench: Bench, rack: Rack, weather: Weather) -> AsyncIterator[None]:
    """The signer's worker, started again whenever it was killed."""
    stop = asyncio.Event()

    async def run() -> None:
        while not stop.is_set():
            signing = bench.signing(at=weather.at, choose=CardKeys(bench.pool, rack, software=KEY).choose)
            worker = Worker(queue=QUEUE, pool=bench.pool, dsn=bench.database.worker_dsn, handler=signing.do)
            with suppress(Killed):
                await worker.run(stop)

    running = asyncio.create_task(run())
    try:
        yield
    finally:
        stop.set()
        await running


async def test_every_document_is_signed_once_or_waits_with_a_reason(bench: Bench, readers: CardBench) -> None:
    cards = [readers.insert(number, card_no=card_no, **_FIRM) for number, card_no in enumerate(_CARDS)]
    await bench.pool.execute("TRUNCATE cards, card_pins, card_consents")
    for card_no in _CARDS:
        await bench.pool.execute(_REGISTERED, card_no, UUID(TENANT), *_FIRM.values())
    pins = {card_no: SecretStr(cards[0].pin) for card_no in _CARDS}
    async with running_rack(readers.configured, pins=pins, bounds=_BOUNDS) as rack:
        await until_cards(rack, *_CARDS)
        weather = Weather(readers, rack, cards, random.Random(_SEED))
        for number in range(_DOCUMENTS):
            await _declare(bench, number % 2)

        async def left() -> int:
            await bench.pool.execute("UPDATE jobs SET due_at = now() WHERE state = 'queued'")
            return await bench.count(_LEFT)

        async with _signing(bench, rack, weather):
            await weather.blow(left, _DOCUMENTS // 10)
            await _until(bench, _LEFT, 0)
            readers.slots[0].pull()
            await until_cards(rack, _CARDS[1])
            await _declare(bench, 0)
            await _until(bench, "SELECT count(*) FROM messages WHERE waits_why LIKE '%请插好卡%'", 1)
        events = await bench.events()
    signed = [event for event in events if isinstance(event, DocumentSigned)]
    assert len(events) == len(signed) == len({event.attempt_id for event in signed}) == _DOCUMENTS
    by_number = {card.issued.person.card_no: certificates.read(card.issued.certificate) for card in cards}
    for event in signed:
        assert event.route.card_no is not None
        assert singlewindow.verify(event.message.encode(), by_number[event.route.card_no].verifies)
    report = await reads.chain_report(bench.pool, TENANT)
    assert (report.links, report.fault) == (_DOCUMENTS, None)
    made = sum(card.signatures for card in cards)
    discarded = await bench.count("SELECT sum(signatures_discarded)::int FROM messages")
    # No signature is lost unseen; what was asked for and may not have been made is counted too.
    assert _DOCUMENTS <= made <= _DOCUMENTS + discarded
    print(f"{_DOCUMENTS} documents, {made} signatures made, {discarded} counted as lost, {weather.done}")


async def _declare(bench: Bench, number: int) -> None:
    route = {**EXAMPLE["route"], "card_no": _CARDS[number], "signing": "xmldsig", "mailbox": f"box-{number}"}
    head = {
        **EXAMPLE["document"]["head"],
        "declaring_code": _FIRM["firm_code"],
        "declaring_uscc": _FIRM["firm_credit_code"],
    }
    await bench.declare(route=route, document={**EXAMPLE["document"], "head": head})


async def _until(bench: Bench, sql: str, count: int) -> None:
    async with asyncio.timeout(600):
        while await bench.count(sql) != count:
            await asyncio.sleep(0.2)


_LEFT = "SELECT count(*) FROM jobs WHERE state = 'queued'"
_REGISTERED = """
INSERT INTO cards (card_id, tenant_id, number, holder, firm_name, firm_code, firm_uscc, registered_by)
VALUES (gen_random_uuid(), $2, $1, '张三', '示例', $3, $4, '测试')
"""
