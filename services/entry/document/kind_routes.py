"""What the routes of one kind of documents are made with, and how they answer what must happen once."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from backbone import idempotency
from backbone.auth import Principal
from backbone.idempotency import Work
from backbone.postgres import Pool
from customs.documents import Kind

Wake = Callable[[], None]


class KindRoutes:
    """`pool` is None where only the schema is wanted."""

    def __init__(self, kind: Kind, pool: Pool | None, wake: Wake) -> None:
        self._kind = kind
        self._maybe_pool = pool
        self._wake = wake

    @property
    def _pool(self) -> Pool:
        assert self._maybe_pool is not None
        return self._maybe_pool

    async def _once(
        self, request: Request, caller: Principal, route: str, body: bytes, work: Work
    ) -> Response:
        """`work`, once for the request's Idempotency-Key; `route` tells keys of one purpose from those of another."""
        return await idempotency.answered(
            self._pool,
            self._wake,
            request,
            caller,
            route=f"{self._kind.name} {route}",
            body=body,
            work=work,
        )
