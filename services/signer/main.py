"""The signer: composes the customs message of every attempt, signs it where the route asks, and keeps the evidence."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from backbone import service
from backbone.consume import Consumer
from backbone.jobs import Worker
from backbone.periodic import Periodic
from backbone.sealing import REWRAP_SECONDS, SealBroken, rewrap
from backbone.service import Runtime
from services.signer import consumer, retention, sealing
from services.signer.api import application
from services.signer.cards.expiring import gauge_expiry
from services.signer.commands import QUEUE, Signing
from services.signer.evidence_keys import EvidenceKeys
from services.signer.settings import Settings

_RETENTION_SECONDS = 3600
_EXPIRY_SECONDS = 60


async def build(settings: Settings, runtime: Runtime) -> FastAPI:
    """Raises SystemExit when the stored key does not open under the master key."""
    sealer = sealing.sealer(settings.master_keys())
    keys = EvidenceKeys(runtime.worker_pool, sealer)
    try:
        key = await keys.start()
    except SealBroken as wrong:
        raise SystemExit(f"signer: BONDGATE_MASTER_KEY does not open the stored key {wrong}") from None
    signing = Signing(
        pool=runtime.worker_pool,
        evidence_key=keys.current,
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
    sealing_again = partial(rewrap, runtime.worker_pool, sealer, sealing.SEALED)
    runtime.components.append(Periodic("rewrapping", sealing_again, REWRAP_SECONDS))
    expiry = partial(gauge_expiry, runtime.worker_pool)
    runtime.components.append(Periodic("card-expiry", expiry, _EXPIRY_SECONDS))
    if settings.evidence_years is not None:
        drop = partial(retention.drop, runtime.worker_pool, years=settings.evidence_years)
        runtime.components.append(Periodic("retention", drop, _RETENTION_SECONDS))
    app = application(runtime.ready)
    app.state.pool, app.state.worker_pool = runtime.pool, runtime.worker_pool
    app.state.sealer = sealer
    return app


def main() -> None:
    service.run("signer", Settings(), build)
