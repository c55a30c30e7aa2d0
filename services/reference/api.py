"""HTTP of reference: code tables, master data, filling, authorisations."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, FastAPI

from backbone.http import create_app
from backbone.postgres import Pool
from services.reference import (
    authorisations_api,
    codes_api,
    editions_api,
    fill_api,
    imports_api,
    learnt_api,
    records_api,
)
from services.reference.authorisations_api import Wake
from services.reference.code_book import CodeBook
from services.reference.codes_api import Books
from services.reference.fill_api import Filling

TITLE = "Bondgate reference"


def _nobody() -> None:
    """For where no relay is to be woken."""


@dataclass(frozen=True)
class Access:
    """What the routes need."""

    pool: Pool
    worker_pool: Pool
    book: CodeBook
    wake: Wake = _nobody
    """Tells the relay that something was committed."""


def routers(access: Access | None) -> list[APIRouter]:
    """`access` None where only the schema is wanted."""
    pool = None if access is None else access.pool
    books = None if access is None else Books(access.book, access.worker_pool)
    return [
        codes_api.routes(books),
        editions_api.routes(books, _nobody if access is None else access.wake),
        *records_api.routes(pool),
        *imports_api.routes(pool),
        learnt_api.routes(pool),
        authorisations_api.routes(pool, _nobody if access is None else access.wake),
        fill_api.routes(None if access is None else Filling(access.pool, access.book)),
    ]


def schema_app() -> FastAPI:
    """The application without any connection, for its OpenAPI."""
    app = create_app("reference", title=TITLE)
    for router in routers(None):
        app.include_router(router)
    return app
