"""The signer: composes the customs message of every attempt, signs it where the route asks, and keeps the evidence."""

from __future__ import annotations

import asyncio
from functools import partial

from fastapi import FastAPI

from backbone import service
from backbone.consume import Consumer
from backbone.jobs import Worker
from backbone.periodic import Periodic
from backbone.sealing import REWRAP_SECONDS, SealBroken, rewrap
from backbone.service import Runtime
from services.signer import consumer, evidence_token, retention, sealing
from services.signer.api import application
from services.signer.cards.choosing import CardKeys
from services.signer.cards.expiring import gauge_expiry
from services.signer.cards.holding import Holders
from services.signer.cards.pins import KeptPins
from services.signer.cards.sightings import Sightings
from services.signer.commands import AT_ONCE, MOST_LANES, QUEUE, Signing
from services.signer.evidence_keys import EvidenceKeys, InToken, WasFollowed
from services.signer.evidence_token import TokenKey
from services.signer.media.configured import load
from services.signer.media.rack import Rack
from services.signer.settings import Settings
from services.signer.sites.holder import SiteCards

_RETENTION_SECONDS = 3600
_EXPIRY_SECONDS = 60
_STATES_SECONDS = 2


async def build(settings: Settings, runtime: Runtime) -> FastAPI:
    """Raises SystemExit when the evidence key cannot be used."""
    sealer = sealing.sealer(settings.master_keys())
    keys = EvidenceKeys(runtime.worker_pool, sealer, await _evidence_token(settings, runtime))
    try:
        key = await keys.start()
    except SealBroken as wrong:
        raise SystemExit(f"signer: BONDGATE_MASTER_KEY does not open the stored key {wrong}") from None
    except InToken as wrong:
        raise SystemExit(
            f"signer: evidence key {wrong} lies in a token: BONDGATE_EVIDENCE_TOKEN must name it"
        ) from None
    except WasFollowed as wrong:
        raise SystemExit(f"signer: evidence key {wrong} was followed by another: bring a new one") from None
    rack = _rack(settings, KeptPins(runtime.worker_pool, sealer))
    site_cards = SiteCards(runtime.worker_pool)
    holder = Holders(rack, site_cards)
    signing = Signing(
        pool=runtime.worker_pool,
        evidence_key=keys.current,
        choose_key=CardKeys(runtime.worker_pool, holder, software=key).choose,
        wake=runtime.waker.wake,
    )
    worker = Worker(
        queue=QUEUE,
        pool=runtime.worker_pool,
        dsn=settings.worker_database_url,
        handler=signing.do,
        together=signing.together,
        at_once=AT_ONCE,
        max_lanes=MOST_LANES,
    )
    listening = Consumer(
        group=consumer.GROUP,
        pool=runtime.worker_pool,
        bootstrap=settings.kafka_bootstrap_servers,
        topics=consumer.TOPICS,
        handlers=consumer.handlers(),
        after_commit=[worker.wake],
    )
    runtime.components.extend([listening, worker, rack, site_cards])
    sightings = Sightings(runtime.worker_pool, holder)
    runtime.components.append(Periodic("card-states", sightings.turn, _STATES_SECONDS))
    sealing_again = partial(rewrap, runtime.worker_pool, sealer, sealing.SEALED)
    runtime.components.append(Periodic("rewrapping", sealing_again, REWRAP_SECONDS))
    expiry = partial(gauge_expiry, runtime.worker_pool)
    runtime.components.append(Periodic("card-expiry", expiry, _EXPIRY_SECONDS))
    if settings.evidence_years is not None:
        drop = partial(retention.drop, runtime.worker_pool, years=settings.evidence_years)
        runtime.components.append(Periodic("retention", drop, _RETENTION_SECONDS))
    app = application(runtime.ready)
    app.state.pool, app.state.worker_pool = runtime.pool, runtime.worker_pool
    app.state.sealer, app.state.holder = sealer, holder
    return app


async def _evidence_token(settings: Settings, runtime: Runtime) -> TokenKey | None:
    """Raises SystemExit when the token cannot be used."""
    if settings.evidence_token is None:
        return None
    try:
        rack = evidence_token.rack_of(settings.evidence_token, settings.evidence_pin_file)
        token = await evidence_token.token_in(rack)
    except evidence_token.NoEvidenceToken as wrong:
        raise SystemExit(f"signer: BONDGATE_EVIDENCE_TOKEN: {wrong}") from None
    runtime.components.append(rack)
    return TokenKey(rack, token, asyncio.get_running_loop())


def _rack(settings: Settings, pins: KeptPins) -> Rack:
    """Raises SystemExit when the file of the media cannot be used."""
    try:
        media = load(settings.readers) if settings.readers is not None else ()
    except (OSError, ValueError) as wrong:
        raise SystemExit(f"signer: BONDGATE_READERS: {wrong}") from None
    return Rack(media, pin_of=pins.of, pin_refused=pins.refused, production=not settings.sandbox)


def main() -> None:
    service.run("signer", Settings(), build)
