"""What was ordered and told of documents, read and kept for many of them at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from backbone.postgres import Connection, Record
from customs.documents.life import Purpose
from services.entry.document.store import Document
from services.entry.fold import facts
from services.entry.fold.told import Attempt, Told

Sending = tuple[UUID, int]
"""A document and the number of its attempt."""


async def attempts_of(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[UUID, Attempt]]:
    """By document and the attempt's own id, in their order."""
    found: dict[UUID, dict[UUID, Attempt]] = {document_id: {} for document_id in ids}
    rows = await connection.fetch(
        "SELECT document_id, attempt_id, attempt_no, round_no, declare_flag = '1' AS declares, ordered_at, purpose, "
        "upload = 'resend' AS asks_again FROM attempts WHERE document_id = ANY($1::uuid[]) ORDER BY attempt_no",
        list(ids),
    )
    for row in rows:
        found[row["document_id"]][row["attempt_id"]] = Attempt(
            row["attempt_no"],
            row["round_no"],
            row["declares"],
            row["ordered_at"],
            Purpose(row["purpose"]),
            row["asks_again"],
        )
    return found


async def facts_of(connection: Connection, ids: Collection[UUID]) -> dict[UUID, list[Told]]:
    """By document, in no order."""
    found: dict[UUID, list[Told]] = {document_id: [] for document_id in ids}
    rows = await connection.fetch(
        "SELECT document_id, told FROM facts WHERE document_id = ANY($1::uuid[])", list(ids)
    )
    for row in rows:
        found[row["document_id"]].append(facts.restored(row["told"]))
    return found


async def add_facts(connection: Connection, told: Sequence[tuple[Document, Told]]) -> None:
    """Facts that are not there yet; their documents must be locked."""
    if not told:
        return
    await connection.execute(
        "INSERT INTO facts (document_id, key, tenant_id, attempt_no, outcome, occurred_at, authority_at, told) "
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::text[], $6::timestamptz[], "
        "$7::timestamptz[], $8::jsonb[])",
        [document.document_id for document, _ in told],
        [fact.key for _, fact in told],
        [document.tenant_id for document, _ in told],
        [fact.attempt_no for _, fact in told],
        [fact.outcome for _, fact in told],
        [fact.occurred_at for _, fact in told],
        [fact.authority_at for _, fact in told],
        [facts.stored(fact) for _, fact in told],
    )


async def snapshots(connection: Connection, sendings: Collection[Sending]) -> dict[Sending, Record]:
    """Rows with `content`, packed, and `catalogue_version`, as they were ordered."""
    if not sendings:
        return {}
    rows = await connection.fetch(
        "SELECT a.document_id, a.attempt_no, a.content, a.catalogue_version FROM attempts AS a "
        "JOIN unnest($1::uuid[], $2::int[]) AS n (document_id, attempt_no) USING (document_id, attempt_no)",
        [document_id for document_id, _ in sendings],
        [attempt_no for _, attempt_no in sendings],
    )
    return {(row["document_id"], row["attempt_no"]): row for row in rows}
