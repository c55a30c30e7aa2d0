"""What the APIs of the ledger share: how a caller reaches the database, the number of a book, and workbooks to download."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Response

from backbone import postgres
from backbone.auth import Principal
from backbone.http import attachment
from backbone.operations import SEEN, optional
from backbone.postgres import Connection, Pool
from contracts.permissions import LEDGER_MANAGE, LEDGER_READ

BookNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,64}$", description="账册编号")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEEN_IF_THERE = optional(SEEN, "The ETag that was read; left out for what is new")


@dataclass(frozen=True, slots=True)
class Reach:
    """The database as a caller reaches it. A book belongs to the whole tenant, so a grant for a part of it is not enough."""

    pool: Pool | None
    """None where only the schema is wanted."""

    @asynccontextmanager
    async def reading(self, caller: Principal) -> AsyncIterator[Connection]:
        """Raises Forbidden."""
        caller.require(LEDGER_READ)
        assert self.pool is not None
        async with postgres.tenant_transaction(self.pool, caller.tenant_id) as connection:
            yield connection

    @asynccontextmanager
    async def managing(self, caller: Principal) -> AsyncIterator[Connection]:
        """Raises Forbidden."""
        caller.require(LEDGER_MANAGE)
        assert self.pool is not None
        async with postgres.tenant_transaction(self.pool, caller.tenant_id) as connection:
            yield connection


def file_of(book: bytes, name: str) -> Response:
    """A workbook to download under this name."""
    headers = {"content-disposition": attachment(name), "x-content-type-options": "nosniff"}
    return Response(book, headers=headers, media_type=XLSX)
