"""What moved beside documents: a batch, a print job, a file of an InBox. Small notices; whoever wants more asks their owner."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.events.event import Event


class WorkMoved(Event):
    """One piece of work stands elsewhere than before. Of two notices about it the higher `version` is the newer."""

    tenant_id: UUID
    work_id: UUID
    version: int = Field(ge=0)
    state: str
    done: int = Field(default=0, ge=0, description="Documents of it that are done with")
    total: int = Field(default=1, ge=0)
    occurred_at: AwareDatetime

    @property
    def key(self) -> str:
        return str(self.work_id)


class OrderMoved(WorkMoved):
    """Work somebody ordered; it concerns nobody else."""

    owner_id: str = Field(description="User or API client who ordered it")


class BatchMoved(OrderMoved):
    """running, finished, cancelled; also told after each of its documents."""

    type: ClassVar[str] = "batch.moved.v1"


class PrintJobMoved(OrderMoved):
    """queued, rendering, done, failed, cancelled."""

    type: ClassVar[str] = "print_job.moved.v1"


class ReceiptFileMoved(WorkMoved):
    """A file of an InBox that needs somebody, or needs nobody any more; one that finds its document at once is told as a receipt."""

    type: ClassVar[str] = "receipt_file.moved.v1"

    enterprise_id: UUID
