"""Composition of reference: routes, a look-out for new editions, and what is learnt from documents."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.service import Runtime
from services.reference.api import TITLE, Access, routers
from services.reference.code_book import CodeBook, refreshing
from services.reference.consumer import consumer
from services.reference.learning import forgetting
from services.reference.settings import ReferenceSettings


async def build(settings: ReferenceSettings, runtime: Runtime) -> FastAPI:
    book = CodeBook()
    runtime.components.append(refreshing(book, runtime.worker_pool))
    runtime.components.extend([consumer(settings, runtime), forgetting(runtime.worker_pool)])
    app = create_app("reference", title=TITLE, max_body_bytes=settings.max_body_bytes, ready=runtime.ready)
    for router in routers(Access(runtime.pool, runtime.worker_pool, book, runtime.waker.wake)):
        app.include_router(router)
    return app


def main() -> None:
    """Run until told to stop."""
    service.run("reference", ReferenceSettings(), build)
