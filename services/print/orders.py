"""What may be asked for, and what is told about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.print.store import JobState, PrintJob
from services.print.subject import WORKING, SheetKind

MOST_DOCUMENTS = 200
_STATE_LABELS = {"queued": "排队中", "rendering": "生成中", "done": "已完成", "failed": "失败"}
_Sheet = Annotated[
    SheetKind,
    Field(
        title="打印内容", description="document: the document; receipts: everything the authority answered"
    ),
]


class PrintOrder(BaseModel):
    """Which sheet of one document, and of which of its versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: _Sheet = "document"
    version: str = Field(
        default=WORKING,
        title="版本",
        description="working, approved, or the number of a sending; receipts are of all versions",
        pattern=r"^(working|approved|[1-9][0-9]{0,4})$",
    )


class PrintBatchOrder(BaseModel):
    """The same sheet of many documents of a kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: list[UUID] = Field(title="单证", min_length=1, max_length=MOST_DOCUMENTS)
    sheet: _Sheet = "document"


class PrintJobView(BaseModel):
    """A print job as the API tells it."""

    id: UUID
    kind: str
    sheet: SheetKind
    batch_id: UUID | None
    document_id: UUID
    document_version: int = Field(description="Version of the document that is printed")
    state: JobState
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
            sheet=job.sheet,
            batch_id=job.batch_id,
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


class PrintBatchItem(BaseModel):
    """What became of one document of a batch: its job, or why there is none (RFC 9457)."""

    document_id: UUID
    job_id: UUID | None = None
    problem: dict[str, Any] | None = None


class PrintBatchView(BaseModel):
    """The result per document, in the order that was asked for."""

    batch_id: UUID
    accepted: int
    refused: int
    items: list[PrintBatchItem]


class PrintJobList(BaseModel):
    """The jobs of a batch, and how many are in which state."""

    batch_id: UUID
    counts: dict[str, int]
    items: list[PrintJobView]
