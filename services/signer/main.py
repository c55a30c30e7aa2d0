"""The signer: composes the customs message of every attempt, signs it where the route asks, and keeps the evidence."""

from __future__ import annotations

from fastapi import FastAPI

from backbone import service
from backbone.consume import Consumer
from backbone.jobs import Worker
from backbone.service import Runtime
from services.signer import consumer, software_key
from services.signer.api import application
from services.signer.commands import QUEUE, Signing
from services.signer.settings import Settings


async def build(settings: Settings, runtime: Runtime) -> FastAPI:
    """Raises SystemExit when the stored key does not open under the master key."""
    try:
        key = await software_key.load_or_make(runtime.worker_pool, settings.master_key_bytes)
    except software_key.MasterKeyWrong as wrong:
        raise SystemExit(f"signer: BONDGATE_MASTER_KEY does not open the stored key {wrong}") from None
    signing = Signing(
        pool=runtime.worker_pool,
        evidence_key=key,
        key_of_route=lambda route: key,
        wake=runtime.waker.wake,
    )
    worker = Worker(
        queue=QUEUE, pool=runtime.worker_pool, dsn=settings.worker_database_url, handler=signing.do
    )
    listening = Consumer(
        group=consumer.GROUP,
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=consumer.TOPICS,
        handlers=consumer.handlers(),
        after_commit=[worker.wake],
    )
    runtime.components.extend([listening, worker])
    app = application(runtime.ready)
    app.state.pool, app.state.worker_pool = runtime.pool, runtime.worker_pool
    return app


def main() -> None:
    service.run("signer", Settings(), build)
