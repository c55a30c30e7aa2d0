"""Asking for PDFs: of one document, of many at once with a result for each, or of many in one file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request, Response

from backbone import bodies, compress, idempotency, jobs
from backbone.auth import Caller, Principal
from backbone.http import Reply, answer, problem_response, read_json
from backbone.ids import new_id
from backbone.postgres import Connection, Pool
from backbone.refusals import Refusal, Unavailable
from contracts.answers.printing import PrintBatch, PrintBatchItem
from contracts.permissions import DOCUMENT_PRINT
from customs.documents import Kind
from services.print import parts, store
from services.print.bundling import Gathering, NothingToPrint, file_name, gathering
from services.print.files import Files
from services.print.orders import BundleOrder, PrintBatchOrder, PrintOrder
from services.print.reading import Read, Upstreams, read
from services.print.render.words import Words
from services.print.store import NewPrintJob, PrintJob
from services.print.subject import DocumentPart
from services.print.views import view_of
from services.print.worker import QUEUE

Endpoint = Callable[..., Awaitable[Response]]
_AT_ONCE = 4
"""Documents of a batch that are read at the same time; each may be several megabytes."""
LARGE_ROWS = 1_000
"""From here a job goes into the lanes of large ones, so that nobody waits behind it for one page."""


@dataclass(frozen=True, slots=True)
class Printing:
    """What the routes stand on."""

    pool: Pool
    upstreams: Upstreams
    files: Files
    lanes: tuple[str, ...]
    large_lanes: tuple[str, ...]
    keep_hours: int
    wake: Callable[[], None]

    async def add(self, connection: Connection, job: NewPrintJob) -> PrintJob:
        """Put it into the table and the queue."""
        added = await store.add(connection, job, keep_hours=self.keep_hours)
        large = job.subject == "bundle" or job.row_count > LARGE_ROWS
        lanes = self.large_lanes if large else self.lanes
        await jobs.enqueue(
            connection,
            queue=QUEUE,
            lane=lanes[job.print_job_id.int % len(lanes)],
            dedupe_key=str(job.print_job_id),
            tenant_id=job.tenant_id,
        )
        return added


def asking(printing: Printing, kind: Kind) -> Endpoint:
    """The endpoint that prints one document of this kind."""

    async def ask(document_id: UUID, caller: Caller, request: Request) -> Response:
        """Print one document, or what the authority answered about it; rows of it, and its attachments, when asked."""
        caller.require_anywhere(DOCUMENT_PRINT)
        key = idempotency.key_of(request)
        body = await read_json(request)
        order = bodies.parse(PrintOrder, body)
        given = request.headers["authorization"]

        async def work(connection: Connection) -> Reply:
            if order.attachments:
                job = await _add_with_attachments(
                    connection, printing, caller, kind, document_id, order, given
                )
            else:
                found = await read(printing.upstreams, caller, kind, document_id, order, given)
                job = await printing.add(connection, _job(caller, kind, found))
            return _accepted(job)

        route = f"print {kind.url}/{document_id}"
        done = await idempotency.once(printing.pool, caller, route=route, key=key, body=body, work=work)
        printing.wake()
        return done.response()

    return ask


def asking_many(printing: Printing, kind: Kind) -> Endpoint:
    """The endpoint that prints many documents of this kind."""

    async def ask_many(caller: Caller, request: Request) -> Response:
        """Print many documents: a job or a problem for each. A retry with the same key is the same batch."""
        caller.require_anywhere(DOCUMENT_PRINT)
        key = idempotency.key_of(request)
        body = await read_json(request)
        order = bodies.parse(PrintBatchOrder, body)

        async def work(connection: Connection) -> Reply:
            given = request.headers["authorization"]
            batch = await _add_many(connection, printing, caller, kind, order, given)
            location = f"/v1/print-jobs?batch_id={batch.batch_id}"
            return answer(202, batch.model_dump(mode="json", exclude_none=True), location=location)

        route = f"print {kind.url}"
        done = await idempotency.once(printing.pool, caller, route=route, key=key, body=body, work=work)
        printing.wake()
        return done.response()

    return ask_many


def asking_bundle(printing: Printing) -> Endpoint:
    """The endpoint that prints many documents of any kind into one file."""

    async def ask_bundle(caller: Caller, request: Request) -> Response:
        """Print documents by id, or every document of a list, into one file: one job, up to 500 documents and 100,000 rows.

        A document that cannot be printed is told in `skipped` and on the cover, and does not lose the others.
        """
        caller.require_anywhere(DOCUMENT_PRINT)
        key = idempotency.key_of(request)
        body = await read_json(request)
        order = bodies.parse(BundleOrder, body)
        given = request.headers["authorization"]

        async def work(connection: Connection) -> Reply:
            return _accepted(await _add_bundle(connection, printing, caller, order, given))

        done = await idempotency.once(
            printing.pool, caller, route="print bundle", key=key, body=body, work=work
        )
        printing.wake()
        return done.response()

    return ask_bundle


def _accepted(job: PrintJob) -> Reply:
    return answer(202, view_of(job), location=f"/v1/print-jobs/{job.print_job_id}", retry_after="1")


async def _add_bundle(
    connection: Connection, printing: Printing, caller: Principal, order: BundleOrder, authorization: str
) -> PrintJob:
    job_id = new_id()
    gathered = gathering(printing.upstreams, caller, authorization, printing.files, job_id)
    try:
        wanted = await gathered.wanted(order)
        job = NewPrintJob(
            print_job_id=job_id,
            tenant_id=caller.tenant_id,
            enterprise_id=None,
            team_id=None,
            client_id=None,
            kind=None,
            document_id=None,
            document_version=None,
            document_state=None,
            file_name=f"{Words.BUNDLE_FILE}_{job_id.hex[-8:]}.{order.format}",
            requested_by=caller.id,
            payload=None,
            sheet=order.sheet,
            subject="bundle",
            format=order.format,
            cover=order.cover,
        )
        added = await printing.add(connection, job)
        async with aclosing(gathered.parts(wanted, order)) as each:
            async for number, part in each:
                await parts.add(connection, job_id, caller.tenant_id, number, part)
        if not gathered.documents:
            raise NothingToPrint(gathered.skipped[0]["reason"])
        return await _counted(connection, added, gathered)
    except BaseException:
        await asyncio.to_thread(printing.files.remove, job_id)
        raise


async def _add_with_attachments(
    connection: Connection,
    printing: Printing,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    order: PrintOrder,
    authorization: str,
) -> PrintJob:
    job_id = new_id()
    gathered = gathering(printing.upstreams, caller, authorization, printing.files, job_id)
    added: PrintJob | None = None
    try:
        async with aclosing(gathered.parts([(kind, document_id)], order)) as each:
            async for number, part in each:
                if isinstance(part, DocumentPart):
                    assert gathered.latest is not None
                    job = _job(caller, kind, gathered.latest, job_id=job_id, bundled=True)
                    added = await printing.add(connection, job)
                await parts.add(connection, job_id, caller.tenant_id, number, part)
        assert added is not None
        return await _counted(connection, added, gathered)
    except BaseException:
        await asyncio.to_thread(printing.files.remove, job_id)
        raise


async def _counted(connection: Connection, job: PrintJob, gathered: Gathering) -> PrintJob:
    return await store.count(
        connection,
        job.print_job_id,
        documents=gathered.documents,
        rows=gathered.rows,
        skipped=gathered.skipped,
    )


async def _add_many(
    connection: Connection,
    printing: Printing,
    caller: Principal,
    kind: Kind,
    order: PrintBatchOrder,
    authorization: str,
) -> PrintBatch:
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
        for document_id, each in zip(some, found, strict=True):
            if isinstance(each, Refusal):
                gone = each if isinstance(each, Unavailable) else gone
                items.append(PrintBatchItem(document_id=document_id, problem=_told(each)))
            else:
                job = await printing.add(connection, _job(caller, kind, each, batch_id=batch_id))
                items.append(PrintBatchItem(document_id=document_id, job_id=job.print_job_id))
    accepted = sum(item.job_id is not None for item in items)
    return PrintBatch(batch_id=batch_id, accepted=accepted, refused=len(items) - accepted, items=items)


async def _read_some(
    printing: Printing,
    caller: Principal,
    kind: Kind,
    documents: Sequence[UUID],
    order: PrintOrder,
    authorization: str,
) -> list[Read | Refusal]:
    async def one(document_id: UUID) -> Read | Refusal:
        try:
            return await read(printing.upstreams, caller, kind, document_id, order, authorization)
        except Refusal as refusal:
            return refusal

    return list(await asyncio.gather(*map(one, documents)))


def _job(
    caller: Principal,
    kind: Kind,
    found: Read,
    *,
    job_id: UUID | None = None,
    batch_id: UUID | None = None,
    bundled: bool = False,
) -> NewPrintJob:
    view = found.view
    return NewPrintJob(
        print_job_id=job_id or new_id(),
        tenant_id=caller.tenant_id,
        enterprise_id=view.enterprise_id,
        team_id=view.team_id,
        client_id=view.client_id,
        kind=kind.name,
        document_id=view.id,
        document_version=view.version,
        document_state=view.state,
        file_name=file_name(kind, found),
        requested_by=caller.id,
        payload=None if bundled else compress.pack(orjson.dumps(found.subject.model_dump(mode="json"))),
        sheet=found.sheet,
        batch_id=batch_id,
        subject="bundle" if bundled else "document",
        row_count=found.rows,
    )


def _told(refusal: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(problem_response(refusal).body)
    return told
