"""Clock in: what became of delivered files. Only files of ours are looked for, by name; the boxes are never listed."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backbone import jobs, log, metrics, outbox, postgres, trace
from backbone.backoff import WORK
from backbone.folder import OwnedByAnother
from backbone.folder_news import QUIET_SECONDS
from backbone.pauses import pause, until_any
from backbone.postgres import Pool
from contracts.events import Event
from customs import singlewindow
from services.submission import events, store
from services.submission.boxes import Boxes, Mailboxes, NotReady, Observer, unobserved
from services.submission.commands import QUEUE
from services.submission.domain import Delivery, Place, State, Step, next_step, stem_of

_PAGE = 200
_EXTENSION = ".zip"
_LINGER_SECONDS = 0.02
_AGAIN_SECONDS = 0.5
_LOOKED_FOR_SECONDS = 10.0
_WATCHED = (State.DELIVERED, State.UNKNOWN)


class BoxWatcher:
    """Looks into every mailbox with outstanding deliveries; mailboxes are looked at side by side."""

    name = "box-watcher"

    def __init__(
        self,
        *,
        pool: Pool,
        mailboxes: Mailboxes,
        grace: timedelta,
        poll_seconds: float,
        wake: Sequence[Callable[[], None]],
        observe: Observer = unobserved,
    ) -> None:
        self.ready = asyncio.Event()
        self._pool = pool
        self._mailboxes = mailboxes
        self._grace = grace
        self._poll_seconds = poll_seconds
        self._wake = tuple(wake)
        self._observe = observe
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._position: dict[str, str] = {}
        self._failures: Counter[str] = Counter()
        self._rung = asyncio.Event()
        self._look_again = False
        self._restless: set[str] = set()
        """Mailboxes with more to look for, or with a file that is in no box."""
        self._heard: dict[str, dict[str, float]] = {}
        mailboxes.hear = self._hear

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises on outages."""
        loop = asyncio.get_running_loop()
        next_look = loop.time()
        try:
            while not stop.is_set():
                self._rung.clear()
                if self._look_again or loop.time() >= next_look:
                    self._look_again = False
                    next_look = loop.time() + await self._look_everywhere()
                else:
                    self._look_at_news()
                self.ready.set()
                late = _AGAIN_SECONDS if self._heard else next_look - loop.time()
                await until_any(max(0.0, late), stop, self._rung)
                if self._rung.is_set():
                    # What is told at the same time shares a look.
                    await pause(stop, _LINGER_SECONDS)
            if self._looking:
                await asyncio.wait(self._looking.values(), timeout=5)
        finally:
            self.ready.clear()
            for task in self._looking.values():
                task.cancel()
            await asyncio.gather(*self._looking.values(), return_exceptions=True)
            self._looking.clear()

    def _hear(self, mailbox: str, file_name: str | None) -> None:
        if file_name is None:
            self._look_again = True
        elif file_name.endswith(_EXTENSION):
            stem = file_name.removesuffix(_EXTENSION)
            self._heard.setdefault(mailbox, {}).setdefault(stem, time.monotonic())
        self._rung.set()

    async def _look_everywhere(self) -> float:
        """Answers the seconds until the next such look."""
        self._reap()
        mailboxes = await store.watched_mailboxes(self._pool)
        for mailbox in mailboxes:
            if mailbox not in self._looking and self._mailboxes.is_ours_to_try(mailbox):
                self._looking[mailbox] = asyncio.create_task(self._look_patiently(mailbox, self.look))
        quiet = self._mailboxes.are_told_of() and not self._restless.intersection(mailboxes)
        return max(self._poll_seconds, QUIET_SECONDS) if quiet else self._poll_seconds

    def _look_at_news(self) -> None:
        self._reap()
        for mailbox in self._heard.keys() - self._looking.keys():
            self._looking[mailbox] = asyncio.create_task(self._look_patiently(mailbox, self.look_for_news))

    def _reap(self) -> None:
        for mailbox in [name for name, task in self._looking.items() if task.done()]:
            self._looking.pop(mailbox).result()

    async def _look_patiently(self, mailbox: str, look: Callable[[str], Awaitable[None]]) -> None:
        try:
            await look(mailbox)
        except OwnedByAnother:
            return
        except NotReady:
            self._failures[mailbox] += 1
            await asyncio.sleep(WORK.after(self._failures[mailbox]))
        else:
            del self._failures[mailbox]

    async def look_for_news(self, mailbox: str) -> None:
        """What the kernel told of. A client may be faster than our note of the delivery: such a file is looked for again."""
        heard = self._heard.pop(mailbox, {})
        found = await store.watched_named(self._pool, mailbox, list(heard))
        since = time.monotonic() - _LOOKED_FOR_SECONDS
        for stem in heard.keys() - {delivery.stem for delivery in found}:
            if heard[stem] > since:
                self._heard.setdefault(mailbox, {})[stem] = heard[stem]
        await self._take_all(mailbox, found)

    async def look(self, mailbox: str) -> None:
        """One page of the mailbox's outstanding deliveries. Raises NotReady, OwnedByAnother."""
        page = await store.watched(self._pool, mailbox, self._position.get(mailbox, ""), _PAGE)
        # A full page leaves the rest to the next look; after the last one it begins anew.
        self._position[mailbox] = page[-1].stem if len(page) == _PAGE else ""
        self._restless.discard(mailbox)
        if self._position[mailbox]:
            self._restless.add(mailbox)
        await self._take_all(mailbox, page)

    async def _take_all(self, mailbox: str, page: Sequence[Delivery]) -> None:
        names = [delivery.file_name for delivery in page]
        places = await self._mailboxes.use(mailbox, lambda boxes: [boxes.find(name) for name in names])
        now = datetime.now(UTC)
        looked = [
            (delivery, place, next_step(delivery, place, now=now, grace=self._grace))
            for delivery, place in zip(page, places, strict=True)
        ]
        await self._tell_taken([delivery for delivery, _, step in looked if step is Step.TAKEN])
        for delivery, place, step in looked:
            if step is Step.TAKEN:
                continue
            if step is not Step.WAIT or (delivery.missing_since and delivery.state is State.DELIVERED):
                self._restless.add(mailbox)
            if step is not Step.WAIT:
                trace.current.set(trace.child(delivery.traceparent))
                await self._take(delivery, step, place, now)

    async def _tell_taken(self, deliveries: Sequence[Delivery]) -> None:
        """The way of nearly all files, so all of a look in one transaction."""
        if not deliveries:
            return
        async with postgres.transaction(self._pool) as connection:
            moved = await store.move_all(connection, deliveries, State.TAKEN, after=_WATCHED)
            await outbox.append_rows(connection, [_taken(delivery) for delivery in moved])
        self._wake_all()
        for delivery in moved:
            metrics.counter("messages_taken_total").labels(delivery.message_type).inc()
            self._say_moved(delivery, State.TAKEN)

    async def _take(self, delivery: Delivery, step: Step, place: Place | None, now: datetime) -> None:
        if step is Step.MARK_MISSING:
            await store.mark_missing(self._pool, delivery, now)
        elif step is Step.CLEAR_MISSING:
            await store.mark_missing(self._pool, delivery, None)
        elif step is Step.REFUSED:
            if await self._tell(delivery, State.REFUSED, events.refused(delivery, now)):
                metrics.counter("messages_refused_total").labels(delivery.message_type).inc()
        elif step is Step.UNKNOWN:
            if await self._tell(delivery, State.UNKNOWN, events.unknown(delivery, now)):
                metrics.counter("deliveries_unknown_total").inc()
        elif step is Step.CLOSE:
            async with postgres.transaction(self._pool) as connection:
                await store.move(connection, delivery, State.CLOSED, after=_WATCHED)
        elif step is Step.PUT_BACK:
            await self._put_back(delivery, place)

    async def _tell(self, delivery: Delivery, state: State, event: Event) -> bool:
        lost = state is State.UNKNOWN
        after = [State.DELIVERED] if lost else _WATCHED
        async with postgres.transaction(self._pool) as connection:
            moved = await store.move(connection, delivery, state, after=after, unless_acknowledged=lost)
            if moved:
                await outbox.append(connection, [event], tenant_id=delivery.tenant_id)
        self._wake_all()
        self._say_moved(delivery, state)
        return moved

    @staticmethod
    def _say_moved(delivery: Delivery, state: State) -> None:
        log.get().info(
            "delivery_moved",
            attempt_id=str(delivery.attempt_id),
            document_id=str(delivery.document_id),
            mailbox=delivery.mailbox,
            file_name=delivery.file_name,
            state=state.value,
        )

    async def _put_back(self, delivery: Delivery, place: Place | None) -> None:
        """Withdraw the refused file, then queue the message again under the next try's name."""
        parcel = await store.parcel_of(self._pool, delivery)
        if parcel is None:
            return
        if place is Place.FAILBOX and not await self._mailboxes.use(delivery.mailbox, _withdrawal(delivery)):
            return
        number = delivery.try_no + 1
        stem = stem_of(delivery.message_type, delivery.attempt_id, number)
        again = await asyncio.to_thread(_renamed, parcel, delivery.stem, stem)
        following = replace(
            delivery,
            try_no=number,
            stem=stem,
            sha256=hashlib.sha256(again).hexdigest(),
            state=State.INTENDED,
            traceparent=trace.current.get(),
        )
        async with postgres.transaction(self._pool) as connection:
            if await store.move(
                connection, delivery, State.PUT_BACK, after=[State.DELIVERED], unless_acknowledged=True
            ):
                await store.intend(connection, following, again)
                await jobs.enqueue(
                    connection,
                    queue=QUEUE,
                    lane=following.mailbox,
                    dedupe_key=following.key,
                    tenant_id=following.tenant_id,
                )
        self._observe("put_back_recorded")
        self._wake_all()
        log.get().warning(
            "message_put_back",
            attempt_id=str(delivery.attempt_id),
            mailbox=delivery.mailbox,
            file_name=following.file_name,
            tries=number,
        )

    def _wake_all(self) -> None:
        for wake in self._wake:
            wake()


def _taken(delivery: Delivery) -> outbox.Row:
    trace.current.set(trace.child(delivery.traceparent))
    return outbox.row(events.taken(delivery, datetime.now(UTC)), tenant_id=delivery.tenant_id)


def _withdrawal(delivery: Delivery) -> Callable[[Boxes], bool]:
    return lambda boxes: boxes.withdraw(delivery.file_name)


def _renamed(parcel: bytes, stem: str, new_stem: str) -> bytes:
    return singlewindow.pack(new_stem, singlewindow.unpack(parcel, stem).xml)
