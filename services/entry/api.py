"""HTTP in, put together: documents, their life, attachments and batches of every kind."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from backbone.http import create_app
from backbone.postgres import Pool
from customs.documents import KINDS
from services.entry.attachments import attachments_api
from services.entry.attachments.attachments_api import Files
from services.entry.batches import batches_api
from services.entry.document.kind_routes import Wake
from services.entry.drafts import documents_api, imports_api, making_api
from services.entry.editions import touched_api
from services.entry.ledger.api import routers as ledger_routers
from services.entry.life import authorisation_rule_api, life_api
from services.entry.page_drafts import page_drafts_api
from services.entry.presence import presence_api


def routers(pool: Pool | None, wake: Wake, wake_batches: Wake, files: Files | None) -> list[APIRouter]:
    """Everything a caller can reach; without pool and files for OpenAPI alone."""
    of_kinds = [
        router
        for kind in KINDS.values()
        for router in (
            documents_api.routes(kind, pool, wake),
            life_api.routes(kind, pool, wake),
            making_api.routes(kind, pool, wake),
            imports_api.routes(kind, pool, wake),
            attachments_api.routes(kind, pool, wake, files),
            batches_api.routes(kind, pool, wake_batches),
            presence_api.routes(kind, pool, wake),
        )
    ]
    return [
        *of_kinds,
        life_api.review_rules(pool),
        authorisation_rule_api.routes(pool),
        page_drafts_api.routes(pool),
        batches_api.batch_routes(pool, wake_batches),
        *ledger_routers(pool),
    ]


def schema_app() -> FastAPI:
    """The application without connections, for OpenAPI."""
    app = create_app("entry", title="Bondgate entry")
    for router in (*routers(None, lambda: None, lambda: None, None), touched_api.routes(None, None)):
        app.include_router(router)
    return app
