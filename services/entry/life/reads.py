"""What entry answers about a document: its own current view, and what can be done with it now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import orjson

from backbone.auth import Principal
from contracts.answers.documents import DocumentAction, DocumentSummary, DocumentWhole, ShownRound
from contracts.permissions import (
    DOCUMENT_DECLARE,
    DOCUMENT_PRINT,
    DOCUMENT_RESOLVE,
    DOCUMENT_REVIEW,
    DOCUMENT_WRITE,
)
from customs.documents import JsonObject
from customs.documents.copies import reversible
from customs.documents.life import Purpose
from services.entry.attachments.keeping import why_not_attached, why_not_detached
from services.entry.document.opening import deletable, why_fixed
from services.entry.document.store import Document
from services.entry.life import rounds
from services.entry.life.examining import outlived
from services.entry.life.progress import resolvable
from services.entry.life.reviews import is_approved

A = TypeVar("A", bound=DocumentSummary)
W = TypeVar("W", bound=DocumentWhole[Any])


def summary(answer: type[A], row: Document, **more: Any) -> A:
    """The answer about where the document stands; `more` is what it tells beside the summary."""
    life = row.of_kind.life
    told: dict[str, Any] = {
        "id": row.document_id,
        "kind": row.kind,
        "internal_no": row.internal_no,
        "version": row.version,
        "state": row.state,
        "state_label": life.states[row.state].label,
        "state_description": life.states[row.state].description,
        "open_round": _open_round(row),
        "approved_attempt_no": row.approved_attempt_no,
        "review": row.reviewed,
        "system": row.system,
        "origin": row.origin,
        "attachments": row.attachments,
        "numbers": row.numbers,
        "enterprise_id": row.enterprise_id,
        "team_id": row.team_id,
        "client_id": row.client_id,
        "attempt_no": row.attempt_no,
        "deadline_at": row.deadline_at,
        "overdue": row.deadline_at is not None and row.deadline_at < datetime.now(UTC),
        "needs_operator": row.needs_operator,
        "notes": row.notes,
        "copied_from": row.copied_from,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
    # The content is what was checked when it was saved, or its stored bytes: nothing is looked at again.
    return cast(A, answer.model_construct(**told, **more))


def whole(answer: type[W], row: Document, *, document: JsonObject | None = None, **more: Any) -> W:
    """The summary with the content, and with `authority`: what only the authority sets, as far as it has told.

    `document`: another version than the working copy.
    """
    content = orjson.Fragment(row.content) if document is None else document
    return summary(answer, row, authority=dict(row.authority), document=content, **more)


def _open_round(row: Document) -> ShownRound | None:
    if row.open_round is None:
        return None
    life = row.of_kind.life
    label = life.rounds[Purpose(row.open_round.purpose)].label
    return ShownRound(
        **row.open_round.model_dump(), label=f"{label}：{life.states[row.open_round.state].label}"
    )


def actions(row: Document, caller: Principal, *, review_required: bool) -> list[DocumentAction]:
    """Every action, whether it is possible now, and if not, why: a Chinese sentence."""
    kind = row.of_kind
    state = kind.life.states[row.round_state or row.state]
    waits = None if state.editable else f"单证{state.label}，{state.description}"
    stage = waits or (
        None
        if row.round_purpose is None and state.code in ("draft", "stored", "failed")
        else f"{state.label}的单证应修改后直接申报"
    )
    review = row.reviewed
    pending = review is not None and review.status == "requested"
    unreviewed = "须先由另一人复核通过" if review_required and not is_approved(row) else None
    withdraw = "没有未完结的申请"
    if row.round_purpose is not None:
        withdraw = "" if rounds.withdrawable(row) else "申请已送达海关，请等待结果"
    reasons = {
        "save": (DOCUMENT_WRITE, why_fixed(row)),
        "declare": (DOCUMENT_DECLARE, waits or outlived(row) or unreviewed),
        "stage": (DOCUMENT_DECLARE, stage),
        "delete": (
            DOCUMENT_WRITE,
            None if deletable(row) else "单证已送达单一窗口，不能在本系统直接删除",
        ),
        "copy": (DOCUMENT_WRITE, None),
        "copy_reversed": (DOCUMENT_WRITE, None if reversible(kind) else f"{kind.label}没有进出方向"),
        "attach": (DOCUMENT_WRITE, why_not_attached(row)),
        "detach": (DOCUMENT_WRITE, why_not_detached(row)),
        "print": (DOCUMENT_PRINT, None),
        **{
            purpose.value: (
                DOCUMENT_WRITE if spec.edits else DOCUMENT_DECLARE,
                rounds.why_not(row, spec),
            )
            for purpose, spec in kind.life.rounds.items()
        },
        "withdraw": (DOCUMENT_WRITE, withdraw or None),
        "request_review": (DOCUMENT_WRITE, "正在等待复核" if pending else waits),
        "recall_review": (DOCUMENT_WRITE, None if pending else "没有等待中的复核"),
        "review": (DOCUMENT_REVIEW, waits if pending else "没有等待中的复核"),
        "ask_receipts": (DOCUMENT_DECLARE, None if row.seq_no else "尚未取得预录入统一编号"),
        "mark": (
            DOCUMENT_RESOLVE,
            None if kind.life.markable else "该单证没有需要人工登记的状态",
        ),
        "resolve": (
            DOCUMENT_RESOLVE,
            None if resolvable(row, datetime.now(UTC)) else "发送结果明确，或尚在等待期限内",
        ),
        "assign": (DOCUMENT_RESOLVE, None if row.needs_operator else "没有需要指定归属的回执"),
    }
    scope = {"enterprise_id": row.enterprise_id, "team_id": row.team_id, "client_id": row.client_id}
    listed = []
    for action, (permission, reason) in reasons.items():
        why = reason if caller.may(permission, **scope) else "没有执行该操作的权限"
        listed.append(DocumentAction(action=action, allowed=why is None, reason=why))
    return listed
