"""HTTP of attachments: `/v1/<kind>/{id}/attachments`. The body of an upload is the file itself, read as it comes."""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from backbone import idempotency, parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, attachment, etag, if_match
from backbone.objects import Incoming, Intake, ObjectMissing, ObjectStore, key_of
from backbone.operations import KEY, SEEN_DOCUMENT, Media, operation
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, NotFound, Refusal
from contracts.answers.attachments import AttachmentAnswer, AttachmentLimits, Attachments
from contracts.events.event import Actor
from contracts.permissions import DOCUMENT_WRITE
from contracts.problems import problem
from customs.codes import table
from customs.documents import Kind
from services.entry.attachments import keeping
from services.entry.attachments.attachment_store import Kept
from services.entry.attachments.file_types import recognised
from services.entry.attachments.keeping import Given
from services.entry.document import opening
from services.entry.document.kind_routes import KindRoutes, Wake
from services.entry.document.store import Document

_MOST_SECONDS = 300
_LONGEST_NAME = 200
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')


class UploadTooSlow(Refusal):
    status = 408
    code = "upload_too_slow"
    title = "上传时间过长"
    hint = "请检查网络后重新上传"


class UploadBroken(Refusal):
    """Nobody is there to read it; it is what the log says instead of an error of ours."""

    status = 400
    code = "upload_broken"
    title = "上传中断"
    hint = "请重新上传"


@dataclass(frozen=True)
class Files:
    """Where attachments are kept, and where they wait while they come in."""

    store: ObjectStore
    intake: Intake


def _file_name() -> parameters.Parameter:
    def take(value: str) -> str:
        name = unicodedata.normalize("NFC", value)
        wrong = not name.isprintable() or name.strip(" .") != name or _NOT_IN_NAMES & set(name)
        if wrong or not 0 < len(name) <= _LONGEST_NAME:
            raise ValueError(value)
        return name

    expected = f"1至{_LONGEST_NAME}个字符、带后缀的文件名，不含路径"
    schema = {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME}
    return parameters.Parameter("file_name", "文件名", take, expected, schema)


_UPLOAD = (
    parameters.choice("type", "随附单据类型", sorted(table(keeping.TYPES_TABLE).codes)),
    _file_name(),
)


def routes(kind: Kind, pool: Pool | None, wake: Wake, files: Files | None) -> APIRouter:
    """Attachments of documents of this kind; `pool` and `files` are None where only the schema is wanted."""
    return _Routes(kind, pool, wake, files).router()


class _Routes(KindRoutes):
    def __init__(self, kind: Kind, pool: Pool | None, wake: Wake, files: Files | None) -> None:
        super().__init__(kind, pool, wake)
        self._maybe_files = files

    @property
    def _files(self) -> Files:
        assert self._maybe_files is not None
        return self._maybe_files

    def router(self) -> APIRouter:
        router = APIRouter(prefix=f"/v1/{self._kind.url}/{{document_id}}", tags=[self._kind.name])
        one = "/attachments/{attachment_id}"
        upload = operation(
            self._id("attach", "File"),
            AttachmentAnswer,
            status=201,
            also={200: AttachmentAnswer},
            body=Media("application/octet-stream"),
            query=_UPLOAD,
            headers=[KEY, SEEN_DOCUMENT],
            refuses=[*keeping.UNFIT_FILES, UploadTooSlow, UploadBroken],
        )
        detached = operation(
            self._id("detach", "File"),
            None,
            status=204,
            headers=[SEEN_DOCUMENT],
            refuses=[keeping.NotDetachable],
        )
        listed = operation(self._id("list", "Attachments"), Attachments)
        downloaded = operation(self._id("download", "Attachment"), Media("*/*"))
        for path, endpoint, method, described in (
            ("/attachments", self.attach, "POST", upload),
            ("/attachments", self.list_attachments, "GET", listed),
            (one, self.download, "GET", downloaded),
            (one, self.detach, "DELETE", detached),
        ):
            router.add_api_route(path, endpoint, methods=[method], **described)
        return router

    async def attach(self, request: Request, document_id: UUID, caller: Caller) -> Response:
        """Put a file on the document (上传随附单据): the body is the file, at most 10 MiB, 50 files and 100 MiB a document.

        PDF, JPEG, PNG, TIFF, OFD, XLSX or DOCX, found by content whatever Content-Type says. The same bytes again
        answer the attachment that is there (200).
        """
        version = if_match(request)
        # Missing, it is missed before the file is read.
        idempotency.key_of(request)
        values = _complete(parameters.read(request, _UPLOAD))
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            await opening.load(connection, caller, self._kind, document_id, DOCUMENT_WRITE)
        async with self._files.intake.receive() as incoming:
            await _take(request, incoming)
            kind_of_file = keeping.type_of(
                values["file_name"], await asyncio.to_thread(recognised, incoming.path)
            )
            given = Given(
                attachment_type=values["type"],
                file_name=values["file_name"],
                media_type=kind_of_file.media_type,
                size=incoming.size,
                sha256=incoming.sha256,
            )
            # A replay must be answered whatever has become of the document, so a refusal waits for the look at the key.
            refused = await self._foreseen(caller, document_id, version, given)
            if refused is None:
                await self._files.store.keep(key_of(caller.tenant_id, given.sha256), incoming.path)

        async def work(connection: Connection) -> Reply:
            if refused is not None:
                raise refused
            document, kept, is_new = await keeping.attach(
                connection, caller, self._kind, document_id, version, given
            )
            location = f"/v1/{self._kind.url}/{document_id}/attachments/{kept.attachment_id}"
            return answer(
                201 if is_new else 200, _shown(kept), location=location, etag=etag(document.version)
            )

        fingerprint = "\n".join((given.attachment_type, given.file_name, given.sha256)).encode()
        return await self._once(request, caller, f"attach {document_id}", fingerprint, work)

    async def list_attachments(self, document_id: UUID, caller: Caller) -> Response:
        """What is on the document, the oldest first, and how much more may be."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            document, kept = await keeping.listed(connection, caller, self._kind, document_id)
        content = Attachments(
            items=[_shown(each) for each in kept],
            bytes=sum(each.size for each in kept),
            limits=AttachmentLimits(
                bytes=keeping.MOST_BYTES,
                files_of_document=keeping.MOST_FILES,
                bytes_of_document=keeping.MOST_BYTES_OF_DOCUMENT,
            ),
        )
        return answer(200, content, etag=etag(document.version)).response()

    async def download(self, document_id: UUID, attachment_id: UUID, caller: Caller) -> Response:
        """The bytes as they came in, also of an attachment that was taken off."""
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            kept = await keeping.found(connection, caller, self._kind, document_id, attachment_id)
        try:
            pieces = await self._files.store.open(key_of(caller.tenant_id, kept.sha256))
        except ObjectMissing:
            raise NotFound("附件的内容不在存储中，请联系技术支持") from None
        digest = base64.b64encode(bytes.fromhex(kept.sha256)).decode()
        headers = {
            "content-length": str(kept.size),
            "content-disposition": attachment(kept.file_name),
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox",
            "repr-digest": f"sha-256=:{digest}:",
        }
        return StreamingResponse(pieces, headers=headers, media_type=kept.media_type)

    async def detach(
        self, request: Request, document_id: UUID, attachment_id: UUID, caller: Caller
    ) -> Response:
        """Take a file off the document. Needs If-Match."""
        version = if_match(request)
        async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
            row: Document = await keeping.detach(
                connection, caller, self._kind, document_id, version, attachment_id
            )
        self._wake()
        return answer(204, etag=etag(row.version)).response()

    async def _foreseen(
        self, caller: Principal, document_id: UUID, version: int, given: Given
    ) -> Refusal | None:
        try:
            async with postgres.tenant_transaction(self._pool, caller.tenant_id) as connection:
                await keeping.admit(connection, caller, self._kind, document_id, version, given)
        except Refusal as refusal:
            return refusal
        return None


async def _take(request: Request, incoming: Incoming) -> None:
    """The body into the file. What is beyond the bound is read, so that the caller sees the answer, and not kept."""
    size = 0
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if piece and size <= keeping.MOST_BYTES:
                    await incoming.write(piece)
    except TimeoutError:
        raise UploadTooSlow() from None
    except ClientDisconnect:
        raise UploadBroken() from None
    if size > keeping.MOST_BYTES:
        raise keeping.AttachmentTooLarge(f"收到{size / 1_048_576:.1f} MB")
    if size == 0:
        raise keeping.AttachmentEmpty()


def _complete(values: dict[str, object]) -> dict[str, str]:
    missing = [each for each in _UPLOAD if each.name not in values]
    if missing:
        raise InvalidRequest(
            problems=[
                problem("required", f"/{each.name}", field=f"「{each.label}」", purpose="上传附件")
                for each in missing
            ]
        )
    return {name: str(value) for name, value in values.items()}


def _shown(kept: Kept) -> AttachmentAnswer:
    return AttachmentAnswer(
        id=kept.attachment_id,
        type=kept.attachment_type,
        type_label=table(keeping.TYPES_TABLE).label_of(kept.attachment_type),
        file_name=kept.file_name,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        attached_by=Actor.model_validate(kept.attached_by),
        attached_at=kept.attached_at,
    )
