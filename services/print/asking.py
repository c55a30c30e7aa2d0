"""Asking for PDFs: of one document, or of many at once with a result for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Header, Request, Response

from backbone import bodies, compress, idempotency, jobs
from backbone.auth import Principal, principal
from backbone.http import Answer, answer, problem_response, read_json
from backbone.ids import new_id
from backbone.postgres import Connection, Pool
from backbone.refusals import Refusal, Unavailable
from contracts.documents import Kind
from contracts.permissions import DOCUMENT_PRINT
from services.print import store
from services.print.files import Files
from services.print.gateway import DocumentView, Entry, Query
from services.print.orders import PrintBatchItem, PrintBatchOrder, PrintBatchView, PrintJobView, PrintOrder
from services.print.render.words import Words
from services.print.store import NewPrintJob, PrintJob
from services.print.subject import SheetKind, Subject
from services.print.worker import QUEUE

Caller = Annotated[Principal, Depends(principal)]
Key = Annotated[str | None, Header(description="Required")]
Endpoint = Callable[..., Awaitable[Response]]
_AT_ONCE = 4
"""Documents of a batch that are read at the same time; each may be several megabytes."""


@dataclass(frozen=True, slots=True)
class Printing:
    """What the routes stand on."""

    pool: Pool
    entry: Entry
    query: Query
    files: Files
    lanes: tuple[str, ...]
    keep_hours: int
    wake: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Read:
    """A document as it was told to this caller, and what is to be printed of it."""

    view: DocumentView
    sheet: SheetKind
    subject: Subject


def asking(printing: Printing, kind: Kind) -> Endpoint:
    """The endpoint that prints one document of this kind."""

    async def ask(
        document_id: UUID, caller: Caller, request: Request, idempotency_key: Key = None
    ) -> Response:
        """Print one document, or what the authority answered about it."""
        caller.require_anywhere(DOCUMENT_PRINT)
        key = idempotency.key_of(request)
        body = await read_json(request)
        order = bodies.parse(PrintOrder, body)

        async def work(connection: Connection) -> Answer:
            read = await _read(printing, caller, kind, document_id, order, request.headers["authorization"])
            job = await _add(connection, printing, caller, kind, read)
            view = PrintJobView.of(job).model_dump(mode="json")
            return answer(202, view, location=f"/v1/print-jobs/{job.print_job_id}")

        route = f"print {kind.url}/{document_id}"
        done = await idempotency.once(printing.pool, caller, route=route, key=key, body=body, work=work)
        printing.wake()
        return done.response()

    return ask


def asking_many(printing: Printing, kind: Kind) -> Endpoint:
    """The endpoint that prints many documents of this kind."""

    async def ask_many(caller: Caller, request: Request, idempotency_key: Key = None) -> Response:
        """Print many documents: a job or a problem for each. A retry with the same key is the same batch."""
        caller.require_anywhere(DOCUMENT_PRINT)
        key = idempotency.key_of(request)
        body = await read_json(request)
        order = bodies.parse(PrintBatchOrder, body)

        async def work(connection: Connection) -> Answer:
            given = request.headers["authorization"]
            batch = await _add_many(connection, printing, caller, kind, order, given)
            location = f"/v1/print-jobs?batch_id={batch.batch_id}"
            return answer(202, batch.model_dump(mode="json", exclude_none=True), location=location)

        route = f"print {kind.url}"
        done = await idempotency.once(printing.pool, caller, route=route, key=key, body=body, work=work)
        printing.wake()
        return done.response()

    return ask_many


async def _add_many(
    connection: Connection,
    printing: Printing,
    caller: Principal,
    kind: Kind,
    order: PrintBatchOrder,
    authorization: str,
) -> PrintBatchView:
    batch_id = new_id()
    one = PrintOrder(sheet=order.sheet)
    wanted = list(dict.fromkeys(order.documents))
    items: list[PrintBatchItem] = []
    gone: Unavailable | None = None
    for at in range(0, len(wanted), _AT_ONCE):
        some = wanted[at : at + _AT_ONCE]
        if gone is None:
            found = await _read_some(printing, caller, kind, some, one, authorization)
        else:
            # A service that did not answer is not waited for two hundred times.
            found = [gone] * len(some)
        for document_id, read in zip(some, found, strict=True):
            if isinstance(read, Refusal):
                gone = read if isinstance(read, Unavailable) else gone
                items.append(PrintBatchItem(document_id=document_id, problem=_told(read)))
            else:
                job = await _add(connection, printing, caller, kind, read, batch_id)
                items.append(PrintBatchItem(document_id=document_id, job_id=job.print_job_id))
    accepted = sum(item.job_id is not None for item in items)
    return PrintBatchView(batch_id=batch_id, accepted=accepted, refused=len(items) - accepted, items=items)


async def _read_some(
    printing: Printing,
    caller: Principal,
    kind: Kind,
    documents: Sequence[UUID],
    order: PrintOrder,
    authorization: str,
) -> list[_Read | Refusal]:
    async def read(document_id: UUID) -> _Read | Refusal:
        try:
            return await _read(printing, caller, kind, document_id, order, authorization)
        except Refusal as refusal:
            return refusal

    return list(await asyncio.gather(*map(read, documents)))


async def _read(
    printing: Printing,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    order: PrintOrder,
    authorization: str,
) -> _Read:
    view = await printing.entry.document(kind.url, document_id, authorization, order.version)
    caller.require(
        DOCUMENT_PRINT, enterprise_id=view.enterprise_id, team_id=view.team_id, client_id=view.client_id
    )
    subject = view.subject(order.version)
    if order.sheet == "receipts":
        timeline = await printing.query.timeline(kind.url, document_id, view.version, authorization)
        told = {"answers": timeline.answers(), "behind": timeline.stale}
        subject = subject.model_copy(update={"document": {"head": subject.document["head"]}, **told})
    return _Read(view, order.sheet, subject)


async def _add(
    connection: Connection,
    printing: Printing,
    caller: Principal,
    kind: Kind,
    read: _Read,
    batch_id: UUID | None = None,
) -> PrintJob:
    print_job_id, view = new_id(), read.view
    job = NewPrintJob(
        print_job_id=print_job_id,
        tenant_id=caller.tenant_id,
        enterprise_id=view.enterprise_id,
        team_id=view.team_id,
        client_id=view.client_id,
        kind=kind.name,
        document_id=view.id,
        document_version=view.version,
        document_state=view.state,
        file_name=file_name(kind, read.sheet, read.subject.document["head"], view.version),
        requested_by=caller.id,
        payload=compress.pack(orjson.dumps(read.subject.model_dump(mode="json"))),
        sheet=read.sheet,
        batch_id=batch_id,
    )
    added = await store.add(connection, job, keep_hours=printing.keep_hours)
    lane = printing.lanes[print_job_id.int % len(printing.lanes)]
    await jobs.enqueue(
        connection, queue=QUEUE, lane=lane, dedupe_key=str(print_job_id), tenant_id=caller.tenant_id
    )
    return added


def file_name(kind: Kind, sheet: SheetKind, head: dict[str, Any], version: int) -> str:
    """Chinese file name with the best number known."""
    label = Words.RECEIPTS.format(label=kind.label) if sheet == "receipts" else kind.label
    number = next((str(head[name]) for name in ("customs_no", "seq_no", "internal_no") if head.get(name)), "")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in number)
    return "_".join(part for part in (label, safe, f"v{version}") if part) + ".pdf"


def _told(refusal: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(problem_response(refusal).body)
    return told
