"""What a person tells of a document: how a sending ended, which sending an answer belongs to, what no receipt told."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backbone.auth import Principal
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest, Refusal
from contracts.events.entry import Fact
from contracts.permissions import DOCUMENT_RESOLVE
from contracts.problems import problem
from customs.documents import Kind
from services.entry.document import store
from services.entry.document.opening import load
from services.entry.document.refusals import NothingToResolve
from services.entry.document.store import Document
from services.entry.fold.told import FROM_CUSTOMS, Told
from services.entry.life import absorbing


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
    return await absorbing.take_up(connection, document, told, _by_hand(told, "resolved", text, now))


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
    return await absorbing.take_up(connection, document, told, _by_hand(told, "assigned", text, now))


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
    return await absorbing.take_up(
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
