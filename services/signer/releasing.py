"""Letting messages of one tenant go: recorded, sealed into its chain of evidence and told, in one transaction for all of them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from backbone import jobs, log, metrics, outbox, trace
from backbone.ids import new_id
from backbone.jobs import Job
from backbone.postgres import Connection
from contracts.events.entry import AttemptStarted
from contracts.events.signer import DocumentSigned, Evidence
from services.signer import evidence, store
from services.signer.domain import message_type_of
from services.signer.evidence import Closed, Head, Link, MessageKey
from services.signer.evidence_keys import CurrentKey
from services.signer.gateway import SigningKey
from services.signer.proving import Kept, fault_of
from services.signer.store import Frozen


class Elsewhere(Exception):
    """Another process has recorded one of the messages meanwhile; nothing was released here."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may go. `message_key` signed it, where its route asks for that."""

    job: Job
    attempt: AttemptStarted
    frozen: Frozen
    released: bytes
    message_key: MessageKey | None = None
    is_kept: bool = False
    """Whether it was frozen in a commit of its own, before a key was asked."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One that is in the chain."""

    ready: Ready
    evidence_id: UUID
    link: Link


async def release(
    connection: Connection, evidence_key: CurrentKey, tenant_id: UUID, all_ready: Sequence[Ready]
) -> None:
    """All of them, in this order, or none. Raises Elsewhere."""
    head = await store.lock_head(connection, str(tenant_id))
    closed = () if head.position else await store.closed_chains(connection, tenant_id)
    key = await evidence_key(connection)
    now = datetime.now(UTC)
    await _record(connection, all_ready, now)
    sealed = await asyncio.to_thread(_links, all_ready, head, closed, key, now)
    await store.add_links(connection, [(each.ready.attempt, each.evidence_id, each.link) for each in sealed])
    await outbox.append_rows(connection, [_told(each, key, now) for each in sealed])
    await jobs.finish_all(connection, [ready.job for ready in all_ready])


async def _record(connection: Connection, all_ready: Sequence[Ready], now: datetime) -> None:
    new = [ready for ready in all_ready if not ready.is_kept]
    rows = [(ready.attempt, message_type_of(ready.attempt), ready.frozen, ready.released) for ready in new]
    if rows and await store.keep_released(connection, rows, now) < len(rows):
        raise Elsewhere
    for ready in all_ready:
        if ready.is_kept and not await store.release(
            connection, ready.attempt.attempt_id, ready.released, now
        ):
            raise Elsewhere


def say(all_ready: Sequence[Ready]) -> None:
    """Metrics and log, after the commit."""
    for ready in all_ready:
        attempt = ready.attempt
        metrics.counter("documents_signed_total").labels(attempt.route.signing).inc()
        log.get().info(
            "document_signed",
            attempt_id=str(attempt.attempt_id),
            document_id=str(attempt.document_id),
            message_id=ready.frozen.message_id,
            mailbox=attempt.route.mailbox,
            bytes=len(ready.released),
        )


def _links(
    all_ready: Sequence[Ready], head: Head, closed: Sequence[Closed], key: SigningKey, now: datetime
) -> list[Sealed]:
    """Each link proved before it is kept. Raises RuntimeError."""
    sealed: list[Sealed] = []
    for ready in all_ready:
        each = _link(ready, head, closed if head.position == 0 else (), key, now)
        kept = Kept(each.link, {}, ready.frozen.unsigned, ready.released)
        if (fault := fault_of(kept, str(ready.attempt.tenant_id), head)) is not None:
            raise RuntimeError(f"evidence does not hold: {fault}")
        sealed.append(each)
        head = Head(each.link.position, each.link.chain_hash)
    return sealed


def _link(ready: Ready, head: Head, closed: Sequence[Closed], key: SigningKey, now: datetime) -> Sealed:
    evidence_id = new_id()
    stated = evidence.statement_of(
        ready.attempt,
        evidence_id=evidence_id,
        previous=head,
        continues=closed,
        message_id=ready.frozen.message_id,
        message_type=message_type_of(ready.attempt),
        unsigned=ready.frozen.unsigned,
        released=ready.released,
        message_key=ready.message_key,
        key_id=key.key_id,
        certificate=key.certificate,
        composed_at=ready.frozen.composed_at,
        signed_at=now,
    )
    statement = evidence.canonical(stated)
    link = Link(
        position=head.position + 1,
        attempt_id=ready.attempt.attempt_id,
        statement=statement,
        chain_hash=evidence.link_hash(stated, statement),
        signature=key.sign(statement, evidence.ALGORITHM),
        certificate=key.certificate,
        message_certificate=ready.message_key.certificate if ready.message_key else None,
    )
    return Sealed(ready, evidence_id, link)


def _told(sealed: Sealed, key: SigningKey, now: datetime) -> outbox.Row:
    """The event, with the trace of its own document."""
    ready, attempt = sealed.ready, sealed.ready.attempt
    trace.current.set(trace.child(ready.job.traceparent))
    event = DocumentSigned(
        tenant_id=attempt.tenant_id,
        document_id=attempt.document_id,
        kind=attempt.kind,
        enterprise_id=attempt.enterprise_id,
        internal_no=attempt.internal_no,
        attempt_id=attempt.attempt_id,
        attempt_no=attempt.attempt_no,
        declare_flag=attempt.declare_flag,
        message_type=message_type_of(attempt),
        message_id=ready.frozen.message_id,
        seq_no=attempt.numbers.seq_no,
        route=attempt.route,
        message=ready.released.decode(),
        sha256=hashlib.sha256(ready.released).hexdigest(),
        evidence=Evidence(
            evidence_id=sealed.evidence_id,
            algorithm=evidence.ALGORITHM,
            key_id=key.key_id,
            certificate_serial=key.certificate_serial,
            chain_hash=sealed.link.chain_hash,
        ),
        composed_at=ready.frozen.composed_at,
        signed_at=now,
    )
    return outbox.row(event, tenant_id=attempt.tenant_id)
