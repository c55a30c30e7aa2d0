"""HTTP in: asking for a PDF, looking how far it is, fetching it, taking it back."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel

from backbone import postgres
from backbone.auth import Principal
from backbone.http import answer, attachment, create_app
from backbone.refusals import NotFound, Refusal
from contracts.documents import KINDS
from contracts.permissions import DOCUMENT_PRINT
from services.print import store
from services.print.asking import Caller, Printing, asking, asking_many
from services.print.layouts import LAYOUTS
from services.print.orders import PrintBatchOrder, PrintBatchView, PrintJobList, PrintJobView, PrintOrder
from services.print.store import PrintJob


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
            name=f"print_{kind.name}",
            status_code=202,
            openapi_extra=_body(PrintOrder, required=False),
            responses={
                202: {"model": PrintJobView, "description": "Will be rendered; Location says where to look"}
            },
        )
        router.add_api_route(
            f"/v1/{kind.url}/print-jobs",
            asking_many(printing, kind),
            methods=["POST"],
            name=f"print_many_{kind.name}",
            status_code=202,
            openapi_extra=_body(PrintBatchOrder, required=True),
            responses={202: {"model": PrintBatchView, "description": "Location lists the jobs of the batch"}},
        )

    @router.get("/v1/print-jobs", responses={200: {"model": PrintJobList}})
    async def print_jobs(
        batch_id: Annotated[UUID, Query(description="Of a batch")], caller: Caller
    ) -> Response:
        """How far the jobs of a batch are, in the order they were asked for."""
        async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
            found = [job for job in await store.of_batch(connection, batch_id) if _may(caller, job)]
        if not found:
            raise NotFound("没有这个打印批次，或已过保存期限")
        counts = dict(Counter(job.state for job in found))
        listed = PrintJobList(batch_id=batch_id, counts=counts, items=[PrintJobView.of(job) for job in found])
        return answer(200, listed.model_dump(mode="json")).response()

    @router.get("/v1/print-jobs/{print_job_id}", responses={200: {"model": PrintJobView}})
    async def print_job(print_job_id: UUID, caller: Caller) -> Response:
        job = await _find(printing, caller, print_job_id)
        return answer(200, PrintJobView.of(job).model_dump(mode="json")).response()

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


async def _find(printing: Printing, caller: Principal, print_job_id: UUID) -> PrintJob:
    async with postgres.tenant_transaction(printing.pool, caller.tenant_id) as connection:
        job = await store.find(connection, print_job_id)
    if job is None or not _may(caller, job):
        raise NotFound("没有这个打印任务，或已过保存期限")
    return job


def _may(caller: Principal, job: PrintJob) -> bool:
    return caller.may(
        DOCUMENT_PRINT, enterprise_id=job.enterprise_id, team_id=job.team_id, client_id=job.client_id
    )


def _body(model: type[BaseModel], *, required: bool) -> dict[str, Any]:
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"content": content, "required": required}}


def disposition(job: PrintJob) -> str:
    """Content-Disposition by RFC 6266: the Chinese name in RFC 8187 form, and an ASCII one for old programs."""
    plain = f"{job.kind}-{hashlib.sha256(job.file_name.encode()).hexdigest()[:8]}.pdf"
    return attachment(job.file_name, plain)
