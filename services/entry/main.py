"""Composition of entry: documents in, their state out."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.service import Runtime
from contracts.documents import KINDS
from services.entry import life_api
from services.entry.api import routes
from services.entry.consumer import consumer
from services.entry.overdue import OverdueCount
from services.entry.settings import EntrySettings


async def build(settings: EntrySettings, runtime: Runtime) -> FastAPI:
    """Routes of every kind, one consumer, one gauge."""
    runtime.components.extend([consumer(settings, runtime), OverdueCount(runtime.worker_pool)])
    app = create_app(
        "entry", title="Bondgate entry", max_body_bytes=settings.max_body_bytes, ready=runtime.ready
    )
    for kind in KINDS.values():
        app.include_router(routes(kind, runtime.pool, runtime.waker.wake))
        app.include_router(life_api.routes(kind, runtime.pool, runtime.waker.wake))
    app.include_router(life_api.review_rules(runtime.pool))
    return app


def main() -> None:
    service.run("entry", EntrySettings(), build)
