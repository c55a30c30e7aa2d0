"""Composition of query: the views' consumer, reads, and live updates."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.service import Runtime
from services import code_editions
from services.query import consumer, live_stream
from services.query.api import routers
from services.query.live import Live
from services.query.rebuilding import Rebuilder
from services.query.settings import QuerySettings
from services.query.waiting import Applied


async def build(settings: QuerySettings, runtime: Runtime) -> FastAPI:
    applied = Applied()
    bootstrap = settings.kafka_bootstrap_servers
    runtime.components.append(consumer.consumer(runtime.worker_pool, bootstrap, applied.wake))
    runtime.components.append(Rebuilder(runtime.worker_pool, settings.worker_database_url, bootstrap))
    live = Live(runtime.pool, runtime.worker_pool, settings.worker_database_url)
    runtime.components.append(live)
    runtime.components.append(code_editions.following(runtime.worker_pool))
    app = create_app("query", title="Bondgate query", ready=runtime.ready)
    for router in (*routers(runtime.pool, applied), live_stream.routes(live)):
        app.include_router(router)
    return app


def main() -> None:
    service.run("query", QuerySettings(), build, publishes=False)
