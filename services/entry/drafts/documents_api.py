"""HTTP in: the documents of every kind under `/v1/<kind>`. Bodies are the document itself and are read raw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from backbone import bodies, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, etag, if_match, parse_object, read_json
from backbone.operations import KEY, SEEN, Operation, Schema, operation
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, NotFound
from contracts.answers.documents import (
    DocumentActions,
    DocumentCheck,
    DocumentRead,
    DocumentSaved,
    DocumentSummary,
    DocumentUpload,
)
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import Problem, problem
from customs.documents import Kind, Profile
from customs.documents.schema import document_body
from services.entry.document import checking, directory, opening, store, versions
from services.entry.document.free_text import FreeText
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.ownership import Owner
from services.entry.document.refusals import (
    FIXED,
    UNFIT_DRAFT,
    AlreadyUnderWay,
    EnterpriseSuspended,
    InternalNumberTaken,
    NotDeletable,
    NothingToResolve,
    NotStageable,
    ReviewRequired,
    RoundNotPossible,
)
from services.entry.drafts import drafting
from services.entry.life import actions, authorising, examining, progress, reads, reviews, uploads
from services.entry.life.reasons import reasons_of

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


class _Routes(KindRoutes):
    def router(self) -> APIRouter:
        router = APIRouter(prefix=f"/v1/{self._kind.url}", tags=[self._kind.name])
        one, named = "/{document_id}", self._id
        document = Schema(document_body(self._kind))
        saved, read = self._of_kind(DocumentSaved), self._of_kind(DocumentRead)
        new = operation(
            named("create"),
            saved,
            status=201,
            also={200: saved},
            body=document,
            headers=[KEY],
            refuses=[*UNFIT_DRAFT, *FIXED],
        )
        replaced = operation(
            named("save"), saved, body=document, headers=[SEEN], refuses=[InternalNumberTaken, *FIXED]
        )
        deleted = operation(named("delete"), None, status=204, headers=[SEEN], refuses=[NotDeletable])
        copied = operation(
            named("copy"), saved, status=201, body=CopyOrder, headers=[KEY], refuses=UNFIT_DRAFT
        )
        resolved = operation(
            named("resolve"),
            DocumentSummary,
            body=Resolution,
            headers=[KEY, SEEN],
            refuses=[NothingToResolve],
        )
        for path, endpoint, method, described in (
            ("", self.create, "POST", new),
            ("/validate", self.validate, "POST", operation(named("validate"), DocumentCheck, body=document)),
            (one, self.read, "GET", operation(named("read"), read)),
            (one, self.save, "PUT", replaced),
            (one, self.delete, "DELETE", deleted),
            (
                f"{one}/actions",
                self.actions,
                "GET",
                operation(named("list", "Actions"), DocumentActions),
            ),
            (
                f"{one}/validate",
                self.validate_saved,
                "POST",
                operation(named("validateSaved"), DocumentCheck),
            ),
            (f"{one}/declare", self.declare, "POST", self._uploading("declare")),
            (f"{one}/stage", self.stage, "POST", self._uploading("stage")),
            (f"{one}/copy", self.copy, "POST", copied),
            (f"{one}/resolutions", self.resolve, "POST", resolved),
        ):
            router.add_api_route(path, endpoint, methods=[method], **described)
        return router

    def _uploading(self, verb: str) -> Operation:
        refuses = [
            AlreadyUnderWay,
            NotStageable,
            EnterpriseSuspended,
            ReviewRequired,
            RoundNotPossible,
        ]
        return operation(self._id(verb), DocumentUpload, status=202, headers=[KEY, SEEN], refuses=refuses)

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

        async def work(connection: Connection) -> Reply:
            await directory.require_known(connection, owner)
            saved = await drafting.create(
                connection, caller, self._kind, owner, body, upsert=mode == "upsert", system=system
            )
            return await self._saved(connection, 201 if saved.is_new else 200, saved)

        return await self._once(request, caller, f"create {owner} {mode} {system}", body, work)

    async def validate(
        self,
        request: Request,
        caller: Caller,
        profile: Annotated[Profile, Query()] = Profile.DECLARE,
        enterprise_id: UUID | None = None,
        team_id: UUID | None = None,
        client_id: UUID | None = None,
    ) -> Response:
        """Check a document that is not saved (预检): all that declaring it would tell. Needs no Idempotency-Key: it changes nothing."""
        caller.require_anywhere(DOCUMENT_WRITE)
        body = await read_json(request)
        owner = Owner(enterprise_id, team_id, client_id)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await directory.require_known(connection, owner)
            if profile is Profile.DECLARE:
                found = await examining.preview(connection, caller, self._kind, owner, body)
                return answer(200, _verdict(*found)).response()
            result = await checking.checked(self._kind, body, profile, len(body))
            unauthorised = await authorising.warnings_of_unsaved(connection, self._kind, result.document)
        return answer(200, _verdict(result.problems, (*result.warnings, *unauthorised))).response()

    async def validate_saved(
        self, document_id: UUID, caller: Caller, profile: Annotated[Profile, Query()] = Profile.DECLARE
    ) -> Response:
        """Check a saved document (预检): all that declaring it now would tell."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            if profile is Profile.DECLARE:
                found = await examining.examine(connection, caller, row, declares=True, looks_only=True)
                return answer(200, _verdict(*examining.told(found))).response()
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
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            snapshot = None
            if attempt is not None:
                snapshot = await store.snapshot(connection, document_id, attempt)
                if snapshot is None:
                    raise NotFound(f"没有第{attempt}次发送")
            elif version is not None:
                snapshot = await versions.version_of(connection, row, version)
            reasons = await reasons_of(connection, row, snapshot)
        content = reads.whole(DocumentRead, row, document=snapshot, reasons=reasons)
        return answer(200, content, etag=etag(row.version)).response()

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
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            required = await reviews.is_required(connection, row)
        possible = actions.listed(row, caller, review_required=required)
        content = DocumentActions(state=row.state, version=row.version, actions=possible)
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

        async def work(connection: Connection) -> Reply:
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

        async def work(connection: Connection) -> Reply:
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
            return answer(200, reads.summary(DocumentSummary, row), etag=etag(row.version))

        return await self._once(request, caller, f"resolve {document_id}", body, work)

    async def _upload(
        self, request: Request, document_id: UUID, caller: Principal, *, declares: bool
    ) -> Response:
        version = if_match(request)
        body = await read_json(request)
        parse_object(body)
        route = f"{'declare' if declares else 'stage'} {document_id}"

        async def work(connection: Connection) -> Reply:
            saved, attempt_id = await uploads.upload(
                connection, caller, self._kind, document_id, version, declares=declares
            )
            content = reads.summary(
                DocumentUpload, saved.document, attempt_id=attempt_id, warnings=saved.warnings
            )
            return self._located(202, saved.document, content)

        return await self._once(request, caller, route, body, work)

    async def _saved(self, connection: Connection, status: int, saved: opening.Saved) -> Reply:
        warnings = (*saved.warnings, *await authorising.warnings_of(connection, saved.document))
        content = reads.whole(DocumentSaved, saved.document, warnings=warnings)
        return self._located(status, saved.document, content)


def _verdict(problems: Sequence[Problem], warnings: Sequence[Problem]) -> DocumentCheck:
    return DocumentCheck(ok=not problems, errors=list(problems), warnings=list(warnings))


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
