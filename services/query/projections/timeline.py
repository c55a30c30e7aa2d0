"""View `timeline`: one row an event of a document, in the words a clerk reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backbone.cloudevents import Received
from backbone.postgres import Connection
from contracts.events.entry import (
    Actor,
    Attachment,
    AttemptStarted,
    DocumentAdopted,
    DocumentAttached,
    DocumentDeleted,
    DocumentDetached,
    DocumentProgressed,
    DocumentReviewed,
    DocumentSaved,
    DocumentVersion,
    ReceiptsRequested,
    RoundOpened,
    RoundWithdrawn,
)
from services.query.projections.of_documents import DOCUMENT_EVENTS
from services.query.projections.view import View
from services.query.wording import round_label

_REVIEWED = {
    "requested": "提交复核",
    "recalled": "撤回复核",
    "approved": "复核通过",
    "rejected": "复核不通过",
}


async def apply(connection: Connection, events: Sequence[Received]) -> None:
    """An event that is there already changes nothing."""
    rows = [received.event for received in events if isinstance(received.event, DocumentVersion)]
    if not rows:
        return
    await connection.execute(
        "INSERT INTO timeline (document_id, version, tenant_id, type, state, occurred_at, entry) "
        "SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[]) "
        "ON CONFLICT DO NOTHING",
        [row.document_id for row in rows],
        [row.version for row in rows],
        [row.tenant_id for row in rows],
        [type(row).type for row in rows],
        [row.state for row in rows],
        [row.occurred_at for row in rows],
        [entry_of(row) for row in rows],
    )


def entry_of(event: DocumentVersion) -> dict[str, Any]:
    """What the timeline keeps of an event: always `text`, and who did it where a person did."""
    entry = _entry(event)
    if event.open_round is not None:
        entry["open_round"] = event.open_round.model_dump()
    return entry


def _entry(event: DocumentVersion) -> dict[str, Any]:
    match event:
        case DocumentSaved():
            copied = event.copied_from is not None and event.version == 1
            return _done("复制为新单证" if copied else "保存", event.saved_by)
        case ReceiptsRequested():
            return _done(
                f"请求补发回执（第{event.attempt_no}次发送）", event.ordered_by, attempt_no=event.attempt_no
            )
        case AttemptStarted():
            return _done(
                f"下达{_ordered(event)}（第{event.attempt_no}次发送）",
                event.ordered_by,
                attempt_no=event.attempt_no,
            )
        case DocumentProgressed():
            return {
                "text": event.fact.text,
                "previous_state": event.previous_state,
                "attempt_no": event.fact.attempt_no,
                "fact": event.fact.model_dump(mode="json"),
                "notes": event.notes,
            }
        case DocumentDeleted():
            return _done("删除草稿", event.deleted_by)
        case RoundOpened():
            text = f"开始{round_label(event.kind, event.round.purpose)}{_because(event.reason, '原因：')}"
            return _done(text, event.opened_by, round=event.round.model_dump())
        case RoundWithdrawn():
            text = f"撤回{round_label(event.kind, event.round.purpose)}"
            return _done(text, event.withdrawn_by, round=event.round.model_dump())
        case DocumentReviewed():
            return _done(f"{_REVIEWED[event.action]}{_because(event.comment)}", event.reviewed_by)
        case DocumentAttached():
            return _attachment("添加", event.attachment, event.attached_by)
        case DocumentDetached():
            return _attachment("删除", event.attachment, event.detached_by)
        case DocumentAdopted():
            return _done(f"接管单证{_because(event.reason)}", event.adopted_by)
        case _:
            raise TypeError(f"{type(event).type} has no words in the timeline")


def _done(text: str, actor: Actor, **more: object) -> dict[str, Any]:
    return {"text": text, "actor": actor.model_dump(), **more}


def _ordered(event: AttemptStarted) -> str:
    if event.declare_flag != "1":
        return "暂存"
    return "申报" if event.purpose == "filing" else f"{round_label(event.kind, event.purpose)}申报"


def _because(reason: str, word: str = "") -> str:
    return f"（{word}{reason}）" if reason else ""


def _attachment(verb: str, attachment: Attachment, actor: Actor) -> dict[str, Any]:
    text = f"{verb}随附单据：{attachment.file_name}"
    return _done(text, actor, attachment=attachment.model_dump(mode="json"))


VIEW = View(name="timeline", topics=("entry-events",), handles=DOCUMENT_EVENTS, apply=apply)
