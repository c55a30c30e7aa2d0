"""What a caller can have done to a document: one function a use case, each within the caller's transaction.

Every function answers the new row and appends the fact to the outbox of the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import InvalidRequest, NotFound, StaleVersion
from contracts.events.entry import Actor, DocumentDeleted, DocumentSaved
from contracts.permissions import DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import Problem, problem
from customs.documents import Checked, JsonObject, Kind, Profile, copied
from customs.documents.changing import refused_changes
from customs.documents.copies import reversible
from customs.documents.life import Purpose
from services.entry.document import store
from services.entry.document.checking import beside_loop, parsed, valid
from services.entry.document.ownership import SHANGHAI, Owner, enterprise_of, filled
from services.entry.document.refusals import (
    InternalNumberFixed,
    InternalNumberTaken,
    NotDeletable,
    NotEditable,
)
from services.entry.document.store import Document, Enterprise
from services.entry.document.versions import approved_document
from services.entry.ledger import posting
from services.entry.ledger.posting import Due
from services.entry.relations import leaning


@dataclass(frozen=True, slots=True)
class Saved:
    """The row after a save, and what to look at although it is no error."""

    document: Document
    warnings: tuple[Problem, ...]


def actor(caller: Principal) -> Actor:
    return Actor(id=caller.id, name=caller.name)


async def create(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    owner: Owner,
    body: bytes,
    *,
    upsert: bool = False,
    system: str | None = None,
) -> Saved:
    """A new draft. With `upsert` a document of the same 企业内部编号 is replaced instead.

    `system` Z7 or Z8: where the clerk works; without it, where the enterprise's messages go.

    Raises InvalidRequest, EnterpriseUnclear, EnterpriseSuspended, InternalNumberTaken, Forbidden.
    """
    given = await parsed(kind, body)
    enterprise = await enterprise_of(connection, owner, given)
    caller.require(
        DOCUMENT_WRITE,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
    )
    given = await leaning.taken(connection, kind, enterprise.enterprise_id, given)
    result = await valid(kind, filled(kind, given, enterprise), Profile.SAVE, len(body))
    internal_no = _internal_no(result.document)
    if upsert:
        existing = await store.find_by_internal_no(
            connection, kind.name, enterprise.enterprise_id, internal_no
        )
        if existing is not None:
            _may(caller, DOCUMENT_WRITE, existing)
            return Saved(await _rewrite(connection, caller, existing, kind, result), result.warnings)
    document = new_draft(caller, kind, owner, enterprise, result.document, system=system)
    await insert(connection, caller, document)
    await _tell_saved(connection, caller, document, result.document)
    return Saved(document, result.warnings)


async def save(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int, body: bytes
) -> Saved:
    """Replace the working copy. Raises NotFound, StaleVersion, NotEditable, InvalidRequest, InternalNumberTaken."""
    given = await parsed(kind, body)
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    result = await valid(kind, given, Profile.SAVE, len(body))
    warnings = result.warnings
    if document.round_purpose is not None:
        # Refused when the change is declared; a clerk in the middle of it is only told.
        approved = await approved_document(connection, document)
        refused = await beside_loop(len(body), refused_changes, kind, approved, result.document)
        warnings = (*warnings, *refused)
    return Saved(await _rewrite(connection, caller, document, kind, result), warnings)


async def delete(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> None:
    """Delete a draft that never reached the Single Window. Raises NotFound, StaleVersion, NotDeletable."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    if not deletable(document):
        raise NotDeletable(f"当前状态为{kind.life.states[document.state].label}")
    now = datetime.now(UTC)
    gone = replace(document, version=document.version + 1, state="deleted", deadline_at=None, updated_at=now)
    await store.update(connection, gone)
    event = DocumentDeleted(**reference(gone), deleted_by=actor(caller), occurred_at=now)
    await outbox.append(connection, [event], tenant_id=gone.tenant_id)
    if kind.booking is not None and gone.attempt_no:
        await posting.settle(connection, Due({document_id}))


async def copy(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    internal_no: str | None,
    *,
    reverse: bool = False,
) -> Saved:
    """A new draft by the copy rules of the catalogue. Without `internal_no` one is made up. Raises as `create`.

    `reverse`: into the other direction (进 ↔ 出); InvalidRequest for a kind that has none.
    """
    if reverse and not reversible(kind):
        why = f"{kind.label}没有进出方向"
        raise InvalidRequest(problems=[problem("unfit_value", "/reverse", field="「反向复制」", why=why)])
    source = await load(connection, caller, kind, document_id, DOCUMENT_READ)
    owner = Owner(source.enterprise_id, source.team_id, source.client_id)
    enterprise = await enterprise_of(connection, owner, {})
    caller.require(
        DOCUMENT_WRITE,
        enterprise_id=source.enterprise_id,
        team_id=source.team_id,
        client_id=source.client_id,
    )
    draft = await beside_loop(len(source.content), lambda: copied(kind, source.document, reverse=reverse))
    head = dict(draft["head"]) if isinstance(draft["head"], dict) else {}
    head["internal_no"] = internal_no or made_up_number(datetime.now(UTC))
    completed = filled(kind, {**draft, "head": head}, enterprise)
    result = await valid(kind, completed, Profile.SAVE, len(source.content))
    document = new_draft(
        caller, kind, owner, enterprise, result.document, copied_from=source.document_id, system=source.system
    )
    await insert(connection, caller, document)
    await _tell_saved(connection, caller, document, result.document)
    return Saved(document, result.warnings)


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
    if not caller.may(DOCUMENT_READ, **_scope(document)):
        raise NotFound(f"没有这份{kind.label}")
    _may(caller, permission, document)
    if version is not None and document.version != version:
        raise StaleVersion(
            f"当前版本为{document.version}，收到的版本为{version}", extra={"version": document.version}
        )
    return document


def deletable(document: Document) -> bool:
    """Nothing of it can be at the Single Window."""
    return document.seq_no is None and document.state in ("draft", "failed") and document.origin == "here"


def why_fixed(document: Document) -> str | None:
    """Why the working copy cannot be saved now; None: it can."""
    life = document.of_kind.life
    if document.round_purpose is not None:
        spec = life.rounds[Purpose(document.round_purpose)]
        if not spec.edits:
            return f"{spec.label}申请不能修改单证内容"
    state = life.states[document.round_state or document.state]
    return None if state.editable else f"当前状态为{state.label}"


def _may(caller: Principal, permission: str, document: Document) -> None:
    caller.require(permission, **_scope(document))


def _scope(document: Document) -> dict[str, UUID | None]:
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
        internal_no=_internal_no(document),
        handle=handle_of(kind, document),
        review=None,
    )


def _internal_no(document: JsonObject) -> str:
    head = document["head"]
    assert isinstance(head, dict)
    return str(head["internal_no"])


def made_up_number(now: datetime) -> str:
    """企业内部编号 for a document whose clerk gave none."""
    return f"BG{now.astimezone(SHANGHAI):%Y%m%d}{new_id().hex[-8:].upper()}"


def new_draft(
    caller: Principal,
    kind: Kind,
    owner: Owner,
    enterprise: Enterprise,
    document: JsonObject,
    *,
    copied_from: UUID | None = None,
    system: str | None = None,
) -> Document:
    now = datetime.now(UTC)
    return Document(
        document_id=new_id(),
        tenant_id=caller.tenant_id,
        kind=kind.name,
        enterprise_id=enterprise.enterprise_id,
        team_id=owner.team_id,
        client_id=owner.client_id,
        internal_no=_internal_no(document),
        handle=handle_of(kind, document),
        version=1,
        state="draft",
        round_no=1,
        attempt_no=0,
        seq_no=None,
        customs_no=None,
        entry_seq_no=None,
        change_count=0,
        deadline_at=None,
        needs_operator=False,
        notes=(),
        authority={},
        catalogue_version=kind.catalogue_version,
        content=orjson.dumps(document),
        copied_from=copied_from,
        created_by=actor(caller).model_dump(),
        created_at=now,
        updated_at=now,
        system=system or enterprise.route.sys_id,
        edited_by=actor(caller).model_dump(),
    )


async def insert(connection: Connection, caller: Principal, row: Document) -> None:
    """Raises InternalNumberTaken."""
    if not await store.insert(connection, row):
        await _refuse_taken(connection, caller, row)


async def _rewrite(
    connection: Connection, caller: Principal, old: Document, kind: Kind, result: Checked
) -> Document:
    if (why := why_fixed(old)) is not None:
        raise NotEditable(why)
    internal_no = _internal_no(result.document)
    in_round = old.round_purpose is not None
    if internal_no != old.internal_no and (in_round or old.seq_no is not None):
        raise InternalNumberFixed(f"原编号为{old.internal_no}")
    new = replace(
        with_content(old, kind, result.document),
        version=old.version + 1,
        catalogue_version=kind.catalogue_version,
        edited_by=actor(caller).model_dump(),
        updated_at=datetime.now(UTC),
    )
    if in_round:
        # Others find the approved version by it.
        new = replace(new, handle=old.handle)
    if internal_no == old.internal_no:
        await store.update(connection, new)
    else:
        try:
            # A savepoint keeps the transaction usable for the look at who has the number.
            async with connection.transaction():
                await store.update(connection, new)
        except asyncpg.UniqueViolationError:
            await _refuse_taken(connection, caller, new)
    await _tell_saved(connection, caller, new, result.document)
    return new


async def _refuse_taken(connection: Connection, caller: Principal, row: Document) -> None:
    other = await store.find_by_internal_no(connection, row.kind, row.enterprise_id, row.internal_no)
    seen = other is not None and caller.may(DOCUMENT_READ, **_scope(other))
    where = {"document_id": str(other.document_id)} if other is not None and seen else {}
    raise InternalNumberTaken(
        f"编号{row.internal_no}",
        problems=[
            Problem(
                pointer="/head/internal_no",
                code="internal_number_taken",
                message=_why_taken(row.internal_no, other),
                hint=InternalNumberTaken.hint,
            )
        ],
        extra=where,
    )


def _why_taken(internal_no: str, other: Document | None) -> str:
    if other is not None and other.of_kind.life.states[other.state].terminal and other.state in _ENDED:
        state = other.of_kind.life.states[other.state].label
        return f"企业内部编号[{internal_no}]已被一份{state}的单证占用：海关不允许重复使用已申报过的编号"
    return f"企业内部编号[{internal_no}]已被另一份单证使用"


_ENDED = frozenset({"deleted", "voided"})


async def _tell_saved(connection: Connection, caller: Principal, row: Document, document: JsonObject) -> None:
    event = DocumentSaved.model_construct(
        **reference(row),
        catalogue_version=row.catalogue_version,
        document=document,
        saved_by=actor(caller),
        created_at=row.created_at,
        copied_from=row.copied_from,
        occurred_at=row.updated_at,
    )
    await outbox.append(connection, [event], tenant_id=row.tenant_id)
    metrics.counter("document_saved_total").labels(row.kind).inc()


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
