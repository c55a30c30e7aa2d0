"""What is told about print jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.print.store import FileFormat, JobState, JobSubject, PrintJob
from services.print.subject import SheetKind

STATE_LABELS = {
    "queued": "排队中",
    "rendering": "生成中",
    "done": "已完成",
    "failed": "失败",
    "cancelled": "已取消",
    "expired": "已过期",
}
GOING_ON = frozenset({"queued", "rendering"})


class SkippedView(BaseModel):
    """A document of a bundle that is not in the file."""

    kind: str
    document_id: UUID
    reason: str = Field(description="Chinese")


class PrintJobView(BaseModel):
    """A print job as the API tells it. What is of one document is null for a job of several."""

    id: UUID
    subject: JobSubject = Field(description="document; bundle: several parts; report: a table of a ledger")
    format: FileFormat
    kind: str | None
    sheet: SheetKind
    batch_id: UUID | None
    document_id: UUID | None
    document_version: int | None = Field(description="Version of the document that is printed")
    state: JobState
    state_label: str
    progress: int = Field(description="In percent", ge=0, le=100)
    documents: int
    documents_done: int
    rows: int = Field(description="Rows of all documents")
    skipped: list[SkippedView]
    pages: int | None
    bytes: int | None
    sha256: str | None
    file_name: str
    file: str | None = Field(description="Where the file is, once it is done")
    error: str | None = Field(description="Chinese; only when failed")
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime = Field(
        description="The file is removed then; the job is told about for 30 days more"
    )

    @classmethod
    def of(cls, job: PrintJob) -> PrintJobView:
        """The view of a job."""
        return cls(
            id=job.print_job_id,
            subject=job.subject,
            format=job.format,
            kind=job.kind,
            sheet=job.sheet,
            batch_id=job.batch_id,
            document_id=job.document_id,
            document_version=job.document_version,
            state=job.state,
            state_label=STATE_LABELS[job.state],
            progress=job.progress,
            documents=job.documents,
            documents_done=job.documents_done,
            rows=job.row_count,
            skipped=[SkippedView.model_validate(each) for each in job.skipped],
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

    @property
    def going_on(self) -> bool:
        """Whether asking again is of use."""
        return self.state in GOING_ON


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
    """The jobs of a batch, and how many are in which state; or the caller's own, page by page."""

    batch_id: UUID | None = None
    counts: dict[str, int]
    items: list[PrintJobView]
    next_cursor: str | None = None
