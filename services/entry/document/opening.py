"""A document as every use case opens it: found, seen only by who may, and told of by its reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from backbone.auth import Principal
from backbone.postgres import Connection
from backbone.refusals import NotFound, Refusal, StaleVersion
from contracts.events.entry import Actor
from contracts.permissions import DOCUMENT_READ
from contracts.problems import Problem
from customs.documents import JsonObject, Kind
from customs.documents.life import Purpose
from services.entry.document import store
from services.entry.document.refusals import NotDeletable, NotEditable
from services.entry.document.store import Document


@dataclass(frozen=True, slots=True)
class Saved:
    """The row after a save, and what to look at although it is no error."""

    document: Document
    warnings: tuple[Problem, ...]
    is_new: bool = False


def actor(caller: Principal) -> Actor:
    return Actor(id=caller.id, name=caller.name)


async def load(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    permission: str,
    *,
    version: int | None = None,
) -> Document:
    """The row, if the caller may see it. With `version` it is locked and must be that one.

    Raises NotFound (also for a document the caller may not read), Forbidden, StaleVersion.
    """
    document = await store.find(connection, document_id, lock=version is not None)
    gone = document is not None and document.state == "deleted" and document.seq_no is None
    if document is None or document.kind != kind.name or gone:
        raise NotFound(f"没有这份{kind.label}")
    if not caller.may(DOCUMENT_READ, **scope(document)):
        raise NotFound(f"没有这份{kind.label}")
    caller.require(permission, **scope(document))
    if version is not None and document.version != version:
        raise StaleVersion(
            f"当前版本为{document.version}，收到的版本为{version}", extra={"version": document.version}
        )
    return document


def why_not_deleted(document: Document) -> Refusal | None:
    """Only what cannot be at the Single Window is deleted here."""
    if document.origin != "here":
        return NotDeletable("单证是接管的，海关已有")
    if document.seq_no is None and document.state in ("draft", "failed"):
        return None
    return NotDeletable(f"单证{document.of_kind.life.states[document.state].label}，单一窗口可能已有")


def why_fixed(document: Document) -> Refusal | None:
    """Why the working copy cannot be saved now; None: it can."""
    life = document.of_kind.life
    if document.round_purpose is not None:
        spec = life.rounds[Purpose(document.round_purpose)]
        if not spec.edits:
            return NotEditable(f"{spec.label}申请不能修改单证内容")
    state = life.states[document.round_state or document.state]
    return None if state.editable else NotEditable(f"单证{state.label}，{state.description}")


def scope(document: Document) -> dict[str, UUID | None]:
    return {
        "enterprise_id": document.enterprise_id,
        "team_id": document.team_id,
        "client_id": document.client_id,
    }


def handle_of(kind: Kind, document: JsonObject) -> str | None:
    """What the document is about, where its kind has such a field."""
    head = document.get("head")
    return str(head[kind.handle]) if kind.handle and isinstance(head, dict) and kind.handle in head else None


def with_content(row: Document, kind: Kind, document: JsonObject) -> Document:
    """The row with this working copy, called by its number and handle. Whatever review there was is void."""
    return replace(
        row,
        content=orjson.dumps(document),
        internal_no=internal_no_of(document),
        handle=handle_of(kind, document),
        review=None,
    )


def internal_no_of(document: JsonObject) -> str:
    head = document["head"]
    assert isinstance(head, dict)
    return str(head["internal_no"])


def reference(row: Document) -> dict[str, Any]:
    return {
        "tenant_id": row.tenant_id,
        "document_id": row.document_id,
        "kind": row.kind,
        "enterprise_id": row.enterprise_id,
        "internal_no": row.internal_no,
        "version": row.version,
        "state": row.state,
        "numbers": row.numbers,
        "team_id": row.team_id,
        "client_id": row.client_id,
        "system": row.system,
        "open_round": row.open_round,
        "review": row.reviewed,
        "attachments": row.attachments,
    }
