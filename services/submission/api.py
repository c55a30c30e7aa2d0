"""HTTP: what the agents of sites ask of OutBoxes and tell of them."""

from __future__ import annotations

from fastapi import FastAPI

from backbone.http import ReadyCheck, create_app
from services.submission.sites.api import Access, routes


def schema_app() -> FastAPI:
    """The application without connections, for its OpenAPI document."""
    return application(None, None)


def application(ready: ReadyCheck | None, access: Access | None) -> FastAPI:
    app = create_app("submission", title="Bondgate submission", ready=ready)
    app.include_router(routes(access))
    return app
