"""What a caller can have done to a document: one function a use case, each within the caller's transaction.

Every function answers the new row and appends the fact to the outbox of the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import orjson

from backbone import metrics, outbox
from backbone.auth import Principal
from backbone.ids import new_id
from backbone.postgres import Connection
from backbone.refusals import NotFound, StaleVersion
from contracts.documents import Checked, JsonObject, Kind, Profile, copied
from contracts.documents.states import STATES
from contracts.events.entry import Actor, DocumentDeclared, DocumentDeleted, DocumentSaved, DocumentStaged
from contracts.permissions import DOCUMENT_DECLARE, DOCUMENT_READ, DOCUMENT_WRITE
from contracts.problems import Problem
from services.entry import store
from services.entry.checking import parsed, valid
from services.entry.ownership import SHANGHAI, Owner, enterprise_of, filled
from services.entry.refusals import (
    AlreadyUnderWay,
    EnterpriseSuspended,
    InternalNumberFixed,
    InternalNumberTaken,
    NotDeletable,
    NotEditable,
    NotStageable,
)
from services.entry.store import Document, Enterprise


@dataclass(frozen=True, slots=True)
class Saved:
    """The row after a save, and what to look at although it is no error."""

    document: Document
    warnings: tuple[Problem, ...]


def actor(caller: Principal) -> Actor:
    return Actor(id=caller.id, name=caller.name)


async def create(
    connection: Connection, caller: Principal, kind: Kind, owner: Owner, body: bytes, *, upsert: bool = False
) -> Saved:
    """A new draft. With `upsert` a document of the same 企业内部编号 is replaced instead.

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
    result = await valid(kind, filled(kind, given, enterprise), Profile.SAVE, len(body))
    internal_no = _internal_no(result.document)
    if upsert:
        existing = await store.find_by_internal_no(
            connection, kind.name, enterprise.enterprise_id, internal_no
        )
        if existing is not None:
            _may(caller, DOCUMENT_WRITE, existing)
            return Saved(await _rewrite(connection, caller, existing, kind, result), result.warnings)
    document = _new_draft(caller, kind, owner, enterprise, result.document)
    await _insert(connection, caller, document, result.document)
    return Saved(document, result.warnings)


async def save(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int, body: bytes
) -> Saved:
    """Replace the working copy. Raises NotFound, StaleVersion, NotEditable, InvalidRequest, InternalNumberTaken."""
    given = await parsed(kind, body)
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    result = await valid(kind, given, Profile.SAVE, len(body))
    return Saved(await _rewrite(connection, caller, document, kind, result), result.warnings)


async def delete(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, version: int
) -> None:
    """Delete a draft that never reached the Single Window. Raises NotFound, StaleVersion, NotDeletable."""
    document = await load(connection, caller, kind, document_id, DOCUMENT_WRITE, version=version)
    if not deletable(document):
        raise NotDeletable(f"当前状态为{STATES[document.state].label}")
    now = datetime.now(UTC)
    gone = replace(document, version=document.version + 1, state="deleted", deadline_at=None, updated_at=now)
    await store.update(connection, gone)
    event = DocumentDeleted(**reference(gone), deleted_by=actor(caller), occurred_at=now)
    await outbox.append(connection, [event], tenant_id=gone.tenant_id)


async def copy(
    connection: Connection, caller: Principal, kind: Kind, document_id: UUID, internal_no: str | None
) -> Saved:
    """A new draft by the copy rules of the catalogue. Without `internal_no` one is made up. Raises as `create`."""
    source = await load(connection, caller, kind, document_id, DOCUMENT_READ)
    owner = Owner(source.enterprise_id, source.team_id, source.client_id)
    enterprise = await enterprise_of(connection, owner, {})
    caller.require(
        DOCUMENT_WRITE,
        enterprise_id=source.enterprise_id,
        team_id=source.team_id,
        client_id=source.client_id,
    )
    draft = copied(kind, source.document)
    head = dict(draft["head"]) if isinstance(draft["head"], dict) else {}
    head["internal_no"] = internal_no or _made_up_number(datetime.now(UTC))
    completed = filled(kind, {**draft, "head": head}, enterprise)
    result = await valid(kind, completed, Profile.SAVE, len(source.content))
    document = _new_draft(caller, kind, owner, enterprise, result.document, copied_from=source.document_id)
    await _insert(connection, caller, document, result.document)
    return Saved(document, result.warnings)


async def upload(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    document_id: UUID,
    version: int,
    *,
    declares: bool,
) -> tuple[Saved, UUID]:
    """Order an attempt: 申报, or 暂存 at the Single Window. Answers the row and the attempt's id.

    Raises NotFound, StaleVersion, AlreadyUnderWay, NotStageable, InvalidRequest, EnterpriseSuspended.
    """
    document = await load(connection, caller, kind, document_id, DOCUMENT_DECLARE, version=version)
    label = STATES[document.state].label
    if not STATES[document.state].editable:
        raise AlreadyUnderWay(f"当前状态为{label}")
    if not declares and document.state not in ("draft", "stored", "failed"):
        raise NotStageable(f"当前状态为{label}")
    enterprise = await enterprise_of(connection, Owner(document.enterprise_id), {})
    if enterprise.status != "active":
        raise EnterpriseSuspended(enterprise.name)
    profile = Profile.DECLARE if declares else Profile.SAVE
    result = await valid(kind, document.content, profile, len(document.content), of_card=enterprise)
    now = datetime.now(UTC)
    flag: Literal["0", "1"] = "1" if declares else "0"
    attempt_id = new_id()
    deadline = STATES["sending"].deadline
    ordered = replace(
        document,
        version=document.version + 1,
        state="sending",
        attempt_no=document.attempt_no + 1,
        deadline_at=now + deadline if deadline else None,
        notes=(),
        updated_at=now,
    )
    await store.add_attempt(
        connection, ordered, attempt_id=attempt_id, declare_flag=flag, at=now, by=actor(caller)
    )
    await store.update(connection, ordered)
    event_type = DocumentDeclared if declares else DocumentStaged
    event = event_type.model_construct(
        **reference(ordered),
        attempt_id=attempt_id,
        attempt_no=ordered.attempt_no,
        round_no=ordered.round_no,
        declare_flag=flag,
        route=enterprise.route,
        catalogue_version=ordered.catalogue_version,
        document=result.document,
        ordered_by=actor(caller),
        deadline_at=ordered.deadline_at,
        occurred_at=now,
    )
    await outbox.append(connection, [event], tenant_id=ordered.tenant_id)
    metrics.counter("document_declared_total").labels(kind.name, flag).inc()
    return Saved(ordered, result.warnings), attempt_id


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
    if document is None or document.kind != kind.name or document.state == "deleted":
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
    return document.seq_no is None and document.state in ("draft", "failed")


def _may(caller: Principal, permission: str, document: Document) -> None:
    caller.require(permission, **_scope(document))


def _scope(document: Document) -> dict[str, UUID | None]:
    return {
        "enterprise_id": document.enterprise_id,
        "team_id": document.team_id,
        "client_id": document.client_id,
    }


def _internal_no(document: JsonObject) -> str:
    head = document["head"]
    assert isinstance(head, dict)
    return str(head["internal_no"])


def _made_up_number(now: datetime) -> str:
    return f"BG{now.astimezone(SHANGHAI):%Y%m%d}{new_id().hex[-8:].upper()}"


def _new_draft(
    caller: Principal,
    kind: Kind,
    owner: Owner,
    enterprise: Enterprise,
    document: JsonObject,
    *,
    copied_from: UUID | None = None,
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
    )


async def _insert(connection: Connection, caller: Principal, row: Document, document: JsonObject) -> None:
    if not await store.insert(connection, row):
        await _refuse_taken(connection, caller, row)
    await _tell_saved(connection, caller, row, document)


async def _rewrite(
    connection: Connection, caller: Principal, old: Document, kind: Kind, result: Checked
) -> Document:
    if not STATES[old.state].editable:
        raise NotEditable(f"当前状态为{STATES[old.state].label}")
    internal_no = _internal_no(result.document)
    if internal_no != old.internal_no and old.seq_no is not None:
        raise InternalNumberFixed(f"原编号为{old.internal_no}")
    new = replace(
        old,
        version=old.version + 1,
        internal_no=internal_no,
        catalogue_version=kind.catalogue_version,
        content=orjson.dumps(result.document),
        updated_at=datetime.now(UTC),
    )
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
                message=f"企业内部编号[{row.internal_no}]已被另一份单证使用",
                hint=InternalNumberTaken.hint,
            )
        ],
        extra=where,
    )


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
    }
