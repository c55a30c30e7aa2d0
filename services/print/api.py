"""HTTP in: asking for a PDF, looking how far it is, fetching it, taking it back."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse

from backbone import parameters, postgres
from backbone.auth import Caller, Principal
from backbone.http import answer, attachment, create_app
from backbone.operations import KEY, Media, operation
from backbone.parameters import Asked
from backbone.refusals import Forbidden, NotFound, Refusal
from contracts.answers.printing import PrintBatch, PrintJobs
from contracts.answers.printing import PrintJob as PrintJobTold
from contracts.permissions import DOCUMENT_PRINT, LEDGER_READ
from customs.documents import KINDS
from customs.documents.schema import many_id, operation_id
from services.print import ledgers, store
from services.print.asking import Printing, asking, asking_bundle, asking_many
from services.print.bundling import NothingToPrint, TooMuchToPrint
from services.print.layouts import LAYOUTS
from services.print.orders import BundleOrder, PrintBatchOrder, PrintOrder
from services.print.store import PrintJob
from services.print.views import STATE_LABELS, view_of

_ROWS = 20
_BINARY = {"type": "string", "format": "binary"}
_READING = (NothingToPrint, TooMuchToPrint)
_IF_NEWER = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the job as it was last seen",
    "schema": {"type": "string"},
}


class JobsAsked(Asked):
    """The jobs of a batch, or a page of one's own."""

    batch_id: Annotated[UUID | None, parameters.identity("batch_id", "打印批次")] = None
    cursor: Annotated[UUID | None, parameters.cursor(UUID)] = None
    limit: Annotated[int, parameters.limit(100)] = _ROWS


class PrintNotReady(Refusal):
    """The PDF is asked for before it is there."""

    status = 409
    code = "print_not_ready"
    title = "PDF尚未生成"
    hint = "请稍候，待打印任务状态为done后再下载"

    def __init__(self) -> None:
        super().__init__(headers={"retry-after": "1"})


class PrintEnded(Refusal):
    """There is nothing to cancel, or nothing to fetch."""

    status = 409
    code = "print_ended"
    title = "打印任务已结束"
    hint = "如仍需要，请重新发起打印"


class PrintExpired(Refusal):
    """The file has been removed after its time."""

    status = 410
    code = "print_expired"
    title = "打印文件已过保存期限"
    hint = "请重新发起打印"


class PrintFailed(Refusal):
    """There will be no PDF of this job."""

    status = 409
    code = "print_failed"
    title = "PDF生成失败"
    hint = "请重新发起打印；如仍失败，请联系技术支持"


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
            asking(printing, kind),
            methods=["POST"],
            **operation(
                operation_id("print", kind),
                PrintJobTold,
                status=202,
                body=PrintOrder,
                headers=[KEY],
                refuses=_READING,
            ),
        )
        router.add_api_route(
            f"/v1/{kind.url}/print-jobs",
            asking_many(printing, kind),
            methods=["POST"],
            **operation(many_id("print", kind), PrintBatch, status=202, body=PrintBatchOrder, headers=[KEY]),
        )
    bundled = operation(
        "printBundle",
        PrintJobTold,
        status=202,
        body=BundleOrder,
        headers=[KEY],
        refuses=[*_READING, NotFound],
    )
    router.add_api_route("/v1/print-jobs", asking_bundle(printing), methods=["POST"], **bundled)
    router.include_router(ledgers.routes(printing))
    router.include_router(_of_jobs(printing))
    return router


def _of_jobs(printing: Printing) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/print-jobs", **operation("listPrintJobs", PrintJobs, refuses=[NotFound]))
    async def print_jobs(request: Request, caller: Caller, asked: Annotated[JobsAsked, Query()]) -> Response:
        """The jobs of a batch in the order they were asked for; or the caller's own, the newest first."""
        batch_id = asked.batch_id
        if batch_id is None:
            return await _own_jobs(printing, request, caller, asked)
        async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
            found = [job for job in await store.of_batch(connection, batch_id) if _may(caller, job)]
        if not found:
            raise NotFound("没有这个打印批次，或已过保存期限")
        counts = dict(Counter(job.state for job in found))
        listed = PrintJobs(batch_id=batch_id, counts=counts, items=[view_of(job) for job in found])
        return answer(200, listed).response()

    @router.get(
        "/v1/print-jobs/{print_job_id}",
        **operation("readPrintJob", PrintJobTold, also={304: None}, headers=[_IF_NEWER]),
    )
    async def print_job(print_job_id: UUID, caller: Caller, request: Request) -> Response:
        """How far it is. `Retry-After` says when to ask again; with `If-None-Match` no news is 304."""
        view = view_of(await _find(printing, caller, print_job_id))
        content = answer(200, view)
        tag = f'"{hashlib.sha256(content.body).hexdigest()[:16]}"'
        headers = {"etag": tag, **({"retry-after": "1"} if view.going_on else {})}
        if tag.strip('"') in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return replace(content, headers=headers).response()

    fetched = operation(
        "downloadPrintJob",
        Media("application/pdf"),
        refuses=[PrintNotReady, PrintEnded, PrintExpired, PrintFailed],
    )
    fetched["responses"][200]["content"]["application/zip"] = {"schema": _BINARY}

    @router.get("/v1/print-jobs/{print_job_id}/file", **fetched)
    async def print_job_file(print_job_id: UUID, caller: Caller) -> Response:
        job = await _find(printing, caller, print_job_id)
        path = printing.files.path(print_job_id)
        _there(job, path)
        headers = {
            "content-disposition": disposition(job),
            "cache-control": "private, no-store",
            "etag": f'"{job.sha256}"',
            "x-content-type-options": "nosniff",
        }
        return FileResponse(path, media_type=f"application/{job.format}", headers=headers)

    @router.post(
        "/v1/print-jobs/{print_job_id}/cancel",
        **operation("cancelPrintJob", PrintJobTold, refuses=[PrintEnded]),
    )
    async def cancel_print_job(print_job_id: UUID, caller: Caller) -> Response:
        """Stop it wherever it is; cancelled again it is the same. What has ended otherwise is refused (409)."""
        await _find(printing, caller, print_job_id)
        async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
            cancelled = await store.cancel(connection, print_job_id)
        job = await _find(printing, caller, print_job_id)
        if not cancelled and job.state != "cancelled":
            raise PrintEnded(f"打印任务{STATE_LABELS[job.state]}")
        return answer(200, view_of(job)).response()

    @router.delete("/v1/print-jobs/{print_job_id}", **operation("deletePrintJob", None, status=204))
    async def remove_print_job(print_job_id: UUID, caller: Caller) -> Response:
        """Stop it, and forget it with its file."""
        job = await _find(printing, caller, print_job_id)
        async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
            await store.remove(connection, job.print_job_id)
        # A job that is rendered at this moment finds itself gone and removes what it has written.
        printing.files.path(job.print_job_id).unlink(missing_ok=True)
        return Response(status_code=204)

    return router


async def _own_jobs(printing: Printing, request: Request, caller: Principal, asked: JobsAsked) -> Response:
    if not (caller.grants_for(DOCUMENT_PRINT) or caller.grants_for(LEDGER_READ)):
        raise Forbidden(f"需要权限 {DOCUMENT_PRINT}")
    limit = asked.limit
    async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
        found = await store.of_requester(connection, caller.id, before=asked.cursor, limit=limit + 1)
    page = found[:limit]
    place = str(page[-1].print_job_id) if len(found) > limit else None
    listed = PrintJobs(
        counts=dict(Counter(job.state for job in page)),
        items=[view_of(job) for job in page if _may(caller, job)],
        next_cursor=parameters.following(request, JobsAsked, place),
    )
    return answer(200, listed).response()


def _there(job: PrintJob, path: FilePath) -> None:
    """Raises what stands between the caller and the file."""
    if job.state == "failed":
        raise PrintFailed(job.error or "")
    if job.state == "cancelled":
        raise PrintEnded("打印任务已取消")
    if job.state == "expired" or (job.state == "done" and not path.is_file()):
        raise PrintExpired()
    if job.state != "done":
        raise PrintNotReady()


async def _find(printing: Printing, caller: Principal, print_job_id: UUID) -> PrintJob:
    async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
        job = await store.find(connection, print_job_id)
    if job is None or not _may(caller, job):
        raise NotFound("没有这个打印任务，或已过保存期限")
    return job


def _may(caller: Principal, job: PrintJob) -> bool:
    """A job that is not of one document is of nobody but who asked: what is inside was told to this caller."""
    if job.document_id is None:
        needed = LEDGER_READ if job.subject == "report" else DOCUMENT_PRINT
        return job.requested_by == caller.id and bool(caller.grants_for(needed))
    return caller.may(
        DOCUMENT_PRINT, enterprise_id=job.enterprise_id, team_id=job.team_id, client_id=job.client_id
    )


def disposition(job: PrintJob) -> str:
    """Content-Disposition by RFC 6266: the Chinese name in RFC 8187 form, and an ASCII one for old programs."""
    plain = f"{job.kind or job.subject}-{hashlib.sha256(job.file_name.encode()).hexdigest()[:8]}.{job.format}"
    return attachment(job.file_name, plain)
