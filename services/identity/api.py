"""HTTP in: tokens and keys, tenants, the directory of a tenant, the caller and their sessions."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from backbone.http import create_app
from services.identity.endpoints import (
    card_login,
    directory,
    me,
    preferences,
    sessions,
    site_agents,
    tenants,
    tokens,
)

TITLE = "Bondgate identity"
# The largest body is a user with assignments.
MAX_BODY_BYTES = 262_144


def routes() -> APIRouter:
    """All routes; they find their parts in `app.state.parts`."""
    router = APIRouter()
    for group in (tokens, card_login, sessions, tenants, directory, site_agents, me, preferences):
        router.include_router(group.routes())
    return router


def schema_app() -> FastAPI:
    """The application without connections, for OpenAPI."""
    app = create_app("identity", title=TITLE, max_body_bytes=MAX_BODY_BYTES)
    app.include_router(routes())
    return app
