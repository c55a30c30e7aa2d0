"""What a job of several parts is made of, in the database: put there when it is asked for, so that a crash loses nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from pydantic import TypeAdapter

from backbone import compress
from backbone.postgres import Connection, Pool
from services.print.subject import Part

_PART: TypeAdapter[Part] = TypeAdapter(Part)


async def add(connection: Connection, print_job_id: UUID, tenant_id: UUID, part_no: int, part: Part) -> None:
    """One part of a job that this transaction adds."""
    await connection.execute(
        "INSERT INTO print_parts (print_job_id, part_no, tenant_id, content) VALUES ($1, $2, $3, $4)",
        print_job_id,
        part_no,
        tenant_id,
        compress.pack(_PART.dump_json(part)),
    )


async def each(pool: Pool, print_job_id: UUID) -> AsyncIterator[tuple[int, Part]]:
    """The parts in order, one in memory at a time."""
    rows = await pool.fetch(
        "SELECT part_no FROM print_parts WHERE print_job_id = $1 ORDER BY part_no", print_job_id
    )
    for row in rows:
        content = await pool.fetchval(
            "SELECT content FROM print_parts WHERE print_job_id = $1 AND part_no = $2",
            print_job_id,
            row["part_no"],
        )
        if content is None:
            return
        yield row["part_no"], _PART.validate_json(compress.unpack(content))


async def count(pool: Pool, print_job_id: UUID) -> int:
    """How many there are."""
    return int(await pool.fetchval("SELECT count(*) FROM print_parts WHERE print_job_id = $1", print_job_id))


async def clear(connection: Connection, print_job_id: UUID) -> None:
    """Forget them: the file is there, or will never be."""
    await connection.execute("DELETE FROM print_parts WHERE print_job_id = $1", print_job_id)
