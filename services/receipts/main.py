"""Composition of receipts: InBoxes, understanding, what it learns from others, and its API."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.folder_news import FolderNews
from backbone.jobs import Worker
from backbone.periodic import Periodic
from backbone.service import Runtime
from services.receipts import api, sites, store
from services.receipts.consumer import consumer
from services.receipts.settings import Settings
from services.receipts.sweeper import SECONDS, Sweeper
from services.receipts.understanding import Understanding
from services.receipts.watcher import Watcher


async def build(settings: Settings, runtime: Runtime) -> FastAPI:
    """The parts of the service, the watcher last so that what it finds is understood at once."""

    def wake() -> None:
        runtime.waker.wake()
        worker.wake()

    understanding = Understanding(
        runtime.worker_pool, packet_timeout_seconds=settings.packet_timeout_seconds, wake=wake
    )
    worker = Worker(
        queue=store.QUEUE,
        pool=runtime.worker_pool,
        dsn=settings.worker_database_url,
        handler=understanding,
    )
    news = FolderNews()
    watcher = Watcher(
        runtime.worker_pool,
        settings.exchange_dir,
        poll_seconds=settings.inbox_poll_seconds,
        patience_seconds=settings.inbox_patience_seconds,
        wake=wake,
        news=news,
    )
    learning = consumer(runtime.worker_pool, settings.kafka_bootstrap_servers, worker.wake, watcher.learn)
    sweeper = Sweeper(runtime.worker_pool, worker.wake)
    sweeping = Periodic("receipts-sweeper", sweeper.turn, SECONDS)
    runtime.components.extend([worker, sweeping, learning, news, watcher])
    app = api.application(runtime.ready)
    app.include_router(api.routes(api.Access(runtime.pool, settings.exchange_dir, worker.wake)))
    app.include_router(sites.routes(sites.Access(runtime.pool, runtime.worker_pool, wake)))
    return app


def main() -> None:
    service.run("receipts", Settings(), build)
