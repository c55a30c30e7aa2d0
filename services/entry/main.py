"""Composition of entry: documents in, their state out."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.objects import intake_of, store_of
from backbone.service import Runtime
from services import code_editions
from services.entry.api import routers
from services.entry.attachments.attachments_api import Files
from services.entry.batches import running
from services.entry.consumer import consumer
from services.entry.document import overdue
from services.entry.editions import placed_tariff, touched_api
from services.entry.ledger import alerts
from services.entry.settings import EntrySettings


async def build(settings: EntrySettings, runtime: Runtime) -> FastAPI:
    """Routes of every kind, one consumer, one lane of batches a tenant, one gauge."""
    worker = running.worker(settings, runtime)
    runtime.components.extend(
        [
            consumer(settings, runtime),
            worker,
            overdue.counting(runtime.worker_pool),
            alerts.counting(runtime.worker_pool),
        ]
    )
    runtime.components.extend(
        [code_editions.following(runtime.worker_pool), placed_tariff.following(runtime.worker_pool)]
    )
    app = create_app(
        "entry", title="Bondgate entry", max_body_bytes=settings.max_body_bytes, ready=runtime.ready
    )

    def wake_batches() -> None:
        runtime.waker.wake()
        worker.wake()

    files = Files(store_of(settings), intake_of(settings))
    for router in routers(runtime.pool, runtime.waker.wake, wake_batches, files):
        app.include_router(router)
    app.include_router(touched_api.routes(runtime.pool, runtime.worker_pool))
    return app


def main() -> None:
    service.run("entry", EntrySettings(), build)
