"""HTTP of workbooks: templates, imports and exports of every kind, and what a customer's own headings mean.

Paths have two parts after the kind, so that none is taken for a document's id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import get_args
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from backbone import bodies, idempotency, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, attachment, etag, if_match, read_json
from backbone.operations import KEY, SEEN, SEEN_DOCUMENT, Either, Media, operation, optional
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, Refusal, UnsupportedMediaType
from contracts.answers.documents import DocumentSummary
from contracts.answers.drafts import DocumentImported, ImportReport, KeptMapping, KeptMappings
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import problem
from customs.documents import Kind, Profile
from customs.sheets.reading import MAX_FILE_BYTES
from customs.sheets.taking import Taken
from services.entry.document import directory, opening, versions
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.ownership import Owner
from services.entry.document.refusals import FIXED, UNFIT_DRAFT, NoUndoableImport
from services.entry.document.store import Document
from services.entry.drafts import drafting, import_mappings, imports, undoing
from services.entry.drafts.import_mappings import ImportMapping
from services.entry.drafts.imports import Mode, Order, Outcome, Rows, Target
from services.entry.life import reads
from services.entry.sheets import workbooks
from services.entry.sheets.workbooks import UnreadableWorkbook, WorkbookFailed

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MEDIA_TYPES = frozenset(
    {XLSX, "application/octet-stream", "application/vnd.ms-excel", "application/zip", ""}
)
_KEY = optional(KEY, "Needed by every mode but preview")


def _section(kind: Kind) -> parameters.Parameter:
    return parameters.choice("section", "部分", [part.name for part in kind.sections])


def _import_parameters(kind: Kind, *, new: bool) -> tuple[parameters.Parameter, ...]:
    owner = [parameters.identity(name, label) for name, label in _OWNER] if new else [_CLIENT]
    return (
        parameters.choice("mode", "导入方式", get_args(Mode)),
        parameters.choice("profile", "检查标准", [each.value for each in Profile]),
        _section(kind),
        *owner,
        *([] if new else [parameters.choice("rows", "行的处理", get_args(Rows))]),
    )


_OWNER = (("enterprise_id", "企业"), ("team_id", "班组"), ("client_id", "客户"))
_CLIENT = parameters.identity("client_id", "客户")


def routes(kind: Kind, pool: Pool | None, wake: Wake) -> APIRouter:
    """Workbooks of documents of this kind; `pool` is None where only the schema is wanted."""
    return _Routes(kind, pool, wake).router()


class _Routes(KindRoutes):
    def __init__(self, kind: Kind, pool: Pool | None, wake: Wake) -> None:
        super().__init__(kind, pool, wake)
        self._template = (_section(kind),)
        self._new = _import_parameters(kind, new=True)
        self._into = _import_parameters(kind, new=False)

    def router(self) -> APIRouter:
        router = APIRouter(prefix=f"/v1/{self._kind.url}", tags=[self._kind.name])
        one = "/imports/mappings/{section}"
        refuses = [UnreadableWorkbook, WorkbookFailed, *UNFIT_DRAFT]
        new = operation(
            self._id("import"),
            ImportReport,
            also={201: DocumentImported},
            body=Media(XLSX),
            query=self._new,
            headers=[_KEY],
            refuses=refuses,
        )
        into = operation(
            self._id("importInto"),
            Either((ImportReport, DocumentImported)),
            body=Media(XLSX),
            query=self._into,
            headers=[_KEY, SEEN_DOCUMENT],
            refuses=[*refuses, *FIXED],
        )
        kept = operation(self._id("keep", "ImportMapping"), KeptMapping, body=ImportMapping)
        template = operation(self._id("download", "Template"), Media(XLSX), query=self._template)
        for path, endpoint, method, described in (
            ("/imports/template.xlsx", self.import_template, "GET", template),
            (
                "/imports/mappings",
                self.list_import_mappings,
                "GET",
                operation(self._id("list", "ImportMappings"), KeptMappings),
            ),
            (one, self.keep_import_mapping, "PUT", kept),
            (
                one,
                self.forget_import_mapping,
                "DELETE",
                operation(self._id("forget", "ImportMapping"), None, status=204),
            ),
            ("/imports", self.import_new, "POST", new),
            ("/{document_id}/imports", self.import_into, "POST", into),
            (
                "/{document_id}/imports/undo",
                self.undo_import,
                "POST",
                operation(
                    self._id("undoImport"),
                    DocumentSummary,
                    headers=[KEY, SEEN],
                    refuses=[NoUndoableImport, *FIXED],
                ),
            ),
            (
                "/{document_id}/export.xlsx",
                self.export,
                "GET",
                operation(self._id("export"), Media(XLSX)),
            ),
        ):
            router.add_api_route(path, endpoint, methods=[method], **described)
        return router

    async def import_template(self, request: Request, caller: Caller) -> Response:
        """An empty workbook with headings, marks of need, notes and lists of codes; of one section, or of all."""
        values = parameters.read(request, self._template)
        caller.require_anywhere(DOCUMENT_READ)
        section = values.get("section")
        book = await workbooks.template_book(self._kind, (str(section),) if section else ())
        return _file(book, f"{self._kind.label}模板.xlsx")

    async def export(self, document_id: UUID, caller: Caller, version: str = versions.WORKING) -> Response:
        """The document as a workbook that can be imported again; `version`: working, approved or a number."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_READ)
            held = await versions.version_of(connection, row, version)
        book = await workbooks.document_book(self._kind, orjson.dumps(held))
        return _file(book, f"{self._kind.label}{row.internal_no}.xlsx", etag=etag(row.version))

    async def import_new(self, request: Request, caller: Caller) -> Response:
        """A workbook becomes a new draft. `mode=preview` (default) shows what it says and changes nothing; `all` saves
        when nothing is wrong; `good-rows` saves without the rows that have errors. At most 16 MB, 192 MB unpacked."""
        values = parameters.read(request, self._new)
        order = _order(values)
        ids = [_uuid(values.get(name)) for name, _ in _OWNER]
        owner = Owner(*ids)
        caller.require_anywhere(DOCUMENT_WRITE)

        async def target(connection: Connection, taken: Taken) -> Target:
            await directory.require_known(connection, owner)
            return await imports.target_of_new(connection, caller, self._kind, owner, taken)

        async def save(connection: Connection, body: bytes) -> opening.Saved:
            return await drafting.create(connection, caller, self._kind, owner, body)

        route = f"import {owner} {order}"
        return await self._import(request, caller, order, owner.client_id, target, save, route, 201)

    async def import_into(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """A workbook into a draft: what it has of a section replaces that section (`rows=append`: comes after its rows).

        Needs If-Match. `mode` as for a new draft."""
        values = parameters.read(request, self._into)
        order, version = _order(values), if_match(request)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row = await opening.load(connection, caller, self._kind, document_id, DOCUMENT_WRITE)

        async def target(connection: Connection, _: Taken) -> Target:
            return await imports.target_of_draft(connection, caller, self._kind, document_id, version)

        async def save(connection: Connection, body: bytes) -> opening.Saved:
            return await undoing.import_into(connection, caller, self._kind, document_id, version, body)

        route = f"import {document_id} {version} {order}"
        client_id = _uuid(values.get("client_id")) or row.client_id
        return await self._import(request, caller, order, client_id, target, save, route, 200)

    async def undo_import(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """The draft as it was before the last workbook (撤销导入). Needs If-Match with the version the import made; only for who imported."""
        version = if_match(request)

        async def work(connection: Connection) -> Reply:
            saved = await undoing.undo(connection, caller, self._kind, document_id, version)
            row = saved.document
            return answer(200, reads.summary(DocumentSummary, row), etag=etag(row.version))

        return await self._once(request, caller, f"undo import {document_id} {version}", b"", work)

    async def _import(
        self,
        request: Request,
        caller: Principal,
        order: Order,
        client_id: UUID | None,
        target: Callable[[Connection, Taken], Awaitable[Target]],
        save: Callable[[Connection, bytes], Awaitable[opening.Saved]],
        route: str,
        status: int,
    ) -> Response:
        if order.mode != "preview":
            # Missing, it is missed before a large body is read.
            idempotency.key_of(request)
        data = await _book_of(request)
        made: Outcome | None = None
        refused: Refusal | None = None
        try:
            made = await self._outcome(caller, data, order, client_id, target)
            if order.mode != "preview":
                imports.refuse_wrong(self._kind, made, order)
        except Refusal as refusal:
            # A replay is answered whatever has become of the document, so the refusal waits for the look at the key.
            refused = refusal
        if order.mode == "preview":
            if refused is not None or made is None:
                raise refused or InvalidRequest()
            return answer(200, imports.report(self._kind, made, order)).response()

        async def work(connection: Connection) -> Reply:
            if refused is not None or made is None:
                raise refused or InvalidRequest()
            saved = await save(connection, imports.content_of(made))
            return self._saved(status, saved, imports.report(self._kind, made, order))

        digest = hashlib.sha256(data).digest()
        return await self._once(request, caller, route, digest, work)

    async def _outcome(
        self,
        caller: Principal,
        data: bytes,
        order: Order,
        client_id: UUID | None,
        target: Callable[[Connection, Taken], Awaitable[Target]],
    ) -> Outcome:
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            maps = await import_mappings.maps_for(connection, self._kind, client_id)
        taken = await workbooks.read(self._kind, data, maps, order.section)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            into = await target(connection, taken)
        return await imports.outcome(self._kind, taken, into, order, len(data))

    def _saved(self, status: int, saved: opening.Saved, report: ImportReport) -> Reply:
        row: Document = saved.document
        location = f"/v1/{self._kind.url}/{row.document_id}"
        content = reads.summary(DocumentImported, row, report=report)
        return answer(status, content, location=location, etag=etag(row.version))

    async def list_import_mappings(self, caller: Caller, client_id: UUID | None = None) -> Response:
        """What was saved for this client firm, or without one for all that have nothing of their own."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            items = await import_mappings.listed(connection, caller, self._kind, client_id)
        return answer(200, KeptMappings(items=items)).response()

    async def keep_import_mapping(
        self, request: Request, section: str, caller: Caller, client_id: UUID | None = None
    ) -> Response:
        """Save what the headings of this client firm mean, as `sheets[].mapping` of a preview has it. PUT: replaces."""
        part = import_mappings.section_of(self._kind, section)
        given = bodies.parse(ImportMapping, await read_json(request))
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await directory.require_client(connection, client_id)
            kept = await import_mappings.keep(connection, caller, self._kind, part, client_id, given)
        return answer(200, kept).response()

    async def forget_import_mapping(
        self, section: str, caller: Caller, client_id: UUID | None = None
    ) -> Response:
        """Back to guessing."""
        part = import_mappings.section_of(self._kind, section)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await import_mappings.forget(connection, caller, self._kind, part, client_id)
        return answer(204).response()


async def _book_of(request: Request) -> bytes:
    """The raw body. Raises UnsupportedMediaType, UnreadableWorkbook."""
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given not in _MEDIA_TYPES:
        raise UnsupportedMediaType(f"收到的类型为 {given[:80]}，应为 {XLSX}")
    data = await request.body()
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableWorkbook(f"文件超过{MAX_FILE_BYTES // 1_048_576}MB")
    if not data:
        raise InvalidRequest(problems=[problem("required", "", field="「工作簿」", purpose="导入")])
    return data


def _order(values: dict[str, object]) -> Order:
    mode, rows, section = values.get("mode"), values.get("rows"), values.get("section")
    return Order(
        mode="preview" if mode is None else _MODES[str(mode)],
        rows="append" if rows == "append" else "replace",
        section=None if section is None else str(section),
        profile=Profile(str(values.get("profile") or Profile.SAVE)),
    )


_MODES: dict[str, Mode] = {"preview": "preview", "all": "all", "good-rows": "good-rows"}


def _uuid(value: object) -> UUID | None:
    return value if isinstance(value, UUID) else None


def _file(book: bytes, name: str, **headers: str) -> Response:
    """A download under this name."""
    sent = {
        "content-disposition": attachment(name),
        "x-content-type-options": "nosniff",
        **headers,
    }
    return Response(book, headers=sent, media_type=XLSX)
