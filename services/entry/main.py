"""Composition of entry: documents in, their state out."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from backbone import service
from backbone.http import create_app
from backbone.objects import intake_of, store_of
from backbone.postgres import Pool
from backbone.service import Runtime
from contracts.documents import KINDS
from services.entry import api, attachments_api, batches, batches_api, life_api
from services.entry.api import Wake
from services.entry.attachments_api import Files
from services.entry.consumer import consumer
from services.entry.overdue import OverdueCount
from services.entry.settings import EntrySettings


def routers(pool: Pool | None, wake: Wake, wake_batches: Wake, files: Files | None) -> list[APIRouter]:
    """Everything a caller can reach; without pool and files for OpenAPI alone."""
    of_kinds = [
        router
        for kind in KINDS.values()
        for router in (
            api.routes(kind, pool, wake),
            life_api.routes(kind, pool, wake),
            attachments_api.routes(kind, pool, wake, files),
            batches_api.routes(kind, pool, wake_batches),
        )
    ]
    return [*of_kinds, life_api.review_rules(pool), batches_api.batch_routes(pool, wake_batches)]


def schema_app() -> FastAPI:
    """The application without connections, for OpenAPI."""
    app = create_app("entry", title="Bondgate entry")
    for router in routers(None, lambda: None, lambda: None, None):
        app.include_router(router)
    return app


async def build(settings: EntrySettings, runtime: Runtime) -> FastAPI:
    """Routes of every kind, one consumer, one lane of batches a tenant, one gauge."""
    worker = batches.worker(settings, runtime)
    runtime.components.extend([consumer(settings, runtime), worker, OverdueCount(runtime.worker_pool)])
    app = create_app(
        "entry", title="Bondgate entry", max_body_bytes=settings.max_body_bytes, ready=runtime.ready
    )

    def wake_batches() -> None:
        runtime.waker.wake()
        worker.wake()

    files = Files(store_of(settings), intake_of(settings))
    for router in routers(runtime.pool, runtime.waker.wake, wake_batches, files):
        app.include_router(router)
    return app


def main() -> None:
    service.run("entry", EntrySettings(), build)
