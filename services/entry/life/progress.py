"""Absorbing facts: the only place where a document's state moves after it was ordered.

The row is locked, the fact joins the set, the fold is asked again, and what it says is written and told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import orjson

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.beside import beside_loop
from backbone.cloudevents import Received
from backbone.consume import DeadLetter
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest, Refusal
from contracts.events.entry import DocumentProgressed, Fact
from contracts.events.event import DocumentRef
from contracts.events.identity import EnterpriseRegistered
from contracts.events.receipts import ReceiptReceived
from contracts.permissions import DOCUMENT_RESOLVE
from contracts.problems import problem
from customs.documents import JsonObject, Kind
from customs.documents.comparing import compare
from customs.documents.life import Purpose
from services.entry.document import store
from services.entry.document.opening import load, reference, with_content
from services.entry.document.refusals import NothingToResolve
from services.entry.document.store import Document, Enterprise
from services.entry.document.versions import sent
from services.entry.fold.facts import fact_of
from services.entry.fold.folding import GRANTED, Standing, fold
from services.entry.fold.told import FROM_CUSTOMS, Told
from services.entry.ledger import learning, moving, posting
from services.entry.ledger.posting import Due
from services.entry.life import rounds_store


async def absorb(connection: Connection, received: Received) -> None:
    """One event about an attempt and what it moves in the books. Raises DeadLetter for a document that is not here."""
    due = Due()
    await take_in(connection, received, due)
    await posting.settle(connection, due)


async def take_in(connection: Connection, received: Received, due: Due) -> None:
    """The same, with what it moves in the books left to be settled before the transaction ends."""
    event = received.event
    assert isinstance(event, DocumentRef)
    told, line = fact_of(received)
    document = await store.find(connection, event.document_id, lock=True)
    if document is None:
        raise DeadLetter(f"no document {event.document_id}")
    if isinstance(event, ReceiptReceived) and event.attempt_id is not None:
        attempt_no = await store.attempt_no_of(connection, document.document_id, event.attempt_id)
        told = replace(told, attempt_no=attempt_no)
    if isinstance(event, ReceiptReceived):
        await learning.learn(connection, document, event, due)
    await _taken_up(connection, document, told, line, due)


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
    if (refusal := why_not_resolved(document, now)) is not None:
        raise refusal
    received = outcome == "received"
    attempt_no = await _last_sent(connection, document)
    told = Told(
        key=f"resolved/{attempt_no}",
        outcome="acknowledged" if received else "resolved_not_received",
        attempt_no=attempt_no,
        occurred_at=now,
        seq_no=seq_no if received else None,
        reasons=(reason,),
    )
    text = f"{caller.name}认定单一窗口" + (f"已接收，统一编号{seq_no}" if received else "未收到本次发送")
    return await take_up(connection, document, told, _by_hand(told, "resolved", text, now))


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
    """Say which declaration an answer of customs belongs to. Raises InvalidRequest for what does not exist, StaleVersion."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_RESOLVE, version=version)
    if (refusal := why_not_assigned(document)) is not None:
        raise refusal
    known = {
        fact.key for fact in await store.facts_of(connection, document_id) if fact.outcome in FROM_CUSTOMS
    }
    numbers = {
        attempt.attempt_no
        for attempt in await store.attempts(connection, document_id)
        if attempt.declares and not attempt.asks_again
    }
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
    return await take_up(connection, document, told, _by_hand(told, "assigned", text, now))


def why_not_resolved(document: Document, now: datetime) -> Refusal | None:
    """Only what is unknown, or sent and not answered within the deadline; of the round under way, else of the filing."""
    overdue = document.deadline_at is not None and document.deadline_at < now
    state = document.round_state or document.state
    if state == "unknown" or (state == "sending" and overdue):
        return None
    return NothingToResolve("发送结果明确，或尚在等待期限内")


def why_not_assigned(document: Document) -> Refusal | None:
    """Why no receipt can be given to a sending; one that was given wrongly can be given anew."""
    return NothingToResolve("单证尚未申报，没有海关的回执") if document.attempt_no == 0 else None


def why_not_marked(document: Document) -> Refusal | None:
    """Why nothing can be noted by hand."""
    if not document.of_kind.life.markable:
        return NothingToResolve("该单证没有需要人工登记的状态")
    return NothingToResolve("单证尚未申报") if document.attempt_no == 0 else None


async def mark(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    fields: dict[str, str],
    reason: str,
) -> Document:
    """Note by hand what no receipt told, e.g. that the 报关单 is declared. `fields`: of Life.markable, checked before.

    Raises NothingToResolve for what was never sent.
    """
    document = await load(connection, caller, kind, document_id, DOCUMENT_RESOLVE, version=version)
    if (refusal := why_not_marked(document)) is not None:
        raise refusal
    now = datetime.now(UTC)
    told = Told(
        key=f"marked/{document.version}",
        outcome="marked",
        attempt_no=None,
        occurred_at=now,
        authority_at=now,
        authority=fields,
        reasons=(reason,),
    )
    labels = kind.section("head").fields
    said = "，".join(f"{labels[name].label}为{value}" for name, value in fields.items())
    return await take_up(
        connection, document, told, _by_hand(told, "marked", f"{caller.name}登记：{said}", now)
    )


async def _last_sent(connection: Connection, document: Document) -> int:
    """The last attempt that carried the document, not a request for receipts."""
    numbers = [
        a.attempt_no for a in await store.attempts(connection, document.document_id) if not a.asks_again
    ]
    return numbers[-1]


def _by_hand(told: Told, type: str, text: str, at: datetime) -> Fact:
    return Fact(
        fact_id=told.key,
        type=type,
        attempt_no=told.attempt_no,
        occurred_at=at,
        text=text,
        reasons=list(told.reasons),
    )


async def take_up(connection: Connection, document: Document, told: Told, line: Fact) -> Document:
    """Add the fact to the set, ask the fold, write and tell what it says; settle the books. The row must be locked."""
    due = Due()
    progressed = await _taken_up(connection, document, told, line, due)
    await posting.settle(connection, due)
    return progressed


async def _taken_up(connection: Connection, document: Document, told: Told, line: Fact, due: Due) -> Document:
    if not await store.add_fact(connection, document, told):
        return document
    attempts = await store.attempts(connection, document.document_id)
    facts = await store.facts_of(connection, document.document_id)
    standing = fold(document.of_kind.life, attempts, facts)
    if document.state == "deleted" and document.seq_no is None and standing.state in _NOT_THERE:
        # A late word about a draft deleted here, kept in the set.
        return document
    now = datetime.now(UTC)
    progressed = await _written(connection, document, await _standing(connection, document, standing, now))
    if progressed is None:
        # It is at the authority, but its number was used for another document meanwhile: kept for a person.
        metrics.counter("facts_unassigned_total").labels(document.kind).inc()
        return document
    attempt_no = standing.assigned.get(told.key, told.attempt_no)
    event = DocumentProgressed(
        **reference(progressed),
        previous_state=document.state,
        fact=line.model_copy(update={"attempt_no": attempt_no}),
        attempt_no=standing.attempt_no,
        approved_attempt_no=progressed.approved_attempt_no,
        notes=list(progressed.notes),
        deadline_at=standing.deadline_at,
        needs_operator=standing.needs_operator,
        authority=dict(standing.authority),
        document=await _replaced(document, progressed),
        occurred_at=now,
    )
    await outbox.append(connection, [event], tenant_id=document.tenant_id)
    if standing.state != document.state:
        metrics.counter("document_progressed_total").labels(document.kind, standing.state).inc()
    if attempt_no is None:
        metrics.counter("facts_unassigned_total").labels(document.kind).inc()
    await moving.note(connection, document, progressed, moving.Heard(attempts, facts, standing, told), due)
    return progressed


async def _replaced(before: Document, after: Document) -> JsonObject | None:
    """The working copy, where it says something else than before."""
    if after.content == before.content:
        return None
    old, new = before.document, after.document
    same = await beside_loop(len(after.content), lambda: compare(after.of_kind, old, new).same)
    return None if same else new


# States in which nothing of a document is at the authority for certain.
_NOT_THERE = frozenset({"draft", "sending", "unknown", "failed"})


async def _written(connection: Connection, before: Document, row: Document) -> Document | None:
    """The row as it was written; None for a deleted draft whose number another document has now."""
    if row.internal_no == before.internal_no and before.state != "deleted":
        await store.update(connection, row)
        return row
    try:
        async with connection.transaction():
            await store.update(connection, row)
    except asyncpg.UniqueViolationError:
        if before.state == "deleted":
            return None
        # The snapshot's own number was given to another document: the row keeps the one it has.
        row = replace(row, internal_no=before.internal_no)
        await store.update(connection, row)
    return row


async def _standing(connection: Connection, document: Document, told: Standing, now: datetime) -> Document:
    """The next version of the row, standing as the fold says."""
    purpose, round_state, reopened = await _round_of(connection, document, told)
    row = replace(
        document,
        version=document.version + 1,
        state=told.state,
        round_purpose=purpose,
        round_state=round_state,
        approved_attempt_no=told.approved_attempt_no,
        seq_no=told.seq_no,
        customs_no=told.customs_no,
        entry_seq_no=told.entry_seq_no,
        change_count=told.change_count,
        deadline_at=told.deadline_at,
        needs_operator=told.needs_operator,
        notes=told.notes,
        authority=dict(told.authority),
        updated_at=now,
    )
    if reopened is not None:
        return with_content(row, row.of_kind, await sent(connection, row, reopened))
    newly = told.approved_attempt_no != document.approved_attempt_no
    edits = purpose is not None and row.of_kind.life.rounds[Purpose(purpose)].edits
    if edits:
        return await _edited(connection, row)
    if newly and told.approved_attempt_no is not None:
        return with_content(row, row.of_kind, await sent(connection, row, told.approved_attempt_no))
    return row


async def _round_of(
    connection: Connection, document: Document, told: Standing
) -> tuple[str | None, str | None, int | None]:
    """Purpose and state of the open round; and the attempt, where a round given up here turns out to be at customs."""
    last = next((each for each in told.rounds if each.round_no == document.round_no), None)
    if last is None:
        return document.round_purpose, document.round_state, None
    if last.state == GRANTED:
        return None, None, None
    if document.round_purpose is not None:
        return document.round_purpose, last.state, None
    given_up = await rounds_store.is_withdrawn(connection, document.document_id, last.round_no)
    if given_up and document.of_kind.life.states[last.state].editable:
        return None, None, None
    return last.purpose.value, last.state, last.attempt_no


async def _edited(connection: Connection, row: Document) -> Document:
    """A clerk works on a change. What customs approved meanwhile becomes its base if nothing was edited; else it is said."""
    base = await rounds_store.base_of(connection, row.document_id, row.round_no)
    approved = row.approved_attempt_no
    if approved is None or base is None or base == approved:
        return row
    if row.content == orjson.dumps(await sent(connection, row, base)):
        await rounds_store.rebase(connection, row.document_id, row.round_no, approved)
        return with_content(row, row.of_kind, await sent(connection, row, approved))
    note = f"变更以第{base}次申报的版本为底稿，而海关其后通过了第{approved}次申报的版本，请用版本比较核对后再申报"
    return replace(row, notes=(*row.notes, note))
