"""What print answers about its jobs."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer

JobState = Literal["queued", "rendering", "done", "failed", "cancelled", "expired"]
JobSubject = Literal["document", "bundle", "report"]
FileFormat = Literal["pdf", "zip"]
SheetKind = Literal["document", "receipts"]
GOING_ON = frozenset({"queued", "rendering"})


class PrintSkipped(Answer):
    """A document of a bundle that is not in the file."""

    kind: str
    document_id: UUID
    reason: str = Field(description="Chinese")


class PrintJob(Answer):
    """A print job. What is of one document is null for a job of several."""

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
    skipped: list[PrintSkipped]
    pages: int | None
    bytes: int | None
    sha256: str | None
    file_name: str
    file: str | None = Field(description="Where the file is, once it is done")
    error: str | None = Field(description="Chinese; only when failed")
    created_at: AwareDatetime
    finished_at: AwareDatetime | None
    expires_at: AwareDatetime = Field(
        description="The file is removed then; the job is told about for 30 days more"
    )

    @property
    def going_on(self) -> bool:
        """Whether asking again is of use."""
        return self.state in GOING_ON


class PrintBatchItem(Answer):
    """What became of one document of a batch: its job, or why there is none (RFC 9457)."""

    document_id: UUID
    job_id: UUID | None = None
    problem: dict[str, Any] | None = None


class PrintBatch(Answer):
    """The result per document, in the order that was asked for."""

    batch_id: UUID
    accepted: int
    refused: int
    items: list[PrintBatchItem]


class PrintJobs(Answer):
    """The jobs of a batch, and how many are in which state; or the caller's own, page by page."""

    batch_id: UUID | None = None
    counts: dict[str, int]
    items: list[PrintJob]
    next_cursor: str | None = None
