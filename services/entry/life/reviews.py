"""复核: a second person looks at exactly one version before it is declared. An edit makes the review void."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from backbone import outbox
from backbone.auth import Principal
from backbone.postgres import Connection
from backbone.refusals import Refusal
from contracts.events.entry import DocumentReviewed
from contracts.permissions import DOCUMENT_REVIEW, DOCUMENT_WRITE
from customs.documents import Kind
from services.entry.document import store
from services.entry.document.opening import actor, load, reference
from services.entry.document.refusals import NotReviewable, OwnReview, ReviewRequired
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


async def still_needed(connection: Connection, document: Document) -> Refusal | None:
    """What its review stands against, where one is needed."""
    return why_unreviewed(document) if await is_required(connection, document) else None


def why_unreviewed(document: Document) -> Refusal | None:
    """What stands against declaring what needs a review: exactly this content must be approved in exactly this round."""
    if is_approved(document):
        return None
    status = "尚未提交复核" if document.review is None else _LABELS[document.review["status"]]
    return ReviewRequired(f"须先由另一人复核通过：{status}")


def is_approved(document: Document) -> bool:
    """Of the content and the round as they stand now."""
    review = document.reviewed
    return (
        review is not None
        and review.status == "approved"
        and (review.sha256, review.round_no) == (document.content_sha256, document.round_no)
    )


def why_not_asked(document: Document) -> Refusal | None:
    """Why no review can be asked for now; None: it can."""
    return NotReviewable("正在等待复核") if _pending(document) else _why_not_editable(document)


def why_not_recalled(document: Document) -> Refusal | None:
    """Why no question can be taken back."""
    return None if _pending(document) else NotReviewable("没有等待中的复核")


def why_not_answered(document: Document) -> Refusal | None:
    """Why nobody can find it right or wrong now."""
    return why_not_recalled(document) or _why_not_editable(document)


def _pending(document: Document) -> bool:
    return document.reviewed is not None and document.reviewed.status == "requested"


def _why_not_editable(document: Document) -> Refusal | None:
    state = document.of_kind.life.states[document.round_state or document.state]
    return None if state.editable else NotReviewable(f"单证{state.label}，{state.description}")


_LABELS = {"requested": "正在等待复核", "approved": "复核的不是当前内容", "rejected": "复核未通过"}


_GUARDS: Mapping[Action, Callable[[Document], Refusal | None]] = MappingProxyType(
    {
        "requested": why_not_asked,
        "recalled": why_not_recalled,
        "approved": why_not_answered,
        "rejected": why_not_answered,
    }
)


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
    if (refusal := _GUARDS[action](document)) is not None:
        raise refusal
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
