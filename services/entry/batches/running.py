"""One order for many documents: done one by one in the background, each in a transaction of its own with its result.

A result is committed with its effect, so a process that is killed goes on behind the last one. What may be done is what
the person who ordered was allowed at that time; once their tokens of that time were taken back, the rest is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from backbone import log, metrics, postgres, scope
from backbone.auth import Principal
from backbone.http import problem_response
from backbone.ids import new_id
from backbone.jobs import Job, Worker
from backbone.postgres import Connection, Pool
from backbone.refusals import Forbidden, InternalError, InvalidRequest, NotFound, Refusal, StaleVersion
from backbone.revocations import Revoked
from backbone.service import Runtime
from backbone.settings import ServiceSettings
from contracts.permissions import DOCUMENT_DECLARE, DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import problem
from customs.documents import KINDS, Kind
from services.entry.batches import batch_store
from services.entry.batches.batch_store import Action, Batch, Item, Result
from services.entry.drafts import drafting
from services.entry.life import uploads

MOST_DOCUMENTS = 500
_LANES = 4
PERMISSIONS: dict[Action, str] = {
    "declare": DOCUMENT_DECLARE,
    "stage": DOCUMENT_DECLARE,
    "delete": DOCUMENT_WRITE,
}
Step = Callable[[str], None]
"""Told of every step that is done; tests stop the program there."""


class BatchRunning(Refusal):
    status = 409
    code = "batch_running"
    title = "批量任务正在执行"
    hint = "请等待执行完毕，或先取消尚未执行的部分"


class BatchEnded(Refusal):
    status = 409
    code = "batch_ended"
    title = "批量任务已经结束"
    hint = "已执行的部分不能取消；请查看每份单证的结果"


class NothingRefused(Refusal):
    status = 409
    code = "nothing_refused"
    title = "批量任务中没有被拒绝的单证"
    hint = "只有未通过或版本已变化的单证可以重试"


def unobserved(_: str) -> None:
    pass


async def order(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    action: Action,
    documents: Sequence[tuple[UUID, int]],
) -> Batch:
    """Keep the order: (document, the version the caller saw) in the order they are to be done. Raises InvalidRequest, Forbidden."""
    caller.require_anywhere(PERMISSIONS[action])
    _distinct(documents)
    batch_id = new_id()
    # Four arguments of the statement stand before those of the condition.
    arguments: list[object] = [None] * 4
    readable = scope.within(
        caller.grants_for(DOCUMENT_READ),
        arguments,
        enterprise="d.enterprise_id",
        team="d.team_id",
        client="d.client_id",
    )
    now = datetime.now(UTC)
    await batch_store.insert(
        connection,
        caller,
        batch_id=batch_id,
        kind=kind.name,
        action=action,
        at=now,
        documents=documents,
        readable=readable,
        arguments=arguments[4:],
    )
    await batch_store.enqueue(connection, batch_id, caller.tenant_id, 1)
    await batch_store.tell(connection, batch_id, now)
    return await mine(connection, caller, batch_id)


async def mine(connection: Connection, caller: Principal, batch_id: UUID, *, lock: bool = False) -> Batch:
    """Raises NotFound, also for a batch somebody else ordered."""
    batch = await batch_store.find(connection, batch_id, lock=lock)
    if batch is None or batch.principal.id != caller.id:
        raise NotFound("没有这个批量任务")
    return batch


async def cancel(connection: Connection, caller: Principal, batch_id: UUID) -> Batch:
    """What still waits is not done any more. Raises NotFound, BatchEnded."""
    batch = await mine(connection, caller, batch_id, lock=True)
    if batch.state != "running":
        raise BatchEnded()
    now = datetime.now(UTC)
    count = await batch_store.end(connection, batch_id, "cancelled", now)
    await batch_store.tell(connection, batch_id, now)
    metrics.counter("batch_items_total").labels(batch.action, "cancelled").inc(count)
    return await mine(connection, caller, batch_id)


async def retry(
    connection: Connection,
    caller: Principal,
    batch_id: UUID,
    documents: Sequence[tuple[UUID, int]] | None,
) -> Batch:
    """Refused and stale items again: those named, in the versions named; None: all of them, as they stand now.

    Raises NotFound, BatchRunning, NothingRefused, InvalidRequest, Forbidden.
    """
    batch = await mine(connection, caller, batch_id, lock=True)
    caller.require_anywhere(PERMISSIONS[batch.action])
    if batch.state == "running":
        raise BatchRunning()
    refused = await batch_store.refused(connection, batch_id)
    if not refused:
        raise NothingRefused()
    if documents is not None:
        _distinct(documents)
        known = {document_id for document_id, _ in refused}
        wrong = [
            problem("unknown_reference", f"/documents/{n}/id", field="被拒绝的单证", value=str(document_id))
            for n, (document_id, _) in enumerate(documents)
            if document_id not in known
        ]
        if wrong:
            raise InvalidRequest(problems=wrong)
    run_no = await batch_store.run_again(
        connection, batch, caller, refused if documents is None else documents
    )
    await batch_store.enqueue(connection, batch_id, batch.tenant_id, run_no)
    await batch_store.tell(connection, batch_id, datetime.now(UTC))
    return await mine(connection, caller, batch_id)


def worker(settings: ServiceSettings, runtime: Runtime) -> Worker:
    """A component of the service; wake it after a commit that ordered something."""
    return Worker(
        queue=batch_store.QUEUE,
        pool=runtime.worker_pool,
        dsn=settings.worker_database_url,
        handler=Doing(runtime.pool, runtime.waker.wake, revoked=runtime.verifier.revoked).do,
        max_lanes=_LANES,
    )


class Doing:
    """The job handler: one job is one run of a batch. `pool` is the app role's, so that a batch sees its tenant only."""

    def __init__(
        self,
        pool: Pool,
        wake: Callable[[], None],
        at: Step = unobserved,
        *,
        revoked: Revoked | None = None,
    ) -> None:
        self._revoked = Revoked() if revoked is None else revoked
        self._pool = pool
        self._wake = wake
        self._at = at

    async def do(self, job: Job) -> None:
        """Until nothing waits. Raises on outages; the next call goes on."""
        batch_id = UUID(job.payload.decode())
        while await self._next(job.tenant_id, batch_id):
            self._wake()
        self._wake()

    async def _next(self, tenant_id: UUID, batch_id: UUID) -> bool:
        async with postgres.tenant_transaction(self._pool, tenant_id) as connection:
            batch = await batch_store.find(connection, batch_id, lock=True)
            if batch is None or batch.state != "running":
                return False
            item = await batch_store.next_waiting(connection, batch_id)
            now = datetime.now(UTC)
            if item is None:
                await batch_store.end(connection, batch_id, "finished", now)
                await batch_store.tell(connection, batch_id, now)
                return False
            result = await self._result(connection, batch, item)
            self._at("done")
            await batch_store.keep_result(connection, item, result, now)
            await batch_store.tell(connection, batch_id, now)
            self._at("kept")
        self._at("committed")
        metrics.counter("batch_items_total").labels(batch.action, result.status).inc()
        return True

    async def _result(self, connection: Connection, batch: Batch, item: Item) -> Result:
        try:
            # A savepoint: what was refused leaves nothing, and its refusal is kept.
            async with connection.transaction():
                if self._revoked.covers(batch.principal):
                    raise Forbidden("下达该批量任务的账号已停用，或其权限、密码已变更")
                return await _done(connection, batch, item)
        except StaleVersion as stale:
            return Result("stale", problem=_problem(stale))
        except Refusal as refusal:
            if refusal.status >= 500:
                raise
            return Result("refused", problem=_problem(refusal))
        except (asyncpg.TransactionRollbackError, *postgres.OUTAGES):
            raise
        except Exception as error:  # noqa: BLE001 - an unforeseen error of one document must not stop the others
            log.get().error("batch_item_failed", document_id=str(item.document_id), exc_info=error)
            return Result("refused", problem=_problem(InternalError()))


async def _done(connection: Connection, batch: Batch, item: Item) -> Result:
    kind = KINDS[batch.kind]
    if batch.action == "delete":
        await drafting.delete(connection, batch.principal, kind, item.document_id, item.version)
        return Result("done", new_version=item.version + 1)
    saved, attempt_id = await uploads.upload(
        connection,
        batch.principal,
        kind,
        item.document_id,
        item.version,
        declares=batch.action == "declare",
    )
    return Result("done", new_version=saved.document.version, attempt_id=attempt_id)


def _problem(refusal: Refusal) -> dict[str, Any]:
    """As the single request would have answered; there is no request whose id it could tell."""
    content: dict[str, Any] = orjson.loads(problem_response(refusal).body)
    return {name: value for name, value in content.items() if name != "request_id"}


def _distinct(documents: Sequence[tuple[UUID, int]]) -> None:
    seen: set[UUID] = set()
    wrong = []
    for n, (document_id, _) in enumerate(documents):
        if document_id in seen:
            wrong.append(
                problem(
                    "unfit_value",
                    f"/documents/{n}/id",
                    field="「单证」",
                    why="同一单证在一个批量中只能出现一次",
                )
            )
        seen.add(document_id)
    if wrong:
        raise InvalidRequest(problems=wrong)
