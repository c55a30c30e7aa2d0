"""Composition of identity: who the tenants, their people and programs are, and the tokens that say so."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from backbone import service
from backbone.http import create_app
from backbone.periodic import Periodic
from backbone.sealing import REWRAP_SECONDS, rewrap
from backbone.service import Runtime
from services.identity import site_agents
from services.identity.api import MAX_BODY_BYTES, TITLE, routes
from services.identity.authentication import Authentication
from services.identity.keyring import REFRESH_SECONDS, KeyKeeper, Keyring, Schedule
from services.identity.parts import Parts
from services.identity.passwords import Hasher
from services.identity.sealing import SEALED, Sealer
from services.identity.sessions import Limits, Sessions
from services.identity.settings import IdentitySettings
from services.identity.tenancy import ensure_operator
from services.identity.tokens import Issuer

_SWEEP_SECONDS = 600
_AGENTS_SECONDS = 15


async def build(settings: IdentitySettings, runtime: Runtime) -> FastAPI:
    """Beside the application: the keeper of the signing keys, and a broom for sessions that are over."""
    if settings.operator_secret is not None:
        await ensure_operator(runtime.worker_pool, settings.operator_secret.get_secret_value())
    sealer = Sealer(settings.master_keys())
    keyring = Keyring(
        Schedule(
            lifetime=timedelta(seconds=settings.token_seconds),
            max_age=timedelta(days=settings.key_days),
            lead=timedelta(seconds=settings.key_lead_seconds),
        )
    )
    keeper = KeyKeeper(runtime.worker_pool, sealer, keyring)
    runtime.components.append(Periodic("signing-keys", keeper.turn, REFRESH_SECONDS))
    sealing_again = partial(rewrap, runtime.worker_pool, sealer, SEALED)
    runtime.components.append(Periodic("rewrapping", sealing_again, REWRAP_SECONDS))
    counting_agents = partial(site_agents.gauge, runtime.worker_pool, settings.agent_silent_seconds)
    runtime.components.append(Periodic("site-agents", counting_agents, _AGENTS_SECONDS))
    hasher = Hasher()
    issuer = Issuer(keyring, settings.token_issuer, settings.token_audience, settings.token_seconds)
    authentication = Authentication(runtime.worker_pool, hasher, sealer)
    limits = Limits(
        idle=timedelta(seconds=settings.session_idle_seconds),
        absolute=timedelta(seconds=settings.session_seconds),
    )
    sessions = Sessions(runtime.worker_pool, authentication, issuer, limits)
    runtime.components.append(Periodic("sessions", sessions.sweep, _SWEEP_SECONDS))
    app = create_app("identity", title=TITLE, max_body_bytes=MAX_BODY_BYTES, ready=runtime.ready)
    app.state.parts = Parts(
        settings=settings,
        pool=runtime.pool,
        worker_pool=runtime.worker_pool,
        wake=runtime.waker.wake,
        sealer=sealer,
        hasher=hasher,
        keyring=keyring,
        keeper=keeper,
        issuer=issuer,
        authentication=authentication,
        sessions=sessions,
    )
    app.include_router(routes())
    return app


def main() -> None:
    service.run("identity", IdentitySettings(), build)
