"""What is told about print jobs."""

from __future__ import annotations

from contracts.answers.printing import PrintJob as PrintJobTold
from contracts.answers.printing import PrintSkipped
from services.print.store import PrintJob

STATE_LABELS = {
    "queued": "排队中",
    "rendering": "生成中",
    "done": "已完成",
    "failed": "失败",
    "cancelled": "已取消",
    "expired": "已过期",
}


def view_of(job: PrintJob) -> PrintJobTold:
    """A job as the API tells it."""
    return PrintJobTold(
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
        skipped=[PrintSkipped.model_validate(each) for each in job.skipped],
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
