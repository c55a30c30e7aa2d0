"""HTTP in: asking for a PDF, looking how far it is, fetching it, taking it back."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from backbone import compress, idempotency, jobs, postgres
from backbone.auth import Principal, principal
from backbone.http import Answer, answer, create_app, parse_object, read_json
from backbone.ids import new_id
from backbone.postgres import Connection, Pool
from backbone.refusals import InvalidRequest, NotFound, Refusal
from contracts.documents import KINDS, Kind
from contracts.permissions import DOCUMENT_PRINT
from contracts.problems import problem
from services.print import store
from services.print.files import Files
from services.print.gateway import DocumentView, Entry
from services.print.layouts import LAYOUTS
from services.print.store import NewPrintJob, PrintJob
from services.print.worker import QUEUE

_STATE_LABELS = {"queued": "排队中", "rendering": "生成中", "done": "已完成", "failed": "失败"}
Caller = Annotated[Principal, Depends(principal)]


class PrintNotReady(Refusal):
    """The PDF is asked for before it is there."""

    status = 409
    code = "print_not_ready"
    title = "PDF尚未生成"
    hint = "请稍候，待打印任务状态为done后再下载"

    def __init__(self) -> None:
        super().__init__(headers={"retry-after": "1"})


class PrintFailed(Refusal):
    """There will be no PDF of this job."""

    status = 409
    code = "print_failed"
    title = "PDF生成失败"
    hint = "请重新发起打印；如仍失败，请联系技术支持"


@dataclass(frozen=True, slots=True)
class Printing:
    """What the routes stand on."""

    pool: Pool
    entry: Entry
    files: Files
    lanes: tuple[str, ...]
    keep_hours: int
    wake: Callable[[], None]


class PrintJobView(BaseModel):
    """A print job as the API tells it."""

    id: UUID
    kind: str
    document_id: UUID
    document_version: int = Field(description="Version of the document that is printed")
    state: str = Field(description="queued, rendering, done, failed")
    state_label: str
    progress: int = Field(description="Pages painted, in percent", ge=0, le=100)
    pages: int | None
    bytes: int | None
    sha256: str | None
    file_name: str
    file: str | None = Field(description="Where the PDF is, once it is done")
    error: str | None = Field(description="Chinese; only when failed")
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime = Field(description="Job and PDF are removed then")

    @classmethod
    def of(cls, job: PrintJob) -> PrintJobView:
        """The view of a job."""
        return cls(
            id=job.print_job_id,
            kind=job.kind,
            document_id=job.document_id,
            document_version=job.document_version,
            state=job.state,
            state_label=_STATE_LABELS[job.state],
            progress=job.progress,
            pages=job.pages,
            bytes=job.bytes,
            sha256=job.sha256,
            file_name=job.file_name,
            file=f"/v1/print-jobs/{job.print_job_id}/file" if job.state == "done" else None,
            error=job.error,
            created_at=job.created_at,
            finished_at=job.finished_at,
            expires_at=job.expires_at,
        )


def schema_app() -> FastAPI:
    """The application without anything behind it, for its OpenAPI document."""
    app = create_app("print", title="Bondgate print")
    # No route is called, so nothing of it is looked at.
    app.include_router(routes(Printing.__new__(Printing)))
    return app


def routes(printing: Printing) -> APIRouter:
    """The routes of this service: asking is below the address of each kind, the rest below the job's own."""
    router = APIRouter()
    for kind in (kind for name, kind in KINDS.items() if name in LAYOUTS):
        router.add_api_route(
            f"/v1/{kind.url}/{{document_id}}/print-jobs",
            _asking(printing, kind),
            methods=["POST"],
            name=f"print_{kind.name}",
            status_code=202,
            responses={
                202: {"model": PrintJobView, "description": "Will be rendered; Location says where to look"}
            },
        )

    @router.get("/v1/print-jobs/{print_job_id}", responses={200: {"model": PrintJobView}})
    async def print_job(print_job_id: UUID, caller: Caller) -> Response:
        return _answer(200, await _find(printing, caller, print_job_id)).response()

    @router.get(
        "/v1/print-jobs/{print_job_id}/file",
        response_class=FileResponse,
        responses={200: {"content": {"application/pdf": {}}, "description": "The PDF"}},
    )
    async def print_job_file(print_job_id: UUID, caller: Caller) -> Response:
        job = await _find(printing, caller, print_job_id)
        if job.state == "failed":
            raise PrintFailed(job.error or "")
        if job.state != "done":
            raise PrintNotReady()
        path = printing.files.path(print_job_id)
        if not path.is_file():
            raise NotFound("PDF已过保存期限")
        headers = {
            "content-disposition": disposition(job),
            "cache-control": "private, no-store",
            "etag": f'"{job.sha256}"',
            "x-content-type-options": "nosniff",
        }
        return FileResponse(path, media_type="application/pdf", headers=headers)

    @router.delete("/v1/print-jobs/{print_job_id}", status_code=204)
    async def remove_print_job(print_job_id: UUID, caller: Caller) -> Response:
        job = await _find(printing, caller, print_job_id)
        async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
            await store.remove(connection, job.print_job_id)
        # A job that is rendered at this moment finds itself gone and removes its own file.
        printing.files.path(job.print_job_id).unlink(missing_ok=True)
        return Response(status_code=204)

    return router


def _asking(printing: Printing, kind: Kind) -> Callable[..., Awaitable[Response]]:
    async def ask(
        document_id: UUID,
        caller: Caller,
        request: Request,
        idempotency_key: Annotated[str | None, Header(description="Required")] = None,
    ) -> Response:
        caller.require_anywhere(DOCUMENT_PRINT)
        key = idempotency.key_of(request)
        body = await read_json(request)
        _nothing_in(body)

        async def work(connection: Connection) -> Answer:
            authorization = request.headers["authorization"]
            view = await printing.entry.document(kind.url, document_id, authorization)
            job = await _add(connection, printing, caller, kind, view)
            return _answer(202, job, location=f"/v1/print-jobs/{job.print_job_id}")

        route = f"print {kind.url}/{document_id}"
        done = await idempotency.once(printing.pool, caller, route=route, key=key, body=body, work=work)
        printing.wake()
        return done.response()

    return ask


def _answer(status: int, job: PrintJob, **headers: str) -> Answer:
    return answer(status, PrintJobView.of(job).model_dump(mode="json"), **headers)


def _nothing_in(body: bytes) -> None:
    unknown = [
        problem("unknown_field", f"/{name}", field=f"「{str(name)[:40]}」") for name in parse_object(body)
    ]
    if unknown:
        raise InvalidRequest(problems=unknown)


async def _add(
    connection: Connection, printing: Printing, caller: Principal, kind: Kind, view: DocumentView
) -> PrintJob:
    caller.require(
        DOCUMENT_PRINT, enterprise_id=view.enterprise_id, team_id=view.team_id, client_id=view.client_id
    )
    print_job_id = new_id()
    document = view.to_print()
    job = NewPrintJob(
        print_job_id=print_job_id,
        tenant_id=caller.tenant_id,
        enterprise_id=view.enterprise_id,
        team_id=view.team_id,
        client_id=view.client_id,
        kind=kind.name,
        document_id=view.id,
        document_version=view.version,
        document_state=view.state,
        file_name=file_name(kind, document["head"], view.version),
        requested_by=caller.id,
        payload=compress.pack(orjson.dumps(document)),
    )
    added = await store.add(connection, job, keep_hours=printing.keep_hours)
    lane = printing.lanes[print_job_id.int % len(printing.lanes)]
    await jobs.enqueue(
        connection, queue=QUEUE, lane=lane, dedupe_key=str(print_job_id), tenant_id=caller.tenant_id
    )
    return added


async def _find(printing: Printing, caller: Principal, print_job_id: UUID) -> PrintJob:
    async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
        job = await store.find(connection, print_job_id)
    if job is None or not caller.may(
        DOCUMENT_PRINT, enterprise_id=job.enterprise_id, team_id=job.team_id, client_id=job.client_id
    ):
        raise NotFound("没有这个打印任务，或已过保存期限")
    return job


def file_name(kind: Kind, head: dict[str, object], version: int) -> str:
    """Chinese file name with the best number known."""
    number = next((str(head[name]) for name in ("customs_no", "seq_no", "internal_no") if head.get(name)), "")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in number)
    return "_".join(part for part in (kind.label, safe, f"v{version}") if part) + ".pdf"


def disposition(job: PrintJob) -> str:
    """Content-Disposition by RFC 6266: the Chinese name in RFC 8187 form, and an ASCII one for old programs."""
    plain = f"{job.kind}-{hashlib.sha256(job.file_name.encode()).hexdigest()[:8]}.pdf"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(job.file_name, safe='')}"
