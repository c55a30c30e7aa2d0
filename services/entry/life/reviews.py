"""复核: a second person looks at exactly one version before it is declared. An edit makes the review void."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from backbone import outbox
from backbone.auth import Principal
from backbone.postgres import Connection
from contracts.events.entry import DocumentReviewed
from contracts.permissions import DOCUMENT_REVIEW, DOCUMENT_WRITE
from customs.documents import Kind
from services.entry.document import store
from services.entry.document.opening import actor, load, reference
from services.entry.document.refusals import NotReviewable, OwnReview
from services.entry.document.store import Document

Action = Literal["requested", "recalled", "approved", "rejected"]


async def is_required(connection: Connection, document: Document) -> bool:
    """By the rule of the document's enterprise and kind."""
    required: bool | None = await connection.fetchval(
        "SELECT required FROM review_rules WHERE enterprise_id = $1 AND kind = $2",
        document.enterprise_id,
        document.kind,
    )
    return bool(required)


async def still_needed(connection: Connection, document: Document) -> str | None:
    """Where its review stands, unless exactly this content was approved in exactly this round or none is needed."""
    if is_approved(document) or not await is_required(connection, document):
        return None
    return "尚未提交复核" if document.review is None else _LABELS[document.review["status"]]


def is_approved(document: Document) -> bool:
    """Of the content and the round as they stand now."""
    review = document.reviewed
    return (
        review is not None
        and review.status == "approved"
        and (review.sha256, review.round_no) == (document.content_sha256, document.round_no)
    )


_LABELS = {"requested": "正在等待复核", "approved": "复核的不是当前内容", "rejected": "复核未通过"}


async def act(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    action: Action,
    comment: str,
) -> Document:
    """Ask for a review, recall it, grant or refuse it. Raises NotReviewable, OwnReview, StaleVersion, Forbidden."""
    permission = DOCUMENT_WRITE if action in ("requested", "recalled") else DOCUMENT_REVIEW
    document = await load(connection, caller, kind, document_id, permission, version=version)
    review = document.reviewed
    pending = review is not None and review.status == "requested"
    state = kind.life.states[document.round_state or document.state]
    if pending == (action == "requested"):
        raise NotReviewable("已提交复核" if pending else "没有等待中的复核")
    if action != "recalled" and not state.editable:
        raise NotReviewable(f"当前状态为{state.label}")
    if action in ("approved", "rejected"):
        assert review is not None
        editor = (document.edited_by or document.created_by).get("id")
        if caller.id in (review.by.id, editor):
            raise OwnReview()
    now = datetime.now(UTC)
    told: dict[str, Any] | None = None
    if action != "recalled":
        told = {
            "status": action,
            "round_no": document.round_no,
            "sha256": document.content_sha256,
            "by": actor(caller).model_dump(),
            "comment": comment,
        }
    row = replace(document, version=document.version + 1, review=told, updated_at=now)
    await store.update(connection, row)
    event = DocumentReviewed(
        **reference(row), action=action, comment=comment, reviewed_by=actor(caller), occurred_at=now
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    return row


async def rules(connection: Connection) -> list[dict[str, Any]]:
    """The rules of the tenant of this transaction."""
    rows = await connection.fetch(
        "SELECT enterprise_id, kind, required, set_by, set_at FROM review_rules ORDER BY enterprise_id, kind"
    )
    return [dict(row) for row in rows]


async def set_rule(
    connection: Connection, caller: Principal, enterprise_id: UUID, kind: Kind, *, required: bool
) -> None:
    """Say whether documents of this kind and enterprise need a review."""
    await connection.execute(
        "INSERT INTO review_rules (tenant_id, enterprise_id, kind, required, set_by) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (tenant_id, enterprise_id, kind) DO UPDATE SET required = excluded.required, "
        "set_by = excluded.set_by, set_at = now()",
        caller.tenant_id,
        enterprise_id,
        kind.name,
        required,
        actor(caller).model_dump(),
    )
