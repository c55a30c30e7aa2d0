"""Print jobs in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from uuid import UUID

from backbone import outbox
from backbone.postgres import Connection
from contracts.answers.printing import FileFormat, JobState, JobSubject, SheetKind
from contracts.events.work import PrintJobMoved

_SHOWN = (
    "print_job_id, tenant_id, enterprise_id, team_id, client_id, kind, document_id, document_version, "
    "document_state, sheet, batch_id, file_name, requested_by, state, progress, pages, bytes, sha256, error, created_at, "
    "finished_at, expires_at, subject, format, documents, documents_done, row_count, skipped"
)

TOLD_DAYS = 30
"""How long a job is still told about when its file has gone."""


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A print job without its payload."""

    print_job_id: UUID
    tenant_id: UUID
    enterprise_id: UUID | None
    team_id: UUID | None
    client_id: UUID | None
    kind: str | None
    document_id: UUID | None
    document_version: int | None
    document_state: str | None
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
    subject: JobSubject
    format: FileFormat
    documents: int
    documents_done: int
    row_count: int
    skipped: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class NewPrintJob:
    """What is known when a PDF is asked for."""

    print_job_id: UUID
    tenant_id: UUID
    enterprise_id: UUID | None
    team_id: UUID | None
    client_id: UUID | None
    kind: str | None
    document_id: UUID | None
    document_version: int | None
    document_state: str | None
    file_name: str
    requested_by: str
    payload: bytes | None
    sheet: SheetKind = "document"
    batch_id: UUID | None = None
    subject: JobSubject = "document"
    format: FileFormat = "pdf"
    cover: bool = False
    documents: int = 1
    row_count: int = 0
    skipped: Sequence[dict[str, str]] = ()


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
    await _tell(connection, job.print_job_id)
    return PrintJob(**row)


_STANDING = (
    "SELECT tenant_id, requested_by AS owner_id, state, documents_done AS done, documents AS total, CASE state "
    "WHEN 'queued' THEN 0 WHEN 'rendering' THEN 1 + progress ELSE 102 END AS version "
    "FROM print_jobs WHERE print_job_id = $1"
)


async def _tell(connection: Connection, print_job_id: UUID) -> None:
    """Where it stands now, to whoever asked for it."""
    row = await connection.fetchrow(_STANDING, print_job_id)
    assert row is not None
    moved = PrintJobMoved(work_id=print_job_id, occurred_at=datetime.now(UTC), **row)
    await outbox.append(connection, [moved], tenant_id=moved.tenant_id)


async def _told(connection: Connection, print_job_id: UUID, status: str) -> bool:
    """Whether the statement moved the job; then it is told."""
    moved = status == "UPDATE 1"
    if moved:
        await _tell(connection, print_job_id)
    return moved


async def find(connection: Connection, print_job_id: UUID) -> PrintJob | None:
    row = await connection.fetchrow(
        f"SELECT {_SHOWN} FROM print_jobs WHERE print_job_id = $1",  # noqa: S608
        print_job_id,
    )
    return None if row is None else _as_told(PrintJob(**row))


async def of_batch(connection: Connection, batch_id: UUID) -> list[PrintJob]:
    """Jobs of a batch in the order they were asked for."""
    rows = await connection.fetch(
        f"SELECT {_SHOWN} FROM print_jobs WHERE batch_id = $1 "  # noqa: S608
        "ORDER BY print_job_id",
        batch_id,
    )
    return [_as_told(PrintJob(**row)) for row in rows]


async def of_requester(
    connection: Connection, requested_by: str, *, before: UUID | None, limit: int
) -> list[PrintJob]:
    """What this caller asked for, the newest first."""
    rows = await connection.fetch(
        f"SELECT {_SHOWN} FROM print_jobs WHERE tenant_id = bondgate_tenant() AND requested_by = $1 "  # noqa: S608
        "AND ($2::uuid IS NULL OR print_job_id < $2) ORDER BY print_job_id DESC LIMIT $3",
        requested_by,
        before,
        limit,
    )
    return [_as_told(PrintJob(**row)) for row in rows]


def _as_told(job: PrintJob) -> PrintJob:
    """A job whose time is over is expired, whether or not the sweeper came by."""
    over = job.state != "cancelled" and job.expires_at <= datetime.now(UTC)
    return replace(job, state="expired") if over else job


async def cancel(connection: Connection, print_job_id: UUID) -> bool:
    """False when it has ended already."""
    status = await connection.execute(
        "UPDATE print_jobs SET state = 'cancelled', payload = NULL, finished_at = now() "
        "WHERE print_job_id = $1 AND state IN ('queued', 'rendering') AND expires_at > now()",
        print_job_id,
    )
    return await _told(connection, print_job_id, status)


async def remove(connection: Connection, print_job_id: UUID) -> None:
    await connection.execute("DELETE FROM print_jobs WHERE print_job_id = $1", print_job_id)


async def count(
    connection: Connection,
    print_job_id: UUID,
    *,
    documents: int,
    rows: int,
    skipped: Sequence[dict[str, str]],
) -> PrintJob:
    """What its parts turned out to be."""
    row = await connection.fetchrow(
        "UPDATE print_jobs SET documents = $2, row_count = $3, skipped = $4 "  # noqa: S608
        f"WHERE print_job_id = $1 RETURNING {_SHOWN}",
        print_job_id,
        documents,
        rows,
        skipped,
    )
    assert row is not None
    return PrintJob(**row)


@dataclass(frozen=True, slots=True)
class ToRender:
    """What the worker needs of a job."""

    subject: JobSubject
    format: FileFormat
    cover: bool
    kind: str | None
    document_state: str | None
    sheet: SheetKind
    payload: bytes | None


async def begin(connection: Connection, print_job_id: UUID) -> ToRender | None:
    """Mark as rendering, also one that a crash left so; None when there is nothing (more) to do."""
    row = await connection.fetchrow(
        "UPDATE print_jobs SET state = 'rendering', progress = 0, documents_done = 0 "
        "WHERE print_job_id = $1 AND state IN ('queued', 'rendering') AND expires_at > now() "
        "RETURNING subject, format, cover, kind, document_state, sheet, payload",
        print_job_id,
    )
    if row is None:
        return None
    await _tell(connection, print_job_id)
    return ToRender(**row)


async def advance(
    connection: Connection, print_job_id: UUID, progress: int, documents_done: int | None = None
) -> bool:
    """False when the job was taken back meanwhile."""
    status = await connection.execute(
        "UPDATE print_jobs SET progress = $2, documents_done = coalesce($3, documents_done) "
        "WHERE print_job_id = $1 AND state = 'rendering'",
        print_job_id,
        progress,
        documents_done,
    )
    return await _told(connection, print_job_id, status)


async def wanted_still(connection: Connection, print_job_id: UUID) -> bool:
    """Whether it was not cancelled, failed or removed; done is what the work itself makes of it before it clears up."""
    return bool(
        await connection.fetchval(
            "SELECT true FROM print_jobs WHERE print_job_id = $1 AND state IN ('rendering', 'done')",
            print_job_id,
        )
    )


async def succeed(
    connection: Connection, print_job_id: UUID, *, pages: int, size: int, sha256: str, keep_hours: int
) -> bool:
    """False when the job was taken back meanwhile."""
    status = await connection.execute(
        "UPDATE print_jobs SET state = 'done', progress = 100, documents_done = documents, pages = $2, bytes = $3, "
        "sha256 = $4, payload = NULL, finished_at = now(), expires_at = now() + make_interval(hours => $5) "
        "WHERE print_job_id = $1 AND state = 'rendering'",
        print_job_id,
        pages,
        size,
        sha256,
        keep_hours,
    )
    return await _told(connection, print_job_id, status)


async def fail(connection: Connection, print_job_id: UUID, error: str) -> None:
    status = await connection.execute(
        "UPDATE print_jobs SET state = 'failed', error = $2, payload = NULL, finished_at = now() "
        "WHERE print_job_id = $1 AND state = 'rendering'",
        print_job_id,
        error,
    )
    await _told(connection, print_job_id, status)


async def expire(connection: Connection, limit: int = 1000) -> list[UUID]:
    """Jobs whose time is over, marked so; their files are the caller's to remove."""
    rows = await connection.fetch(
        "SELECT print_job_id FROM print_jobs WHERE expires_at <= now() AND state NOT IN ('expired', 'cancelled') "
        "ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
    )
    gone = [row["print_job_id"] for row in rows]
    await connection.execute(
        "UPDATE print_jobs SET state = 'expired', payload = NULL WHERE print_job_id = ANY($1)", gone
    )
    await connection.execute("DELETE FROM print_parts WHERE print_job_id = ANY($1)", gone)
    return gone


async def forget(connection: Connection) -> int:
    """Remove jobs that are told about no more; answers how many."""
    status = await connection.execute(
        "DELETE FROM print_jobs WHERE expires_at <= now() - make_interval(days => $1)", TOLD_DAYS
    )
    return int(status.split()[-1])
