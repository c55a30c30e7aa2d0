"""Rows of rounds after the filing, as they were opened and given up; how they stand is the fold's to say."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backbone.postgres import Connection
from contracts.events.entry import Actor
from services.entry.document.store import Document


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


async def last_no(connection: Connection, document_id: UUID) -> int:
    """Number of the newest round; the filing is 1."""
    found: int | None = await connection.fetchval(
        "SELECT max(round_no) FROM rounds WHERE document_id = $1", document_id
    )
    return found or 1


async def insert(
    connection: Connection, opened: Document, reason: str | None, at: datetime, by: Actor, base: int | None
) -> None:
    """The round that `opened` has under way; `base` is the attempt whose approved version it begins with."""
    await connection.execute(
        "INSERT INTO rounds (document_id, round_no, tenant_id, purpose, reason, opened_at, opened_by, base_attempt_no) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        opened.document_id,
        opened.round_no,
        opened.tenant_id,
        opened.round_purpose,
        reason,
        at,
        by.model_dump(),
        base,
    )


async def withdraw(connection: Connection, document_id: UUID, round_no: int, at: datetime, by: Actor) -> None:
    """It is given up."""
    await connection.execute(
        "UPDATE rounds SET withdrawn_at = $3, withdrawn_by = $4 WHERE document_id = $1 AND round_no = $2",
        document_id,
        round_no,
        at,
        by.model_dump(),
    )
