"""HTTP in: the documents of every kind under `/v1/<kind>`. Bodies are the document itself and are read raw."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Principal, principal
from backbone.http import Answer, answer, etag, if_match, parse_object, read_json
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, NotFound
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import Problem, problem
from customs.documents import Kind, Profile
from services.entry.document import checking, directory, reads, store, versions
from services.entry.document.body_schemas import KEY, SEEN
from services.entry.document.free_text import FreeText
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.ownership import Owner
from services.entry.drafts import drafting
from services.entry.life import authorising, progress, reviews, uploads
from services.entry.life.reasons import reasons_of

Caller = Annotated[Principal, Depends(principal)]


MOST_ATTEMPTS = 99_999


class Resolution(BaseModel):
    """What a person found out, or which attempt a receipt belongs to."""

    model_config = ConfigDict(extra="forbid", strict=True)

    outcome: Literal["received", "not_received"] | None = Field(default=None, title="认定结果")
    seq_no: str | None = Field(default=None, pattern=r"^[0-9A-Za-z]{18}$", title="预录入统一编号")
    fact_id: str | None = Field(default=None, max_length=200, title="回执")
    attempt_no: int | None = Field(default=None, ge=1, le=MOST_ATTEMPTS, title="第几次申报")
    reason: FreeText = Field(min_length=2, max_length=500, title="认定依据")


class CopyOrder(BaseModel):
    """Of a copy: its 企业内部编号; one is made up when absent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    internal_no: str | None = Field(default=None, max_length=64, title="企业内部编号")
    reverse: bool = Field(default=False, title="反向复制（进出互换）")


def routes(kind: Kind, pool: Pool | None, wake: Wake) -> APIRouter:
    """Everything a caller can do with documents of this kind."""
    return _Routes(kind, pool, wake).router()


def _body_of(kind: Kind) -> dict[str, object]:
    reference = {"$ref": f"#/components/schemas/{kind.model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


class _Routes(KindRoutes):
    def router(self) -> APIRouter:
        router = APIRouter(prefix=f"/v1/{self._kind.url}", tags=[self._kind.name])
        one = "/{document_id}"
        document = _body_of(self._kind)
        for path, endpoint, method, status, extra in (
            ("", self.create, "POST", 201, {**document, **_headers(KEY)}),
            ("/validate", self.validate, "POST", 200, document),
            (one, self.read, "GET", 200, None),
            (one, self.save, "PUT", 200, {**document, **_headers(SEEN)}),
            (one, self.delete, "DELETE", 204, _headers(SEEN)),
            (f"{one}/actions", self.actions, "GET", 200, None),
            (f"{one}/validate", self.validate_saved, "POST", 200, None),
            (f"{one}/declare", self.declare, "POST", 202, _headers(KEY, SEEN)),
            (f"{one}/stage", self.stage, "POST", 202, _headers(KEY, SEEN)),
            (f"{one}/copy", self.copy, "POST", 201, {**_schema(CopyOrder), **_headers(KEY)}),
            (
                f"{one}/resolutions",
                self.resolve,
                "POST",
                200,
                {**_schema(Resolution), **_headers(KEY, SEEN)},
            ),
        ):
            router.add_api_route(
                path,
                endpoint,
                methods=[method],
                status_code=status,
                openapi_extra=extra,
                operation_id=f"{endpoint.__name__}_{self._kind.name.replace('-', '_')}",
                response_class=Response,
            )
        return router

    async def create(
        self,
        request: Request,
        caller: Caller,
        enterprise_id: UUID | None = None,
        team_id: UUID | None = None,
        client_id: UUID | None = None,
        mode: Literal["new", "upsert"] = "new",
        system: Literal["Z7", "Z8"] | None = None,
    ) -> Response:
        """Save a new draft (新增). `mode=upsert` replaces the document of the same 企业内部编号 instead of refusing it."""
        body = await read_json(request)
        owner = Owner(enterprise_id, team_id, client_id)

        async def work(connection: Connection) -> Answer:
            await directory.require_known(connection, owner)
            saved = await drafting.create(
                connection, caller, self._kind, owner, body, upsert=mode == "upsert", system=system
            )
            return await self._saved(connection, 201 if saved.document.version == 1 else 200, saved)

        return await self._once(request, caller, f"create {owner} {mode} {system}", body, work)

    async def validate(
        self, request: Request, caller: Caller, profile: Annotated[Profile, Query()] = Profile.DECLARE
    ) -> Response:
        """Check a document that is not saved (预检). Needs no Idempotency-Key: it changes nothing."""
        caller.require_anywhere(DOCUMENT_WRITE)
        body = await read_json(request)
        result = await checking.checked(self._kind, body, profile, len(body))
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            unauthorised = await authorising.warnings_of_unsaved(connection, self._kind, result.document)
        return answer(200, _verdict(result.problems, (*result.warnings, *unauthorised))).response()

    async def validate_saved(
        self, document_id: UUID, caller: Caller, profile: Annotated[Profile, Query()] = Profile.DECLARE
    ) -> Response:
        """Check a saved document (预检)."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await drafting.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            unauthorised = await authorising.warnings_of(connection, row)
        result = await checking.checked(self._kind, row.content, profile, len(row.content))
        return answer(200, _verdict(result.problems, (*result.warnings, *unauthorised))).response()

    async def read(
        self,
        document_id: UUID,
        caller: Caller,
        attempt: Annotated[int | None, Query(ge=1, le=MOST_ATTEMPTS)] = None,
        version: str | None = None,
    ) -> Response:
        """The working copy; with `attempt` the snapshot that was sent then; `version`: working, approved or a number."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await drafting.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            snapshot = None
            if attempt is not None:
                snapshot = await store.snapshot(connection, document_id, attempt)
                if snapshot is None:
                    raise NotFound(f"没有第{attempt}次发送")
            elif version is not None:
                snapshot = await versions.version_of(connection, row, version)
            reasons = await reasons_of(connection, row, snapshot)
        return answer(
            200, reads.whole(row, document=snapshot, reasons=reasons), etag=etag(row.version)
        ).response()

    async def save(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Replace the working copy (修改). Needs If-Match."""
        version = if_match(request)
        body = await read_json(request)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            saved = await drafting.save(connection, caller, self._kind, document_id, version, body)
            done = await self._saved(connection, 200, saved)
        self._wake()
        return done.response()

    async def delete(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Delete a draft that never reached the Single Window (删除). Needs If-Match."""
        version = if_match(request)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await drafting.delete(connection, caller, self._kind, document_id, version)
        self._wake()
        return answer(204).response()

    async def actions(self, document_id: UUID, caller: Caller) -> Response:
        """What can be done now, and why the rest cannot."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await drafting.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            required = await reviews.is_required(connection, row)
        possible = reads.actions(row, caller, review_required=required)
        content = {"state": row.state, "version": row.version, "actions": possible}
        return answer(200, content, etag=etag(row.version)).response()

    async def declare(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Declare (申报). Needs If-Match and Idempotency-Key; the result comes with the receipts."""
        return await self._upload(request, document_id, caller, declares=True)

    async def stage(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Save at the Single Window (暂存), which answers with the 统一编号."""
        return await self._upload(request, document_id, caller, declares=False)

    async def copy(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """A new draft by the copy rules (复制)."""
        body = await read_json(request)
        order = bodies.parse(CopyOrder, body)

        async def work(connection: Connection) -> Answer:
            saved = await drafting.copy(
                connection, caller, self._kind, document_id, order.internal_no, reverse=order.reverse
            )
            return await self._saved(connection, 201, saved)

        return await self._once(request, caller, f"copy {document_id}", body, work)

    async def resolve(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Say what became of a sending of unknown outcome, or which attempt a receipt belongs to (人工认定)."""
        version = if_match(request)
        body = await read_json(request)
        given = bodies.parse(Resolution, body)
        _require_complete(given)

        async def work(connection: Connection) -> Answer:
            if given.outcome is not None:
                row = await progress.resolve(
                    connection,
                    caller,
                    self._kind,
                    document_id,
                    version,
                    outcome=given.outcome,
                    seq_no=given.seq_no,
                    reason=given.reason,
                )
            else:
                assert given.fact_id is not None and given.attempt_no is not None
                row = await progress.assign(
                    connection,
                    caller,
                    self._kind,
                    document_id,
                    version,
                    fact_id=given.fact_id,
                    attempt_no=given.attempt_no,
                    reason=given.reason,
                )
            return answer(200, reads.summary(row), etag=etag(row.version))

        return await self._once(request, caller, f"resolve {document_id}", body, work)

    async def _upload(
        self, request: Request, document_id: UUID, caller: Principal, *, declares: bool
    ) -> Response:
        version = if_match(request)
        body = await read_json(request)
        parse_object(body)
        route = f"{'declare' if declares else 'stage'} {document_id}"

        async def work(connection: Connection) -> Answer:
            saved, attempt_id = await uploads.upload(
                connection, caller, self._kind, document_id, version, declares=declares
            )
            content = {
                **reads.summary(saved.document),
                "attempt_id": attempt_id,
                "warnings": [warning.model_dump() for warning in saved.warnings],
            }
            return self._located(202, saved.document, content)

        return await self._once(request, caller, route, body, work)

    async def _saved(self, connection: Connection, status: int, saved: drafting.Saved) -> Answer:
        warnings = (*saved.warnings, *await authorising.warnings_of(connection, saved.document))
        return self._located(status, saved.document, reads.whole(saved.document, warnings=warnings))

    def _located(self, status: int, row: store.Document, content: dict[str, object]) -> Answer:
        location = f"/v1/{self._kind.url}/{row.document_id}"
        return answer(status, content, location=location, etag=etag(row.version))


def _headers(*headers: dict[str, object]) -> dict[str, object]:
    return {"parameters": [*headers]}


def _schema(model: type[BaseModel]) -> dict[str, object]:
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}}}


def _verdict(problems: tuple[Problem, ...], warnings: tuple[Problem, ...]) -> dict[str, object]:
    return {
        "ok": not problems,
        "errors": [each.model_dump() for each in problems],
        "warnings": [each.model_dump() for each in warnings],
    }


def _require_complete(given: Resolution) -> None:
    """Either an outcome (with its number when received) or a fact and its attempt; raises InvalidRequest."""
    missing = []
    if given.outcome is None and given.fact_id is None and given.attempt_no is None:
        missing.append("outcome")
    elif given.outcome is None:
        missing += [name for name in ("fact_id", "attempt_no") if getattr(given, name) is None]
    elif given.outcome == "received" and given.seq_no is None:
        missing.append("seq_no")
    if missing:
        raise InvalidRequest(
            problems=[
                problem(
                    "required", f"/{name}", field=f"「{Resolution.model_fields[name].title}」", purpose="认定"
                )
                for name in missing
            ]
        )
