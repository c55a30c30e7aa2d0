"""One supervisor a reader: its process, the order of its work, its health, and its rest after repeated faults.

Work waits here for seconds only. What cannot be done is told to the caller with a fault and stays in the queue of the
database. Whatever goes wrong with the process, it is ended and another is started: that is the new context.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import SecretStr

from backbone import log, metrics
from backbone.backoff import WORK
from backbone.pauses import pause, until_any
from services.signer.media.configured import Configured
from services.signer.media.port import (
    CardOut,
    CardSeen,
    MediumFault,
    Order,
    PinBlocked,
    PinMissing,
    Quarantined,
    ReaderGone,
    Signature,
    WrongPin,
)
from services.signer.media.spoken import Spoken

PinOfCard = Callable[[str], Awaitable[SecretStr | None]]
"""The PIN of a card by its number, where one is kept. May raise MediumFault, e.g. WrongPin for one that was refused before."""
PinRefused = Callable[[str, MediumFault], Awaitable[None]]
"""Keeps that the PIN of a card was refused, for `PinOfCard` to say so. Without it the supervisor remembers until the card is out."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long what may take, in seconds, and how many faults are too many."""

    open_seconds: float = 30.0
    probe_seconds: float = 10.0
    pin_seconds: float = 15.0
    sign_seconds: float = 60.0
    """For one signature; a card that sticks is given up after it, and its reader's process with it."""
    probe_every_seconds: float = 3.0
    most_in_transaction: int = 16
    faults_before_quarantine: int = 3


class ReaderState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    EMPTY = "empty"
    """The reader works; no card that can sign is in it."""
    FAILING = "failing"
    QUARANTINED = "quarantined"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ReaderReport:
    """What is known of a reader now. `last_error` is a fault's code."""

    reader: str
    kind: str
    state: ReaderState
    cards: tuple[CardSeen, ...]
    since: datetime
    last_error: str | None
    last_error_told: str | None
    last_error_at: datetime | None
    retry_at: datetime | None
    waiting: int
    signatures: int
    faults: int
    latency_seconds: float | None
    """Of the last signature."""


@dataclass(order=True, slots=True)
class _Request:
    place: tuple[bool, int]
    card_no: str = field(compare=False)
    order: Order | None = field(compare=False)
    pin: SecretStr | None = field(compare=False)
    answer: asyncio.Future[Signature | None] = field(compare=False)


class Supervisor:
    """Runs one reader until stopped. `sign` and `check_pin` may be called at any time, by many at once."""

    def __init__(
        self,
        configured: Configured,
        reader: str,
        *,
        pin_of: PinOfCard,
        pin_refused: PinRefused | None = None,
        bounds: Bounds,
        production: bool,
    ) -> None:
        self.reader = reader
        self._configured = configured
        self._pin_of = pin_of
        self._pin_refused = pin_refused
        self._bounds = bounds
        self._production = production
        self._queue: list[_Request] = []
        self._numbers = itertools.count()
        self._awake = asyncio.Event()
        self._state = ReaderState.STARTING
        self._since = datetime.now(UTC)
        self._cards: tuple[CardSeen, ...] = ()
        self._last: tuple[MediumFault, datetime] | None = None
        self._retry_at: datetime | None = None
        self._signatures = self._faults = self._in_a_row = 0
        self._latency: float | None = None
        self._must_look = False
        self._pins_refused: dict[str, MediumFault] = {}
        self.process_id: int | None = None
        self.known_cards: dict[str, datetime] = {}
        """Every card that was seen here, and when last."""

    def look(self) -> None:
        """Something changed in the reader: see what is there, before its turn."""
        self._must_look = True
        self._awake.set()

    def report(self) -> ReaderReport:
        fault, at = self._last or (None, None)
        return ReaderReport(
            reader=self.reader,
            kind=self._configured.kind,
            state=self._state,
            cards=self._cards,
            since=self._since,
            last_error=fault.code if fault else None,
            last_error_told=fault.told if fault else None,
            last_error_at=at,
            retry_at=self._retry_at,
            waiting=len(self._queue),
            signatures=self._signatures,
            faults=self._faults,
            latency_seconds=self._latency,
        )

    async def sign(self, card_no: str, order: Order, *, urgent: bool = False) -> Signature:
        """Raises MediumFault. A PIN that was refused once is not tried again before `check_pin` took another."""
        if (refused := self._pins_refused.get(card_no)) is not None:
            raise refused.unasked()
        signature = await self._enqueued(card_no, order, None, urgent=urgent)
        assert signature is not None
        return signature

    async def check_pin(self, card_no: str, pin: SecretStr) -> None:
        """Raises MediumFault."""
        await self._enqueued(card_no, None, pin, urgent=True)

    async def _enqueued(
        self, card_no: str, order: Order | None, pin: SecretStr | None, *, urgent: bool
    ) -> Signature | None:
        if self._state in (ReaderState.QUARANTINED, ReaderState.GONE):
            raise self._resting()
        answer: asyncio.Future[Signature | None] = asyncio.get_running_loop().create_future()
        request = _Request((not urgent, next(self._numbers)), card_no, order, pin, answer)
        heapq.heappush(self._queue, request)
        self._awake.set()
        try:
            return await answer
        finally:
            self._counted_waiting()

    def _resting(self) -> MediumFault:
        code = self._last[0].code if self._last else ""
        return ReaderGone(self.reader) if self._state is ReaderState.GONE else Quarantined(code)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then the reader counts as gone."""
        try:
            while not stop.is_set():
                try:
                    await self._live(stop)
                except MediumFault as fault:
                    await self._recover(fault, stop)
        finally:
            self._cards = ()
            self._become(ReaderState.GONE)
            self._fail_waiting(ReaderGone(self.reader))

    async def _live(self, stop: asyncio.Event) -> None:
        """With one process, until it is spoilt. Raises MediumFault."""
        bounds = self._bounds
        spoken = await Spoken.open(
            self._configured, self.reader, production=self._production, seconds=bounds.open_seconds
        )
        self.process_id = spoken.process_id
        try:
            await self._probe(spoken)
            probed = time.monotonic()
            while not stop.is_set():
                self._awake.clear()
                if not self._queue and not self._must_look:
                    await until_any(bounds.probe_every_seconds, stop, self._awake)
                if self._queue:
                    await self._do(spoken, self._taken())
                if self._must_look or time.monotonic() - probed >= bounds.probe_every_seconds:
                    await self._probe(spoken)
                    probed = time.monotonic()
        finally:
            await spoken.close()

    async def _probe(self, spoken: Spoken) -> None:
        self._must_look = False
        cards = tuple(await spoken.cards(self._bounds.probe_seconds))
        for gone in {card.card_no for card in self._cards} - {card.card_no for card in cards}:
            # Whoever takes a card out has looked at it; its PIN may have been set right elsewhere.
            self._pins_refused.pop(gone, None)
        self._cards = cards
        self.known_cards.update(dict.fromkeys((card.card_no for card in cards), datetime.now(UTC)))
        self._retry_at = None
        self._become(ReaderState.READY if cards else ReaderState.EMPTY)

    def _taken(self) -> list[_Request]:
        """The next request, and those of the same card behind it that fit into one transaction."""
        taken = [heapq.heappop(self._queue)]
        if taken[0].order is None:
            return taken
        kept: list[_Request] = []
        while self._queue and len(taken) < self._bounds.most_in_transaction:
            request = heapq.heappop(self._queue)
            same = request.order is not None and request.card_no == taken[0].card_no
            (taken if same else kept).append(request)
        for request in kept:
            heapq.heappush(self._queue, request)
        # Whoever was cancelled while waiting wants no signature any more.
        return [request for request in taken if not request.answer.done()]

    async def _do(self, spoken: Spoken, requests: Sequence[_Request]) -> None:
        """One transaction. Raises MediumFault when the process is spoilt; every request has its answer then."""
        if not requests:
            return
        card_no = requests[0].card_no
        left = list(requests)
        try:
            if card_no not in {card.card_no for card in self._cards}:
                await self._probe(spoken)
            if card_no not in {card.card_no for card in self._cards}:
                raise CardOut(card_no)
            if (pin := requests[0].pin) is not None:
                await spoken.check_pin(card_no, pin, self._bounds.pin_seconds)
                self._pins_refused.pop(card_no, None)
                _settle(left.pop(0), None)
            else:
                await self._sign(spoken, card_no, left)
            self._in_a_row = 0
        except MediumFault as fault:
            self._note(fault)
            if isinstance(fault, WrongPin | PinBlocked):
                await self._remember(card_no, fault, typed=requests[0].pin is not None)
            for place, request in enumerate(left):
                _settle(request, fault if place == 0 else fault.unasked())
            if fault.broken:
                raise
        except Exception:
            for request in left:
                _settle(request, MediumFault("the supervisor failed"))
            raise

    async def _remember(self, card_no: str, fault: MediumFault, *, typed: bool) -> None:
        """`typed`: a person gave it just now; that says nothing of the PIN that is kept, unless the card is locked."""
        if self._pin_refused is None:
            self._pins_refused[card_no] = fault
        elif not typed or isinstance(fault, PinBlocked):
            await self._pin_refused(card_no, fault)

    async def _sign(self, spoken: Spoken, card_no: str, left: list[_Request]) -> None:
        if (refused := self._pins_refused.get(card_no)) is not None:
            raise refused.unasked()
        pin = await self._pin_of(card_no)
        if pin is None:
            raise PinMissing(card_no)
        started = time.perf_counter()
        orders = [request.order for request in left if request.order is not None]
        made = spoken.sign(card_no, pin, orders, self._bounds.sign_seconds)
        async with contextlib.aclosing(made):
            async for signature in made:
                self._latency = time.perf_counter() - started
                started = time.perf_counter()
                self._signatures += 1
                metrics.counter("reader_signatures_total").labels(self.reader, signature.algorithm).inc()
                metrics.histogram("reader_signature_seconds").labels(self.reader).observe(self._latency)
                _settle(left.pop(0), signature)

    def _note(self, fault: MediumFault) -> None:
        self._faults += 1
        self._last = (fault, datetime.now(UTC))
        metrics.counter("reader_faults_total").labels(self.reader, fault.code).inc()
        log.get().warning("reader_fault", reader=self.reader, reason_code=fault.code, reason=fault.detail)

    async def _recover(self, fault: MediumFault, stop: asyncio.Event) -> None:
        """After a process that was spoilt: at once, or after a rest when it was not the first in a row."""
        if self._last is None or self._last[0] is not fault:
            self._note(fault)
        self._in_a_row += 1
        self._cards = ()
        too_many = self._in_a_row >= self._bounds.faults_before_quarantine
        seconds = WORK.after(self._in_a_row)
        self._retry_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._become(ReaderState.QUARANTINED if too_many else ReaderState.FAILING)
        self._fail_waiting(self._resting() if too_many else fault)
        await pause(stop, seconds)

    def _fail_waiting(self, fault: MediumFault) -> None:
        while self._queue:
            _settle(heapq.heappop(self._queue), fault.unasked())
        self._counted_waiting()

    def _become(self, state: ReaderState) -> None:
        if state is not self._state:
            self._state, self._since = state, datetime.now(UTC)
            log.get().info("reader_state", reader=self.reader, state=state.value)
        metrics.gauge("reader_ready").labels(self.reader).set(state is ReaderState.READY)

    def _counted_waiting(self) -> None:
        metrics.gauge("reader_waiting").labels(self.reader).set(len(self._queue))


def _settle(request: _Request, outcome: Signature | MediumFault | None) -> None:
    if request.answer.done():
        return
    if isinstance(outcome, MediumFault):
        request.answer.set_exception(outcome)
    else:
        request.answer.set_result(outcome)
