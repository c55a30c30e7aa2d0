"""What entry answers about a document: its own current view, and what can be done with it now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from backbone.auth import Principal
from contracts.documents import JsonObject
from contracts.documents.states import STATES
from contracts.permissions import DOCUMENT_DECLARE, DOCUMENT_PRINT, DOCUMENT_RESOLVE, DOCUMENT_WRITE
from contracts.problems import Problem
from services.entry.commands import deletable
from services.entry.progress import resolvable
from services.entry.store import Document


def summary(row: Document) -> dict[str, object]:
    """Where the document stands, without its content."""
    return {
        "id": row.document_id,
        "kind": row.kind,
        "internal_no": row.internal_no,
        "version": row.version,
        "state": row.state,
        "state_label": STATES[row.state].label,
        "state_description": STATES[row.state].description,
        "numbers": row.numbers.model_dump(),
        "enterprise_id": row.enterprise_id,
        "team_id": row.team_id,
        "client_id": row.client_id,
        "attempt_no": row.attempt_no,
        "deadline_at": row.deadline_at,
        "overdue": row.deadline_at is not None and row.deadline_at < datetime.now(UTC),
        "needs_operator": row.needs_operator,
        "notes": list(row.notes),
        "copied_from": row.copied_from,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def whole(
    row: Document, *, document: JsonObject | None = None, warnings: Sequence[Problem] | None = None
) -> dict[str, object]:
    """The summary with the content, and with `authority`: what only the authority sets, as far as it has told."""
    answer = {
        **summary(row),
        "authority": dict(row.authority),
        "document": orjson.Fragment(row.content) if document is None else document,
    }
    if warnings is not None:
        answer["warnings"] = [warning.model_dump() for warning in warnings]
    return answer


def actions(row: Document, caller: Principal) -> list[dict[str, object]]:
    """Every action, whether it is possible now, and if not, why: a Chinese sentence."""
    state = STATES[row.state]
    busy = f"单证{state.label}，{state.description}"
    waits = None if state.editable else busy
    stage = waits or (
        None if row.state in ("draft", "stored", "failed") else f"{state.label}的单证应修改后直接申报"
    )
    resolve = None if resolvable(row, datetime.now(UTC)) else "发送结果明确，或尚在等待期限内"
    delete = None if deletable(row) else "单证已送达单一窗口，不能在本系统直接删除"
    reasons = {
        "save": (DOCUMENT_WRITE, waits),
        "declare": (DOCUMENT_DECLARE, waits),
        "stage": (DOCUMENT_DECLARE, stage),
        "delete": (DOCUMENT_WRITE, delete),
        "copy": (DOCUMENT_WRITE, None),
        "print": (DOCUMENT_PRINT, None),
        "resolve": (DOCUMENT_RESOLVE, resolve),
        "assign": (DOCUMENT_RESOLVE, None if row.needs_operator else "没有需要指定归属的回执"),
    }
    scope = {"enterprise_id": row.enterprise_id, "team_id": row.team_id, "client_id": row.client_id}
    listed = []
    for action, (permission, reason) in reasons.items():
        why = reason if caller.may(permission, **scope) else "没有执行该操作的权限"
        listed.append({"action": action, "allowed": why is None, "reason": why})
    return listed
