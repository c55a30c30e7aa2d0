"""The InBoxes watched side by side: what stands still is kept in the database, committed, and only then moved away.

A kill between the two leaves a file that is found again and known by its hash. A mailbox in trouble waits alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backbone import log, metrics, postgres, trace
from backbone.backoff import WORK
from backbone.folder import OwnedByAnother
from backbone.pauses import pause, until_any
from backbone.postgres import Pool
from customs import clock
from customs.singlewindow import FAULT_TEXTS
from services.receipts import store
from services.receipts.inbox import MAX_KEPT_BYTES, Content, Found, Inbox, InboxMissing
from services.receipts.store import Mailbox

_BATCH_FILES = 32
_BATCH_BYTES = 16 * 1024 * 1024
_LEARN_SECONDS = 1.0
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
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.ready = asyncio.Event()
        self._pool = pool
        self._exchange = exchange
        self._poll = poll_seconds
        self._patience = patience_seconds
        self._wake = wake
        self._step = step
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
        inbox = Inbox(self._exchange, mailbox.mailbox, patience_seconds=self._patience)
        loop = asyncio.get_running_loop()
        failures = 0
        try:
            while not stop.is_set():
                delay = self._poll
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
            contents: list[Content] = []
            for one in batch:
                try:
                    content = await loop.run_in_executor(thread, inbox.read, one)
                except OSError as error:
                    troubled = True
                    log.get().warning(
                        "inbox_file_waits",
                        mailbox=mailbox.mailbox,
                        file_name=one.file_name,
                        reason=error.strerror,
                    )
                    continue
                if content is not None:
                    contents.append(content)
            if contents:
                places = await self._places(inbox, contents, thread)
                await self._keep(mailbox, contents, places)
                for content, place in zip(contents, places, strict=True):
                    await loop.run_in_executor(thread, inbox.move, content.found, place)
                    self._step("after move")
        return troubled

    @staticmethod
    async def _places(inbox: Inbox, contents: Sequence[Content], thread: ThreadPoolExecutor) -> Sequence[str]:
        """Where each file will go, noted with it before it goes there."""
        loop = asyncio.get_running_loop()
        month = clock.now()
        reserved: set[str] = set()
        return [
            await loop.run_in_executor(thread, inbox.place, content.found, month, reserved)
            for content in contents
        ]

    async def _keep(self, mailbox: Mailbox, contents: Sequence[Content], places: Sequence[str]) -> None:
        stored = 0
        self._step("before store")
        async with postgres.transaction(self._pool) as connection:
            for content, place in zip(contents, places, strict=True):
                # Each file begins a trace of its own: what it answers is not known yet.
                trace.current.set(trace.child(None))
                too_large = FAULT_TEXTS["too_large"].format(size=content.found.size, limit=MAX_KEPT_BYTES)
                # A name that is no text is noted in printable form.
                noted = place.encode("utf-8", "backslashreplace").decode()
                stored += await store.keep(connection, mailbox, content, place=noted, too_large=too_large)
            self._step("before commit")
        self._step("after commit")
        metrics.counter("receipt_files_stored_total").inc(stored)
        self._wake()


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
