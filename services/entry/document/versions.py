"""The versions of a document: the working copy, the approved one, and every snapshot that was sent."""

from __future__ import annotations

from uuid import UUID

from backbone.beside import beside_loop
from backbone.postgres import Connection, Record
from backbone.refusals import NotFound
from contracts.answers.documents import DocumentVersions, LaterRound, SentVersion, WorkingCopy
from customs.documents import JsonObject
from customs.documents.changing import without_removed
from services.entry.document import store
from services.entry.document.store import Document

WORKING, APPROVED = "working", "approved"


async def approved_document(connection: Connection, document: Document) -> JsonObject:
    """The version customs agreed to. Raises NotFound while there is none."""
    if document.approved_attempt_no is None:
        raise NotFound("单证尚未经海关审核通过，没有已通过的版本")
    return await sent(connection, document, document.approved_attempt_no)


async def sent(connection: Connection, document: Document, attempt_no: int) -> JsonObject:
    """The version of one attempt, without rows it took out and with the marks of a draft. Raises NotFound."""
    snapshot = await store.snapshot(connection, document.document_id, attempt_no)
    if snapshot is None:
        raise NotFound(f"没有第{attempt_no}次发送")
    return await beside_loop(len(document.content), without_removed, document.of_kind, snapshot)


async def version_of(connection: Connection, document: Document, name: str) -> JsonObject:
    """By name: working, approved, or the number of an attempt. Raises NotFound."""
    if name == WORKING:
        return document.document
    if name == APPROVED:
        return await approved_document(connection, document)
    if not (name.isascii() and name.isdigit() and len(name) < 6):
        raise NotFound(f"没有名为{name[:20]}的版本；可用 working、approved 或第几次发送的数字")
    return await sent(connection, document, int(name))


async def listed(connection: Connection, document: Document) -> DocumentVersions:
    """All of them, for a clerk to choose from, and the rounds they belong to."""
    attempts = await store.attempt_list(connection, document.document_id)
    rounds = await rounds_of(connection, document.document_id)
    return DocumentVersions(
        working=WorkingCopy(sha256=document.content_sha256, updated_at=document.updated_at),
        approved=document.approved_attempt_no,
        sent=[SentVersion(**row) for row in attempts],
        rounds=[LaterRound(**row) for row in rounds],
    )


async def rounds_of(connection: Connection, document_id: UUID) -> list[Record]:
    """The rounds after the filing, the newest first."""
    return await connection.fetch(
        "SELECT round_no, purpose, reason, opened_at, opened_by, withdrawn_at, withdrawn_by FROM rounds "
        "WHERE document_id = $1 ORDER BY round_no DESC",
        document_id,
    )
