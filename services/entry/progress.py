"""Absorbing facts: the only place where a document's state moves after it was ordered.

The row is locked, the fact joins the set, the fold is asked again, and what it says is written and told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.cloudevents import Received
from backbone.consume import DeadLetter
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest
from contracts.documents import Kind
from contracts.events.entry import DocumentProgressed, Fact
from contracts.events.event import DocumentRef
from contracts.events.identity import EnterpriseRegistered
from contracts.events.receipts import ReceiptReceived
from contracts.permissions import DOCUMENT_RESOLVE
from contracts.problems import problem
from services.entry import store
from services.entry.commands import load, reference
from services.entry.domain import Told, fold
from services.entry.facts import fact_of
from services.entry.refusals import NothingToResolve
from services.entry.store import Document, Enterprise


async def absorb(connection: Connection, received: Received) -> None:
    """One event about an attempt. Raises DeadLetter for a document that is not here."""
    event = received.event
    assert isinstance(event, DocumentRef)
    told, line = fact_of(received)
    document = await store.find(connection, event.document_id, lock=True)
    if document is None:
        raise DeadLetter(f"no document {event.document_id}")
    if isinstance(event, ReceiptReceived) and event.attempt_id is not None:
        attempt_no = await store.attempt_no_of(connection, document.document_id, event.attempt_id)
        told = replace(told, attempt_no=attempt_no)
    await _take_up(connection, document, told, line)


async def remember_enterprise(connection: Connection, received: Received) -> None:
    """An enterprise as identity tells it; an older version changes nothing."""
    event = received.event
    assert isinstance(event, EnterpriseRegistered)
    enterprise = Enterprise(
        event.enterprise_id, event.name, event.customs_code, event.uscc, event.status, event.route
    )
    await store.remember_enterprise(connection, event.tenant_id, event.version, enterprise)


async def resolve(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    *,
    outcome: str,
    seq_no: str | None,
    reason: str,
) -> Document:
    """What a person found at the Single Window about a sending whose outcome is unknown or long overdue.

    `outcome` is "received" (then `seq_no` is needed) or "not_received". Raises NothingToResolve, StaleVersion.
    """
    document = await load(connection, caller, kind, document_id, DOCUMENT_RESOLVE, version=version)
    now = datetime.now(UTC)
    if not resolvable(document, now):
        raise NothingToResolve()
    received = outcome == "received"
    told = Told(
        key=f"resolved/{document.attempt_no}",
        outcome="acknowledged" if received else "resolved_not_received",
        attempt_no=document.attempt_no,
        occurred_at=now,
        seq_no=seq_no if received else None,
        reasons=(reason,),
    )
    text = f"{caller.name}认定单一窗口" + (f"已接收，统一编号{seq_no}" if received else "未收到本次发送")
    return await _take_up(connection, document, told, _by_hand(told, "resolved", text, now))


async def assign(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    *,
    fact_id: str,
    attempt_no: int,
    reason: str,
) -> Document:
    """Say which attempt a receipt belongs to. Raises InvalidRequest for what does not exist, StaleVersion."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_RESOLVE, version=version)
    known = {fact.key for fact in await store.facts_of(connection, document_id)}
    numbers = {attempt.attempt_no for attempt in await store.attempts(connection, document_id)}
    wrong = []
    if fact_id not in known:
        wrong.append(
            problem(
                "unknown_code",
                "/fact_id",
                field="「回执」",
                value=fact_id[:40],
                table="本单证的回执",
                choices="",
            )
        )
    if attempt_no not in numbers:
        listed = "：" + "、".join(map(str, sorted(numbers)))
        wrong.append(
            problem(
                "unknown_code",
                "/attempt_no",
                field="「第几次申报」",
                value=str(attempt_no),
                table="本单证的申报次数",
                choices=listed,
            )
        )
    if wrong:
        raise InvalidRequest(problems=wrong)
    now = datetime.now(UTC)
    told = Told(
        key=f"assigned/{fact_id}/{document.version}",
        outcome="assigned",
        attempt_no=attempt_no,
        occurred_at=now,
        target=fact_id,
        reasons=(reason,),
    )
    text = f"{caller.name}指定回执属于第{attempt_no}次申报"
    return await _take_up(connection, document, told, _by_hand(told, "assigned", text, now))


def resolvable(document: Document, now: datetime) -> bool:
    """Unknown, or sent and never answered within the deadline."""
    overdue = document.deadline_at is not None and document.deadline_at < now
    return document.state == "unknown" or (document.state == "sending" and overdue)


def _by_hand(told: Told, type: str, text: str, at: datetime) -> Fact:
    return Fact(
        fact_id=told.key,
        type=type,
        attempt_no=told.attempt_no,
        occurred_at=at,
        text=text,
        reasons=list(told.reasons),
    )


async def _take_up(connection: Connection, document: Document, told: Told, line: Fact) -> Document:
    if not await store.add_fact(connection, document, told):
        return document
    attempts = await store.attempts(connection, document.document_id)
    standing = fold(attempts, await store.facts_of(connection, document.document_id))
    if document.state == "deleted":
        # A late word about a draft deleted here: kept in the set, and shown to a person if it is the authority's.
        return document
    now = datetime.now(UTC)
    progressed = document.standing(standing, now)
    await store.update(connection, progressed)
    attempt_no = standing.assigned.get(told.key, told.attempt_no)
    event = DocumentProgressed(
        **reference(progressed),
        previous_state=document.state,
        fact=line.model_copy(update={"attempt_no": attempt_no}),
        attempt_no=standing.attempt_no,
        notes=list(standing.notes),
        deadline_at=standing.deadline_at,
        needs_operator=standing.needs_operator,
        authority=dict(standing.authority),
        occurred_at=now,
    )
    await outbox.append(connection, [event], tenant_id=document.tenant_id)
    if standing.state != document.state:
        metrics.counter("document_progressed_total").labels(document.kind, standing.state).inc()
    if attempt_no is None:
        metrics.counter("facts_unassigned_total").labels(document.kind).inc()
    return progressed
