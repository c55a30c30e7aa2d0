"""Submission's worker and watcher in a process of their own, which ends at a step told to it as if by kill -9."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from backbone import log, postgres
from backbone.folder_news import FolderNews
from backbone.jobs import Worker
from backbone.supervision import supervise
from services.submission.boxes import Mailboxes, Observer
from services.submission.commands import AT_ONCE, QUEUE, Delivering
from services.submission.watcher import BoxWatcher

KILLED = 86
STILL_RUNNING = 87
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])
_SETTLED = (
    "SELECT NOT EXISTS (SELECT FROM jobs WHERE state = 'queued') "
    "AND NOT EXISTS (SELECT FROM deliveries WHERE state = ANY($1)) "
    "AND (SELECT count(*) FROM deliveries) >= $2"
)


@dataclass(frozen=True)
class Order:
    """`die_at` names a step. It ends by itself when there are `files` deliveries and none is in a state of `unsettled`."""

    dsn: str
    exchange: Path
    die_at: str = ""
    files: int = 0
    grace_seconds: float = 0.3
    unsettled: tuple[str, ...] = ("intended", "staged", "delivered")
    most_seconds: float = 120.0
    at_once: int = AT_ONCE
    told: bool = False
    """Whether the kernel tells of files; then nothing is looked for by the clock."""


def start(order: Order) -> multiprocessing.process.BaseProcess:
    """Not waited for; the caller may kill it."""
    process = _context.Process(target=_run, args=(order,), daemon=True)
    process.start()
    return process


def run(order: Order) -> int:
    """Answers KILLED when the step was reached, 0 when everything is settled."""
    process = start(order)
    process.join(order.most_seconds + 10)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode


def _run(order: Order) -> None:
    log.configure("submission-test", "error")

    def observe(step: str) -> None:
        if step == order.die_at:
            os._exit(KILLED)

    os._exit(asyncio.run(_deliver(order, observe)))


async def _deliver(order: Order, observe: Observer) -> int:
    pool = await postgres.create_pool(order.dsn, name="test-delivering")
    news = FolderNews()
    mailboxes = Mailboxes(order.exchange, observe=observe, news=news if order.told else None)
    grace = timedelta(seconds=order.grace_seconds)
    handler = Delivering(pool=pool, mailboxes=mailboxes, grace=grace, wake=_nothing, observe=observe)
    worker = Worker(
        queue=QUEUE,
        pool=pool,
        dsn=order.dsn,
        handler=handler.do,
        together=handler.together,
        at_once=order.at_once,
        admits=mailboxes.is_ours_to_try,
    )
    watcher = BoxWatcher(
        pool=pool,
        mailboxes=mailboxes,
        grace=grace,
        poll_seconds=3600 if order.told else 0.05,
        wake=[worker.wake],
        observe=observe,
    )
    stop = asyncio.Event()
    running = [asyncio.create_task(supervise(part, stop)) for part in (news, worker, watcher)]
    settled = False
    try:
        async with asyncio.timeout(order.most_seconds):
            while not settled:
                await asyncio.sleep(0.05)
                settled = await pool.fetchval(_SETTLED, list(order.unsettled), order.files)
    except TimeoutError:
        pass
    stop.set()
    await asyncio.gather(*running)
    await pool.close()
    return 0 if settled else STILL_RUNNING


def _nothing() -> None:
    pass
