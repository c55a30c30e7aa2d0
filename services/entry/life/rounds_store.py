"""Rows of rounds after the filing, as they were opened and given up; how they stand is the fold's to say."""

from __future__ import annotations

from uuid import UUID

from backbone.postgres import Connection


async def is_withdrawn(connection: Connection, document_id: UUID, round_no: int) -> bool:
    """Whether it was given up here."""
    withdrawn: bool | None = await connection.fetchval(
        "SELECT withdrawn_at IS NOT NULL FROM rounds WHERE document_id = $1 AND round_no = $2",
        document_id,
        round_no,
    )
    return bool(withdrawn)


async def base_of(connection: Connection, document_id: UUID, round_no: int) -> int | None:
    """The attempt whose approved version it began with."""
    base: int | None = await connection.fetchval(
        "SELECT base_attempt_no FROM rounds WHERE document_id = $1 AND round_no = $2", document_id, round_no
    )
    return base


async def rebase(connection: Connection, document_id: UUID, round_no: int, attempt_no: int) -> None:
    """It begins with the version of this attempt instead."""
    await connection.execute(
        "UPDATE rounds SET base_attempt_no = $3 WHERE document_id = $1 AND round_no = $2",
        document_id,
        round_no,
        attempt_no,
    )
