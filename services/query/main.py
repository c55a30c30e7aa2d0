"""Composition of query: a consumer per view, reads, and live updates."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.service import Runtime
from services import code_editions
from services.query import live_stream
from services.query.api import routers
from services.query.consumer import ViewConsumer, work_consumer
from services.query.live import Live
from services.query.projections import VIEWS
from services.query.settings import QuerySettings
from services.query.waiting import Applied


async def build(settings: QuerySettings, runtime: Runtime) -> FastAPI:
    applied = Applied()
    runtime.components.extend(
        ViewConsumer(view, runtime.worker_pool, settings.kafka_bootstrap_servers, applied.wake)
        for view in VIEWS.values()
    )
    runtime.components.append(work_consumer(runtime.worker_pool, settings.kafka_bootstrap_servers))
    live = Live(runtime.pool, runtime.worker_pool, settings.worker_database_url)
    runtime.components.append(live)
    runtime.components.append(code_editions.following(runtime.worker_pool))
    app = create_app("query", title="Bondgate query", ready=runtime.ready)
    for router in (*routers(runtime.pool, applied), live_stream.routes(live)):
        app.include_router(router)
    return app


def main() -> None:
    service.run("query", QuerySettings(), build, publishes=False)
