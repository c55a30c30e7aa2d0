"""Print jobs in the database."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal
from uuid import UUID

from backbone.postgres import Connection
from services.print.subject import SheetKind

_SHOWN = (
    "print_job_id, tenant_id, enterprise_id, team_id, client_id, kind, document_id, document_version, "
    "document_state, sheet, batch_id, file_name, requested_by, state, progress, pages, bytes, sha256, error, created_at, "
    "finished_at, expires_at"
)

JobState = Literal["queued", "rendering", "done", "failed"]


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A print job without its payload."""

    print_job_id: UUID
    tenant_id: UUID
    enterprise_id: UUID | None
    team_id: UUID | None
    client_id: UUID | None
    kind: str
    document_id: UUID
    document_version: int
    document_state: str
    sheet: SheetKind
    batch_id: UUID | None
    file_name: str
    requested_by: str
    state: JobState
    progress: int
    pages: int | None
    bytes: int | None
    sha256: str | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewPrintJob:
    """What is known when a PDF is asked for."""

    print_job_id: UUID
    tenant_id: UUID
    enterprise_id: UUID | None
    team_id: UUID | None
    client_id: UUID | None
    kind: str
    document_id: UUID
    document_version: int
    document_state: str
    file_name: str
    requested_by: str
    payload: bytes
    sheet: SheetKind = "document"
    batch_id: UUID | None = None


async def add(connection: Connection, job: NewPrintJob, *, keep_hours: int) -> PrintJob:
    names = [field.name for field in fields(job)]
    marks = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    row = await connection.fetchrow(
        f"INSERT INTO print_jobs ({', '.join(names)}, expires_at) "  # noqa: S608 - names of our own class
        f"VALUES ({marks}, now() + make_interval(hours => ${len(names) + 1})) RETURNING {_SHOWN}",
        *[getattr(job, name) for name in names],
        keep_hours,
    )
    assert row is not None
    return PrintJob(**row)


async def find(connection: Connection, print_job_id: UUID) -> PrintJob | None:
    row = await connection.fetchrow(
        f"SELECT {_SHOWN} FROM print_jobs WHERE print_job_id = $1 AND expires_at > now()",  # noqa: S608
        print_job_id,
    )
    return None if row is None else PrintJob(**row)


async def of_batch(connection: Connection, batch_id: UUID) -> list[PrintJob]:
    """Jobs of a batch in the order they were asked for."""
    rows = await connection.fetch(
        f"SELECT {_SHOWN} FROM print_jobs WHERE batch_id = $1 AND expires_at > now() "  # noqa: S608
        "ORDER BY print_job_id",
        batch_id,
    )
    return [PrintJob(**row) for row in rows]


async def remove(connection: Connection, print_job_id: UUID) -> None:
    await connection.execute("DELETE FROM print_jobs WHERE print_job_id = $1", print_job_id)


@dataclass(frozen=True, slots=True)
class ToRender:
    """What the worker needs of a job."""

    kind: str
    document_state: str
    sheet: SheetKind
    payload: bytes


async def begin(connection: Connection, print_job_id: UUID) -> ToRender | None:
    """Mark as rendering, also one that a crash left so; None when there is nothing (more) to do."""
    row = await connection.fetchrow(
        "UPDATE print_jobs SET state = 'rendering', progress = 0 "
        "WHERE print_job_id = $1 AND state IN ('queued', 'rendering') RETURNING kind, document_state, sheet, payload",
        print_job_id,
    )
    return None if row is None else ToRender(**row)


async def advance(connection: Connection, print_job_id: UUID, progress: int) -> bool:
    """False when the job was taken back meanwhile."""
    status = await connection.execute(
        "UPDATE print_jobs SET progress = $2 WHERE print_job_id = $1 AND state = 'rendering'",
        print_job_id,
        progress,
    )
    return status == "UPDATE 1"


async def succeed(
    connection: Connection, print_job_id: UUID, *, pages: int, size: int, sha256: str, keep_hours: int
) -> bool:
    """False when the job was taken back meanwhile."""
    status = await connection.execute(
        "UPDATE print_jobs SET state = 'done', progress = 100, pages = $2, bytes = $3, sha256 = $4, payload = NULL, "
        "finished_at = now(), expires_at = now() + make_interval(hours => $5) "
        "WHERE print_job_id = $1 AND state = 'rendering'",
        print_job_id,
        pages,
        size,
        sha256,
        keep_hours,
    )
    return status == "UPDATE 1"


async def fail(connection: Connection, print_job_id: UUID, error: str) -> None:
    await connection.execute(
        "UPDATE print_jobs SET state = 'failed', error = $2, payload = NULL, finished_at = now() "
        "WHERE print_job_id = $1 AND state = 'rendering'",
        print_job_id,
        error,
    )


async def expired(connection: Connection, limit: int = 1000) -> list[UUID]:
    rows = await connection.fetch(
        "SELECT print_job_id FROM print_jobs WHERE expires_at <= now() ORDER BY expires_at LIMIT $1", limit
    )
    return [row["print_job_id"] for row in rows]


async def remove_all(connection: Connection, print_job_ids: list[UUID]) -> None:
    await connection.execute("DELETE FROM print_jobs WHERE print_job_id = ANY($1)", print_job_ids)
