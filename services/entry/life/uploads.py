"""Ordering an upload: 申报 or 暂存 in the round that is open, or the request to send receipts again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import orjson

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import Refusal
from contracts.events.entry import AttemptStarted, DocumentDeclared, DocumentStaged, ReceiptsRequested
from contracts.permissions import DOCUMENT_DECLARE
from customs.documents import JsonObject, Kind
from customs.documents.life import Purpose
from services.entry.document import store
from services.entry.document.opening import Saved, actor, load, reference
from services.entry.document.ownership import Owner, enterprise_of
from services.entry.document.refusals import (
    EnterpriseSuspended,
    NotAskable,
)
from services.entry.document.store import Document, Enterprise, Ordered
from services.entry.ledger.checking import hold
from services.entry.life.examining import examine


async def upload(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    *,
    declares: bool,
) -> tuple[Saved, UUID]:
    """Order an attempt of the open round. Answers the row and the attempt's id.

    Raises NotFound, StaleVersion, AlreadyUnderWay, NotStageable, InvalidRequest, EnterpriseSuspended, ReviewRequired,
    RoundNotPossible.
    """
    document = await load(connection, caller, kind, document_id, DOCUMENT_DECLARE, version=version)
    found = await examine(connection, caller, document, declares=declares)
    found.require()
    flag: Literal["0", "1"] = "1" if declares else "0"
    row, attempt_id = await order(
        connection,
        caller,
        document,
        found.enterprise,
        found.snapshot,
        purpose=Purpose(document.round_purpose or Purpose.FILING),
        declare_flag=flag,
    )
    warnings = tuple(found.warnings)
    if declares:
        warnings = (*warnings, *await hold(connection, caller, row, found.snapshot))
    return Saved(row, warnings), attempt_id


def why_not_asked(document: Document) -> Refusal | None:
    """Why its receipts cannot be asked for again."""
    return None if document.seq_no else NotAskable("尚未取得预录入统一编号")


async def _active(connection: Connection, document: Document) -> Enterprise:
    enterprise = await enterprise_of(connection, Owner(document.enterprise_id), {})
    if enterprise.status != "active":
        raise EnterpriseSuspended(enterprise.name)
    return enterprise


async def order(
    connection: Connection,
    caller: Principal,
    document: Document,
    enterprise: Enterprise,
    snapshot: JsonObject,
    *,
    purpose: Purpose,
    declare_flag: Literal["0", "1"],
) -> tuple[Document, UUID]:
    """Write the attempt and tell it; the row must be locked and everything checked."""
    now = datetime.now(UTC)
    filing = purpose is Purpose.FILING
    deadline = document.of_kind.life.states["sending"].deadline
    ordered = replace(
        document,
        version=document.version + 1,
        state="sending" if filing else document.state,
        round_state=None if filing else "sending",
        attempt_no=document.attempt_no + 1,
        deadline_at=now + deadline if deadline else None,
        notes=(),
        updated_at=now,
    )
    event_type = DocumentDeclared if declare_flag == "1" else DocumentStaged
    attempt = Ordered(
        attempt_id=new_id(),
        purpose=purpose,
        upload="document",
        declare_flag=declare_flag,
        content=orjson.dumps(snapshot),
        at=now,
        by=actor(caller),
    )
    await _write(connection, ordered, attempt, event_type, enterprise, snapshot)
    metrics.counter("document_declared_total").labels(ordered.kind, declare_flag).inc()
    return ordered, attempt.attempt_id


async def ask_again(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> tuple[Document, UUID]:
    """Ask the authority to send the receipts of a document again (INV141). Raises NotAskable."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_DECLARE, version=version)
    if (refusal := why_not_asked(document)) is not None:
        raise refusal
    enterprise = await _active(connection, document)
    now = datetime.now(UTC)
    asked = replace(
        document, version=document.version + 1, attempt_no=document.attempt_no + 1, updated_at=now
    )
    attempt = Ordered(
        attempt_id=new_id(),
        purpose=Purpose(document.round_purpose or Purpose.FILING),
        upload="resend",
        declare_flag="1",
        content=b"{}",
        at=now,
        by=actor(caller),
    )
    await _write(connection, asked, attempt, ReceiptsRequested, enterprise, {})
    return asked, attempt.attempt_id


async def _write(
    connection: Connection,
    row: Document,
    attempt: Ordered,
    event_type: type[AttemptStarted],
    enterprise: Enterprise,
    snapshot: JsonObject,
) -> None:
    await store.add_attempt(connection, row, attempt)
    await store.update(connection, row)
    event = event_type.model_construct(
        **reference(row),
        attempt_id=attempt.attempt_id,
        attempt_no=row.attempt_no,
        round_no=row.round_no,
        purpose=attempt.purpose.value,
        declare_flag=attempt.declare_flag,
        # The clerk works in one of the two systems; everything else of the route is the enterprise's.
        route=enterprise.route.model_copy(update={"sys_id": row.system}),
        catalogue_version=row.catalogue_version,
        document=snapshot,
        ordered_by=attempt.by,
        deadline_at=row.deadline_at,
        occurred_at=attempt.at,
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
