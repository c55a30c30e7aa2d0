"""What entry answers about batches (批量)."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.problems import ProblemDetails

BatchAction = Literal["declare", "stage", "delete"]
BatchState = Literal["running", "finished", "cancelled"]
BatchStatus = Literal["waiting", "done", "refused", "stale", "cancelled"]


class BatchItem(Answer):
    """One document of a batch and what became of it."""

    id: UUID = Field(description="The document's")
    internal_no: str | None
    version: int = Field(description="The version the order is for")
    status: BatchStatus
    tries: int
    new_version: int | None
    attempt_id: UUID | None
    problem: ProblemDetails | None = Field(description="As the single request would have been refused")
    finished_at: AwareDatetime | None


class BatchSummary(Answer):
    """An order and how far it is."""

    id: UUID
    kind: str
    action: BatchAction
    state: BatchState
    counts: dict[str, int] = Field(description="Items by status, and `total`")
    ordered_by: str
    ordered_at: AwareDatetime
    finished_at: AwareDatetime | None


class BatchDetail(BatchSummary):
    """An order with a page of its items, in their order."""

    items: list[BatchItem]
    next_cursor: str | None


class Batches(Answer):
    """A page of batches, newest first."""

    items: list[BatchSummary]
    next_cursor: str | None
