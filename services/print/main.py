"""The print service, put together."""

from __future__ import annotations

import asyncio
from functools import partial

import httpx
from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.jobs import Worker
from backbone.periodic import Periodic
from backbone.service import Runtime
from services import code_editions
from services.print.api import routes
from services.print.asking import Printing
from services.print.consumer import consumer
from services.print.files import Files
from services.print.gateway import Entry, Query
from services.print.reading import Upstreams
from services.print.renderer import Renderers
from services.print.settings import PrintSettings
from services.print.worker import QUEUE, SWEEP_SECONDS, sweep
from services.print.worker import Printing as Handler


class _RenderingWorker(Worker):
    """The queue's worker, which takes the renderer processes with it when it ends."""

    def __init__(self, renderers: Renderers, handler: Handler, settings: PrintSettings) -> None:
        super().__init__(queue=QUEUE, pool=handler.pool, dsn=settings.worker_database_url, handler=handler)
        self._renderers = renderers

    async def run(self, stop: asyncio.Event) -> None:
        try:
            await super().run(stop)
        finally:
            # After an outage of the database the worker starts again, and finds its renderers warm.
            if stop.is_set():
                await self._renderers.close()


async def build(settings: PrintSettings, runtime: Runtime) -> FastAPI:
    """Components and application."""
    files = Files(settings.files_dir)
    renderers = Renderers(settings.print_renderers, settings.print_large_renderers, settings.fonts_dir)
    handler = Handler(runtime.worker_pool, files, renderers, settings.print_keep_hours, runtime.waker.wake)
    worker = _RenderingWorker(renderers, handler, settings)
    sweeping = partial(sweep, runtime.worker_pool, files, settings.print_keep_hours)
    sweeper = Periodic("print-sweeper", sweeping, SWEEP_SECONDS)
    editions = (consumer(settings, runtime), code_editions.following(runtime.worker_pool))
    runtime.components.extend((renderers, worker, sweeper, *editions))
    # The client lives as long as the process; it keeps a few connections to entry and query.
    client = httpx.AsyncClient(trust_env=False)
    app = create_app("print", title="Bondgate print", ready=runtime.ready)
    app.include_router(
        routes(
            Printing(
                pool=runtime.pool,
                upstreams=Upstreams(Entry(client, settings.entry_url), Query(client, settings.query_url)),
                files=files,
                lanes=renderers.lanes,
                large_lanes=renderers.large_lanes,
                keep_hours=settings.print_keep_hours,
                wake=worker.wake,
            )
        )
    )
    return app


def main() -> None:
    """Run until told to stop."""
    service.run("print", PrintSettings(), build)
