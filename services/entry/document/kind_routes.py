"""What the routes of one kind of documents are made with, and how they answer what must happen once."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response

from backbone import idempotency
from backbone.auth import Principal
from backbone.http import Reply, answer, etag
from backbone.idempotency import Work
from backbone.postgres import Pool
from contracts.answers.answer import Answer, of_kind
from contracts.answers.documents import DocumentSummary
from customs.documents import Kind
from customs.documents.schema import operation_id
from services.entry.document.store import Document

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

    def _id(self, verb: str, rest: str = "") -> str:
        return operation_id(verb, self._kind, rest)

    def _of_kind(self, answer: type[Answer]) -> type[Answer]:
        """The class of an answer with the schema of this kind in its place."""
        return of_kind(answer, self._kind.model)

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

    def _located(self, status: int, row: Document, content: DocumentSummary) -> Reply:
        location = f"/v1/{self._kind.url}/{row.document_id}"
        return answer(status, content, location=location, etag=etag(row.version))
