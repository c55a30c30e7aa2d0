"""The InBoxes watched side by side: what stands still is kept in the database, committed, and only then moved away.

A kill between the two leaves a file that is found again and known by its hash. A mailbox in trouble waits alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backbone import log, metrics, postgres
from backbone.backoff import WORK
from backbone.folder import OwnedByAnother
from backbone.folder_news import QUIET_SECONDS, FolderNews
from backbone.pauses import pause, until_any
from backbone.postgres import Pool
from customs import clock
from services.receipts import store
from services.receipts.inbox import MAX_KEPT_BYTES, MOST_A_LOOK, Found, Inbox, InboxMissing
from services.receipts.keeping import Arrived, Keeping, arrived
from services.receipts.store import Mailbox

_BATCH_FILES = MOST_A_LOOK
_BATCH_BYTES = 16 * 1024 * 1024
_LEARN_SECONDS = 5.0
_LINGER_SECONDS = 0.02
_STOP_SECONDS = 5.0


class Watcher:
    """One task a mailbox. `step` is called between the steps of keeping a file, so that tests can stop there."""

    name = "inboxes"

    def __init__(
        self,
        pool: Pool,
        exchange: Path,
        *,
        poll_seconds: float,
        patience_seconds: float,
        wake: Callable[[], None],
        news: FolderNews | None = None,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.ready = asyncio.Event()
        self._pool = pool
        self._exchange = exchange
        self._poll = poll_seconds
        self._patience = patience_seconds
        self._wake = wake
        self._news = news
        self._step = step
        self._keeping = Keeping(pool, step)
        self._learned = asyncio.Event()
        self._failing: set[str] = set()

    def learn(self) -> None:
        """A mailbox may have been added."""
        self._learned.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; files in hand are kept. Raises on outages of the database while it learns mailboxes."""
        tasks: dict[Mailbox, asyncio.Task[None]] = {}
        try:
            while not stop.is_set():
                self._learned.clear()
                async with postgres.transaction(self._pool) as connection:
                    known = set(await store.mailboxes(connection))
                for gone in tasks.keys() - known:
                    tasks.pop(gone).cancel()
                for added in known - tasks.keys():
                    tasks[added] = asyncio.create_task(self._watch(added, stop))
                metrics.gauge("inboxes_failing").set(len(self._failing))
                self.ready.set()
                await until_any(_LEARN_SECONDS, stop, self._learned)
            if tasks:
                await asyncio.wait(tasks.values(), timeout=_STOP_SECONDS)
        finally:
            self.ready.clear()
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _watch(self, mailbox: Mailbox, stop: asyncio.Event) -> None:
        # A thread of its own: a share that hangs holds up this mailbox and nobody else.
        thread = ThreadPoolExecutor(1, f"inbox-{mailbox.mailbox}")
        rung = asyncio.Event()
        inbox = Inbox(
            self._exchange,
            mailbox.mailbox,
            patience_seconds=self._patience,
            news=self._news,
            rung=rung.set,
        )
        loop = asyncio.get_running_loop()
        failures = 0
        try:
            while not stop.is_set():
                delay = self._poll
                rung.clear()
                try:
                    await loop.run_in_executor(thread, inbox.own)
                    found = await loop.run_in_executor(thread, inbox.standing_still)
                    troubled = await self._take(mailbox, inbox, found, thread)
                except Exception as error:  # noqa: BLE001 - whatever is wrong with a mailbox, the others go on
                    await loop.run_in_executor(thread, inbox.disown)
                    self._trouble(mailbox, failures, error)
                    failures += 1
                    delay = WORK.after(failures)
                else:
                    failures = 0
                    self._well(mailbox, troubled)
                    if len(found) >= MOST_A_LOOK:
                        continue
                    if found:
                        # What comes meanwhile shares the next transaction.
                        await pause(stop, _LINGER_SECONDS)
                    if inbox.is_quiet:
                        delay = max(self._poll, QUIET_SECONDS)
                    await until_any(delay, stop, rung)
                    continue
                await pause(stop, delay)
        finally:
            thread.submit(inbox.disown)
            thread.shutdown(wait=False)
            self._failing.discard(mailbox.mailbox)

    def _trouble(self, mailbox: Mailbox, failures: int, error: Exception) -> None:
        # No InBox yet, or one that another process watches, is a state and not a failure.
        if not isinstance(error, InboxMissing | OwnedByAnother):
            self._failing.add(mailbox.mailbox)
        if failures in (0, 10, 100, 1000):
            reason = getattr(error, "strerror", None) or type(error).__name__
            log.get().warning("inbox_waits", mailbox=mailbox.mailbox, reason=reason, tries=failures + 1)

    def _well(self, mailbox: Mailbox, troubled: bool) -> None:
        if troubled:
            self._failing.add(mailbox.mailbox)
        else:
            self._failing.discard(mailbox.mailbox)

    async def _take(
        self, mailbox: Mailbox, inbox: Inbox, found: Sequence[Found], thread: ThreadPoolExecutor
    ) -> bool:
        """Keep what was found. Answers whether some file could not be read; it is tried again later."""
        loop = asyncio.get_running_loop()
        troubled = False
        for batch in _bounded(found):
            arrivals, waiting = await loop.run_in_executor(thread, _read, inbox, batch)
            for file_name, reason in waiting:
                troubled = True
                log.get().warning(
                    "inbox_file_waits", mailbox=mailbox.mailbox, file_name=file_name, reason=reason
                )
            if arrivals:
                await self._keeping.keep(mailbox, [arrival for arrival, _ in arrivals])
                self._wake()
                await loop.run_in_executor(thread, self._move, inbox, arrivals)
        return troubled

    def _move(self, inbox: Inbox, arrivals: Sequence[tuple[Arrived, str]]) -> None:
        for arrival, place in arrivals:
            inbox.move(arrival.content.found, place)
            self._step("after move")


def _read(
    inbox: Inbox, batch: Sequence[Found]
) -> tuple[list[tuple[Arrived, str]], list[tuple[str, str | None]]]:
    """Files with what they say and where each will go, and the names of those that have to wait, with the reason."""
    arrivals: list[tuple[Arrived, str]] = []
    waiting: list[tuple[str, str | None]] = []
    month = clock.now()
    reserved: set[str] = set()
    for one in batch:
        try:
            content = inbox.read(one)
        except OSError as error:
            waiting.append((one.file_name, error.strerror))
            continue
        if content is not None:
            place = inbox.place(one, month, reserved)
            arrivals.append((arrived(content, place), place))
    return arrivals, waiting


def _bounded(found: Sequence[Found]) -> Iterator[list[Found]]:
    batch: list[Found] = []
    size = 0
    for one in found:
        weight = min(one.size, MAX_KEPT_BYTES)
        if batch and (len(batch) >= _BATCH_FILES or size + weight > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += weight
    if batch:
        yield batch
