"""What entry answers about a document: its own current view, and what can be done with it now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import orjson

from contracts.answers.documents import DocumentSummary, DocumentWhole, ShownRound
from customs.documents import JsonObject
from customs.documents.life import Purpose
from services.entry.document.store import Document

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
