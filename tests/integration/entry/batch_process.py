"""Entry's batch worker in a process of its own, which ends at a step told to it as if by kill -9."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from dataclasses import dataclass

from backbone import log, postgres
from backbone.jobs import Worker
from backbone.supervision import supervise
from services.entry.batches.batch_store import QUEUE
from services.entry.batches.running import Doing, Step
from tests.support.patience import SECONDS as PATIENCE

KILLED = 86
STILL_RUNNING = 87
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Order:
    """`die_at` names a step, `after` how often it is passed before. Ends by itself when no job is queued."""

    app_dsn: str
    worker_dsn: str
    die_at: str = ""
    after: int = 0


def run(order: Order) -> int:
    """Answers KILLED when the step was reached, 0 when there is nothing left to do."""
    process = _context.Process(target=_run, args=(order,), daemon=True)
    process.start()
    process.join(PATIENCE + 10)
    assert process.exitcode is not None, "the process hangs"
    return process.exitcode


def _run(order: Order) -> None:
    log.configure("batch-test", "error")
    passed = 0

    def observe(step: str) -> None:
        nonlocal passed
        if step == order.die_at:
            passed += 1
            if passed > order.after:
                os._exit(KILLED)

    os._exit(asyncio.run(_work(order, observe)))


async def _work(order: Order, observe: Step) -> int:
    pool = await postgres.create_pool(order.app_dsn, name="test-batches")
    worker_pool = await postgres.create_pool(order.worker_dsn, name="test-batches")
    handler = Doing(pool, _nothing, observe)
    worker = Worker(queue=QUEUE, pool=worker_pool, dsn=order.worker_dsn, handler=handler.do)
    stop = asyncio.Event()
    running = asyncio.create_task(supervise(worker, stop))
    waiting = True
    try:
        async with asyncio.timeout(PATIENCE):
            while waiting:
                await asyncio.sleep(0.05)
                waiting = await worker_pool.fetchval(
                    "SELECT EXISTS (SELECT FROM jobs WHERE state = 'queued')"
                )
    except TimeoutError:
        pass
    stop.set()
    await running
    await pool.close()
    await worker_pool.close()
    return STILL_RUNNING if waiting else 0


def _nothing() -> None:
    pass
