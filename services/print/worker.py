"""The clock's side of printing: rendering what is queued, and sweeping what has expired."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from uuid import UUID

from backbone import compress, log, metrics, postgres
from backbone.backoff import AgainLater
from backbone.jobs import GiveUp, Job
from backbone.postgres import Pool
from customs import clock
from services.print import parts, store
from services.print.bundles import Bundle
from services.print.files import Files
from services.print.render.words import Words
from services.print.renderer import Order, OtherOrder, Renderers, RenderFailed

QUEUE = "print"
_TRIES = 3
_MOST_STARTS = 6
"""Of a job whose process is killed each time it is in hand."""
SWEEP_SECONDS = 600.0
_LOOK_SECONDS = 0.5
_REASONS = {"MemoryError": "单证内容过大，超出打印的内存上限"}
_OTHER_REASON = "生成PDF失败，请重新打印；如仍失败，请将打印任务编号告知技术支持"


class TakenBack(Exception):
    """The user cancelled or removed the job while it was rendered."""


@dataclass(frozen=True, slots=True)
class Printing:
    """Handler of the print queue."""

    pool: Pool
    files: Files
    renderers: Renderers
    keep_hours: int
    wake: Callable[[], None]
    """Called when there is something to tell."""

    async def __call__(self, job: Job) -> None:
        """Render one job; one that was taken back is done with."""
        print_job_id = UUID(job.dedupe_key)
        async with postgres.transaction(self.pool) as connection:
            wanted = await store.begin(connection, print_job_id)
        if wanted is None:
            await self._clear(print_job_id)
            return
        try:
            if job.tries > _MOST_STARTS:
                raise RenderFailed("started_too_often")
            await self._while_wanted(print_job_id, self._render(job, print_job_id, wanted))
        except TakenBack:
            self.files.remove(print_job_id)
            await self._clear(print_job_id)
        except RenderFailed as failed:
            if job.tries < _TRIES:
                raise AgainLater(str(failed), 1.0) from failed
            async with postgres.transaction(self.pool) as connection:
                await store.fail(connection, print_job_id, _REASONS.get(str(failed), _OTHER_REASON))
            self.files.remove(print_job_id)
            self.wake()
            await self._clear(print_job_id)
            raise GiveUp(str(failed)) from failed

    async def _while_wanted(self, print_job_id: UUID, work: Coroutine[None, None, None]) -> None:
        """Do the work, and stop it when the job is taken back, also while the renderer has nothing to tell."""
        rendering = asyncio.create_task(work)
        try:
            while not rendering.done():
                await asyncio.wait([rendering], timeout=_LOOK_SECONDS)
                if rendering.done():
                    break
                async with postgres.transaction(self.pool) as connection:
                    if not await store.wanted_still(connection, print_job_id) and not rendering.done():
                        raise TakenBack
            await rendering
        finally:
            rendering.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await rendering

    async def _render(self, job: Job, print_job_id: UUID, wanted: store.ToRender) -> None:
        pages = await self._pages(job, print_job_id, wanted)
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
        self.wake()
        await self._clear(print_job_id)
        metrics.counter("print_pages_total").inc(pages)
        log.get().info("printed", job_id=str(print_job_id), pages=pages, bytes=stored.bytes)

    async def _pages(self, job: Job, print_job_id: UUID, wanted: store.ToRender) -> int:
        async def advance(progress: int, documents_done: int | None = None) -> None:
            async with postgres.transaction(self.pool) as connection:
                if not await store.advance(connection, print_job_id, progress, documents_done):
                    raise TakenBack

        now = clock.now()
        renderer = self.renderers.of(job.lane)
        if wanted.subject == "bundle":
            bundle = Bundle(
                self.pool,
                self.files,
                renderer,
                print_job_id,
                now.date(),
                advance,
                wanted.format,
                wanted.cover,
            )
            try:
                return await bundle.render()
            except OSError as error:
                if isinstance(error, ConnectionError | TimeoutError):
                    raise
                raise RenderFailed(type(error).__name__) from error
        assert wanted.payload is not None
        content, path = compress.unpack(wanted.payload), self.files.unfinished(print_job_id)
        if wanted.subject == "report":
            printed_at = Words.PRINTED_AT.format(at=now.strftime("%Y-%m-%d %H:%M"))
            return await renderer.render(OtherOrder("report", content, path, printed_at), advance)
        assert wanted.kind is not None
        assert wanted.document_state is not None
        order = Order(wanted.kind, wanted.document_state, now.date(), content, path, wanted.sheet)
        return await renderer.render(order, advance)

    async def _clear(self, print_job_id: UUID) -> None:
        """The parts are needed no more."""
        await asyncio.to_thread(self.files.remove_parts, print_job_id)
        async with postgres.transaction(self.pool) as connection:
            await parts.clear(connection, print_job_id)


async def sweep(pool: Pool, files: Files, keep_hours: int) -> int:
    """Remove files whose time is over, jobs that nobody asks about any more, and files that nothing knows.

    Answers the number of jobs that expired. Files a crash leaves behind are older than their jobs, and go by that.
    """
    async with postgres.transaction(pool) as connection:
        gone = await store.expire(connection)
        await store.forget(connection)
    for print_job_id in gone:
        files.remove(print_job_id)
    await asyncio.to_thread(files.sweep, (keep_hours + 1) * 3600.0)
    return len(gone)
