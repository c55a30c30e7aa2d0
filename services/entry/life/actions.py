"""Everything that can be done with a document: the one table of it, with the permission each needs and what stands against it.

What stands against an action is told by the function that guards it, so that nobody is offered what is then refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from backbone.auth import Principal
from backbone.refusals import InvalidRequest, Refusal
from contracts.answers.documents import DocumentAction
from contracts.permissions import (
    DOCUMENT_DECLARE,
    DOCUMENT_PRINT,
    DOCUMENT_RESOLVE,
    DOCUMENT_REVIEW,
    DOCUMENT_WRITE,
)
from customs.documents import Kind
from customs.documents.copies import reversible
from services.entry.attachments.keeping import why_not_attached, why_not_detached
from services.entry.document.opening import scope, why_fixed, why_not_deleted
from services.entry.document.store import Document
from services.entry.life import examining, progress, reviews, rounds, uploads

FORBIDDEN = "没有执行该操作的权限"


@dataclass(frozen=True, slots=True)
class Action:
    """`why_not` answers what the guard of the action would raise, of the document alone; None: it can be done."""

    name: str
    permission: str
    why_not: Callable[[Document], Refusal | None]


def actions_of(kind: Kind, *, review_required: bool, now: datetime) -> Iterator[Action]:
    """Of every document of the kind, in the order they are listed."""

    def why_not_declared(row: Document) -> Refusal | None:
        unreviewed = reviews.why_unreviewed(row) if review_required else None
        return examining.why_not_declared(row) or unreviewed

    yield Action("save", DOCUMENT_WRITE, why_fixed)
    yield Action("declare", DOCUMENT_DECLARE, why_not_declared)
    yield Action("stage", DOCUMENT_DECLARE, examining.why_not_staged)
    yield Action("delete", DOCUMENT_WRITE, why_not_deleted)
    yield Action("copy", DOCUMENT_WRITE, _always)
    yield Action("copy_reversed", DOCUMENT_WRITE, _why_not_reversed)
    yield Action("attach", DOCUMENT_WRITE, why_not_attached)
    yield Action("detach", DOCUMENT_WRITE, why_not_detached)
    yield Action("print", DOCUMENT_PRINT, _always)
    for purpose, spec in kind.life.rounds.items():
        permission = DOCUMENT_WRITE if spec.edits else DOCUMENT_DECLARE
        yield Action(purpose.value, permission, partial(rounds.why_not_opened, spec=spec))
    yield Action("withdraw", DOCUMENT_WRITE, rounds.why_not_withdrawn)
    yield Action("request_review", DOCUMENT_WRITE, reviews.why_not_asked)
    yield Action("recall_review", DOCUMENT_WRITE, reviews.why_not_recalled)
    yield Action("review", DOCUMENT_REVIEW, reviews.why_not_answered)
    yield Action("ask_receipts", DOCUMENT_DECLARE, uploads.why_not_asked)
    yield Action("mark", DOCUMENT_RESOLVE, progress.why_not_marked)
    yield Action("resolve", DOCUMENT_RESOLVE, lambda row: progress.why_not_resolved(row, now))
    yield Action("assign", DOCUMENT_RESOLVE, progress.why_not_assigned)


def listed(row: Document, caller: Principal, *, review_required: bool) -> list[DocumentAction]:
    """Every action, whether it is possible now, and if not, why: a Chinese sentence."""
    found = []
    for action in actions_of(row.of_kind, review_required=review_required, now=datetime.now(UTC)):
        if not caller.may(action.permission, **scope(row)):
            reason: str | None = FORBIDDEN
        else:
            refusal = action.why_not(row)
            reason = None if refusal is None else refusal.detail
        found.append(DocumentAction(action=action.name, allowed=reason is None, reason=reason))
    return found


def _always(row: Document) -> Refusal | None:
    del row
    return None


def _why_not_reversed(row: Document) -> Refusal | None:
    kind = row.of_kind
    return None if reversible(kind) else InvalidRequest(f"{kind.label}没有进出方向")
