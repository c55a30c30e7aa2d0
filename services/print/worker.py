"""The clock's side of printing: rendering what is queued, and sweeping what has expired."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone import compress, log, metrics, postgres
from backbone.jobs import AgainLater, GiveUp, Job
from backbone.postgres import Pool
from services.print import store
from services.print.files import Files
from services.print.renderer import Order, Renderers, RenderFailed

QUEUE = "print"
BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
_TRIES = 3
_SWEEP_SECONDS = 600.0
_REASONS = {"MemoryError": "单证内容过大，超出打印的内存上限"}
_OTHER_REASON = "生成PDF失败，请重新打印；如仍失败，请将打印任务编号告知技术支持"


class TakenBack(Exception):
    """The user removed the job while it was rendered."""


@dataclass(frozen=True, slots=True)
class Printing:
    """Handler of the print queue."""

    pool: Pool
    files: Files
    renderers: Renderers
    keep_hours: int

    async def __call__(self, job: Job) -> None:
        """Render one job; one that was taken back is done with."""
        print_job_id = UUID(job.dedupe_key)
        async with postgres.transaction(self.pool) as connection:
            wanted = await store.begin(connection, print_job_id)
        if wanted is None:
            return
        try:
            await self._render(job, print_job_id, wanted)
        except TakenBack:
            self.files.remove(print_job_id)
        except RenderFailed as failed:
            if job.tries < _TRIES:
                raise AgainLater(str(failed), 1.0) from failed
            async with postgres.transaction(self.pool) as connection:
                await store.fail(connection, print_job_id, _REASONS.get(str(failed), _OTHER_REASON))
            self.files.remove(print_job_id)
            raise GiveUp(str(failed)) from failed

    async def _render(self, job: Job, print_job_id: UUID, wanted: store.ToRender) -> None:
        async def advance(progress: int) -> None:
            async with postgres.transaction(self.pool) as connection:
                if not await store.advance(connection, print_job_id, progress):
                    raise TakenBack

        order = Order(
            kind=wanted.kind,
            sheet=wanted.sheet,
            state=wanted.document_state,
            printed_on=datetime.now(BUSINESS_ZONE).date(),
            subject=compress.unpack(wanted.payload),
            path=self.files.unfinished(print_job_id),
        )
        pages = await self.renderers.of(job.lane).render(order, advance)
        try:
            stored = await asyncio.to_thread(self.files.keep, print_job_id)
        except OSError as error:
            # Of the disk, not of the database: not an outage that stops the worker.
            raise RenderFailed(type(error).__name__) from error
        async with postgres.transaction(self.pool) as connection:
            kept = await store.succeed(
                connection,
                print_job_id,
                pages=pages,
                size=stored.bytes,
                sha256=stored.sha256,
                keep_hours=self.keep_hours,
            )
        if not kept:
            raise TakenBack
        metrics.counter("print_pages_total").inc(pages)
        log.get().info("printed", job_id=str(print_job_id), pages=pages, bytes=stored.bytes)


class Sweeper:
    """Removes expired jobs with their files, and files that nothing knows any more."""

    name = "print-sweeper"

    def __init__(self, pool: Pool, files: Files, keep_hours: int) -> None:
        self.ready = asyncio.Event()
        self._pool = pool
        self._files = files
        self._keep_hours = keep_hours

    async def run(self, stop: asyncio.Event) -> None:
        """Now and every ten minutes, until `stop`."""
        while not stop.is_set():
            await self.sweep()
            self.ready.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _SWEEP_SECONDS)

    async def sweep(self) -> int:
        """Number of jobs removed. A crash half-way leaves rows without files, which the next sweep takes."""
        async with postgres.transaction(self._pool) as connection:
            gone = await store.expired(connection)
        for print_job_id in gone:
            self._files.remove(print_job_id)
        if gone:
            async with postgres.transaction(self._pool) as connection:
                await store.remove_all(connection, gone)
        await asyncio.to_thread(self._files.sweep, (self._keep_hours + 1) * 3600.0)
        return len(gone)
